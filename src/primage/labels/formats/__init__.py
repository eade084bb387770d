"""Readers of label files, one module for each format, before labels are matched."""
