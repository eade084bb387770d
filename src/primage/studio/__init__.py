"""The studio: a local web editor for one photo and its drawing. The only package that imports FastAPI."""
