"""Drawings as other programs save them, with their known origins; `benchmarks/origin.py` runs them."""
