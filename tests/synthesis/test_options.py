"""What a person can choose: strength, seed, and the places that are copied from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Erase, Rectangle
from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap
from primage.origin.plane import FIRST, Origin
from primage.primitive.primitive import Primitive
from primage.synthesis.copies import completing
from primage.synthesis.guides import disagreement, guide_channels
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions
from primage.synthesis.polish import Polished, Render, excluded_places, polish
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished
from primage.synthesis.synthesise import DEFAULTS
from tests.primitive.drawings import described, palette_of
from tests.synthesis.textures import positions, texture

SIZE = (64, 96)
PHOTO = texture(SIZE, smoothness_px=2)
BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.45, 0.625))
EVERYWHERE = np.ones(SIZE, bool)


def drawing(left: int = 48) -> Primitive:
    """Two areas, side by side."""
    index = (np.indices(SIZE)[1] >= left).astype(np.uint8)
    labels = LabelMap(index, palette_of((250, 0, 0), (0, 0, 250)))
    return Primitive("super", segments=labels, edges=np.zeros(SIZE, bool))


def reference(strength: float = 0.5, photo: np.ndarray = PHOTO) -> Reference:
    return Reference(photo, drawing(), described(drawing()), DEFAULTS.obeying(strength))


def moved_border() -> Render:
    """The border was moved to the right by 16 pixels, but the picture still is the photo."""
    return Render(drawing(64), PHOTO, positions(SIZE), np.full(SIZE, 0.9, np.float32))


def erased() -> tuple[Render, Origin]:
    primitive, origin = edited(Edited(drawing(), Origin.unmoved(SIZE)), [Erase(region=BOX)])
    return Render(primitive, PHOTO, positions(SIZE), np.full(SIZE, 0.9, np.float32)), origin


def filled(seed: int = 0, excluded: np.ndarray | None = None) -> Polished:
    render, origin = erased()
    return finished(completing(reference(), render, origin, excluded, seed=seed)).polished


def test_the_default_strength_changes_no_setting() -> None:
    assert DEFAULTS.obeying(DEFAULT_OPTIONS.strength) == DEFAULTS
    assert RenderOptions() == DEFAULT_OPTIONS


@pytest.mark.parametrize("options", [{"strength": 1.1}, {"strength": -0.1}, {"seed": -1}, {"seed": 2**31}, {"x": 1}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RenderOptions.model_validate(options)


def test_with_more_strength_the_drawing_counts_more() -> None:
    """Lines are drawn on the left; only the right of the photo shows such lines."""
    lines = np.zeros(SIZE, bool)
    lines[:, 58:90:6] = True
    photo = np.where(lines[..., None], np.uint8(0), PHOTO)
    trained = drawing().replace(edges=lines)
    wanted = drawing().replace(edges=lines | np.roll(lines, -48, axis=1))
    render = Render(wanted, photo, positions(SIZE), np.full(SIZE, 0.9, np.float32))
    guides, known = (guide_channels(each, described(trained), DEFAULTS.guides) for each in (wanted, trained))
    apart, shares = [], []
    for strength in (0.0, 0.5, 1.0):
        given = replace(reference(strength, photo), primitive=trained)
        found = polish(given, render)
        apart.append(float(disagreement(guides, known, found.field)[:, :48].mean()))
        shares.append(float(found.synthesised.mean()))
    assert apart[0] > apart[1] > apart[2]
    assert shares[0] < shares[2]


def test_each_seed_fills_a_hole_differently_and_always_in_the_same_way() -> None:
    _, origin = erased()
    pictures = [filled(seed).image.astype(int) for seed in (0, 1, 2)]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(pictures[i] - pictures[j])[origin.removed].mean() > 4
        assert np.array_equal(pictures[i][58:], pictures[j][58:])
    assert np.array_equal(pictures[1], filled(1).image)


def test_nothing_new_is_copied_from_excluded_places() -> None:
    render = moved_border()
    excluded = EVERYWHERE.copy()
    excluded[8:40, 4:40] = False
    found = polish(reference(1.0), render, excluded=excluded)
    assert found.synthesised.any()
    rows, columns = np.rint(found.field[found.synthesised]).astype(int).T
    assert not excluded[rows, columns].any()
    # Where the drawing has not changed, the photo may stay what it is.
    assert np.array_equal(found.image[:, 76:], PHOTO[:, 76:])


def test_what_the_render_copied_from_excluded_places_is_replaced_where_the_drawing_changed() -> None:
    render = moved_border()
    field = render.field.copy()
    field[10:50, 50:62] = (8, 90)  # from the right edge
    excluded = np.zeros(SIZE, bool)
    excluded[:, 80:] = True
    found = polish(reference(), replace(render, field=field), excluded=excluded)
    assert found.synthesised[12:48, 50:62].all()
    rows, columns = np.rint(found.field[found.synthesised]).astype(int).T
    assert not excluded[rows, columns].any()


def test_a_piece_that_the_edit_copied_is_not_replaced() -> None:
    primitive, origin = edited(Edited(drawing(), Origin.unmoved(SIZE)), [Copy(region=BOX, by=(0.4, 0.2))])
    render = Render(primitive, PHOTO, positions(SIZE), np.full(SIZE, 0.9, np.float32))
    plain = finished(completing(reference(), render, origin)).polished
    excluded = np.zeros(SIZE, bool)
    excluded[:, :48] = True
    found = finished(completing(reference(), render, origin, excluded)).polished
    piece = (origin.index == FIRST) & ~plain.synthesised & ~found.synthesised
    assert piece.sum() > 100
    assert np.array_equal(found.image[piece], plain.image[piece])


def test_masks_are_combined() -> None:
    left, top = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    left[:, :48], top[:32] = True, True
    assert excluded_places(SIZE) is None
    assert np.array_equal(excluded_places(SIZE, exclude=top), top)
    assert np.array_equal(excluded_places(SIZE, sample=left), ~left)
    assert np.array_equal(excluded_places(SIZE, top, left), top | ~left)


@pytest.mark.parametrize("masks", [{"exclude": EVERYWHERE}, {"sample": ~EVERYWHERE}, {"exclude": np.eye(64, 96) < 1}])
def test_something_must_be_left_to_copy(masks: dict[str, np.ndarray]) -> None:
    with pytest.raises(PrimitiveError, match="nothing of the photo is left to copy"):
        excluded_places(SIZE, **masks)


def test_a_mask_has_the_size_of_the_photo() -> None:
    with pytest.raises(PrimitiveError, match="48×32 px, but must be 96×64 px"):
        excluded_places(SIZE, np.zeros((32, 48), bool))


def test_if_only_removed_places_are_left_there_is_an_error() -> None:
    _, origin = erased()
    with pytest.raises(PrimitiveError, match="nothing of the photo is left to copy"):
        filled(excluded=~origin.removed)
