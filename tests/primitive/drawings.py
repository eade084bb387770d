"""Small drawings that the tests of primitives, warps and edits share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skimage
from PIL import Image
from scipy import ndimage

from primage.labels.label_map import Label, LabelMap, Palette
from primage.primitive.config import PrimitiveConfig
from primage.primitive.edges import thin
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import Primitive, PrimitiveSpec, spec_of

RED, GREEN, BLUE = (250, 0, 0), (0, 200, 0), (0, 0, 250)


def palette_of(*colours: tuple[int, int, int]) -> Palette:
    return Palette(labels=tuple(Label(id=i, colour=c) for i, c in enumerate(colours)), source="rgb")


def blocks(size: tuple[int, int] = (40, 60), palette: Palette | None = None) -> LabelMap:
    """Upright stripes, and below them the first label."""
    palette = palette or palette_of(RED, GREEN, BLUE)
    count = len(palette.labels)
    index = np.tile(np.arange(size[1]) * count // size[1], (size[0], 1)).astype(np.uint8)
    index[-size[0] // 4 :] = 0
    return LabelMap(index, palette)


def cross(size: tuple[int, int] = (40, 60)) -> np.ndarray:
    """A bent line, a slanted one, and a lone point."""
    lines = np.zeros(size, bool)
    height, width = size
    lines[height // 4, width // 10 : -width // 10] = True
    lines[height // 4 : -height // 8, width // 3] = True
    steps = np.arange(min(size) // 3)
    lines[height // 2 + steps, width // 2 + steps] = True
    lines[-2, 1] = True
    return thin(lines)


def patches(size: tuple[int, int] = (40, 60)) -> np.ndarray:
    """A painting of twelve flat colours."""
    rows, columns = (np.arange(side) * n // side for side, n in zip(size, (3, 4), strict=True))
    colours = np.random.default_rng(3).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return colours[rows][:, columns]


def drawing(kind: str, size: tuple[int, int] = (40, 60)) -> Primitive:
    """A primitive of any kind."""
    makers = {"segments": blocks, "edges": cross, "colours": patches}
    return Primitive(kind, **{layer: makers[layer](size) for layer in KINDS[kind].names})


def described(primitive: Primitive, **settings: object) -> PrimitiveSpec:
    """The description that a model trained on it would have."""
    return spec_of(primitive, PrimitiveConfig.model_validate({"kind": primitive.kind, **settings}))


def components(lines: np.ndarray) -> int:
    """How many separate lines there are, 8-connected."""
    return int(ndimage.label(lines, np.ones((3, 3)))[1])


def astronaut(side: int = 96) -> np.ndarray:
    """The photo that scikit-image ships."""
    path = Path(skimage.__file__).parent / "data" / "astronaut.png"
    return np.array(Image.open(path).convert("RGB").resize((side * 5 // 4, side)))


def on_ground(photo: np.ndarray, share: float = 0.3, ground: int = 255, side: int = 256) -> np.ndarray:
    """A photo cut out as an ellipse, with a soft edge, whose box has a share of a plain ground."""
    across = round(side * share**0.5)
    start = (side - across) // 2
    y, x = np.mgrid[-1 : 1 : across * 1j, -1 : 1 : across * 1j]
    cover = ndimage.gaussian_filter((x**2 + y**2 < 1).astype(np.float32), 1)[..., None]
    out = np.full((side, side, 3), ground, np.float32)
    small = np.asarray(Image.fromarray(photo).convert("RGB").resize((across, across)))
    part = out[start : start + across, start : start + across]
    part[:] = part * (1 - cover) + small * cover
    return np.rint(out).astype(np.uint8)


def same(a: Primitive, b: Primitive) -> bool:
    """Whether two primitives agree in every pixel of every layer."""
    layers = ((a.edges, b.edges), (a.colours, b.colours))
    labels_agree = (a.segments is None) == (b.segments is None) and (
        a.segments is None
        or b.segments is None
        or (a.segments.palette == b.segments.palette and np.array_equal(a.segments.index, b.segments.index))
    )
    rest = all((x is None and y is None) or np.array_equal(x, y) for x, y in layers)
    return a.kind == b.kind and labels_agree and rest
