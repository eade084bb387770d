"""Warps: the spline's maths (`tps`), and what draws and applies a random one (`augment`)."""
