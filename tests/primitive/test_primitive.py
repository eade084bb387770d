"""Primitives as network channels and as pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap, colourise, label_boundaries
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import distance_to_edges, thin
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import Primitive, PrimitiveSpec, code_matrix, draw, encode, free_line_colour
from primage.tensors import to_tensor
from tests.primitive.drawings import (
    BLUE,
    GREEN,
    RED,
    blocks,
    cross,
    described,
    drawing,
    palette_of,
    patches,
    same,
)

ENCODINGS = ["channels", "boundaries", "rgb", "pix2pixhd"]
BLACK, WHITE, MAGENTA = (0, 0, 0), (255, 255, 255), (255, 0, 255)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(40, 60), (1, 1), (33, 7)])
def test_encoding_has_the_channels_that_the_model_expects(kind: str, encoding: str, size: tuple[int, int]) -> None:
    layers = {"segments": LabelMap(np.zeros(size, np.uint8), palette_of(RED, GREEN)), "edges": np.zeros(size, bool)}
    layers["colours"] = np.zeros((*size, 3), np.uint8)
    primitive = Primitive(kind, **{name: layers[name] for name in KINDS[kind].names})
    spec = described(primitive, encoding=encoding)
    planes = encode(primitive, spec)
    assert planes.shape == (1, spec.channels, *size)
    assert planes.dtype == torch.float32
    assert planes.isfinite().all()
    assert planes.abs().max() <= 1


@pytest.mark.parametrize("kind", ["segments", "super"])
def test_labels_are_one_hot(kind: str) -> None:
    primitive = drawing(kind)
    planes = encode(primitive, described(primitive))[0, :3]
    assert set(planes.unique().tolist()) == {0, 1}
    assert (planes.sum(0) == 1).all()
    np.testing.assert_array_equal(planes.argmax(0), blocks().index)


@pytest.mark.parametrize("kind", ["edges", "landmarks", "super"])
def test_lines_are_encoded_as_lines_and_closeness(kind: str) -> None:
    primitive = drawing(kind)
    lines, closeness = encode(primitive, described(primitive))[0, -2:].numpy()
    np.testing.assert_array_equal(lines, cross())
    np.testing.assert_allclose(closeness, np.exp(-distance_to_edges(cross()) / 4), rtol=1e-6)
    assert 0 < closeness.min() < 0.05
    assert (closeness[cross()] == 1).all()
    assert closeness[~cross()].max() < 1


@pytest.mark.parametrize("kind", ["paint", "manual"])
def test_colours_are_encoded_as_the_picture(kind: str) -> None:
    primitive = drawing(kind)
    assert torch.equal(encode(primitive, described(primitive)), to_tensor(patches()))


@pytest.mark.parametrize("kind", KINDS)
def test_rgb_encoding_is_the_drawn_picture(kind: str) -> None:
    primitive = drawing(kind)
    spec = described(primitive, encoding="rgb")
    assert torch.equal(encode(primitive, spec), to_tensor(draw(primitive, spec.line_colour)))


def test_pix2pixhd_reads_a_label_map_one_hot_with_its_boundaries() -> None:
    index = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 2]], np.uint8)
    primitive = Primitive("segments", segments=LabelMap(index, palette_of(RED, GREEN, BLUE)))
    spec = described(primitive, encoding="pix2pixhd")
    assert (spec.encoding, spec.channels) == ("labels", 4)
    *one_hot, boundaries = encode(primitive, spec)[0].int().tolist()
    assert [np.array(plane).astype(bool).tolist() for plane in one_hot] == [(index == i).tolist() for i in range(3)]
    # A pixel is set if a neighbour above, below, left or right has another label; corners do not touch.
    assert boundaries == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "segments"])
def test_pix2pixhd_reads_any_other_drawing_as_the_drawn_picture(kind: str) -> None:
    primitive = drawing(kind)
    spec, rgb = (described(primitive, encoding=encoding) for encoding in ("pix2pixhd", "rgb"))
    assert (spec.encoding, spec.channels) == ("rgb", 3)
    assert torch.equal(encode(primitive, spec), encode(primitive, rgb))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_matcher_reads_every_encoding(kind: str, encoding: str) -> None:
    spec = described(drawing(kind), encoding=encoding)
    assert code_matrix(spec).shape == (10, spec.channels)


def test_the_matcher_does_not_read_the_boundaries() -> None:
    plain, outlined = (described(drawing("segments"), encoding=encoding) for encoding in ("channels", "pix2pixhd"))
    assert torch.equal(code_matrix(outlined)[:, :-1], code_matrix(plain))
    assert not code_matrix(outlined)[:, -1].any()


def test_boundaries_of_a_label_map_are_read_like_drawn_lines() -> None:
    labels = drawing("segments")
    boundaries = thin(label_boundaries(blocks().index))
    over = Primitive("super", segments=labels.segments, edges=boundaries)
    spec, lines = described(labels, encoding="boundaries"), described(over)
    assert boundaries.any()
    assert torch.equal(encode(labels, spec), encode(over, lines))
    assert torch.equal(code_matrix(spec), code_matrix(lines))
    for kind in (kind for kind in KINDS if kind != "segments"):
        other = drawing(kind)
        assert torch.equal(encode(other, described(other, encoding="boundaries")), encode(other, described(other)))


def test_lines_are_drawn_over_labels() -> None:
    picture = draw(drawing("super"), MAGENTA)
    assert (picture[cross()] == MAGENTA).all()
    np.testing.assert_array_equal(picture[~cross()], colourise(blocks())[~cross()])


def test_drawing_gives_a_copy_of_a_painting() -> None:
    primitive = drawing("paint")
    draw(primitive)[:] = 0
    assert same(primitive, drawing("paint"))


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_is_not_encoded(kind: str) -> None:
    other = drawing("edges" if kind != "edges" else "segments")
    with pytest.raises(PrimitiveError, match=f"'{kind}', not '{other.kind}'"):
        encode(other, described(drawing(kind)))


def test_other_labels_are_not_encoded() -> None:
    spec = described(Primitive("segments", segments=blocks(palette=palette_of(RED, BLUE))))
    with pytest.raises(PrimitiveError, match="not those the model was trained with"):
        encode(drawing("segments"), spec)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_and_superfluous_layers_are_refused_by_name(kind: str) -> None:
    with pytest.raises(PrimitiveError, match=f"'{kind}' has the layers {', '.join(KINDS[kind].names)}, not none"):
        Primitive(kind)
    with pytest.raises(PrimitiveError, match="not segments, edges, colours"):
        Primitive(kind, segments=blocks(), edges=cross(), colours=patches())


def test_layers_of_different_sizes_are_refused() -> None:
    with pytest.raises(PrimitiveError, match=r"differ in size: \[\(40, 60\), \(40, 61\)\]"):
        Primitive("super", segments=blocks((40, 60)), edges=cross((40, 61)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(20, 30), (80, 120), (41, 59)])
def test_resizing_keeps_palettes_and_thin_lines(kind: str, size: tuple[int, int]) -> None:
    primitive = drawing(kind)
    resized = primitive.resized(size)
    assert resized.size == size
    assert resized.kind == kind
    if resized.segments is not None and primitive.segments is not None:
        assert resized.segments.palette == primitive.segments.palette
    if resized.edges is not None:
        np.testing.assert_array_equal(thin(resized.edges), resized.edges)
    assert primitive.resized(primitive.size) is primitive


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_can_be_cut_out(kind: str) -> None:
    primitive = drawing(kind)
    part = primitive.cropped(slice(3, 20), slice(7, 25))
    assert part.size == (17, 18)
    for name, array in part.to_arrays().items():
        np.testing.assert_array_equal(array, primitive.to_arrays()[name][3:20, 7:25])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((RED, GREEN), BLACK),
        ((RED, BLACK), WHITE),
        (((20, 25, 31), WHITE), MAGENTA),
        (((0, 0, 32),), BLACK),
        ((BLACK, WHITE, MAGENTA, (0, 255, 0), (255, 255, 0)), (0, 255, 255)),
    ],
)
def test_lines_get_a_colour_far_from_all_labels(
    labels: tuple[tuple[int, int, int], ...], expected: tuple[int, int, int]
) -> None:
    assert free_line_colour(palette_of(*labels)) == expected


def test_labels_that_take_all_usual_colours_leave_another_for_lines() -> None:
    taken = (BLACK, WHITE, MAGENTA, (0, 255, 0), (255, 255, 0), (0, 255, 255))
    apart = np.abs(np.array(taken) - free_line_colour(palette_of(*taken))).max(axis=1)
    assert apart.min() >= 42


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_survives_json(kind: str) -> None:
    spec = described(drawing(kind)).model_copy(update={"photo_size": (400, 600)})
    assert PrimitiveSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_description_without_labels_counts_none() -> None:
    assert PrimitiveSpec(config=PrimitiveConfig(kind="edges")).channels == 2
