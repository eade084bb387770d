"""Edits of a primitive as small replayable records (`records`), and what replays them (`apply`)."""
