"""Decoding pictures: files of any kind → samples, upright → uint8 sRGB."""
