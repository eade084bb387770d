"""Light of moved pieces: they are fitted to their new places by Poisson image editing of the colours' logarithms.

A piece was cut from surroundings that the photo shows. Where what is around it now is the same material, the quotient
of both is a difference of light. The piece is multiplied by a gain that has these values along its border and is smooth
inside. Where the material is another, the border is free: an object does not take the colour of what is behind it.
Parts of other pictures are fitted likewise, but only by so much as light differs where the material is unknown.

Logarithms, because light multiplies: an offset taken from a dark table would change a white cup too little.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage
from torch.nn import functional as F

from primage.nets.flow_smoothing import solve_screened_poisson
from primage.origin.pictures import Picture
from primage.origin.plane import FIRST, Origin
from primage.origin.sampling import piece_colours
from primage.origin.transforms import Piece
from primage.primitive.primitive import Primitive
from primage.synthesis.field import at_sources
from primage.synthesis.reference import Reference

#: Distances from a piece between which its surroundings are compared, in pixels: outlines are not exact.
_NEAR_PX, _FAR_PX = 1.5, 6.0
#: Standard deviation of the means that are compared: textures differ, light does not.
_MEAN_PX = 3.0
#: Added to grey levels before their logarithm is taken, so that noise in dark places does not count.
_DARK = 8.0
#: Materials of other labels are alike if the gains of the channels differ by less.
_HUE = 0.15
#: Larger gains are not differences of light: a factor of three; of 1.6, where neither label nor photo tells materials.
_MAX_GAIN, _MAX_GAIN_PASTED = 1.1, 0.47
#: Surroundings in another picture are seen from this opacity on.
_OPAQUE = 0.99
#: Pieces whose surroundings are comparable along less than this share of their border stay as they are.
_SHARE = 0.25
#: The gain is solved for on at most this many cells per side.
_CELLS = 96
_ITERATIONS = 3 * _CELLS
#: Weight of the border's values, and of zero elsewhere, beside that of smoothness.
_BORDER_WEIGHT, _LEAST_WEIGHT = 1.0, 1e-7


def light(
    reference: Reference, image: UInt8[np.ndarray, "h w 3"], origin: Origin, primitive: Primitive
) -> Float32[np.ndarray, "h w 3"]:
    """The gain that fits light and colour of moved pieces to their new places; `lit` applies it.

    Args:
        reference: the photo, at the scale of the picture.
        image: the picture, with the pieces as they are in the photo.
        origin: of the drawing, of the picture's size.
        primitive: the drawing, of the picture's size.

    Returns:
        (H, W, 3), logarithm of the factor; 0 outside the pieces.

    Source:
        Pérez, Gangnet & Blake 2003, eq. 8: the correction of a seamless clone is a membrane.
    """
    out = np.zeros(image.shape, np.float32)
    for value in range(FIRST, FIRST + len(origin.pieces)):
        mask = origin.index == value
        if mask.any():
            _fit(out, mask, partial(_around, reference, image, origin, primitive, value))
    return out


def pasted_light(
    picture: Picture, piece: Piece, image: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w 3"]:
    """The gain that fits light and colour of a part of another picture to its place.

    Args:
        picture: the picture, in sRGB.
        piece: where the part comes from in it.
        image: what is around the part.
        mask: (H, W), the pixels of the part.

    Returns:
        As `light`.
    """
    out = np.zeros(image.shape, np.float32)

    def around(part: tuple[slice, slice]) -> _Border:
        ring = _ring(mask, part)
        rows, columns = np.nonzero(ring)
        points = np.stack([(columns + 0.5) / mask.shape[1], (rows + 0.5) / mask.shape[0]], axis=1)
        colours, share = picture.at(piece, points, (mask.shape[0], mask.shape[1]))
        seen = share > _OPAQUE
        ring[ring] = seen
        alike = np.zeros(mask[part].shape, bool)
        return _compared(image, ring, colours[seen], alike, part, _MAX_GAIN_PASTED)

    if mask.any():
        _fit(out, mask, around)
    return out


def lit(
    colours: Float32[np.ndarray, "*n 3"], gain: Float32[np.ndarray, "*n 3"], unit: float = 1.0
) -> Float32[np.ndarray, "*n 3"]:
    """Apply a gain of `light` to colours.

    Args:
        colours: (…, 3).
        gain: (…, 3), logarithms.
        unit: a grey level of 8 bits in the unit of the colours.
    """
    dark = np.float32(_DARK * unit)
    return np.asarray((colours + dark) * np.exp(gain) - dark, np.float32)


def fitted(image: UInt8[np.ndarray, "h w 3"], gain: Float32[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Apply a gain of `light` to a picture."""
    return np.asarray(np.rint(lit(image.astype(np.float32), gain)).clip(0, 255), np.uint8)


#: Where a piece's surroundings are comparable, and the gain from those that it was cut from to these.
_Border = tuple[Bool[np.ndarray, "h3 w3"], Float32[np.ndarray, "h3 w3 3"]]


def _fit(
    out: Float32[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"],
    around: Callable[[tuple[slice, slice]], _Border],
) -> None:
    """Set the gain of the pixels of a piece."""
    rows, columns = (_span(np.asarray(mask.any(axis=axis))) for axis in (1, 0))
    part = np.s_[rows, columns]
    border, gain = around(part)
    if border.any():
        inside = mask[part]
        domain = inside | (ndimage.distance_transform_edt(~inside) <= _FAR_PX)
        out[part][inside] = _membrane(domain, border, gain)[inside]


def _ring(mask: Bool[np.ndarray, "h w"], part: tuple[slice, slice]) -> Bool[np.ndarray, "h w"]:
    """The surroundings of a piece."""
    distance = ndimage.distance_transform_edt(~mask[part])
    ring = np.zeros(mask.shape, bool)
    ring[part] = (distance >= _NEAR_PX) & (distance <= _FAR_PX)
    return ring


def _around(
    reference: Reference,
    image: UInt8[np.ndarray, "h w 3"],
    origin: Origin,
    primitive: Primitive,
    value: int,
    part: tuple[slice, slice],
) -> _Border:
    mask, piece = origin.index == value, origin.piece(value)
    ring = _ring(mask, part) & (origin.index < FIRST)
    x, y = piece(origin.places(ring)).T
    ring[ring] = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    places = origin.places(ring)
    alike = np.zeros(mask[part].shape, bool)
    labels = reference.primitive.segments
    if primitive.segments is not None and labels is not None:
        source = np.zeros((*mask.shape, 2), np.float32)
        source[ring] = piece(places)[:, ::-1] * reference.photo.shape[:2] - 0.5
        alike = at_sources(labels.index, source[part]) == primitive.segments.index[part]
    colours = piece_colours(reference.photo, piece, places, origin.size)
    return _compared(image, ring, colours, alike, part, _MAX_GAIN)


def _compared(
    image: UInt8[np.ndarray, "h w 3"],
    ring: Bool[np.ndarray, "h w"],
    colours: Float32[np.ndarray, "n 3"],
    alike: Bool[np.ndarray, "h3 w3"],
    part: tuple[slice, slice],
    most: float,
) -> _Border:
    """Compare a picture with the surroundings that a piece was cut from: colours at the pixels of a ring."""
    before = np.zeros(image.shape, np.float32)
    before[ring] = colours
    here, there = (_means(each[part], ring[part]) for each in (image.astype(np.float32), before))
    gain = np.log((here + _DARK) / (there + _DARK))
    alike = alike | (np.ptp(gain, axis=2) < _HUE)
    comparable = ring[part] & alike & (np.abs(gain).max(axis=2) < most)
    if not ring.any() or comparable.sum() < _SHARE * ring.sum():
        return np.zeros(ring[part].shape, bool), np.zeros((*ring[part].shape, 3), np.float32)
    return comparable, gain


def _means(colours: Float32[np.ndarray, "h w 3"], where: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 3"]:
    """Local means over some pixels."""
    smooth = [ndimage.gaussian_filter(each * where, _MEAN_PX) for each in (*np.moveaxis(colours, -1, 0), np.float32(1))]
    return np.asarray(np.stack(smooth[:3], -1) / np.maximum(smooth[3], 1e-6)[..., None], np.float32)


def _membrane(
    domain: Bool[np.ndarray, "h w"], border: Bool[np.ndarray, "h w"], values: Float32[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "h w 3"]:
    """Continue the values of a border smoothly into a domain, whose other borders are free."""
    height, width = domain.shape
    size = max(1, -(-max(height, width) // _CELLS))
    pad = (0, -width % size, 0, -height % size)

    def cells(array: np.ndarray) -> torch.Tensor:
        channels = torch.from_numpy(np.ascontiguousarray(array.reshape(height, width, -1), np.float32)).permute(2, 0, 1)
        return F.avg_pool2d(F.pad(channels, pad)[None], size)

    share, known, sums = cells(domain), cells(border), cells(values * border[..., None])
    inside = (share > 0).float()
    right, down = inside[..., 1:] * inside[..., :-1], inside[..., 1:, :] * inside[..., :-1, :]
    weight = _BORDER_WEIGHT * known + _LEAST_WEIGHT
    side = _BORDER_WEIGHT * sums
    solved = solve_screened_poisson(side, torch.zeros_like(side), weight, right, down, _ITERATIONS)[0].numpy()
    outside = inside[0, 0].numpy() == 0
    near = ndimage.distance_transform_edt(outside, return_distances=False, return_indices=True)
    whole = torch.from_numpy(solved[:, near[0], near[1]])[None]
    if size > 1:
        whole = F.interpolate(whole, scale_factor=size, mode="bilinear", align_corners=False)
    return np.asarray(whole[0].permute(1, 2, 0).numpy()[:height, :width])


def _span(used: Bool[np.ndarray, " n"]) -> slice:
    """A range of rows or columns with room for what is around."""
    found = np.flatnonzero(used)
    margin = int(np.ceil(_FAR_PX)) + 1
    return slice(max(0, int(found[0]) - margin), min(len(used), int(found[-1]) + 1 + margin))
