"""Label maps: `label_map` is the data, `files` and `formats` read and write them, `from_colours` finds their labels."""
