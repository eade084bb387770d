"""Colours that show labels: always distinct and visible, whatever the file has."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int32

from primage.labels.colours import RGB, as_rgb
from primage.labels.distinct_colours import distinct_colours
from primage.labels.label_map import Palette, are_levels, palette_colours

#: Colours that differ by fewer levels in every channel are hard to tell apart; so are all within a smaller range.
_MIN_LEVELS = 4
_MIN_RANGE = 64
#: New colours differ by at least so many levels in a channel from all others, if there are as many.
_NEW_LEVELS = 42
_MOST_NEW = 341


def with_distinct_colours(palette: Palette) -> Palette:
    """Give labels that cannot be told apart by eye other colours; their own are kept as those of the file.

    Args:
        palette: the labels.

    Returns:
        The palette itself if all colours are distinct. Otherwise, of labels of one colour, all get another one: which
        of them a colour means would not be known. Levels of grey that are ids (0, 1, 2 …) all get new colours.
    """
    colours = palette_colours(palette)
    alike = _alike(colours)
    if not alike.any():
        return palette
    replaced = np.ones(len(alike), bool) if are_levels(palette) else alike
    new = iter(free_colours(int(replaced.sum()), colours[~replaced]))
    labels = tuple(
        label.model_copy(update={"colour": next(new), "file_colour": label.file_colour or label.colour})
        if change
        else label
        for label, change in zip(palette.labels, replaced, strict=True)
    )
    return palette.model_copy(update={"labels": labels})


def _alike(colours: Int32[np.ndarray, " n 3"]) -> Bool[np.ndarray, " n"]:
    """Which colours cannot be told from another."""
    if len(colours) < 2:
        return np.zeros(len(colours), bool)
    if int(np.ptp(colours, axis=0).max()) < _MIN_RANGE:
        return np.ones(len(colours), bool)
    difference = np.abs(colours[:, None] - colours).max(axis=2)
    np.fill_diagonal(difference, 255)
    return np.asarray(difference.min(axis=1) < _MIN_LEVELS)


def free_colours(count: int, taken: Int32[np.ndarray, " n 3"]) -> list[RGB]:
    """Distinct colours that differ from others; if there are too few of those, the ones that differ most.

    Args:
        count: number of colours, at most 341.
        taken: (N, 3), the others.
    """
    candidates = np.array(distinct_colours(_MOST_NEW), np.int32)
    if len(taken):
        apart = np.abs(candidates[:, None] - taken).max(axis=2).min(axis=1)
        candidates = candidates[np.argsort(-np.minimum(apart, _NEW_LEVELS), kind="stable")]
    return [as_rgb(colour) for colour in candidates[:count]]
