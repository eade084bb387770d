"""What depends on the photo alone is prepared once, and never for a part of it that is forbidden."""

from __future__ import annotations

import numpy as np
import pytest

from primage.synthesis import reference as module
from primage.synthesis.reference import MARK, Reference
from tests.primitive.drawings import described, drawing
from tests.synthesis.textures import texture

SIZE = (40, 60)
HALF = np.float32([[0.5, 0], [0, 0.5]])
WHOLE = (np.array((0, 0)), np.array((39, 59)))


def reference() -> Reference:
    primitive = drawing("super", SIZE)
    return Reference(texture(SIZE), primitive, described(primitive))


def test_planes_are_made_once() -> None:
    trained = reference()
    assert trained.plane() is trained.plane()
    assert trained.resized(HALF) is trained.resized(HALF.copy())
    assert trained.patches is trained.patches


def test_lines_count_less_in_drawings_of_other_pictures() -> None:
    trained = reference()
    assert trained.suited_to(trained.primitive) is trained
    lines = trained.primitive.edges
    assert lines is not None
    moved = trained.primitive.replace(edges=np.roll(lines, 3, (0, 1)))
    for other in (moved, drawing("super", (41, 60))):
        assert trained.suited_to(other).config.guides == trained.config.weak_guides


def test_only_resized_copies_are_marked() -> None:
    trained = reference()
    assert not trained.plane().guides[..., -1].any()
    assert not trained.resampled(HALF, WHOLE).guides[..., -1].any()
    assert (trained.resized(HALF).guides[..., -1] == MARK).all()


def test_forbidden_pixels_are_not_kept() -> None:
    trained = reference()
    allowed = np.ones(SIZE, bool)
    allowed[10:20, 10:20] = False
    assert not trained.plane(allowed).allowed[10:20, 10:20].any()
    assert not trained.resized(HALF, allowed).allowed[24:36, 24:36].any()
    assert trained.plane().allowed[:40, :60].all()
    assert trained.resized(HALF).allowed[24:36, 24:36].all()


def test_the_newest_copies_are_kept() -> None:
    trained = reference()
    planes = [trained.resized(HALF * factor) for factor in np.float32([1, 1.2, 1.4, 1.6])]
    assert all(
        trained.resized(HALF * factor) is planes[i] for i, factor in ((1, np.float32(1.2)), (3, np.float32(1.6)))
    )
    assert trained.resized(HALF) is not planes[0]


def test_large_planes_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_KEPT_PX", 1000)
    trained = reference()
    assert trained.plane() is not trained.plane()
    assert trained.resized(HALF) is not trained.resized(HALF)
    assert np.array_equal(trained.plane().image, trained.plane().image)


def test_drawings_of_other_pictures_have_weights_of_their_own() -> None:
    trained = reference()
    assert trained.suited_to(trained.primitive) is trained
    assert trained.primitive.edges is not None
    other = trained.primitive.replace(edges=~trained.primitive.edges)
    suited = trained.suited_to(other)
    assert suited is trained.suited_to(other)
    assert suited.config.guides == trained.config.weak_guides
    assert not np.array_equal(suited.guides, trained.guides)
