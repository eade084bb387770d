"""Blending of renders with the photo."""

from __future__ import annotations

import numpy as np

from primage.render.blending import blend, blend_mask
from tests.tiny import picture

SIZE = (96, 128)


def test_without_an_edit_nothing_is_replaced() -> None:
    photo, other = picture(size=SIZE), picture(1, size=SIZE)
    mask = blend_mask(np.zeros(SIZE, bool), other, photo)
    assert not mask.any()
    np.testing.assert_array_equal(blend(photo, other, mask), photo)


def test_an_edit_affects_its_surroundings_and_what_moved_with_it() -> None:
    photo = picture(size=SIZE)
    changed = np.zeros(SIZE, bool)
    changed[40:44, 40:44] = True
    near = blend_mask(changed, photo, photo)
    assert (near[changed] == 1).all()
    assert not near[:, 64:].any()
    # The render moved the inside of something whose outline was moved, and something far away, which stays.
    moved = photo.copy()
    moved[40:70, 42:80] = 255 - moved[40:70, 42:80]
    moved[0:8, 110:120] = 255 - moved[0:8, 110:120]
    far = blend_mask(changed, moved, photo)
    assert (far[45:65, 46:76] == 1).all()
    assert not far[:20, 100:].any()
    mixed = blend(photo, moved, far)
    np.testing.assert_array_equal(mixed[far == 0], photo[far == 0])
    np.testing.assert_array_equal(mixed[far == 1], moved[far == 1])
