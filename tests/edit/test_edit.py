"""Edits: what each does to each kind of primitive, their JSON, and what is refused."""

from __future__ import annotations

import contextlib
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primage.edit.apply import apply_edits, region_mask
from primage.edit.records import (
    Copy,
    Edit,
    Ellipse,
    Erase,
    Fill,
    Flip,
    Handle,
    LabelRegion,
    Move,
    Paint,
    Polygon,
    Rectangle,
    Scale,
    Swap,
    Warp,
    edits_from_json,
    edits_to_json,
)
from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap
from primage.primitive.edges import thin
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import KINDS, blocks, components, drawing, palette_of, same

SIZE = (40, 60)
BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.5, 0.5))  # rows 10 … 19, columns 15 … 29
ALL = Rectangle(top_left=(0, 0), bottom_right=(1, 1))
SHAPES = [
    BOX,
    Ellipse(centre=(0.5, 0.5), radii=(0.3, 0.2)),
    Polygon(points=((0.1, 0.1), (0.9, 0.2), (0.4, 0.8))),
]
HUGE = 1.7e308


def every_edit(region: Rectangle | Ellipse | Polygon | LabelRegion = BOX) -> list[Edit]:
    return [
        Move(region=region, by=(0.3, 0.2)),
        Copy(region=region, by=(-0.2, 0.3)),
        Scale(region=region, factor=1.7),
        Scale(region=region, factor=0.5),
        Flip(region=region),
        Flip(region=region, axis="vertical"),
        Swap(region=region, other=Rectangle(top_left=(0.6, 0.6), bottom_right=(0.8, 0.9))),
        Warp(handles=(Handle(source=(0.3, 0.4), target=(0.4, 0.45)),)),
        Erase(region=region),
    ]


def spot(kind: str = "super", size: tuple[int, int] = SIZE) -> Primitive:
    """A block of label 1 at rows 10 … 19, columns 15 … 29 of label 0, crossed by a line; darker inside."""
    index = np.zeros(size, np.uint8)
    index[10:20, 15:30] = 1
    lines = np.zeros(size, bool)
    lines[12, 15:28] = True
    colours = np.where(index[..., None] == 1, np.uint8(40), np.uint8(200)).repeat(3, axis=2)
    layers = {
        "segments": {"segments": LabelMap(index, blocks().palette)},
        "edges": {"edges": lines},
        "paint": {"colours": colours},
    }
    layers["super"] = layers["segments"] | layers["edges"]
    layers["landmarks"], layers["manual"] = layers["edges"], layers["paint"]
    return Primitive(kind, **layers[kind])


def marked(primitive: Primitive) -> np.ndarray:
    """Where the block is."""
    if primitive.segments is not None:
        return np.asarray(primitive.segments.index == 1)
    assert primitive.colours is not None
    return np.asarray(primitive.colours[..., 0] == 40)


def at(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[rows, columns] = True
    return mask


WITH_AREAS = ["segments", "super", "paint", "manual"]
WITH_LINES = ["edges", "landmarks", "super"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", SHAPES)
def test_every_edit_keeps_size_kind_palette_and_thin_lines(kind: str, region: Rectangle) -> None:
    for edit in every_edit(region):
        before, untouched = drawing(kind), drawing(kind)
        after = apply_edits(before, [edit])
        assert same(before, untouched)
        assert (after.kind, after.size) == (kind, SIZE)
        if after.segments is not None and before.segments is not None:
            assert after.segments.palette == before.segments.palette
            assert set(np.unique(after.segments.index)) <= set(np.unique(before.segments.index))
        if after.edges is not None:
            np.testing.assert_array_equal(thin(after.edges), after.edges)
        if after.colours is not None and before.colours is not None:
            colours = set(map(tuple, before.colours.reshape(-1, 3)))
            assert set(map(tuple, after.colours.reshape(-1, 3))) <= colours


@pytest.mark.parametrize("kind", KINDS)
def test_no_edits_change_nothing(kind: str) -> None:
    assert same(apply_edits(drawing(kind), []), drawing(kind))


@pytest.mark.parametrize("kind", WITH_AREAS)
def test_move_takes_a_region_along_and_closes_the_hole(kind: str) -> None:
    moved = apply_edits(spot(kind), [Move(region=BOX, by=(0.25, 0.25))])
    np.testing.assert_array_equal(marked(moved), at(slice(20, 30), slice(30, 45)))


@pytest.mark.parametrize("kind", WITH_AREAS)
def test_copy_leaves_the_original(kind: str) -> None:
    copied = apply_edits(spot(kind), [Copy(region=BOX, by=(0.25, 0.25))])
    both = at(slice(10, 20), slice(15, 30)) | at(slice(20, 30), slice(30, 45))
    np.testing.assert_array_equal(marked(copied), both)


@pytest.mark.parametrize("kind", WITH_LINES)
def test_lines_move_copy_and_flip_with_their_region(kind: str) -> None:
    moved = apply_edits(spot(kind), [Move(region=BOX, by=(0.25, 0.25))]).edges
    np.testing.assert_array_equal(moved, at(slice(22, 23), slice(30, 43)))
    copied = apply_edits(spot(kind), [Copy(region=BOX, by=(0, 0.5))]).edges
    np.testing.assert_array_equal(copied, at(slice(12, 13), slice(15, 28)) | at(slice(32, 33), slice(15, 28)))
    for axis, row, start in (("horizontal", 12, 17), ("vertical", 17, 15)):
        flipped = apply_edits(spot(kind), [Flip.model_validate({"region": BOX, "axis": axis})]).edges
        np.testing.assert_array_equal(flipped, at(slice(row, row + 1), slice(start, start + 13)))


@pytest.mark.parametrize("kind", WITH_AREAS)
@pytest.mark.parametrize(("factor", "side"), [(2.0, (20, 30)), (0.5, (5, 7.5)), (1.0, (10, 15))])
def test_scale_multiplies_both_sides_about_the_centre(kind: str, factor: float, side: tuple[float, float]) -> None:
    rows, columns = np.nonzero(marked(apply_edits(spot(kind), [Scale(region=BOX, factor=factor)])))
    assert abs(np.ptp(rows) + 1 - side[0]) <= 1
    assert abs(np.ptp(columns) + 1 - side[1]) <= 1
    assert abs(rows.mean() - 14.5) <= 0.5
    assert abs(columns.mean() - 22) <= 0.5


@pytest.mark.parametrize("kind", WITH_LINES)
@pytest.mark.parametrize("factor", [0.3, 0.5, 0.8, 1.5, 2.2])
def test_scaled_lines_stay_unbroken_and_thin(kind: str, factor: float) -> None:
    lines = apply_edits(spot(kind), [Scale(region=BOX, factor=factor)]).edges
    assert lines is not None
    assert components(lines) == 1
    assert (lines.sum(axis=0) <= 1).all()
    assert abs(lines.sum() - 13 * factor) <= 3


@pytest.mark.parametrize("kind", [*WITH_AREAS, "edges"])
@pytest.mark.parametrize(("axis", "step"), [("horizontal", (1, -1)), ("vertical", (-1, 1))])
def test_flip_mirrors_a_region_in_its_own_box_and_the_whole_picture_too(
    kind: str, axis: str, step: tuple[int, int]
) -> None:
    half = at(slice(10, 20), slice(15, 30))
    for region, box in ((BOX, half), (ALL, np.ones(SIZE, bool))):
        before = drawing(kind)
        after = apply_edits(before, [Flip.model_validate({"region": region, "axis": axis})])
        for old, new in ((before.segments, after.segments), (before.colours, after.colours)):
            if old is None or new is None:
                continue
            old_pixels, new_pixels = (x.index if isinstance(x, LabelMap) else x for x in (old, new))
            rows, columns = (slice(x.min(), x.max() + 1) for x in np.nonzero(box))
            np.testing.assert_array_equal(new_pixels[rows, columns], old_pixels[rows, columns][:: step[0], :: step[1]])
            np.testing.assert_array_equal(new_pixels[~box], old_pixels[~box])


@pytest.mark.parametrize("kind", [*WITH_AREAS])
def test_flipping_twice_gives_the_same_areas(kind: str) -> None:
    again = apply_edits(spot(kind), [Flip(region=BOX), Flip(region=BOX)])
    np.testing.assert_array_equal(marked(again), marked(spot(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_erase_leaves_no_line_and_closes_areas_from_around(kind: str) -> None:
    erased = apply_edits(spot(kind), [Erase(region=BOX)])
    if erased.edges is not None:
        assert not erased.edges.any()
    if kind in WITH_AREAS:
        assert not marked(erased).any()


@pytest.mark.parametrize("kind", ["segments", "super"])
def test_fill_gives_a_region_one_label_and_no_lines(kind: str) -> None:
    filled = apply_edits(spot(kind), [Fill(region=BOX, label=2)])
    assert filled.segments is not None
    np.testing.assert_array_equal(filled.segments.index == 2, at(slice(10, 20), slice(15, 30)))
    assert filled.edges is None or not filled.edges.any()


@pytest.mark.parametrize("kind", ["segments", "super"])
@pytest.mark.parametrize("label", [3, 255, 10**30])
def test_labels_that_are_not_there_are_refused(kind: str, label: int) -> None:
    stroke = Paint(points=((0.5, 0.5),), label=label)
    for edit in (Fill(region=BOX, label=label), stroke):
        with pytest.raises(PrimitiveError, match=f"no label {label}"):
            apply_edits(drawing(kind), [edit])


@pytest.mark.parametrize("kind", ["edges", "landmarks", "paint", "manual"])
def test_labels_are_refused_where_there_are_none(kind: str) -> None:
    for edit in (Fill(region=BOX, label=0), Paint(points=((0.5, 0.5),), label=0)):
        with pytest.raises(PrimitiveError, match="no label 0"):
            apply_edits(drawing(kind), [edit])
    with pytest.raises(PrimitiveError, match="the primitive has none"):
        apply_edits(drawing(kind), [Erase(region=LabelRegion(labels=(0,)))])


@pytest.mark.parametrize("kind", WITH_LINES)
def test_a_stroke_without_a_label_is_a_thin_line(kind: str) -> None:
    stroke = Paint(points=((0.1, 0.8), (0.5, 0.8), (0.8, 0.95)))
    before = spot(kind).edges
    after = apply_edits(spot(kind), [stroke]).edges
    assert before is not None
    assert after is not None
    added = after & ~before
    assert (after >= before).all()
    assert components(added) == 1
    assert added[32, 6:31].all()
    assert added[38, 48]
    assert added[:, 6:49].sum(axis=0).max() == 1


@pytest.mark.parametrize("kind", ["segments", "paint", "manual"])
def test_a_line_is_refused_where_there_are_no_lines(kind: str) -> None:
    with pytest.raises(PrimitiveError, match="has no lines"):
        apply_edits(drawing(kind), [Paint(points=((0.5, 0.5), (0.6, 0.6)))])


@pytest.mark.parametrize("radius", [0.001, 0.05, 0.2])
def test_a_labels_stroke_is_a_round_brush(radius: float) -> None:
    painted = apply_edits(spot("super"), [Paint(points=((0.5, 0.5),), label=2, radius=radius)])
    assert painted.segments is not None
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    disc = np.hypot(y - 20, x - 30) < max(0.5, radius * 60) + 0.5
    np.testing.assert_array_equal(painted.segments.index == 2, disc)
    assert painted.edges is not None
    assert not painted.edges[disc].any()


def test_a_large_brush_takes_no_time() -> None:
    started = time.perf_counter()
    primitive = Primitive("segments", segments=blocks((512, 512)))
    painted = apply_edits(primitive, [Paint(points=((0.5, 0.5),), label=2, radius=1)])
    assert painted.segments is not None
    assert (painted.segments.index == 2).all()
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("kind", ["segments", "super"])
def test_a_region_may_be_given_by_its_labels(kind: str) -> None:
    moved = apply_edits(spot(kind), [Move(region=LabelRegion(labels=(1, 2)), by=(0.5, 0))])
    np.testing.assert_array_equal(marked(moved), at(slice(10, 20), slice(45, 60)))


def test_regions_cover_what_they_say() -> None:
    primitive = drawing("edges")
    np.testing.assert_array_equal(region_mask(primitive, BOX), at(slice(10, 20), slice(15, 30)))
    assert region_mask(primitive, ALL).all()
    ellipse = region_mask(primitive, Ellipse(centre=(0.5, 0.5), radii=(0.5, 0.5)))
    assert abs(ellipse.mean() - np.pi / 4) < 0.02
    triangle = region_mask(primitive, Polygon(points=((0, 0), (1, 0), (0, 1))))
    assert abs(triangle.mean() - 0.5) < 0.03
    np.testing.assert_array_equal(region_mask(spot(), LabelRegion(labels=(1,))), marked(spot()))


@pytest.mark.parametrize(
    "region",
    [
        Rectangle(top_left=(0.6, 0.6), bottom_right=(0.2, 0.2)),
        Rectangle(top_left=(2, 2), bottom_right=(3, 3)),
        Rectangle(top_left=(HUGE, HUGE), bottom_right=(HUGE, HUGE)),
        Ellipse(centre=(0.5, 0.5), radii=(0, 0)),
        Ellipse(centre=(0.5, 0.5), radii=(-0.3, -0.3)),
        Ellipse(centre=(-HUGE, HUGE), radii=(1e-300, 1)),
        Polygon(points=((0.5, 0.5), (0.5, 0.5), (0.5, 0.5))),
        Polygon(points=((2, 2), (3, 2), (2, 3))),
        LabelRegion(labels=(2,)),
        LabelRegion(labels=(-1, 300, 10**30)),
    ],
)
def test_an_empty_region_is_refused(region: Rectangle) -> None:
    for edit in every_edit(region):
        if isinstance(edit, Warp):  # bends the whole
            continue
        with pytest.raises(PrimitiveError, match="region of an edit is empty"):
            apply_edits(spot("super"), [edit])


def test_nothing_to_close_a_hole_from_is_refused() -> None:
    with pytest.raises(PrimitiveError, match="whole primitive"):
        apply_edits(drawing("super"), [Erase(region=ALL)])


@pytest.mark.parametrize("kind", WITH_AREAS)
@pytest.mark.parametrize("by", [(HUGE, -HUGE), (-1e12, 0.0), (3.0, 3.0)])
def test_a_region_moved_out_of_the_picture_is_gone(kind: str, by: tuple[float, float]) -> None:
    moved = apply_edits(spot(kind), [Move(region=BOX, by=by)])
    assert not marked(moved).any()
    assert moved.edges is None or not moved.edges.any()
    np.testing.assert_array_equal(marked(apply_edits(spot(kind), [Copy(region=BOX, by=by)])), marked(spot(kind)))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=3, max_size=4), st.data())
def test_any_finite_numbers_end_in_an_edit_or_a_refusal(points: list[tuple[float, float]], data: st.DataObject) -> None:
    regions = (
        Rectangle(top_left=points[0], bottom_right=points[1]),
        Ellipse(centre=points[0], radii=points[1]),
        Polygon(points=tuple(points)),
        BOX,
    )
    region = data.draw(st.sampled_from(regions))
    edits = [*every_edit(region), Move(region=region, by=points[2]), Fill(region=region, label=1)]
    edits += [Paint(points=tuple(points)), Paint(points=tuple(points), label=1)]
    edit = data.draw(st.sampled_from(edits))
    with contextlib.suppress(PrimitiveError):
        assert apply_edits(drawing("super"), [edit]).size == SIZE


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1)])
def test_pictures_one_pixel_wide_work(size: tuple[int, int]) -> None:
    primitive = Primitive(
        "super", segments=LabelMap(np.zeros(size, np.uint8), palette_of((1, 2, 3))), edges=np.ones(size, bool)
    )
    for edit in (Flip(region=ALL), Fill(region=ALL, label=0), Paint(points=((0, 0),)), Copy(region=ALL, by=(1, 1))):
        assert apply_edits(primitive, [edit]).size == size


def test_edits_are_replayed_in_order_and_fit_any_size() -> None:
    edits = [Fill(region=BOX, label=2), Move(region=LabelRegion(labels=(2,)), by=(0.5, 0.5))]
    for height, width in (SIZE, (80, 120)):
        blank = LabelMap(np.zeros((height, width), np.uint8), blocks().palette)
        after = apply_edits(Primitive("segments", segments=blank), edits).segments
        expected = np.zeros((height, width), np.uint8)
        expected[height * 3 // 4 :, width * 3 // 4 :] = 2
        assert after is not None
        np.testing.assert_array_equal(after.index, expected)


def test_edits_survive_json() -> None:
    regions = [*SHAPES, LabelRegion(labels=(0, 2))]
    edits = tuple(edit for region in regions for edit in every_edit(region))
    edits += (Fill(region=BOX, label=1), Paint(points=((0, 1),)), Paint(points=((0, 1), (1, 0)), label=3, radius=0.2))
    text = edits_to_json(edits)
    assert edits_from_json(text) == edits
    assert [record["op"] for record in json.loads(text)][:3] == ["move", "copy", "scale"]
    assert edits_from_json("[]") == ()


REGION = '"region": {"shape": "rectangle", "top_left": [0, 0], "bottom_right": [1, 1]}'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "list: Invalid JSON"),
        ("{}", "valid (tuple|array)"),
        ("[1]", r"0"),
        ('[{"op": "explode"}]', "explode"),
        ("[{" + REGION + "}]", "'op'"),
        ('[{"op": "erase"}]', "0.erase.region: Field required"),
        ('[{"op": "erase", "region": {"shape": "star"}}]', "star"),
        (f'[{{"op": "erase", {REGION}, "factor": 2}}]', "factor: Extra inputs"),
        (f'[{{"op": "move", {REGION}, "by": [NaN, 0]}}]', "finite number"),
        (f'[{{"op": "move", {REGION}, "by": [1e999, 0]}}]', "finite number"),
        (f'[{{"op": "move", {REGION}, "by": [1]}}]', "by.1"),
        (f'[{{"op": "scale", {REGION}, "factor": 0}}]', "greater than"),
        (f'[{{"op": "scale", {REGION}, "factor": 1e300}}]', "less than"),
        (f'[{{"op": "flip", {REGION}, "axis": "diagonal"}}]', "'horizontal' or 'vertical'"),
        (f'[{{"op": "fill", {REGION}, "label": -1}}]', "greater than"),
        ('[{"op": "paint", "points": []}]', "at least 1 item"),
        ('[{"op": "paint", "points": [[0, 0]], "radius": 2}]', "less than"),
        ('[{"op": "erase", "region": {"shape": "polygon", "points": [[0, 0], [1, 1]]}}]', "at least 3 items"),
        ('[{"op": "erase", "region": {"shape": "labels", "labels": []}}]', "at least 1 item"),
        ("[" * 100_000, "list: Invalid JSON"),
    ],
)
def test_bad_json_is_refused_with_the_file_and_the_place(text: str, complaint: str) -> None:
    with pytest.raises(PrimitiveError, match=complaint) as caught:
        edits_from_json(text, "my.json")
    assert str(caught.value).startswith("my.json: ")


# --- swap and warp


def two_blocks() -> Primitive:
    """Label 1 at rows 4 … 9, columns 6 … 15; label 2 at rows 24 … 35, columns 40 … 49; label 0 elsewhere."""
    index = np.zeros(SIZE, np.uint8)
    index[4:10, 6:16], index[24:36, 40:50] = 1, 2
    return Primitive("segments", segments=LabelMap(index, blocks().palette))


def test_swapped_regions_take_each_others_middle() -> None:
    edit = Swap(region=LabelRegion(labels=(1,)), other=LabelRegion(labels=(2,)))
    after = apply_edits(two_blocks(), [edit]).segments
    assert after is not None
    np.testing.assert_array_equal(after.index == 1, at(slice(27, 33), slice(40, 50)))
    np.testing.assert_array_equal(after.index == 2, at(slice(1, 13), slice(6, 16)))


def test_a_swap_done_twice_undoes_itself_where_nothing_left_the_picture() -> None:
    edit = Swap(region=LabelRegion(labels=(1,)), other=LabelRegion(labels=(2,)))
    assert same(apply_edits(two_blocks(), [edit, edit]), two_blocks())


def test_a_warp_takes_each_handle_to_its_target_and_leaves_the_border() -> None:
    before = spot("segments")
    # The block's corners, dragged five pixels to the right and three down.
    corners = [(15, 10), (29, 10), (15, 19), (29, 19)]
    handles = tuple(
        Handle(source=((x + 0.5) / 60, (y + 0.5) / 40), target=((x + 5.5) / 60, (y + 3.5) / 40)) for x, y in corners
    )
    moved = marked(apply_edits(before, [Warp(handles=handles)]))
    rows, columns = np.nonzero(moved)
    assert abs(rows.min() - 13) <= 1
    assert abs(rows.max() - 22) <= 1
    assert abs(columns.min() - 20) <= 1
    assert abs(columns.max() - 34) <= 1


def test_handles_that_stay_change_nothing() -> None:
    stay = Warp(handles=(Handle(source=(0.3, 0.4), target=(0.3, 0.4)),))
    for kind in KINDS:
        assert same(apply_edits(spot(kind), [stay]), spot(kind))


def test_without_the_border_a_warp_of_one_shift_is_a_move_of_everything() -> None:
    handles = tuple(
        Handle(source=(x, y), target=(x + 0.1, y)) for x, y in ((0.2, 0.2), (0.7, 0.3), (0.4, 0.8), (0.8, 0.8))
    )
    after = marked(apply_edits(spot("segments"), [Warp(handles=handles, pin_border=False)]))
    np.testing.assert_array_equal(after, at(slice(10, 20), slice(21, 36)))


@pytest.mark.parametrize(
    ("handles", "pin", "words"),
    [
        ([(0.3, 0.4), (0.3, 0.4)], True, "coincide"),
        ([(0.3, 0.4)], False, "three handles"),
        ([(0.1, 0.5), (0.5, 0.5), (0.9, 0.5)], False, "one line"),
    ],
)
def test_handles_that_make_no_warp_are_refused(handles: list[tuple[float, float]], pin: bool, words: str) -> None:
    edit = Warp(handles=tuple(Handle(source=(0.2, 0.2), target=target) for target in handles), pin_border=pin)
    with pytest.raises(PrimitiveError, match=words):
        apply_edits(spot("segments"), [edit])
