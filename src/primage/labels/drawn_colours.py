"""The colours of a drawing's file: its profile, its transparency, and what may have mixed them."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, UInt8
from PIL import Image, ImageCms

from primage.decoding.decode import Decoded
from primage.decoding.flatten import flatten
from primage.decoding.jpeg import JpegPlanes, jpeg_planes
from primage.labels.colours import pack, unpack

#: A profile that moves no colour by more levels than this is sRGB, as every program writes it a little differently.
_SRGB_LEVELS = 3
#: Colours that differ by no more levels than this from a label's have that label's colour.
_SAME_LEVELS = 4
_LOSSY = {"JPEG": "JPEG", "MPO": "JPEG", "WEBP": "WebP"}
_LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp", "jpeg2000")


@dataclass(frozen=True)
class DrawnColours:
    """Colours of a drawing, in the ways in which its file can be understood.

    Attributes:
        stored: (H, W, 3), as stored; white where it is transparent.
        converted: (H, W, 3), from its profile to sRGB; None if it has none, or one that means sRGB.
        transparent: (H, W), where nothing is drawn; None if there is no such pixel.
        lossy: name of its format, if that may compress with loss.
        profile: name of its profile, if that does not mean sRGB.
        planes: what it stores, if it is a JPEG without such a profile.
    """

    stored: UInt8[np.ndarray, "h w 3"]
    converted: UInt8[np.ndarray, "h w 3"] | None = None
    transparent: Bool[np.ndarray, "h w"] | None = None
    lossy: str | None = None
    profile: str | None = None
    planes: JpegPlanes | None = None

    @property
    def srgb(self) -> UInt8[np.ndarray, "h w 3"]:
        """What its author saw."""
        return self.stored if self.converted is None else self.converted

    def meaning(self, colours: Int32[np.ndarray, " n 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """As stored, or converted: whichever has more pixels with known colours.

        Programs assign profiles as well as they convert to them; labels tell which. Conversions round: a converted
        colour that is a few levels off a known one is that one.

        Args:
            colours: (N, 3), the known ones.
        """
        if self.converted is None or share_of(self.stored, colours) >= share_of(self.converted, colours):
            return self.stored
        codes, where = np.unique(pack(self.converted), return_inverse=True)
        found = unpack(codes)
        distance, nearest = _within_few_levels(found, colours)
        same = np.isfinite(distance)
        found[same] = colours[nearest[same]]
        return found.astype(np.uint8)[where.reshape(self.converted.shape[:2])]


def drawn_colours(decoded: Decoded) -> DrawnColours:
    """Understand the colours of a decoded picture.

    Args:
        decoded: any picture; a soft edge of transparency is made hard, so that it mixes no colours.
    """
    transparent = None
    if decoded.image.has_transparency_data:
        levels = np.array(decoded.image.convert("RGBA"))
        transparent = levels[..., 3] < 128
        opaque = np.where(transparent[..., None], np.uint8(255), levels[..., :3])
        image = Image.fromarray(opaque)
        image.info = {key: decoded.image.info[key] for key in ("icc_profile",) if key in decoded.image.info}
        decoded = replace(decoded, image=image, samples=None)
    stored = flatten(decoded, managed=False)
    converted = flatten(decoded) if _moves_colours(decoded) else None
    if converted is not None and transparent is not None:
        converted[transparent] = 255
    return DrawnColours(
        stored,
        converted,
        transparent if transparent is not None and transparent.any() else None,
        "TIFF" if decoded.image.info.get("compression") in _LOSSY_TIFF else _LOSSY.get(decoded.format),
        _profile_name(decoded.image.info["icc_profile"]) if converted is not None else None,
        jpeg_planes(decoded.jpeg, decoded.name) if decoded.jpeg is not None and converted is None else None,
    )


def share_of(rgb: UInt8[np.ndarray, "h w 3"], colours: Int32[np.ndarray, " n 3"]) -> float:
    """The share of pixels that have one of some colours, up to a few levels.

    Args:
        rgb: (H, W, 3) uint8.
        colours: (N, 3).
    """
    code, counts = np.unique(pack(rgb), return_counts=True)
    distance, _ = _within_few_levels(unpack(code), colours)
    return float(counts[np.isfinite(distance)].sum() / counts.sum())


def _within_few_levels(
    colours: Int32[np.ndarray, "m 3"], known: Int32[np.ndarray, " n 3"]
) -> tuple[Float64[np.ndarray, " m"], Int64[np.ndarray, " m"]]:
    """The nearest known colour of each colour, and its distance; infinite if it is more than a few levels off."""
    from scipy.spatial import cKDTree  # imported lazily: reading the table of kinds must not load SciPy

    distance, nearest = cKDTree(known).query(colours, p=np.inf, distance_upper_bound=_SAME_LEVELS + 0.5)
    return np.asarray(distance), np.asarray(nearest)


def _moves_colours(decoded: Decoded) -> bool:
    """Whether its profile means something else than sRGB; levels of grey are ids as often as colours, and stay."""
    icc = decoded.image.info.get("icc_profile")
    if not icc or decoded.image.mode in ("1", "L", "LA", "I;16"):
        return False
    if decoded.image.mode == "CMYK":
        return True
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    probe = Image.fromarray(cube)
    probe.info["icc_profile"] = icc
    moved = flatten(replace(decoded, image=probe, samples=None))
    return int(np.abs(moved.astype(np.int16) - cube).max()) > _SRGB_LEVELS


def _profile_name(icc: bytes) -> str:
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip() or "unnamed"
    except ImageCms.PyCMSError:
        return "unnamed"
