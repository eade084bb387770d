"""Projects: drawing and history, files, tabs, renders and training."""
