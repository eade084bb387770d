"""Poisson blending: seams vanish where the primitive shows none, and stay where it does."""

from __future__ import annotations

import torch

from primage.nets.poisson_blending import poisson_blend

SIDE = 64


def ramp() -> torch.Tensor:
    """A sky, brighter from row to row, (1, 3, 64, 64)."""
    return torch.linspace(-0.5, 0.5, SIDE)[None, None, :, None].expand(1, 3, SIDE, SIDE).clone()


def patch_from_above() -> tuple[torch.Tensor, torch.Tensor]:
    """The same with a square copied from 20 rows higher up, and the flow."""
    flow = torch.zeros(1, 2, SIDE, SIDE)
    flow[:, 1, 28:44, 24:40] = -20
    copied = ramp()
    copied[..., 28:44, 24:40] = ramp()[..., 8:24, 24:40]
    return copied, flow


def test_a_seam_in_an_empty_area_vanishes() -> None:
    copied, flow = patch_from_above()
    blended = poisson_blend(copied, flow, torch.zeros(1, 10, SIDE, SIDE))
    before = (copied - ramp()).abs().amax()
    assert float((blended - ramp()).abs().amax()) < 0.15 * float(before)
    untouched = torch.ones(SIDE, SIDE, dtype=torch.bool)
    untouched[24:48, 20:44] = False
    torch.testing.assert_close(blended[..., untouched], copied[..., untouched], atol=2e-3, rtol=0)


def test_a_seam_that_the_primitive_shows_is_kept() -> None:
    copied, flow = patch_from_above()
    drawing = torch.zeros(1, 10, SIDE, SIDE)
    drawing[:, :8, 28:44, 24:40] = 1.0  # another label
    torch.testing.assert_close(poisson_blend(copied, flow, drawing), copied, atol=0.05, rtol=0)


def test_continuous_flow_changes_nothing() -> None:
    copied = ramp()
    flow = torch.linspace(0, 20, SIDE)[None, None, None, :].expand(1, 2, SIDE, SIDE)
    assert poisson_blend(copied, flow, torch.zeros(1, 10, SIDE, SIDE)) is copied
