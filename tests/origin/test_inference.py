"""Inferred origins: what another program did to a drawing is found from the drawing alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.draw import polygon2mask

from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Edit, Ellipse, Erase, Fill, Flip, Move, Paint, Scale
from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap
from primage.origin.inference import inferred, inferred_if_edited, is_worth_obeying
from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.transforms import Affine
from primage.primitive.edges import thin
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import drawing, palette_of

SIZE = (120, 160)
COLOURS = ((250, 0, 0), (0, 200, 0), (0, 0, 250), (240, 240, 0), (0, 220, 220))
#: A flag: no turn or mirror maps it onto itself. Corners as (row, column).
POLE = np.array([(30, 30), (30, 34), (66, 34), (66, 30)])
CLOTH = np.array([(32, 34), (30, 60), (40, 52), (50, 58), (52, 34)])
AROUND = Ellipse(centre=(45 / 160, 48 / 120), radii=(24 / 160, 28 / 120))
KINDS = ("super", "segments", "edges", "paint")


def flag(kind: str) -> Primitive:
    """A flag before a hill, as a drawing of any kind."""
    index = np.zeros(SIZE, np.uint8)
    index[100:] = 4
    for label, corners in ((2, POLE), (1, CLOTH)):
        index[polygon2mask(SIZE, corners)] = label
    lines = thin(index != ndimage.minimum_filter(index, 3))
    layers = {
        "segments": LabelMap(index, palette_of(*COLOURS)),
        "edges": lines,
        "colours": np.array(COLOURS, np.uint8)[index],
    }
    names = {"super": ("segments", "edges"), "segments": ("segments",), "edges": ("edges",), "paint": ("colours",)}
    return Primitive(kind, **{name: layers[name] for name in names[kind]})


def outside(*edits: Edit, kind: str) -> tuple[Origin, Origin]:
    """Inferred and true origin after edits."""
    before = flag(kind)
    after, truth = edited(Edited(before, Origin.unmoved(SIZE)), edits)
    return inferred(after, before), truth


def share_right(found: Origin, truth: Origin, where: np.ndarray | None = None) -> float:
    """Share of the moved pixels (of some of them) that come from within a pixel of the right place."""
    moved = truth.index >= FIRST
    moved = moved if where is None else moved & where
    apart = np.linalg.norm(found.coords(SIZE)[moved] - truth.coords(SIZE)[moved], axis=-1)
    return float((apart <= 1).mean())


def thing(primitive: Primitive) -> np.ndarray:
    """The pixels of a flag's labels or colours, wherever it is."""
    if primitive.segments is not None:
        return np.isin(primitive.segments.index, (1, 2))
    assert primitive.colours is not None
    return np.asarray((primitive.colours != COLOURS[0]).any(axis=2) & (primitive.colours != COLOURS[4]).any(axis=2))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_edited(kind: str) -> None:
    origin = inferred(flag(kind), flag(kind))
    assert (origin.index == UNMOVED).all()
    assert origin.pieces == ()


EDITS = {
    "move": Move(region=AROUND, by=(0.4, 0.05)),
    "move a little": Move(region=AROUND, by=(0.05, 0.0)),
    "copy": Copy(region=AROUND, by=(0.4, 0.05)),
    "enlarge": Scale(region=AROUND, factor=2.0),
    "shrink": Scale(region=AROUND, factor=0.5),
    "mirror": Flip(region=AROUND),
    "turn over": Flip(region=AROUND, axis="vertical"),
}


#: A line drawing of half the size has too few points to be recognised.
CASES = [(name, kind) for name in EDITS for kind in KINDS if (name, kind) != ("shrink", "edges")]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_part_is_followed(kind: str, name: str) -> None:
    before = flag(kind)
    after, truth = edited(Edited(before, Origin.unmoved(SIZE)), [EDITS[name]])
    found = inferred(after, before)
    if kind == "edges":  # where lines fall on others, they seem not to have moved
        assert share_right(found, truth, after.edges) > 0.8
    else:
        assert share_right(found, truth, thing(after)) > 0.95
    assert (found.index >= FIRST)[~(truth.index >= FIRST)].mean() < 0.01
    assert len(found.pieces) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_whole_pixel_moves_are_exact(kind: str) -> None:
    found, _ = outside(EDITS["move"], kind=kind)
    affine = found.pieces[0].affine
    assert affine is not None
    np.testing.assert_allclose(affine.matrix, (1, 0, 0, 1, -0.4, -0.05), atol=1e-9)


@pytest.mark.parametrize("kind", ["super", "segments", "paint"])
def test_what_moved_away_is_removed_and_what_was_copied_is_not(kind: str) -> None:
    gone = thing(flag(kind))
    moved, _ = outside(EDITS["move"], kind=kind)
    assert (moved.index[gone] == REMOVED).mean() > 0.95
    copied, _ = outside(EDITS["copy"], kind=kind)
    assert (copied.index[gone] == UNMOVED).all()
    assert not copied.removed.any()


def copied(before: Primitive, linear: np.ndarray, to: tuple[float, float]) -> tuple[Primitive, Origin]:
    """A copy of the flag around another place, by the linear map from the copy's pixels to the flag's."""
    offset = np.array([48.0, 45.0]) - linear @ to
    coords = np.stack(np.mgrid[: SIZE[0], : SIZE[1]], axis=-1) @ linear.T + offset
    rows, columns = np.moveaxis(np.rint(coords).astype(int), -1, 0)
    region = ndimage.binary_dilation(thing(before), iterations=2)
    target = (rows >= 0) & (rows < SIZE[0]) & (columns >= 0) & (columns < SIZE[1])
    target &= region[rows.clip(0, SIZE[0] - 1), columns.clip(0, SIZE[1] - 1)]
    after = before.map(lambda layer, data: layer.paste(data, data, coords, target, region))
    unmoved = Origin.unmoved(SIZE)
    return after, unmoved.pasted(unmoved, coords, target, Affine.of_pixels(linear, offset, SIZE))


@pytest.mark.parametrize("angle_deg", [30, 90, 205])
@pytest.mark.parametrize("kind", ["super", "segments"])
def test_a_turned_part(kind: str, angle_deg: float) -> None:
    before = flag(kind)
    turn = np.deg2rad(angle_deg)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    after, truth = copied(before, linear, (52.0, 110.0))
    found = inferred(after, before)
    assert share_right(found, truth) > 0.95
    np.testing.assert_array_equal(found.index[thing(before)], UNMOVED)


@pytest.mark.parametrize(("height", "width"), [(1.0, 1.6), (1.35, 1.0), (0.8, 1.3), (1.0, 0.7)])
@pytest.mark.parametrize("kind", ["super", "segments", "paint"])
def test_a_stretched_part(kind: str, height: float, width: float) -> None:
    before = flag(kind)
    after, truth = copied(before, np.diag([1 / height, 1 / width]), (50.0, 108.0))
    found = inferred(after, before)
    assert share_right(found, truth, thing(after)) > 0.95
    (piece,) = found.pieces
    assert piece.affine is not None
    a, b, c, d, *_ = piece.affine.matrix
    np.testing.assert_allclose((a, b, c, d), (1 / width, 0, 0, 1 / height), atol=0.03)


@pytest.mark.parametrize("kind", ["super", "segments", "paint"])
def test_an_erased_part(kind: str) -> None:
    found, _ = outside(Erase(region=AROUND), kind=kind)
    gone = thing(flag(kind))
    assert (found.index[gone] == REMOVED).mean() > 0.95
    assert found.pieces == ()
    assert (found.index[~ndimage.binary_dilation(gone, iterations=4)] == UNMOVED).all()


def test_erased_lines() -> None:
    found, truth = outside(Erase(region=AROUND), kind="edges")
    lines = flag("edges").edges
    assert lines is not None
    assert (found.index[lines & truth.removed] == REMOVED).mean() > 0.95


def test_what_is_filled_or_drawn_comes_from_nowhere() -> None:
    for kind in ("super", "segments"):
        found, truth = outside(Fill(region=AROUND, label=3), kind=kind)
        assert (found.index[truth.index == DRAWN] == DRAWN).mean() > 0.9
        assert found.pieces == ()
    for kind in ("super", "edges"):
        found, truth = outside(Paint(points=((0.6, 0.1), (0.8, 0.4), (0.6, 0.6))), kind=kind)
        assert (found.index[truth.index == DRAWN] == DRAWN).mean() > 0.9
        assert (found.index != UNMOVED).sum() < 2 * (truth.index != UNMOVED).sum()
        assert found.pieces == ()


def test_a_line_over_a_moved_part_was_drawn() -> None:
    stroke = Paint(points=((0.6, 0.35), (0.85, 0.5)))
    found, _ = outside(EDITS["move"], stroke, kind="super")
    plain, _ = outside(EDITS["move"], kind="super")
    assert len(found.pieces) == 1
    assert 10 < (found.index == DRAWN).sum() < 60
    assert (found.index >= FIRST).sum() > 0.9 * (plain.index >= FIRST).sum()


def test_a_flat_inside_moves_with_what_encloses_it() -> None:
    """A square frame moved by less than its width: most of its inside was inside before."""
    index = np.zeros(SIZE, np.uint8)
    index[30:80, 30:90] = 1
    index[33:77, 33:87] = 2
    index[40:52, 40:45] = 3  # not symmetrical
    before = Primitive("segments", segments=LabelMap(index, palette_of(*COLOURS)))
    moved = np.roll(index, (0, 20), (0, 1))
    found = inferred(Primitive("segments", segments=LabelMap(moved, palette_of(*COLOURS))), before)
    assert (found.index[31:79, 51:109] == FIRST).all()
    assert (found.index[31:79, 31:48] == REMOVED).all()


def test_a_copy_of_one_of_two_equal_things_is_ambiguous() -> None:
    index = np.zeros(SIZE, np.uint8)
    for column in (20, 60):
        index[20:50, column : column + 20] = 1
        index[24:36, column + 4 : column + 12] = 2
    before = Primitive("segments", segments=LabelMap(index, palette_of(*COLOURS)))
    copied = index.copy()
    copied[20:50, 110:130] = index[20:50, 20:40]
    found = inferred(Primitive("segments", segments=LabelMap(copied, palette_of(*COLOURS))), before)
    assert found.pieces == ()
    assert (found.index[22:48, 112:128] == DRAWN).all()
    # But if one of them is gone, it was moved.
    copied[20:50, 20:40] = 0
    found = inferred(Primitive("segments", segments=LabelMap(copied, palette_of(*COLOURS))), before)
    assert (found.index[22:48, 112:128] == FIRST).all()
    np.testing.assert_allclose(found.coords(SIZE)[40, 120], (40, 30), atol=1e-3)


def test_two_parts_exchanged() -> None:
    index = np.zeros(SIZE, np.uint8)
    index[20:50, 20:50] = 1
    index[25:30, 25:45] = 3
    index[70:95, 100:140] = 2
    index[75:90, 105:115] = 4
    swapped = np.zeros(SIZE, np.uint8)
    swapped[20:45, 20:60] = index[70:95, 100:140]
    swapped[70:100, 100:130] = index[20:50, 20:50]
    labels = palette_of(*COLOURS)
    found = inferred(
        Primitive("segments", segments=LabelMap(swapped, labels)),
        Primitive("segments", segments=LabelMap(index, labels)),
    )
    coords = found.coords(SIZE)
    np.testing.assert_allclose(coords[21:44, 21:59] - (50, 80), np.mgrid[21:44, 21:59].transpose(1, 2, 0), atol=1e-3)
    np.testing.assert_allclose(
        coords[71:99, 101:129] + (50, 80), np.mgrid[71:99, 101:129].transpose(1, 2, 0), atol=1e-3
    )


def test_everything_changed() -> None:
    before = flag("segments")
    assert before.segments is not None
    index = np.full(SIZE, 3, np.uint8)
    found = inferred(Primitive("segments", segments=LabelMap(index, before.segments.palette)), before)
    assert (found.index == DRAWN).all()


def test_noise_at_borders_is_no_edit() -> None:
    before = flag("super")
    assert before.segments is not None
    assert before.edges is not None
    index = np.roll(before.segments.index, 1, axis=1)
    found = inferred(before.replace(segments=LabelMap(index, before.segments.palette)), before)
    assert (found.index == UNMOVED).all()
    found = inferred(before.replace(edges=np.roll(before.edges, 1, axis=0)), before)
    assert (found.index == UNMOVED).mean() > 0.999


def test_blended_colours_of_a_painting_are_no_edit() -> None:
    before = flag("paint")
    assert before.colours is not None
    soft = ndimage.gaussian_filter(before.colours.astype(float), (0.5, 0.5, 0)).round().astype(np.uint8)
    assert (inferred(before.replace(colours=soft), before).index == UNMOVED).all()


def test_pictures_of_many_colours() -> None:
    blocks = np.random.default_rng(5).integers(0, 256, (10, 14, 3), dtype=np.uint8)
    picture = np.kron(blocks, np.ones((12, 12, 1), np.uint8))
    picture[1:4, :, 2] = np.arange(3 * picture.shape[1]).reshape(3, -1) % 256
    picture[0, :, 0] = np.arange(picture.shape[1])
    moved = picture.copy()
    moved[20:90, 90:160] = picture[20:90, 5:75]
    found = inferred(Primitive("manual", colours=moved), Primitive("manual", colours=picture))
    assert (found.index[24:86, 94:156] == FIRST).mean() > 0.95


def test_other_sizes_kinds_and_labels_are_refused() -> None:
    before = flag("segments")
    with pytest.raises(PrimitiveError, match="80×60 px, but the training drawing is 160×120 px"):
        inferred(before.resized((60, 80)), before)
    with pytest.raises(PrimitiveError, match="kind 'edges'"):
        inferred(flag("edges"), before)
    assert before.segments is not None
    other = LabelMap(before.segments.index, palette_of(*COLOURS[::-1]))
    with pytest.raises(PrimitiveError, match="labels are not those"):
        inferred(Primitive("segments", segments=other), before)


@pytest.mark.parametrize("kind", KINDS)
def test_an_edited_drawing_is_told_from_that_of_another_picture(kind: str) -> None:
    before = flag(kind)
    after = edited(Edited(before, Origin.unmoved(SIZE)), [Move(region=AROUND, by=(0.4, 0.05))]).primitive
    found, expected = inferred_if_edited(after, before), inferred(after, before)
    assert found is not None
    assert found.pieces == expected.pieces
    np.testing.assert_array_equal(found.index, expected.index)
    # As in the next frame of a video, everything has moved by some pixels, here more and there less.
    rows, columns = np.indices(SIZE)
    coords = np.stack([rows + 2 * np.sin(columns / 9), columns + 2 * np.cos(rows / 7)], axis=-1)
    everywhere = np.ones(SIZE, bool)
    frame = before.map(lambda layer, data: layer.paste(data, data, coords, everywhere, everywhere))
    assert inferred_if_edited(frame, before) is None
    assert inferred_if_edited(before.map(lambda layer, data: layer.close(data, rows > 0)), before) is None


@pytest.mark.parametrize("kind", ["super", "segments", "paint"])
def test_a_reshaped_thing_is_not_explained_by_scraps_of_it(kind: str) -> None:
    before = flag(kind)
    rows, columns = np.indices(SIZE)
    # The cloth waves: taller to the right, and bent.
    reach = np.clip((columns - 34) / 30, 0, 1)
    coords = np.stack([rows + reach * (9 * np.sin(columns / 5) + 0.3 * (rows - 45)), columns - 6 * reach], axis=-1)
    around = (rows < 90) & (columns > 34) & (columns < 90)
    after = before.map(lambda layer, data: layer.paste(data, data, coords, around, around))
    assert not inferred(after, before).moves


@pytest.mark.parametrize("kind", KINDS)
def test_a_removal_alone_is_obeyed_only_if_no_labels_show_it(kind: str) -> None:
    erased, _ = outside(Erase(region=AROUND), kind=kind)
    assert erased.removed.any()
    assert is_worth_obeying(erased, flag(kind)) == (kind in ("edges", "paint"))
    moved, _ = outside(Move(region=AROUND, by=(0.4, 0.05)), kind=kind)
    assert is_worth_obeying(moved, flag(kind))
    assert not is_worth_obeying(Origin.unmoved(SIZE), flag(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 2), (7, 5)])
def test_tiny_pictures(kind: str, size: tuple[int, int]) -> None:
    before = drawing(kind, (40, 60)).resized(size)
    after = drawing(kind, (40, 60)).map(lambda layer, data: layer.resize(data, (60, 40))).resized(size)
    assert inferred(after, before).size == size
    assert (inferred(before, before).index == UNMOVED).all()


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(-20, 15), columns=st.integers(-20, 60), kind=st.sampled_from(("super", "segments", "paint")))
def test_moves_of_any_size_are_found(rows: int, columns: int, kind: str) -> None:
    found, truth = outside(Move(region=AROUND, by=(columns / 160, rows / 120)), kind=kind)
    if max(abs(rows), abs(columns)) > 2:
        inside = thing(
            edited(
                Edited(flag(kind), Origin.unmoved(SIZE)), [Move(region=AROUND, by=(columns / 160, rows / 120))]
            ).primitive
        )
        assert share_right(found, truth, inside) > 0.9
    assert (inferred(flag(kind), flag(kind)).index == UNMOVED).all()


def test_the_same_drawing_gives_the_same_origin() -> None:
    first, _ = outside(EDITS["mirror"], kind="super")
    second, _ = outside(EDITS["mirror"], kind="super")
    assert first.pieces == second.pieces
    np.testing.assert_array_equal(first.index, second.index)
