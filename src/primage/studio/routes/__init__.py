"""The web requests: each file a group of thin functions that hand over to `primage.studio.project.hub`."""
