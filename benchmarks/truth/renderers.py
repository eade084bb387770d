"""Ways to paint an edit. A renderer is a function of a case, one of its drawings, and the model of the scene.

To compare another method, add its function to `RENDERERS`, or to `BASELINES` if it uses neither drawing nor model. Only
this module uses the package under test, and only what older commits have as well: `primage.train`, and a model's
`render` and `primitive`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

import primage
from truth.arrange import Scene
from truth.cases import Case
from truth.compose import compose
from truth.drawings import Drawing, extracted, palette

Renderer = Callable[[Case, Drawing, Any], np.ndarray]


def train(
    scene: Scene, folder: Path, minutes: float = 0.0, settings: Sequence[str] = (), steps: int | None = None
) -> Any:
    """A model of the scene's photo and drawing; at 0 minutes, the shipped matcher as it is. Steps replace minutes."""
    base = compose(scene.background, scene.objects)
    drawing = extracted(scene, base)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"photo": base.picture, "segments": palette(256)[drawing.labels]}
    if drawing.lines is not None:
        files["edges"] = np.where(drawing.lines, 0, 255).astype(np.uint8)
    for name, pixels in files.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return primage.train(
        folder / "photo.png",
        folder / "run",
        primitive=scene.primitive,
        segments=folder / "segments.png",
        edges=folder / "edges.png" if "edges" in files else None,
        size=min(scene.size),
        settings=settings,
        **({"minutes": minutes} if minutes and steps is None else {"steps": steps or 0}),  # type: ignore[arg-type]
    )


def primitive(drawing: Drawing, model: Any) -> Any:
    """A drawing as a primitive of the model."""
    known = model.primitive.segments
    colours = {label.colour: index for index, label in enumerate(known.palette.labels)}
    index = np.array([colours.get(tuple(colour), 0) for colour in palette(256).tolist()], np.uint8)[drawing.labels]
    layers = {} if drawing.lines is None else {"edges": drawing.lines}
    return type(model.primitive)(model.primitive.kind, segments=type(known)(index, known.palette), **layers)


def ours(case: Case, drawing: Drawing, model: Any) -> np.ndarray:
    """The model's picture of the drawing."""
    del case
    return np.asarray(model.render(primitive(drawing, model)))


def with_origin(case: Case, drawing: Drawing, model: Any) -> np.ndarray:
    """The model's picture of a drawing whose pixels come from known places."""
    from truth.origins import origin_of  # older commits have no origins

    del case
    return np.asarray(model.picture(primitive(drawing, model), origin=origin_of(drawing.origin)))


def with_inferred_origin(case: Case, drawing: Drawing, model: Any) -> np.ndarray:
    """The model's picture of a drawing, with the origin that `primage render` infers for its pixels."""
    del case
    return np.asarray(model.render(primitive(drawing, model), origin="infer"))


def copy(case: Case, drawing: Drawing, model: Any) -> np.ndarray:
    """The training photo, unedited."""
    del drawing, model
    return case.base.picture


def pasted(case: Case, drawing: Drawing, model: Any) -> np.ndarray:
    """The photo cut and pasted with the edit, bicubic; what was taken away is filled with the nearest colours."""
    del drawing, model
    origin = case.drawings["drawn"].origin
    assert origin is not None
    hole = np.isnan(origin[..., 0])
    unmoved = (origin == np.moveaxis(np.indices(hole.shape), 0, -1)).all(axis=-1)
    hole |= unmoved & ndimage.binary_dilation(hole, iterations=2)  # pixels of the border are half the object's colour
    near = ndimage.distance_transform_edt(hole | ~unmoved, return_distances=False, return_indices=True)
    where = np.moveaxis(np.where(hole[..., None], origin[near[0], near[1]], origin), -1, 0)
    planes = np.moveaxis(case.base.picture.astype(np.float32), -1, 0)
    image = np.stack([ndimage.map_coordinates(plane, where, order=3, mode="nearest") for plane in planes], axis=-1)
    return np.rint(image).clip(0, 255).astype(np.uint8)


#: Columns that are the same for both drawings and all models.
BASELINES: dict[str, Renderer] = {"copy": copy, "pasted": pasted}
#: Columns for each drawing and model.
RENDERERS: dict[str, Renderer] = {"ours": ours}
#: Columns for each model and the drawing whose origin is known.
ORIGIN_RENDERERS: dict[str, Renderer] = {"origin": with_origin}
