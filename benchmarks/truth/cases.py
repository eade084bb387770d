"""A case is an edit of a scene with its drawings and its true picture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from truth.arrange import Edit, Scene
from truth.compose import Composed, compose
from truth.drawings import Drawing, drawn, extracted


@dataclass(frozen=True, eq=False)
class Case:
    """An edit of a scene.

    Attributes:
        base: the training photo.
        training: its drawing.
        truth: the picture of the edited arrangement.
        drawings: the edited drawing by form, "extracted" and "drawn".
    """

    scene: Scene
    edit: Edit
    base: Composed
    training: Drawing
    truth: Composed
    drawings: dict[str, Drawing]


def cases(scene: Scene, kinds: Collection[str]) -> Iterator[Case]:
    """All edits of some kinds, in the scene's order."""
    base = compose(scene.background, scene.objects)
    training = extracted(scene, base)
    for edit in scene.edits:
        if edit.kind not in kinds:
            continue
        objects = edit.change(scene.objects)
        truth = compose(scene.background, objects)
        forms = {"extracted": extracted(scene, truth), "drawn": drawn(scene, base, training, objects)}
        yield Case(scene, edit, base, training, truth, forms)
