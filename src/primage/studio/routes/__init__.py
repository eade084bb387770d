"""The web requests: thin functions that call `primage.studio.project`."""
