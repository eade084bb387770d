"""Edits of a primitive: their records (`records`) and their application (`apply`)."""
