"""Stored values of a picture → sRGB with 8 bits and without transparency."""

from __future__ import annotations

import io
import logging

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image, ImageCms

from primage.decoding.decode import GREY_MODES, Decoded
from primage.decoding.gamma import gamma_curve
from primage.decoding.pillow import pillow

log = logging.getLogger(__name__)


def flatten(
    decoded: Decoded, background: tuple[int, int, int] = (255, 255, 255), managed: bool = True
) -> UInt8[np.ndarray, "h w 3"]:
    """Convert a decoded picture to sRGB without transparency.

    Args:
        decoded: from ``decode``.
        background: the colour behind transparent pixels.
        managed: whether to apply the embedded colour profile, or the gamma of a PNG that has none.

    Returns:
        (H, W, 3) uint8.
    """
    with pillow(decoded.name):
        rgb, alpha = _separated(decoded, managed)
        if alpha is None:
            return rgb
        opacity = alpha.astype(np.uint32)[..., None]
        mixed = rgb * opacity + np.array(background, np.uint32) * (65535 - opacity)
        return ((mixed + 32767) // 65535).astype(np.uint8)


def with_opacity(decoded: Decoded) -> UInt8[np.ndarray, "h w 3"] | UInt8[np.ndarray, "h w 4"]:
    """Convert a decoded picture to sRGB and keep its transparency.

    Args:
        decoded: from ``decode``.

    Returns:
        (H, W, 4) uint8, the last channel being the opacity; (H, W, 3) for a picture without transparent pixels.
    """
    with pillow(decoded.name):
        rgb, alpha = _separated(decoded, managed=True)
        if alpha is None or alpha.min() == 65535:
            return rgb
        eight = ((alpha.astype(np.uint32) + 128) // 257).astype(np.uint8)
        return np.concatenate([rgb, eight[..., None]], axis=2)


def _separated(decoded: Decoded, managed: bool) -> tuple[UInt8[np.ndarray, "h w 3"], UInt16[np.ndarray, "h w"] | None]:
    """Colours in sRGB, and the opacity, 0 to 65535; None without transparency."""
    colour, alpha = _split_alpha(decoded, gamma_curve(decoded) if managed else None)
    return _to_rgb(colour, decoded.image.info.get("icc_profile") if managed else None, decoded.name), alpha


def _split_alpha(
    decoded: Decoded, curve: UInt16[np.ndarray, " 65536"] | None
) -> tuple[Image.Image, UInt16[np.ndarray, "h w"] | None]:
    """Split into an 8-bit L, RGB or CMYK picture and the opacity, 0 to 65535; None without transparency."""
    image, samples = decoded.image, decoded.samples
    if samples is not None:
        channels = samples.shape[2]
        colours = samples if image.mode == "CMYK" or channels % 2 else samples[..., :-1]
        alpha = None if colours is samples else samples[..., -1]
        if "transparency" in image.info:  # one colour marks transparent pixels
            alpha = np.where((colours == image.info["transparency"]).all(axis=-1), 0, 65535).astype(np.uint16)
        colours = colours if curve is None else curve[colours]
        # v·255/65535 is v/257; 257 is odd, so this rounds exactly.
        eight = ((colours.astype(np.uint32) + 128) // 257).astype(np.uint8)
        if image.mode == "CMYK":
            return Image.frombytes("CMYK", image.size, eight.tobytes()), alpha
        return Image.fromarray(np.ascontiguousarray(eight[..., 0] if eight.shape[2] == 1 else eight)), alpha
    mode = "L" if image.mode in GREY_MODES else "CMYK" if image.mode == "CMYK" else "RGB"
    rgba = image.convert("RGBA") if image.has_transparency_data else image
    colour = rgba.convert(mode)
    if curve is not None:  # 257·v of 16 bits is v of 8 bits
        colour = colour.point([(int(value) + 128) // 257 for value in curve[::257]] * len(colour.getbands()))
    if rgba is image:
        return colour, None
    return colour, np.asarray(rgba.getchannel("A"), np.uint16) * np.uint16(257)


def _to_rgb(colour: Image.Image, icc: bytes | None, name: str) -> UInt8[np.ndarray, "h w 3"]:
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if colour.mode == "L" and profile.profile.xcolor_space.strip() == "RGB":
                colour = colour.convert("RGB")
            srgb = ImageCms.createProfile("sRGB")
            colour = ImageCms.profileToProfile(colour, profile, srgb, outputMode="RGB") or colour
        except Exception as error:
            log.warning("%s: the colour profile cannot be used and was ignored (%s)", name, error)
    return np.array(colour.convert("RGB"))
