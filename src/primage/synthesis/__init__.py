"""Guided patch synthesis: replaces what the photo could not have shown.

Pure functions over arrays, without a network. `polish` is the stage that follows a render. What it uses, in the order
of the data: `incoherence` (where a render is unlike the photo), `regions` (what is synthesised), `guides` (what patches
are compared on beside colours), `closed` (where the drawing says nothing), `transforms` and `sources` (the photo and
resampled copies of it), `reference` (what is prepared once per photo), `pyramid` (levels), `search` (nearest-neighbour
field), `voting` (a picture from a field), `torch_search` (both on other devices than the CPU), `synthesise` (coarse to
fine), `light` (of moved pieces). `options` are what a person can choose.
"""
