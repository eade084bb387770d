"""How the shipped matcher is made: synthetic pictures and free photos, edits of them, and a training loop."""
