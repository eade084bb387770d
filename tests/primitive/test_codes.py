"""Codes of labels are as different as possible; a matrix maps each channel to its code."""

from __future__ import annotations

import pytest
import torch

from primage.primitive.codes import CODE_CHANNELS, EMBEDDED_CHANNELS, colour_codes, label_codes
from primage.primitive.primitive import code_matrix, encode
from tests.primitive.drawings import KINDS, described, drawing


@pytest.mark.parametrize(("count", "signs"), [(2, 8), (16, 3), (64, 2), (256, 1)])
def test_codes_differ_in_a_minimum_number_of_signs(count: int, signs: int) -> None:
    codes = label_codes(count)
    differing = (codes[:, None] != codes[None]).sum(-1)
    differing.fill_diagonal_(CODE_CHANNELS)
    assert int(differing.min()) >= signs


def test_fewer_labels_have_the_same_codes() -> None:
    assert torch.equal(label_codes(5), label_codes(300)[:5])
    assert len(torch.unique(label_codes(300), dim=0)) == 300


def test_colours_keep_their_distances() -> None:
    codes = colour_codes()
    torch.testing.assert_close(codes @ codes.T, torch.eye(3))


@pytest.mark.parametrize("kind", KINDS)
def test_the_matrix_gives_each_pixel_its_code(kind: str) -> None:
    primitive = drawing(kind)
    spec = described(primitive)
    matrix = code_matrix(spec)
    assert matrix.shape == (EMBEDDED_CHANNELS, spec.channels)
    embedded = torch.einsum("ec,bchw->behw", matrix, encode(primitive, spec))[0]
    if primitive.segments is not None:
        codes = label_codes(len(primitive.segments.palette.labels))
        index = torch.from_numpy(primitive.segments.index).long()
        torch.testing.assert_close(embedded[:CODE_CHANNELS], codes[index].permute(2, 0, 1))
    if primitive.edges is not None:
        assert torch.equal(embedded[CODE_CHANNELS] > 0, torch.from_numpy(primitive.edges))
        assert float(embedded[CODE_CHANNELS + 1].max()) == 1
    else:
        assert not embedded[CODE_CHANNELS:].any()
