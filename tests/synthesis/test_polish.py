"""The last stage of a render: what the photo shows is kept, what it does not show is replaced, bad input is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from primage.errors import PrimitiveError
from primage.primitive.primitive import Primitive
from primage.synthesis.incoherence import incoherence
from primage.synthesis.polish import Polished, Render, polish, polishing
from primage.synthesis.reference import Reference
from tests.primitive.drawings import KINDS, blocks, described, drawing, palette_of, patches
from tests.synthesis.textures import positions, texture

SIZE = (48, 64)
PHOTO = texture(SIZE, smoothness_px=2)


def reference(kind: str = "super", photo: np.ndarray = PHOTO) -> Reference:
    primitive = drawing(kind, photo.shape[:2])
    return Reference(photo, primitive, described(primitive))


def unedited(trained: Reference, image: np.ndarray | None = None) -> Render:
    size = trained.primitive.size
    shown = trained.photo if image is None else image
    return Render(trained.primitive, shown, positions(size), np.full(size, 0.9, np.float32))


def torn() -> Render:
    """A render with noise in its middle."""
    image = PHOTO.copy()
    image[12:32, 20:44] = np.random.default_rng(0).integers(0, 256, (20, 24, 3))
    return unedited(reference(), image)


def same(a: Polished, b: Polished) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("image", "field", "synthesised", "incoherence")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_unedited_drawing_stays_the_photo(kind: str) -> None:
    trained = reference(kind)
    found = polish(trained, unedited(trained))
    assert np.array_equal(found.image, PHOTO)
    assert np.array_equal(found.field, positions(SIZE))
    assert not found.incoherence.any()
    if kind != "segments":  # labels alone are synthesised as a whole
        assert not found.synthesised.any()


def test_what_the_photo_could_not_show_is_replaced() -> None:
    render = torn()
    found = polish(reference(), render)
    assert found.synthesised[16:28, 24:40].all()
    assert found.synthesised.mean() < 0.7
    assert np.array_equal(found.image[~found.synthesised], render.image[~found.synthesised])
    after = incoherence(found.image, PHOTO, found.field)
    assert after[found.synthesised].mean() < 0.2 * found.incoherence[found.synthesised].mean()
    assert (found.field >= 0).all()
    assert (found.field <= np.array(SIZE) - 1).all()
    assert np.array_equal(found.incoherence, incoherence(render.image, PHOTO, render.field))


def test_only_pixels_within_a_mask_are_replaced() -> None:
    within = np.zeros(SIZE, bool)
    within[:, :30] = True
    found = polish(reference(), torn(), within)
    assert found.synthesised.any()
    assert not found.synthesised[:, 30:].any()
    assert np.array_equal(found.image[:, 30:], torn().image[:, 30:])
    nothing = polish(reference(), torn(), np.zeros(SIZE, bool))
    assert np.array_equal(nothing.image, torn().image)
    assert not nothing.synthesised.any()
    assert within.sum() == 30 * 48  # the mask is only read


@pytest.mark.parametrize("kind", ["segments", "edges"])
@pytest.mark.parametrize("enlarged", [False, True])
def test_a_removed_thing_is_never_copied(kind: str, enlarged: bool) -> None:
    """A green disc was deleted from the drawing, but the render still shows it, as it is or twice as large."""
    y, x = np.indices(SIZE)
    disc = (y - 24) ** 2 + (x - 30) ** 2 <= 64
    photo = PHOTO.copy()
    photo[..., 1] //= 4
    photo[disc] = (0, 255, 0)
    # A drawing of one label, or without lines, says nothing about the disc.
    blank = {"segments": blocks(SIZE, palette_of((9, 9, 9)))} if kind == "segments" else {"edges": np.zeros(SIZE, bool)}
    primitive = Primitive(kind, **blank)
    trained = Reference(photo, primitive, described(primitive))
    render = unedited(trained)
    if enlarged:
        field = ((positions(SIZE) - (24, 30)) / 2 + (24, 30)).astype(np.float32)
        places = np.rint(field).astype(int)
        render = replace(render, field=field, image=photo[places[..., 0], places[..., 1]])
    found = polish(trained, render, forbidden=disc)
    assert found.synthesised.any()
    assert found.image[..., 1].max() <= photo[~disc][:, 1].max() + 8  # bicubic sampling overshoots a little
    sources = np.rint(found.field).astype(int)
    assert not disc[sources[..., 0], sources[..., 1]].any()


def test_if_everything_was_removed_there_is_an_error() -> None:
    with pytest.raises(PrimitiveError, match="nothing of the photo is left to copy"):
        polish(reference(), torn(), forbidden=np.ones(SIZE, bool))


def test_steps_report_growing_shares_and_may_be_closed() -> None:
    shares = list(polishing(reference(), torn()))
    assert all(0 < a < b <= 1 for a, b in pairwise(shares))
    for count in range(0, len(shares), 4):
        steps = polishing(reference(), torn())
        for _ in range(count):
            next(steps)
        steps.close()
        assert list(steps) == []


def test_results_do_not_depend_on_threads_or_repetition() -> None:
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            found.append(polish(reference(), torn()))
    finally:
        torch.set_num_threads(before)
    assert same(found[0], found[1])
    assert same(found[1], found[2])


def test_the_render_is_not_changed() -> None:
    render, before = torn(), torn()
    polish(reference(), render)
    assert np.array_equal(render.image, before.image)
    assert np.array_equal(render.field, before.field)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (5, 6), (33, 70)])
@pytest.mark.parametrize("kind", ["segments", "super", "paint"])
def test_renders_of_any_size(kind: str, size: tuple[int, int]) -> None:
    trained = reference(kind)
    render = Render(
        trained.primitive.resized(size),
        np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8),
        np.minimum(positions(size), np.float32(SIZE) - 1),
        np.zeros(size, np.float32),
    )
    found = polish(trained, render)
    assert found.image.shape == (*size, 3)
    assert np.isfinite(found.field).all()


@pytest.mark.parametrize("photo_size", [(1, 1), (1, 40), (5, 6)])
def test_photos_smaller_than_a_patch(photo_size: tuple[int, int]) -> None:
    labels = blocks(SIZE).index
    whole = Primitive("segments", segments=replace(blocks(SIZE), index=labels))
    trained = Reference(texture(photo_size), whole.resized(photo_size), described(whole))
    field = np.minimum(positions(SIZE), np.float32(photo_size) - 1)
    found = polish(trained, Render(whole, PHOTO, field, np.ones(SIZE, np.float32)))
    assert found.synthesised.all()
    assert trained.photo.min() <= found.image.min() <= found.image.max() <= trained.photo.max()


def test_a_painting_is_compared_by_its_colours() -> None:
    trained = reference("paint")
    edited = Primitive("paint", colours=patches(SIZE)[:, ::-1])
    found = polish(trained, replace(torn(), primitive=edited))
    assert found.synthesised.any()


def test_a_hole_that_something_was_taken_out_of_is_filled_with_weaker_lines() -> None:
    trained = reference()
    removed = np.zeros(SIZE, bool)
    removed[10:20, 20:30] = True
    found = polish(trained, torn(), forbidden=removed)
    assert trained.suited_to(trained.primitive) is trained
    assert same(found, polish(trained.weakly_guided, torn(), forbidden=removed))
    assert not same(
        found,
        polish(
            replace(trained, config=replace(trained.config, weak_guides=trained.config.guides)),
            torn(),
            forbidden=removed,
        ),
    )
