"""Projects: the drawing and its history, files, tabs, renders and learning."""
