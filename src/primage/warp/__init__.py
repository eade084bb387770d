"""Warps: thin-plate splines (`tps`), random augmentation (`augment`), and training pairs (`pair`)."""
