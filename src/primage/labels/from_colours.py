"""Label maps from drawings in flat colours: finds their labels, or reads those of a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int16, Int32, UInt8

from primage.errors import LabelError
from primage.image import from_nearest_outside
from primage.labels.colours import RGB, as_rgb, pack
from primage.labels.doubt import Reading, check, check_lossy
from primage.labels.drawn_colours import DrawnColours, share_of
from primage.labels.flatness import NOISE_LEVELS, is_noisy
from primage.labels.identity import colours_in_use
from primage.labels.label_map import Label, LabelMap, Palette, Snapped, palette_colours
from primage.labels.nearest import Nearest, nearest_labels
from primage.labels.palette_search import area_colours
from primage.labels.tones import is_toned

log = logging.getLogger(__name__)

MAX_FOUND_COLOURS = 64
#: A drawing shows labels, or borders between them, in this share of its pixels at least; a photo does not.
_DRAWN_SHARE = 0.75
#: A drawing has its labels' colours in this share of its pixels at least; one that was compressed with loss.
_FLAT_SHARE, _NOISY_FLAT_SHARE = 0.3, 0.6
#: What differs by more levels than this from the commonest label is no part of a plain ground.
_GROUND_LEVELS = 24


def labels_from_rgb(
    rgb: UInt8[np.ndarray, "h w 3"],
    palette: Palette | None = None,
    snap: bool = False,
    *,
    where: str = "the label map",
    ignore: Bool[np.ndarray, "h w"] | None = None,
    extra_colours: Sequence[RGB] = (),
    drawn: DrawnColours | None = None,
    way_out: str = "",
) -> LabelMap:
    """Recognise labels by colour. What is clearly nearest one label is that label; a note counts these pixels.

    Args:
        rgb: (H, W, 3) uint8.
        palette: the model's labels. If None, labels are the colours that fill areas (`primage.labels.palette_search`).
        snap: give pixels in doubt the nearest label, too.
        where: name of the picture in messages.
        ignore: pixels without a label (lines drawn over them); they take the label of the nearest pixel with one.
        extra_colours: colours of such lines; their pixels are ignored too, and blends of them with labels are accepted.
        drawn: the file that the colours come from, for the cause of doubt.
        way_out: the option that snaps, for messages; empty if there is none.

    Returns:
        The map, with ``palette`` or with the palette found; it tells which pixels were snapped.

    Raises:
        LabelError: the picture is a photo, not a label map, or contains an area whose colour is not in ``palette``.

    Example:
        >>> picture = np.zeros((4, 8, 3), np.uint8)
        >>> picture[:, 4:] = (255, 0, 0)
        >>> labels_from_rgb(picture).index[0].tolist()
        [0, 0, 0, 0, 1, 1, 1, 1]
    """
    drawn = drawn or DrawnColours(rgb)
    lines = np.array(extra_colours, np.int32).reshape(-1, 3)
    live = ~np.isin(pack(rgb), pack(lines))
    if ignore is not None:
        live &= ~ignore
    if not live.any():
        raise LabelError(f"{where} contains no labels: every pixel is a line; fill the areas between the lines")
    if palette is None:
        found, known = _found(rgb, live, lines, where, drawn)
        doubtful, colours = found.doubtful, palette_colours(known)
    else:
        known, colours = palette, colours_in_use(rgb, palette)
        holes = _holes(drawn, live, colours)
        if not (live & ~holes).any():
            raise LabelError(f"{where} is transparent everywhere: nothing is drawn on it; save the visible layers")
        found = nearest_labels(rgb, np.concatenate([colours, lines]), live & ~holes, len(lines))
        doubtful = check(Reading(rgb, found, holes, palette, colours, drawn, where), snap, way_out)
    clear = found.snapped & live
    count = int(clear.sum())
    if count:
        log.info("%s: %s of %s pixels were read as the nearest label", where, f"{count:,}", f"{live.size:,}")
    index = found.index
    unlabelled = (index < 0) | (index >= len(known.labels))
    if unlabelled.all():
        raise LabelError(f"{where} contains only lines and no labels; fill the areas between the lines")
    if unlabelled.any():
        index = from_nearest_outside(index, unlabelled)
    snapped = None
    if count or doubtful.any():
        clear &= ~doubtful
        snapped = Snapped(clear, clear & _is_near(rgb, found.index, np.concatenate([colours, lines])), doubtful)
    return LabelMap(index.astype(np.uint8), known, snapped)


def _is_near(
    rgb: UInt8[np.ndarray, "h w 3"], index: Int16[np.ndarray, "h w"], anchors: Int32[np.ndarray, " n 3"]
) -> Bool[np.ndarray, "h w"]:
    """Where the colour of a pixel is that of its label up to the noise of compression."""
    difference = np.abs(rgb - anchors.astype(np.int16)[index]).max(axis=2)
    return np.asarray((difference <= NOISE_LEVELS) & (index >= 0))


def _found(
    rgb: UInt8[np.ndarray, "h w 3"],
    live: Bool[np.ndarray, "h w"],
    lines: Int32[np.ndarray, " m 3"],
    where: str,
    drawn: DrawnColours,
) -> tuple[Nearest, Palette]:
    """The labels of a drawing that nobody listed."""
    noisy = is_noisy(rgb, live)
    colours = area_colours(rgb, live, lines, noisy)
    flat = share_of(rgb[live][None], colours) if len(colours) else 0.0
    refusal = (
        f"{where} looks like a photo, not a label map: {len(colours)} colours form areas, covering {flat:.0%} of it; "
        f"draw 1 to {MAX_FOUND_COLOURS} labels in flat colours and save them as PNG"
    )
    if drawn.lossy is not None:
        refusal += f"; if it is a drawing, {drawn.lossy} compression has mixed its colours: save the original as PNG"
    least = _NOISY_FLAT_SHARE if noisy else _FLAT_SHARE
    if not 1 <= len(colours) <= MAX_FOUND_COLOURS or flat < least:
        raise LabelError(refusal)
    found = nearest_labels(rgb, np.concatenate([colours, lines]), live, len(lines))
    # A photo on a plain ground has one label, and may have some more where its tones are flat.
    ground = colours[np.bincount(found.index[live], minlength=len(colours))[: len(colours)].argmax()]
    if found.explained < _DRAWN_SHARE or is_toned(rgb, live & (np.abs(rgb - ground).max(axis=2) > _GROUND_LEVELS)):
        raise LabelError(refusal)
    check_lossy(colours, drawn, where)
    labels = (Label(id=i, colour=as_rgb(colour)) for i, colour in enumerate(colours))
    return found, Palette(labels=tuple(labels), source="rgb")


def _holes(
    drawn: DrawnColours, live: Bool[np.ndarray, "h w"], colours: Int32[np.ndarray, " n 3"]
) -> Bool[np.ndarray, "h w"]:
    """Transparent pixels, unless one of the labels is white, as which they are seen."""
    if drawn.transparent is None or (colours == 255).all(axis=1).any():
        return np.zeros(live.shape, bool)
    return np.asarray(drawn.transparent & live)
