"""Guided patch synthesis: repaints what the matcher's render shows and the photo could not have shown.

Pure functions over arrays, without a network. `synthesise` is the entry point; its modules, in order of the data:
`guides` (channels of a drawing that patches are compared on), `sources` (the photo in several transforms, as one atlas),
`search` (nearest-neighbour field), `voting` (a picture from a field), `incoherence` (where a picture is unlike the photo),
`synthesise` (coarse to fine).
"""
