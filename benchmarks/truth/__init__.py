"""Composed scenes with the true picture of every edit; `benchmarks/truth.py` runs them."""
