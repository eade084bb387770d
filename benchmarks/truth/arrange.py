"""Scenes and their edits: an edit is a function from one arrangement of objects to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from truth.compose import Arrangement, Background, Placed, Pose, Shadow, Sprite

#: Every kind of edit, in the order of the tables.
KINDS = (
    "move far",
    "swap",
    "duplicate",
    "remove",
    "scale ×2",
    "scale ×½",
    "rotate",
    "mirror",
    "reshape",
    "put behind",
)

Change = Callable[[Arrangement], Arrangement]
Point = tuple[float, float]

#: Shadows of what lies flat, stands on the ground, or hangs on a wall, with the light from the upper left.
LYING = (Shadow((2.2, 3.0), 2.4, 0.5), Shadow((0.5, 0.8), 0.8, 0.4))
STANDING = (Shadow((0, 0), 2.4, 0.55, 0.3, -0.7), Shadow((0, 0.8), 1.8, 0.6, 0.1))
HANGING = (Shadow((2.6, 3.2), 2.0, 0.5),)


@dataclass(frozen=True)
class Edit:
    """An edit of a scene: what kind it is, what it does, and how the objects change."""

    kind: str
    title: str
    change: Change


@dataclass(frozen=True)
class Scene:
    """A scene in its first arrangement.

    Attributes:
        half: "dev", or "held-out": never tuned on.
        primitive: kind of the drawing, "segments" or "super".
    """

    name: str
    half: str
    primitive: str
    background: Background = field(repr=False)
    objects: Arrangement = field(repr=False)
    edits: tuple[Edit, ...]

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.background.labels.shape
        return int(height), int(width)


class Stage:
    """Puts objects on a background, and numbers their labels."""

    def __init__(self, colour: np.ndarray, labels: np.ndarray | None = None) -> None:
        ground = np.zeros(colour.shape[:2], np.uint8) if labels is None else labels.astype(np.uint8)
        self.background = Background(colour.astype(np.float32), ground)
        self.objects: list[Placed] = []
        self._labels: dict[str, tuple[int, ...]] = {}
        self._next = int(ground.max()) + 1

    def add(
        self,
        name: str,
        sprite: Sprite,
        at: Point,
        height_px: float,
        shadows: tuple[Shadow, ...] = (),
        label: str | None = None,
        angle_deg: float = 0.0,
        mirrored: bool = False,
    ) -> None:
        """Place an object in front of the others; only objects of the same ``label`` share their labels."""
        key = label or name
        if key not in self._labels:
            count = int(sprite.parts.max()) + 1
            self._labels[key] = tuple(range(self._next, self._next + count))
            self._next += count
        pose = Pose(at, height_px / sprite.alpha.shape[0], angle_deg, mirrored)
        self.objects.append(Placed(name, sprite, pose, self._labels[key], shadows))

    def scene(self, name: str, half: str, primitive: str, *edits: Edit) -> Scene:
        return Scene(name, half, primitive, self.background, tuple(self.objects), edits)


def _changed(name: str, change: Callable[[Placed], Placed]) -> Change:
    return lambda objects: tuple(change(each) if each.name == name else each for each in objects)


def find(objects: Arrangement, name: str) -> Placed:
    return next(each for each in objects if each.name == name)


def move(name: str, at: Point, title: str) -> Edit:
    return Edit("move far", title, _changed(name, lambda each: each.posed(at=at)))


def swap(a: str, b: str, title: str) -> Edit:
    def change(objects: Arrangement) -> Arrangement:
        places = {a: find(objects, b).pose.at, b: find(objects, a).pose.at}
        return tuple(each.posed(at=places[each.name]) if each.name in places else each for each in objects)

    return Edit("swap", title, change)


def duplicate(name: str, at: Point, title: str) -> Edit:
    def change(objects: Arrangement) -> Arrangement:
        copy = replace(find(objects, name).posed(at=at), name=f"{name} 2", source=name)
        return tuple(part for each in objects for part in ((each, copy) if each.name == name else (each,)))

    return Edit("duplicate", title, change)


def remove(name: str, title: str) -> Edit:
    return Edit("remove", title, lambda objects: tuple(each for each in objects if each.name != name))


def scale(name: str, factor: float, title: str) -> Edit:
    kind = "scale ×2" if factor > 1 else "scale ×½"
    return Edit(kind, title, _changed(name, lambda each: each.posed(scale=each.pose.scale * factor)))


def rotate(name: str, angle_deg: float, title: str) -> Edit:
    return Edit("rotate", title, _changed(name, lambda each: each.posed(angle_deg=each.pose.angle_deg + angle_deg)))


def mirror(name: str, title: str) -> Edit:
    return Edit("mirror", title, _changed(name, lambda each: each.posed(mirrored=not each.pose.mirrored)))


def reshape(
    name: str, title: str, stretch: tuple[float, float] = (1, 1), taper: float = 0.0, bend: float = 0.0
) -> Edit:
    return Edit("reshape", title, _changed(name, lambda each: each.posed(stretch=stretch, taper=taper, bend=bend)))


def behind(name: str, other: str, at: Point, title: str) -> Edit:
    def change(objects: Arrangement) -> Arrangement:
        moved = find(objects, name).posed(at=at)
        rest = [each for each in objects if each.name != name]
        index = next(i for i, each in enumerate(rest) if each.name == other)
        return (*rest[:index], moved, *rest[index:])

    return Edit("put behind", title, change)
