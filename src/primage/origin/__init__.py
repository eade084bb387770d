"""Where the pixels of an edited drawing come from in the photo.

`transforms` maps places of a drawing to places of the photo, `plane` holds the map of every pixel and changes along
with the drawing, `files` reads and writes it, `sampling` copies pixels from there. `inference` finds it for a drawing
that was edited in another program, with `features` (what drawings are compared by), `matching` (candidate sources),
`support` (which of them is right) and `extent` (which pixels came from there). `summary` puts it in one line.
"""
