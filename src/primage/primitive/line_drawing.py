"""Line drawings as people have them: any ink on any paper; what is lost or looks wrong is said."""

from __future__ import annotations

import logging

import numpy as np
from jaxtyping import Bool, UInt8

from primage.errors import PrimitiveError
from primage.labels.colours import RGB, hex_colour
from primage.labels.tones import is_toned
from primage.primitive.centre_lines import centre_lines, filled_areas
from primage.primitive.ink import Ink, Picture, find_ink
from primage.primitive.layer import COMMAND_LINE

Mask = Bool[np.ndarray, "h w"]

_log = logging.getLogger(__name__)

#: Paper that differs from itself by so many levels is a photo.
_PHOTO_NOISE = 96
#: Tones have several hues if in so large a share of them, the colour is so many levels off the line through the paper's
#: colour on which most of them lie. Shading by a pencil lies on that line, whatever its colour.
_HUED_SHARE, _HUED_LEVELS = 0.05, 20.0
#: So many pixels at most are looked at for that.
_MOST_COLOURS = 1 << 18
#: Tones differ from the paper by more levels than this.
_TONE_LEVELS = 24
#: More ink than this share of the sheet is no line drawing.
_MOST_INK = 0.4


def read_line_drawing(
    rgb: Picture,
    over_black: Picture | None = None,
    *,
    thinned: bool = True,
    line_colour: RGB | None = None,
    required: bool = False,
    where: str = "the line drawing",
    photo_way_out: str = COMMAND_LINE.photo_lines,
) -> Mask:
    """Read a line drawing: ink of any colour and width on paper of any other colour.

    Args:
        rgb: (H, W, 3) uint8; over white, if it is partly transparent.
        over_black: the same over black.
        thinned: whether to thin lines of any width to one pixel.
        line_colour: the colour of the ink, if only that counts.
        required: refuse a drawing without lines; otherwise there is a warning.
        where: name of the drawing in messages.
        photo_way_out: what the message advises for a photo.

    Returns:
        (H, W) bool.

    Raises:
        PrimitiveError: it is a photo, on a plain ground too, or has no lines although they are required.

    Example:
        >>> chalk = np.zeros((32, 32, 3), np.uint8)
        >>> chalk[10:17] = 200
        >>> int(read_line_drawing(chalk).sum(axis=0).max())
        1
    """
    ink = find_ink(rgb, over_black, line_colour)
    if ink.noise > _PHOTO_NOISE:
        raise PrimitiveError(
            f"{where} looks like a photo, not a line drawing: it has no plain paper; draw lines on a plain ground, or "
            f"{photo_way_out}"
        )
    if not ink.mask.any():
        _report_blank(ink, line_colour, required, where)
        return ink.mask
    toned = ink.strength > max(_TONE_LEVELS, ink.noise)
    if over_black is not None and (rgb != over_black).any():
        toned = (rgb - over_black).max(axis=2) < 128  # what is opaque: paper is as flat as ink
    if line_colour is not None or not is_toned(rgb, toned):
        toned = np.zeros_like(toned)
    elif _has_hues(rgb[toned], ink.paper):
        raise PrimitiveError(
            f"{where} looks like a photo on a plain ground, not a line drawing: it has areas of continuous tones in "
            f"several hues; draw lines on a plain ground, or {photo_way_out}"
        )
    lines = centre_lines(ink.mask)
    if toned.any():
        _log.warning(
            "%s: it has areas of continuous tones, as in shading or in a photo without colours; they count as lines "
            "along their middles: draw lines alone, or, if it is a photo, %s",
            *(where, photo_way_out),
        )
    else:
        warn_of_areas(ink.mask, lines, where)
    return lines if thinned else ink.mask


def _has_hues(colours: UInt8[np.ndarray, "n 3"], paper: RGB | None) -> bool:
    colours = colours[:: 1 + len(colours) // _MOST_COLOURS]
    offset = colours - np.array(paper or (255, 255, 255), np.float32)
    along = np.linalg.eigh(offset.T @ offset)[1][:, -1]
    beside = np.linalg.norm(offset - np.outer(offset @ along, along), axis=1)
    return float((beside > _HUED_LEVELS).mean()) >= _HUED_SHARE


def _report_blank(ink: Ink, line_colour: RGB | None, required: bool, where: str) -> None:
    paper = "the transparent sheet" if ink.paper is None else f"the paper ({hex_colour(ink.paper)})"
    sought = "nothing" if line_colour is None else f"no line of the colour {hex_colour(line_colour)}"
    found = f"{where}: no lines are found: {sought} differs from {paper} by {ink.threshold} of 255 levels or more"
    if required:
        raise PrimitiveError(f"{found}; draw darker lines, or lines of another colour than the paper")
    _log.warning("%s, so it is read as an empty sheet; if that is not meant, draw darker lines", found)


def warn_of_areas(mask: Mask, lines: Mask, where: str) -> None:
    """Say what is drawn in the colour of lines and is no line.

    Args:
        mask: (H, W) bool, the ink.
        lines: (H, W) bool, its centre lines.
        where: name of the drawing in messages.
    """
    filled = filled_areas(mask, lines)
    share = float(mask.mean())
    if share > _MOST_INK:
        _log.warning(
            "%s: %.0f %% of it counts as lines, which is too much for a line drawing; only the middles of filled areas "
            "are used: draw outlines on plain paper",
            *(where, 100 * share),
        )
    elif filled.any():
        y, x = np.argwhere(filled).mean(axis=0) / mask.shape
        _log.warning(
            "%s: filled areas (around %.0f %% of the width and %.0f %% of the height) count as lines along their "
            "middles; draw their outlines instead",
            *(where, 100 * x, 100 * y),
        )
