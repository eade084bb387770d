"""Seams: gone where the drawing shows none, kept where it does, and nothing done where nothing was moved."""

from __future__ import annotations

import torch

from primage.nets.seams import mend_seams

SIDE = 64


def ramp() -> torch.Tensor:
    """A sky: brighter from row to row, (1, 3, 64, 64)."""
    return torch.linspace(-0.5, 0.5, SIDE)[None, None, :, None].expand(1, 3, SIDE, SIDE).clone()


def patch_from_above() -> tuple[torch.Tensor, torch.Tensor]:
    """The same with a square copied from 20 rows higher up, and where everything was copied from."""
    moved = torch.zeros(1, 2, SIDE, SIDE)
    moved[:, 1, 28:44, 24:40] = -20
    copied = ramp()
    copied[..., 28:44, 24:40] = ramp()[..., 8:24, 24:40]
    return copied, moved


def test_a_seam_in_an_empty_area_is_gone() -> None:
    copied, moved = patch_from_above()
    mended = mend_seams(copied, moved, torch.zeros(1, 10, SIDE, SIDE))
    before = (copied - ramp()).abs().amax()
    assert float((mended - ramp()).abs().amax()) < 0.15 * float(before)
    untouched = torch.ones(SIDE, SIDE, dtype=torch.bool)
    untouched[24:48, 20:44] = False
    torch.testing.assert_close(mended[..., untouched], copied[..., untouched], atol=2e-3, rtol=0)


def test_a_seam_that_the_drawing_shows_is_left() -> None:
    copied, moved = patch_from_above()
    drawing = torch.zeros(1, 10, SIDE, SIDE)
    drawing[:, :8, 28:44, 24:40] = 1.0  # a thing of another label
    mended = mend_seams(copied, moved, drawing)
    torch.testing.assert_close(mended, copied, atol=0.05, rtol=0)


def test_nothing_is_done_where_nothing_is_torn() -> None:
    copied = ramp()
    moved = torch.linspace(0, 20, SIDE)[None, None, None, :].expand(1, 2, SIDE, SIDE)
    assert mend_seams(copied, moved, torch.zeros(1, 10, SIDE, SIDE)) is copied
