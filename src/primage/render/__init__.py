"""Rendering: drawings in, pictures out, at the working size or at the photo's own.

`blending` mixes a render with the photo. `full_size` paints a result at the photo's size: `upsampling` (with `cubic`)
what was matched or synthesised, `outlines` the borders of what was moved. `photo_files` reads and writes photos with
their profile and EXIF data; `picture_layers` arranges a result in layers, which `psd` and `open_raster` write;
`original` paints on the photo that a model was trained on; `drawing_origin` finds where a drawing's pixels come from,
`variants` renders a drawing with several options, and `files` renders from files to files.
"""
