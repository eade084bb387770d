"""Scores and analyses as tables, charts, images and pages."""
