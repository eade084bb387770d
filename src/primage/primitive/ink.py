"""Ink and paper: which pixels of a line drawing are drawn, whatever it was drawn with, on whatever.

The paper is the commonest colour, and may vary smoothly like that of a photographed sheet. What differs from it more
than the paper differs from itself is ink: dark or light, coloured or grey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage
from skimage.filters import threshold_otsu

from primage.labels.colours import RGB, as_rgb, pack, unpack

Mask = Bool[np.ndarray, "h w"]
Picture = UInt8[np.ndarray, "h w 3"]
Strength = UInt8[np.ndarray, "h w"]

#: Ink differs from the paper by at least this many of 255 levels in one channel.
MIN_CONTRAST = 16
#: The noise of the paper ends this many (scaled) median deviations above the median.
_DEVIATIONS = 5.0
#: Where the paper is noisy, lines have a pixel that stands out this much more than noise does, and this many pixels.
_CERTAIN = 1.5
_MIN_PIXELS = 8
#: A line ends where its strength falls below this share of the greatest within two pixels: less than half, which is all
#: that is left where a line runs between two rows of pixels.
_RIM_SHARE = 0.4
#: Compression spreads noise over blocks of 8 pixels, 16 for colour; antialiasing and blur reach 3 pixels.
_NEAR_PX, _BLUR_PX = 9, 3
#: It has rare peaks, this much above the level that 75 % of the pixels keep, but is weaker than this share of the ink.
_RINGING, _MOST_NOISE = 4.0, 0.35
#: A sheet is divided into 24 × 24 blocks; it is constant unless so large a share of them differs a little.
_BLOCKS, _VARIED_SHARE = 24, 0.1
#: By how many levels blocks of the paper may differ from the surface that is fitted to them, in each round.
_TOLERANCES = (48, 48, 48, 32, 24, 16, 16, 16)
#: What is opaque in a transparent picture and wider than this share of its short side was drawn on, not with.
_SHEET_SHARE = 0.06


@dataclass(frozen=True)
class Ink:
    """What is drawn on a sheet.

    Attributes:
        mask: (H, W) bool, the pixels that are drawn, as wide as they are drawn.
        paper: the commonest colour; None if it is transparency.
        noise: levels of 255 up to which the paper differs from itself.
        strength: (H, W), by how many levels of 255 each pixel differs from the paper.
    """

    mask: Mask
    paper: RGB | None
    noise: float
    strength: Strength

    @property
    def threshold(self) -> int:
        """By how many levels of 255 a line has to differ from the paper."""
        return round(max(MIN_CONTRAST, _CERTAIN * self.noise))


def find_ink(rgb: Picture, over_black: Picture | None = None, line_colour: RGB | None = None) -> Ink:
    """Tell ink from paper.

    Args:
        rgb: (H, W, 3) uint8, a line drawing; over white, if it is partly transparent.
        over_black: the same over black. What is opaque on a transparent sheet is ink.
        line_colour: the colour of the ink, if only that counts.

    Returns:
        The ink; an empty mask if nothing differs from the paper by `MIN_CONTRAST` and by more than its noise.

    Example:
        >>> sheet = np.full((32, 32, 3), 250, np.uint8)
        >>> sheet[16] = (250, 240, 120)
        >>> int(find_ink(sheet).mask.sum())
        32
    """
    if over_black is not None and (rgb != over_black).any():
        opacity = 255 - (rgb - over_black).max(axis=2)
        drawn = _from_strength(opacity, None)
        if line_colour is None and not _is_sheet(opacity, drawn.mask):
            return drawn
        rgb = _over_its_paper(over_black, opacity)
        ink = find_ink(rgb, line_colour=line_colour)
        return ink if ink.mask.any() or line_colour is not None else drawn
    colour = commonest_colour(rgb)
    paper = paper_of(rgb, colour)
    strength = distance_to_paper(rgb, paper) if line_colour is None else _towards(rgb, paper, line_colour)
    return _from_strength(strength, colour)


def commonest_colour(rgb: Picture) -> RGB:
    """The colour around which most pixels lie.

    Args:
        rgb: (H, W, 3) uint8.

    Returns:
        One of its colours: the commonest within the commonest of 16³ ranges of colours.
    """
    code = pack(rgb).ravel()
    # Ranges overlap by half, so that noise around a colour is not divided between two.
    best, most = code, -1
    for shift in (0, 8):
        moved = pack(np.minimum(rgb.astype(np.int32) + shift, 263) // 16).ravel()
        values, counts = np.unique(moved, return_counts=True)
        if counts.max() > most:
            best, most = code[moved == values[counts.argmax()]], int(counts.max())
    values, counts = np.unique(best, return_counts=True)
    return as_rgb(unpack(values[counts.argmax()][None])[0])


def paper_of(rgb: Picture, colour: RGB) -> Float32[np.ndarray, "h2 w2 3"]:
    """The colour of the empty sheet at every pixel: constant, or smooth if the sheet was photographed or scanned.

    Args:
        rgb: (H, W, 3) uint8.
        colour: the commonest colour.

    Returns:
        (H, W, 3), 0 to 255; a cubic surface through the medians of blocks, without those that ink fills. The first two
        axes have length 1 if the paper is constant.
    """
    constant = np.array(colour, np.float32).reshape(1, 1, 3)
    height, width = rgb.shape[:2]
    if min(height, width) < 16:
        return constant
    blocks = _block_medians(rgb)
    away = np.abs(blocks - constant).max(axis=2)
    if ((away > 1) & (away <= _TOLERANCES[0])).mean() < _VARIED_SHARE:
        return constant
    terms = _cubic(*blocks.shape[:2])
    values = blocks.reshape(-1, 3)
    fitted = np.broadcast_to(constant.reshape(1, 3), values.shape)
    for tolerance in _TOLERANCES:  # the paper grows outwards from where the colour is commonest
        inside = np.abs(values - fitted).max(axis=1) <= tolerance
        if inside.sum() < 2 * terms.shape[1]:
            return constant
        fitted = terms @ np.linalg.lstsq(terms[inside], values[inside], rcond=None)[0]
    coefficients = np.linalg.lstsq(terms[inside], values[inside], rcond=None)[0]
    surface = _cubic(height, width) @ coefficients
    return np.asarray(surface.clip(0, 255).reshape(height, width, 3), np.float32)


def distance_to_paper(rgb: Picture, paper: Float32[np.ndarray, "h2 w2 3"]) -> Strength:
    """Strength of the ink: the greatest difference of a channel from the paper.

    Args:
        rgb: (H, W, 3) uint8.
        paper: of the same size, or (1, 1, 3).

    Returns:
        (H, W), 0 to 255.
    """
    strength = np.zeros(rgb.shape[:2], np.float32)
    for channel in range(3):
        np.maximum(strength, np.abs(rgb[..., channel] - paper[..., channel]), out=strength)
    return np.rint(strength).astype(np.uint8)


def _is_sheet(opacity: Strength, drawn: Mask) -> bool:
    """Whether what is opaque is a sheet, or a filled figure, that was drawn on, rather than ink."""
    side = max(9, round(_SHEET_SHARE * min(opacity.shape)))
    solid = ndimage.maximum_filter(ndimage.minimum_filter(drawn, side), side)
    return bool((opacity >= 128).mean() >= 0.5 or 2 * (solid & drawn).sum() > drawn.sum())


def _over_its_paper(over_black: Picture, opacity: Strength) -> Picture:
    """Put a partly transparent drawing on the colour that most of it has."""
    solid = opacity >= 255
    paper = commonest_colour(over_black[solid][None]) if solid.any() else (255, 255, 255)
    below = np.array(paper) * ((255 - opacity) / 255.0)[..., None]
    return np.rint(over_black + below).clip(0, 255).astype(np.uint8)


def _towards(rgb: Picture, paper: Float32[np.ndarray, "h2 w2 3"], colour: RGB) -> Strength:
    """Strength of ink of one colour: how far pixels are from the paper towards it."""
    direction = np.array(colour, np.float32) - paper
    length = np.maximum((direction**2).sum(axis=2), 1)
    offset = rgb - paper
    share = ((offset * direction).sum(axis=2) / length).clip(0, 1)
    beside = np.abs(offset - share[..., None] * direction).max(axis=2)
    along = share * np.abs(direction).max(axis=2)
    return np.where(beside <= 0.5 * along, np.rint(along), 0).astype(np.uint8)


def _from_strength(strength: Strength, paper: RGB | None) -> Ink:
    middle = threshold_otsu(strength) if strength.any() else 0
    noise = _noise(strength)
    weak, strong = strength[strength <= middle], strength > middle
    if strong.any() and np.median(strength[strong]) >= 2 * _noise(weak):
        noise = _noise(weak)  # ink is plain, so it need not be counted among the noise
    strong &= strength >= max(MIN_CONTRAST, _CERTAIN * noise)
    reach = [ndimage.maximum_filter(strong, size=2 * px + 1) for px in (_NEAR_PX, _BLUR_PX)]
    near = strength[reach[0] & ~reach[1]]
    if near.size:  # other lines may be near, too; their strength is no noise
        spread = max(_noise(near), _RINGING * float(np.quantile(near, 0.75)))
        noise = max(noise, min(spread, _MOST_NOISE * float(np.median(strength[strong]))))
    floor = max(MIN_CONTRAST, noise)
    mask = (strength >= floor) & (strength >= _RIM_SHARE * ndimage.maximum_filter(strength, size=5))
    return Ink(_without_specks(mask, strength, noise) if noise > MIN_CONTRAST / 4 else mask, paper, noise, strength)


def _noise(strength: UInt8[np.ndarray, "*n"]) -> float:
    """Up to which strength pixels are noise of the paper, which covers more than half."""
    median = float(np.median(strength))
    return median + _DEVIATIONS * 1.4826 * float(np.median(np.abs(strength - np.float32(median))))


def _without_specks(mask: Mask, strength: Strength, noise: float) -> Mask:
    component, count = ndimage.label(mask, structure=np.ones((3, 3), bool))
    sizes = np.bincount(component.ravel(), minlength=count + 1)
    peaks = np.zeros(count + 1, np.uint8)
    np.maximum.at(peaks, component.ravel(), strength.ravel())
    kept = (sizes >= _MIN_PIXELS) & (peaks >= _CERTAIN * max(MIN_CONTRAST, noise))
    kept[0] = False
    return np.asarray(kept[component])


def _block_medians(rgb: Picture) -> Float32[np.ndarray, "rows columns 3"]:
    """Medians of a grid of blocks, about 24 along each side, from at most 32² pixels each."""
    height, width = rgb.shape[:2]
    rows, columns = min(_BLOCKS, height // 4), min(_BLOCKS, width // 4)
    tall, wide = height // rows, width // columns
    cut = rgb[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide, 3)
    cut = cut[:, :: -(-tall // 32), :, :: -(-wide // 32)]
    return np.asarray(np.median(cut, axis=(1, 3)), np.float32)


def _cubic(height: int, width: int) -> Float32[np.ndarray, "n 10"]:
    """The terms of a cubic polynomial at the middles of cells, in [-1, 1]."""
    y, x = ((2 * np.arange(n, dtype=np.float32) + 1) / n - 1 for n in (height, width))
    y, x = np.broadcast_arrays(y[:, None], x[None])
    return np.stack([(x**i * y**j).ravel() for i in range(4) for j in range(4 - i)], axis=1)
