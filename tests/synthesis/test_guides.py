"""Guides: the channels of each kind of drawing, weighted."""

from __future__ import annotations

import numpy as np
import pytest

from primage.primitive.primitive import Primitive
from primage.synthesis.guides import GuideWeights, guide_channels
from primage.synthesis.search import CHANNELS
from tests.primitive.drawings import KINDS, described, drawing, patches

ONES = GuideWeights(labels=1.0, lines=1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", ["channels", "boundaries", "rgb", "pix2pixhd"])
def test_every_kind_has_eleven_channels(kind: str, encoding: str) -> None:
    primitive = drawing(kind)
    found = guide_channels(primitive, described(primitive, encoding=encoding), ONES)
    assert found.shape == (40, 60, 11)
    assert found.dtype == np.float32
    assert found.shape[2] + 3 <= CHANNELS  # with the colours
    assert np.array_equal(found, guide_channels(primitive, described(primitive), ONES))


@pytest.mark.parametrize("kind", KINDS)
def test_the_channels_say_what_is_drawn(kind: str) -> None:
    primitive = drawing(kind)
    labels, lines = np.split(guide_channels(primitive, described(primitive), ONES), [8], axis=-1)
    if primitive.segments is not None:
        index = primitive.segments.index
        codes = {label: labels[index == label] for label in np.unique(index)}
        assert all((code == code[0]).all() for code in codes.values())
        assert len({tuple(code[0]) for code in codes.values()}) == len(codes)
    elif primitive.colours is None:
        assert not labels.any()
    if primitive.edges is not None:
        assert lines[primitive.edges] == pytest.approx(np.full((primitive.edges.sum(), 3), (0.7, 1, 0)), abs=1e-6)
    if primitive.colours is not None:
        assert not lines.any()
    else:
        assert 0 <= lines.min() <= lines.max() <= 1
        assert lines[..., 2].max() > 0.2


def test_labels_alone_have_their_boundaries_as_lines() -> None:
    primitive = drawing("segments")
    lines = guide_channels(primitive, described(primitive), ONES)[..., 8:]
    assert lines[10, 20, 1] > 0.7
    assert lines[10, 10, 1] < 0.15


def test_colours_keep_their_distances() -> None:
    primitive = drawing("paint")
    found = guide_channels(primitive, described(primitive), ONES)
    colours = patches().astype(np.float32) / 127.5 - 1
    for (a, b), (c, d) in (((5, 5), (5, 40)), ((20, 3), (35, 55))):
        between = np.linalg.norm(colours[a, b] - colours[c, d])
        assert np.linalg.norm(found[a, b] - found[c, d]) == pytest.approx(between, rel=1e-4)


def test_weights_multiply_squared_differences() -> None:
    primitive = drawing("super")
    spec = described(primitive)
    plain, weighted = (
        guide_channels(primitive, spec, weights) for weights in (ONES, GuideWeights(labels=4.0, lines=0.25))
    )
    np.testing.assert_allclose(weighted[..., :8], 2 * plain[..., :8])
    np.testing.assert_allclose(weighted[..., 8:], 0.5 * plain[..., 8:])


def test_without_any_line_everything_is_far_from_one() -> None:
    blank = Primitive("edges", edges=np.zeros((40, 60), bool))
    lines = guide_channels(blank, described(drawing("edges")), ONES)[..., 8:]
    assert lines == pytest.approx(np.broadcast_to(np.float32((0, np.exp(-4), 0.5)), (40, 60, 3)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
def test_drawings_one_pixel_wide(kind: str, size: tuple[int, int]) -> None:
    primitive = drawing("super", (40, 60))
    layers = {"segments": primitive.segments, "edges": primitive.edges, "colours": patches()}
    whole = Primitive(kind, **{name: layers[name] for name in drawing(kind).layers})
    small = whole.resized(size)
    assert np.isfinite(guide_channels(small, described(whole), ONES)).all()
