"""Hair and skin of a drawn head, without any networks."""

from __future__ import annotations

import numpy as np
import pytest

from primage.detection.head import hair_and_skin
from primage.detection.topology import FACE_OVAL

SKIN, HAIR, SHIRT, WALL = (224, 172, 150), (70, 40, 25), (30, 70, 160), (230, 230, 225)


def head(hair: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A photo of 160 px, the person's certainty, the mesh and the oval."""
    y, x = np.mgrid[:160, :160] + 0.5
    photo = np.full((160, 160, 3), WALL, np.uint8)
    shirt = (y > 120) & (np.abs(x - 80) < 60)
    crown = ((x - 80) / 42) ** 2 + ((y - 62) / 48) ** 2 < 1
    oval = ((x - 80) / 28) ** 2 + ((y - 75) / 36) ** 2 < 1
    neck = (np.abs(x - 80) < 12) & (y > 90) & (y < 125)
    for mask, colour in ((shirt, SHIRT), (crown, HAIR if hair else WALL), (neck, SKIN), (oval, SKIN)):
        photo[mask] = colour
    person = shirt | neck | oval | (crown & hair)
    mesh = np.full((478, 2), 80.0)
    angles = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    mesh[list(FACE_OVAL)] = np.stack([80 + 28 * np.sin(angles), 75 - 36 * np.cos(angles)], axis=1)
    mesh[10], mesh[152], mesh[33], mesh[263] = (80, 39), (80, 111), (65, 68), (95, 68)
    return photo, person.astype(np.float32), mesh, oval


def cells(side: int = 160, cell: int = 2) -> np.ndarray:
    y, x = np.mgrid[:side, :side] // cell
    return np.asarray(y * (side // cell) + x)


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_hair_skin_and_shirt_are_told_apart(turn: int) -> None:
    photo, person, mesh, oval = head()
    truth = (photo == HAIR).all(axis=2)
    middle = mesh - 80
    for _ in range(turn):  # a turned photo has the turned regions
        photo, person, oval, truth = (np.ascontiguousarray(np.rot90(each)) for each in (photo, person, oval, truth))
        middle = np.stack([middle[:, 1], -middle[:, 0]], axis=1)
    found = hair_and_skin(photo, person, cells(), middle + 80, oval, np.zeros_like(oval))
    overlap = (found.hair & truth).sum() / (found.hair | truth).sum()
    assert overlap > 0.9
    shirt = (photo == SHIRT).all(axis=2)
    assert (found.hair & shirt).mean() < 0.01
    assert (found.skin & shirt).sum() < 0.05 * shirt.sum()
    assert found.skin[oval].mean() > 0.95


def test_a_bald_head_has_no_hair() -> None:
    photo, person, mesh, oval = head(hair=False)
    found = hair_and_skin(photo, person, cells(), mesh, oval, np.zeros_like(oval))
    assert not found.hair.any()
    assert found.skin[oval].all()


def test_what_looks_like_the_background_at_an_uncertain_border_is_background() -> None:
    photo, person, mesh, oval = head()
    wall = (photo == WALL).all(axis=2)
    uncertain = np.where(wall & (np.roll(person, 6, axis=1) > 0), np.float32(0.7), person)
    found = hair_and_skin(photo, uncertain, cells(), mesh, oval, np.zeros_like(oval))
    assert (found.person & wall)[:118].sum() < 0.2 * ((uncertain > 0.5) & wall)[:118].sum()
