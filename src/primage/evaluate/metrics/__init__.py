"""Metrics, and the pretrained networks they use."""
