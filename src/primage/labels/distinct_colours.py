"""A fixed sequence of colours that are easy to tell apart."""

from __future__ import annotations

import functools

import numpy as np

from primage.labels.colours import RGB, as_rgb


@functools.lru_cache
def _all_distinct_colours() -> tuple[RGB, ...]:
    levels = [0, 42, 85, 127, 170, 212, 255]
    grid = np.array([(r, g, b) for r in levels for g in levels for b in levels], np.int32)
    # The weights approximate a perceptual space.
    weighted = grid * np.sqrt([2.0, 4.0, 3.0])
    distance = np.minimum(((weighted - weighted[0]) ** 2).sum(1), ((weighted - weighted[-1]) ** 2).sum(1))
    chosen = []
    for _ in range(len(grid) - 2):
        best = int(distance.argmax())
        chosen.append(as_rgb(grid[best]))
        distance = np.minimum(distance, ((weighted - weighted[best]) ** 2).sum(1))
    return tuple(chosen)


def distinct_colours(n: int) -> list[RGB]:
    """A fixed sequence of easily distinguishable colours.

    Args:
        n: number of colours, at most 341.

    Returns:
        RGB triples that differ from each other, and from black and white, by at least 42 in one channel.

    Raises:
        ValueError: ``n`` is negative or too large.
    """
    if not 0 <= n <= len(_all_distinct_colours()):
        raise ValueError(f"n must be from 0 to {len(_all_distinct_colours())}, not {n}")
    return list(_all_distinct_colours()[:n])
