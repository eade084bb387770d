"""Faults and abuse: each promise of docs/reliability.md, tried."""
