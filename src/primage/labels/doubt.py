"""What of a drawing cannot be read as labels without doubt: refused with the probable cause and a way out."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, UInt8

from primage.errors import LabelError
from primage.labels.colours import hex_colour, pack, unpack
from primage.labels.drawn_colours import DrawnColours
from primage.labels.flatness import squares
from primage.labels.label_map import Palette
from primage.labels.nearest import Nearest

log = logging.getLogger(__name__)

#: A photo offered as a drawing shows the labels, or borders between them, in fewer pixels than this share.
_DRAWN_SHARE = 0.5
#: Lossy compression moves colours by a few levels; labels nearer to each other than this cannot be told apart after it.
_LOSSY_DISTANCE = 6.0
#: Transparent pixels that fill a square of this side are no border.
_HOLE_SIDE = 3


@dataclass(frozen=True)
class Reading:
    """A drawing read with a model's labels.

    Attributes:
        rgb: (H, W, 3), its colours.
        found: the nearest labels.
        holes: (H, W), where nothing is drawn.
        palette: the labels.
        colours: (N, 3), their colours in this drawing.
        drawn: its file.
        where: its name in messages.
    """

    rgb: UInt8[np.ndarray, "h w 3"]
    found: Nearest
    holes: Bool[np.ndarray, "h w"]
    palette: Palette
    colours: Int32[np.ndarray, " n 3"]
    drawn: DrawnColours
    where: str


def check(reading: Reading, snap: bool = False, way_out: str = "") -> Bool[np.ndarray, "h w"]:
    """Refuse what is in doubt, or warn of it if it is to be snapped.

    Args:
        reading: the drawing.
        snap: give what is in doubt the nearest label.
        way_out: the option that snaps; empty if there is none.

    Returns:
        (H, W), what is in doubt; nothing unless it is to be snapped.

    Raises:
        LabelError: areas or strokes have a colour that is no label's; labels cannot be told apart; it is a photo.
    """
    holes = squares(reading.holes, _HOLE_SIDE)
    doubtful = np.asarray(reading.found.doubtful | holes)
    _check_ambiguous(reading)
    if snap:
        if doubtful.any():
            log.warning("%s: %s pixels in doubt were given the nearest label", reading.where, f"{doubtful.sum():,}")
        return doubtful
    if len(np.unique(reading.colours, axis=0)) > 1:
        check_lossy(reading.colours, reading.drawn, reading.where, way_out)
    if reading.found.explained < _DRAWN_SHARE:
        raise LabelError(
            f"{reading.where} looks like a photo, not a drawing: only {reading.found.explained:.0%} of it shows the "
            "labels that were trained; give an edited copy of the run's primitive.png"
        )
    if holes.any():
        x, y = _first(holes)
        raise LabelError(
            f"{reading.where}: {holes.sum():,} pixels are transparent, first at (x, y) = ({x}, {y}), so nothing is "
            f"drawn there; fill them with the colour of a label{_or(way_out)}"
        )
    if doubtful.any():
        raise _unknown(reading, doubtful, way_out)
    return doubtful


def check_lossy(colours: Int32[np.ndarray, " n 3"], drawn: DrawnColours, where: str, way_out: str = "") -> None:
    """Refuse labels that lossy compression mixes, such as ids shown as levels of grey.

    Args:
        colours: (N, 3), the labels' colours in a drawing.
        drawn: its file.
        where: its name in messages.
        way_out: the option that reads it nevertheless; empty if there is none.

    Raises:
        LabelError: the file may be compressed with loss, and two colours are too near to each other, or there is one.
    """
    if drawn.lossy is None:
        return
    from scipy.spatial.distance import pdist  # imported lazily: reading the table of kinds must not load SciPy

    if pdist(np.unique(colours, axis=0)).min(initial=_LOSSY_DISTANCE if len(colours) > 1 else 0) < _LOSSY_DISTANCE:
        raise LabelError(
            f"{where}: {drawn.lossy} compression mixes labels whose colours lie so near to each other; "
            f"save the drawing as PNG{_or(way_out)}"
        )


def unknown_label_error(
    where: str, pixels: str, first: tuple[int, int], palette: Palette, nearest: int, cause: str = "", way_out: str = ""
) -> LabelError:
    """The error for pixels with an unknown label; it names the nearest known one.

    Args:
        where: name of the file in the message.
        pixels: description of the pixels and their value.
        first: (x, y) of the first of these pixels.
        palette: the known labels.
        nearest: index of the nearest one.
        cause: what may have caused it, and what to do about that.
        way_out: the option that replaces it with the nearest; empty if there is none.
    """
    label = palette.labels[nearest]
    name = f" {label.name!r}" if label.name else ""
    return LabelError(
        f"{where}: {pixels}, first at (x, y) = {first}, which is not a known label; the nearest is "
        f"{hex_colour(label.colour)}{name} (id {label.id}, position {nearest}): {cause}use that one{_or(way_out)}"
    )


def _or(way_out: str) -> str:
    return f", or {way_out}" if way_out else ""


def _first(mask: Bool[np.ndarray, "h w"]) -> tuple[int, int]:
    y, x = divmod(int(mask.argmax()), mask.shape[1])
    return x, y


def _check_ambiguous(reading: Reading) -> None:
    """Refuse colours that stand for several labels, as in a data set that shows all it ignores in black."""
    packed = pack(reading.colours)
    colours, counts = np.unique(packed, return_counts=True)
    several = np.flatnonzero(np.isin(packed, colours[counts > 1]))
    seen = np.isin(reading.found.index, several)
    if not seen.any():
        return
    x, y = _first(seen)
    code = packed[reading.found.index[y, x]]
    labels = [label for label, each in zip(reading.palette.labels, packed, strict=True) if each == code]
    names = " and ".join(label.name or f"id {label.id}" for label in labels)
    shown = ", ".join(hex_colour(label.colour) for label in labels)
    raise LabelError(
        f"{reading.where}: {seen.sum():,} pixels, first at (x, y) = ({x}, {y}), have the colour #{code:06x}, which "
        f"stands for {names}; use their colours in the run's primitive.png ({shown}), or give a file of ids"
    )


def _unknown(reading: Reading, doubtful: Bool[np.ndarray, "h w"], way_out: str) -> LabelError:
    """The error for the most frequent colour that is no label's."""
    code = pack(reading.rgb)
    colours, counts = np.unique(code[doubtful], return_counts=True)
    colour = colours[counts.argmax()]
    same = doubtful if reading.found.noisy else doubtful & (code == colour)
    rgb = unpack(colour[None])[0]
    nearest = int(((reading.colours - rgb) ** 2).sum(axis=1).argmin())
    about = "about the colour" if reading.found.noisy else "the colour"
    pixels = f"{same.sum():,} pixels have {about} #{colour:06x}"
    return unknown_label_error(reading.where, pixels, _first(same), reading.palette, nearest, _cause(reading), way_out)


def _cause(reading: Reading) -> str:
    drawn = reading.drawn
    if drawn.lossy is not None and reading.found.noisy:
        return f"{drawn.lossy} compression mixes colours, so save it as PNG; for a new colour, "
    if drawn.profile is not None:
        return f"its colour profile {drawn.profile!r} may have changed its colours, so save it as sRGB; otherwise, "
    return ""
