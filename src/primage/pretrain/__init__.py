"""How the shipped matcher is made: drawn pictures and free photos, edits of them, and a training loop."""
