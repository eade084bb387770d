"""Analyses of a trained model: coverage, edit risk, gap filling, primitives, augmentation."""
