"""The edits: the composed scenes of `truth`, whose objects move, and selections of photos from scikit-image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import skimage.data
from scipy import ndimage
from truth.arrange import Edit
from truth.compose import compose, from_sprite, to_sprite
from truth.drawings import extracted, palette
from truth.scenes import scene

from external.editor import Editor, Style
from primage.edit.apply import region_mask
from primage.edit.records import Ellipse, Polygon, Rectangle
from primage.image import read_image, resize_image, working_size
from primage.labels.label_map import Label, LabelMap, Palette
from primage.origin.plane import Origin
from primage.primitive.config import PrimitiveConfig
from primage.primitive.primitive import Primitive, PrimitiveSpec, spec_of
from primage.primitive.read import training_primitive

#: A selection is drawn this far outside an object.
_MARGIN_PX = 2
_SIDE_PX = 256
NEAREST, BICUBIC, NEAREST_2, BICUBIC_2 = Style(0, 1), Style(3, 1), Style(0, 2), Style(3, 2)
STYLES = (NEAREST, BICUBIC, NEAREST_2, BICUBIC_2)

#: Settings are chosen on the first part alone. It contains drawings of a former held-out part, which led to changes.
HALVES = ("dev", "held-out")
#: Scenes and kinds of edits; the styles take turns.
SCENES = {
    "dev": (
        ("coins", ("move far", "rotate", "remove")),
        ("prints", ("swap", "scale ×2", "mirror")),
        ("balloons", ("scale ×½", "duplicate")),
        ("street", ("swap", "put behind")),
        ("meadow", ("scale ×2", "remove")),
        ("facade", ("duplicate", "scale ×½")),
        ("leaves", ("rotate", "swap", "mirror")),
        ("fruit", ("scale ×2", "put behind")),
        ("cups", ("move far", "rotate")),
        ("books", ("swap", "remove")),
        ("boats", ("duplicate", "mirror")),
        ("vases", ("scale ×½", "remove", "move far")),
        ("badges", ("rotate", "swap")),
    ),
    "held-out": (
        ("leaves", ("duplicate", "scale ×½")),
        ("fruit", ("swap", "scale ×½")),
        ("cups", ("duplicate", "mirror")),
        ("books", ("move far", "scale ×2")),
        ("boats", ("scale ×2", "remove")),
        ("vases", ("mirror", "put behind")),
        ("badges", ("scale ×2", "duplicate")),
    ),
}


@dataclass(frozen=True)
class Change:
    """An edit of a photo's drawing.

    Attributes:
        region: what is selected.
        by: shift in shares of width and height.
        factor, angle_deg, mirrored: about the region's centre.
        kept: whether the original stays, as for a copy.
        erased: whether nothing is pasted.
        stroke: points of a line drawn over it, in shares.
    """

    photo: str
    kind: str
    title: str
    region: Ellipse | Polygon | Rectangle
    by: tuple[float, float] = (0.0, 0.0)
    factor: float = 1.0
    angle_deg: float = 0.0
    mirrored: bool = False
    kept: bool = False
    erased: bool = False
    stroke: tuple[tuple[float, float], ...] = ()


_EMBLEM = Ellipse(centre=(0.335, 0.755), radii=(0.085, 0.085))
_EYE = Ellipse(centre=(0.381, 0.387), radii=(0.095, 0.125))
_NOSE = Ellipse(centre=(0.588, 0.825), radii=(0.11, 0.12))
_CUP = Ellipse(centre=(0.46, 0.5), radii=(0.35, 0.5))
_COFFEE = Ellipse(centre=(0.48, 0.39), radii=(0.145, 0.155))
_ROCKET = Polygon(points=((0.47, 0.28), (0.53, 0.28), (0.535, 0.8), (0.53, 0.97), (0.47, 0.97), (0.47, 0.8)))
_HEAD = Ellipse(centre=(0.44, 0.2), radii=(0.1, 0.12))
_TRIPOD = Polygon(points=((0.55, 0.35), (0.68, 0.35), (0.8, 0.9), (0.5, 0.9)))
_SPOON = Ellipse(centre=(0.6, 0.72), radii=(0.11, 0.15))
_BOWL = Ellipse(centre=(0.48, 0.4), radii=(0.2, 0.3))
_MAST = Polygon(points=((0.29, 0.27), (0.33, 0.27), (0.345, 0.82), (0.25, 0.82)))
_FACE = Rectangle(top_left=(0.33, 0.08), bottom_right=(0.56, 0.40))
PHOTOS = {
    "dev": (
        Change("astronaut", "super", "the emblem twice as large", _EMBLEM, factor=2.0),
        Change("astronaut", "edges", "a second emblem, turned", _EMBLEM, by=(-0.18, -0.04), angle_deg=30, kept=True),
        Change("astronaut", "paint", "the face moved", _FACE, by=(0.15, 0.1213)),
        Change("chelsea", "edges", "the nose moved up", _NOSE, by=(0.0, -0.1)),
        Change("chelsea", "super", "a third eye", _EYE, by=(0.131, -0.24), kept=True),
        Change("chelsea", "segments", "no eye", _EYE, erased=True),
        Change("coffee", "super", "a second cup", _CUP, by=(0.5, 0.0), kept=True),
        Change("coffee", "edges", "more coffee in the cup", _COFFEE, factor=1.22),
        Change("coffee", "paint", "the cup moved", _CUP, by=(0.1117, 0.0)),
        Change("rocket", "edges", "the rocket further right", _ROCKET, by=(0.1, 0.0)),
        Change("rocket", "super", "a second, mirrored mast", _MAST, by=(-0.12, 0.0), mirrored=True, kept=True),
        Change(
            "rocket", "super", "no mast, and a line", _MAST, erased=True, stroke=((0.1, 0.3), (0.2, 0.5), (0.2, 0.8))
        ),
    ),
    "held-out": (
        Change("camera", "super", "a second head, mirrored", _HEAD, by=(0.3, 0.02), mirrored=True, kept=True),
        Change("camera", "edges", "the tripod further left", _TRIPOD, by=(-0.2, 0.0)),
        Change("camera", "paint", "a larger head", _HEAD, factor=1.3),
        Change("coffee", "super", "the spoon turned", _SPOON, angle_deg=60),
        Change("coffee", "segments", "no cup", _BOWL, erased=True),
        Change("rocket", "edges", "two rockets", _ROCKET, by=(0.21, 0.0), kept=True),
    ),
}


@dataclass(frozen=True, eq=False)
class Case:
    """A drawing to infer the origin of.

    Attributes:
        cut: what was moved, an "object" with its outline or a "selection" drawn anywhere.
        edited: the drawing as it was read back.
    """

    name: str
    cut: str
    style: Style
    training: Primitive
    edited: Primitive
    truth: Origin
    line_colour: tuple[int, int, int]


def cases(half: str, folder: Path) -> Iterator[Case]:
    """The drawings of a half, saved in a folder."""
    number = 0
    for name, kinds in SCENES[half]:
        for kind in kinds:
            edit = next(each for each in scene(name).edits if each.kind == kind) if kind != "remove" else None
            yield _scene_case(name, kind, edit, STYLES[number % 4], folder)
            number += 1
    for change in PHOTOS[half]:
        yield _photo_case(change, STYLES[number % 4], folder)
        number += 1


@lru_cache(maxsize=1)
def _stage(name: str):
    stage = scene(name)
    base = compose(stage.background, stage.objects)
    drawing = extracted(stage, base)
    count = int(drawing.labels.max()) + 1
    names = Palette(
        labels=tuple(Label(id=i, colour=tuple(map(int, c))) for i, c in enumerate(palette(count))), source="rgb"
    )
    layers = {} if drawing.lines is None else {"edges": drawing.lines}
    training = Primitive(stage.primitive, segments=LabelMap(drawing.labels, names), **layers)
    return stage, base, training, spec_of(training, PrimitiveConfig(kind=stage.primitive))


def _scene_case(name: str, kind: str, edit: Edit | None, style: Style, folder: Path) -> Case:
    stage, base, training, spec = _stage(name)
    editor = Editor(training, spec, style)
    before = {each.name: each for each in stage.objects}
    if edit is None:
        edit = next((each for each in stage.edits if each.kind == "remove"), None)
        objects = stage.objects[1:] if edit is None else edit.change(stage.objects)
    else:
        objects = edit.change(stage.objects)
    after = {each.name: each for each in objects}
    gone = [each for each in before if each not in after or after[each].pose != before[each].pose]
    masks = {key: _grown(mask) for key, mask in base.masks.items()}
    if gone:
        editor.erase(np.any([masks[each] for each in gone], axis=0))
    covered = np.zeros(stage.size, bool)
    pasted = []
    for placed in reversed(objects):
        if placed.name in before and placed.name not in gone:
            covered |= base.masks[placed.name]
            continue
        source = before[placed.source or placed.name]
        corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        x, y = from_sprite(*to_sprite(corners[:, 1], corners[:, 0], placed), source)
        at = np.stack([y, x], axis=-1)
        pasted.append((masks[source.name], np.stack([at[1] - at[0], at[2] - at[0]], axis=1), at[0], covered.copy()))
    for mask, linear, offset, below in reversed(pasted):
        editor.paste(mask, linear, offset, below)
    title = f"{name}: {edit.title if edit else 'one object less'}"
    return _saved(title, "object", editor, folder)


def _grown(mask: np.ndarray) -> np.ndarray:
    return np.asarray(ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=_MARGIN_PX))


def photo_file(name: str) -> Path:
    return next(Path(skimage.data.__file__).parent.glob(f"{name}.*"))


@lru_cache(maxsize=2)
def _extracted(name: str, kind: str) -> tuple[Primitive, PrimitiveSpec]:
    photo = read_image(photo_file(name))
    size = working_size((photo.shape[0], photo.shape[1]), _SIDE_PX)
    return training_primitive(resize_image(photo, size), size, PrimitiveConfig(kind=kind))


def _photo_case(change: Change, style: Style, folder: Path) -> Case:
    training, spec = _extracted(change.photo, change.kind)
    editor = Editor(training, spec, style)
    mask = region_mask(training, change.region)
    if not change.kept:
        editor.erase(mask)
    size = np.array(training.size)
    if not change.erased:
        rows, columns = np.nonzero(mask)
        centre = np.array([rows.min() + rows.max(), columns.min() + columns.max()]) / 2
        turn = np.deg2rad(change.angle_deg)
        matrix = change.factor * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = matrix @ np.diag([1.0, -1.0 if change.mirrored else 1.0])
        back = np.linalg.inv(matrix)
        shift = np.array(change.by[::-1]) * size
        editor.paste(mask, back, centre - back @ (centre + shift))
    if change.stroke:
        editor.stroke([(x * size[1], y * size[0]) for x, y in change.stroke], spec.line_colour)
    return _saved(f"{change.photo}, {change.kind}: {change.title}", "selection", editor, folder)


def _saved(title: str, cut: str, editor: Editor, folder: Path) -> Case:
    path = folder / f"{title.replace(' ', '-').replace('/', '-')}.png"
    return Case(title, cut, editor.style, editor.training, editor.saved(path), editor.origin, editor.spec.line_colour)
