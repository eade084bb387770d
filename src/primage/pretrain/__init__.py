"""Pretraining of the shipped matcher: synthetic pictures and free photos, edits of them, and a training loop."""
