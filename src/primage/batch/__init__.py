"""Many photos: one task a photo, in a plain loop or on a Ray cluster."""
