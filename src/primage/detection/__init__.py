"""Faces, hands and bodies in photos: points, and masks of what they belong to."""
