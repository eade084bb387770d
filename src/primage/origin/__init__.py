"""Where the pixels of an edited drawing come from in the photo.

`transforms` maps places of a drawing to places of the photo, `plane` holds the map of every pixel and changes along
with the drawing, `files` reads and writes it, `sampling` copies pixels from there.
"""
