"""Selects objects of a photo from clicks, boxes and scribbles, and follows their edges. No network, nothing random."""
