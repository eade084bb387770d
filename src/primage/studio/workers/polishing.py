"""The jobs of the polishing worker."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage.edit.effect import edits_without_effect
from primage.origin.plane import FIRST, REMOVED, Origin
from primage.origin.transforms import Affine, Piece
from primage.primitive.config import PrimitiveConfig
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.processes.errors import SupersededError
from primage.processes.worker import stopping
from primage.render.blending import blend
from primage.render.full_size import FullSize, WorkingResult
from primage.render.pasted import with_parts
from primage.render.photo_files import PhotoFile, read_photo
from primage.studio.schemas import Part
from primage.studio.workers.full_size import at_full_size, with_synthesised
from primage.studio.workers.loaded_model import excluded_from, loaded_model, moves_of
from primage.studio.workers.painter import Synthesised
from primage.studio.workers.pasted import parts_of
from primage.studio.workers.polisher import (
    MeasureUncertainty,
    PaintWindow,
    PolishedRender,
    PolishRender,
    PolishVariant,
    ShowAtFullSize,
    WarmUpPolisher,
)
from primage.studio.workers.uncertainty import uncertainty_map
from primage.synthesis.copies import Completed, completing
from primage.synthesis.incoherence import incoherence
from primage.synthesis.light import fitted
from primage.synthesis.polish import Polished, Previous, Render, polish, polishing
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished

#: Number of projects whose newest polished render is kept in memory.
_MAX_KEPT = 2

#: The newest polished render of each project, and what must not have changed for its pixels to stay.
_previous: OrderedDict[Path, tuple[object, Previous | Completed]] = OrderedDict()


@WarmUpPolisher.handled_by
def warm_up(_job: WarmUpPolisher) -> None:
    """Polish something small that needs every compiled function, and paint it at full size."""
    photo = np.indices((64, 64, 3)).sum(axis=0).astype(np.uint8)
    image = photo.copy()
    image[16:48, 16:48] = np.random.default_rng(0).integers(0, 256, (32, 32, 3))
    drawing = Primitive.from_arrays("edges", {"edges": np.zeros((64, 64), np.uint8)}, None)
    field = np.moveaxis(np.indices((64, 64), np.float32), 0, -1).copy()
    reference = Reference(photo, drawing, PrimitiveSpec(config=PrimitiveConfig(kind="edges")))
    confidence = np.full((64, 64), 0.5, np.float32)
    polish(reference, Render(drawing, image, field, confidence))
    index = np.zeros((64, 64), np.uint16)
    index[8:24, 8:24], index[32:56, 32:56] = REMOVED, FIRST
    pieces = (Piece(transforms=(Affine(matrix=(0.9, 0, 0, 0.9, 0, 0)),)),)
    result = WorkingResult(image, np.ones((64, 64), np.float32), field, None, confidence, Origin(index, pieces))
    FullSize(photo.repeat(2, 0).repeat(2, 1), result).picture()


@PolishRender.handled_by
def polish_render(job: PolishRender) -> PolishedRender:
    """Synthesise what is incoherent in a render.

    Raises:
        SupersededError: the result is no longer wanted.
    """
    key = job.options, job.drawing.layers["sources"].tobytes()
    kept, before = _previous.get(job.run, (None, None))
    now = _polished(job, before if kept == key else None)
    polished, _previous[job.run] = now.polished, (key, now)
    _previous.move_to_end(job.run)
    while len(_previous) > _MAX_KEPT:
        _previous.popitem(last=False)
    image = _blended(job, polished)
    synthesised = Synthesised(polished.image, polished.synthesised, polished.field)
    uncertainty = uncertainty_map(polished.incoherence, job.render.weight)
    return PolishedRender(image, synthesised, uncertainty, _without_effect(job, image))


@PolishVariant.handled_by
def polish_variant(job: PolishVariant) -> UInt8[np.ndarray, "h w 3"]:
    """Polish a render with another seed.

    Raises:
        SupersededError: the result is no longer wanted.
    """
    other = replace(job.of, options=job.of.options.model_copy(update={"seed": job.seed}))
    return _blended(other, _polished(other, None).polished)


def _polished(job: PolishRender, before: Previous | Completed | None) -> Previous | Completed:
    model, given = loaded_model(job.run).model, job.render
    primitive = loaded_model(job.run).primitive(job.drawing)
    render = Render(primitive, given.image, given.field, given.confidence)
    within = given.weight > 0 if job.keep_original else None
    reference, seed = model.reference(primitive.size, job.options.strength), job.options.seed
    origin, excluded = moves_of(job.drawing), excluded_from(job.drawing)
    if origin is None:
        previous = before if isinstance(before, Previous) else None
        steps = polishing(reference, render, within, previous=previous, excluded=excluded, seed=seed)
        return Previous(render, finished(steps, _check_wanted), within)
    completed = before if isinstance(before, Completed) else None
    return finished(completing(reference, render, origin, excluded, completed, seed), _check_wanted)


def _blended(job: PolishRender, polished: Polished) -> UInt8[np.ndarray, "h w 3"]:
    loaded = loaded_model(job.run)
    gain = loaded.gain(polished.image, moves_of(job.drawing), job.drawing, job.options)
    image = polished.image if gain is None else fitted(polished.image, gain)
    image = blend(loaded.model.photo, image, job.render.weight) if job.keep_original else image
    return with_parts(image, parts_of(job.drawing, job.run, image, job.options))


def _without_effect(job: PolishRender, image: UInt8[np.ndarray, "h w 3"]) -> tuple[Part, ...]:
    loaded = loaded_model(job.run)
    model, line_colour = loaded.model, loaded.model.record.spec.line_colour
    found = edits_without_effect(loaded.primitive(job.drawing), model.primitive, image, model.photo, line_colour)
    return tuple((left, top, right, bottom) for left, top, right, bottom in found.astype(float).round(4).tolist())


def _check_wanted() -> None:
    if stopping():
        raise SupersededError


@MeasureUncertainty.handled_by
def measure_uncertainty(job: MeasureUncertainty) -> UInt8[np.ndarray, "h2 w2"]:
    """Find where a render is uncertain."""
    photo, render = loaded_model(job.run).model.photo, job.render
    return uncertainty_map(incoherence(render.image, photo, render.field), render.weight)


@dataclass(frozen=True)
class _Shown:
    """The picture that windows are painted of, and its photo."""

    name: str
    path: Path
    photo: PhotoFile
    picture: FullSize


_shown: list[_Shown] = []


@ShowAtFullSize.handled_by
def show_at_full_size(job: ShowAtFullSize) -> None:
    """Prepare a picture for `paint_window`. The photo is decoded once."""
    _check_wanted()
    before = _shown[0] if _shown and _shown[0].path == job.photo else None
    _shown.clear()
    photo = read_photo(job.photo) if before is None else before.photo
    rendered, origin = job.rendered, moves_of(job.drawing)
    loaded = loaded_model(job.run)
    image = with_synthesised(rendered.unblended, job.synthesised)
    gain = loaded.gain(image, origin, job.drawing, job.options)
    shown = blend(loaded.model.photo, image if gain is None else fitted(image, gain), rendered.weight)
    picture = at_full_size(
        photo,
        loaded.model.photo,
        image,
        rendered.weight,
        rendered.unpolished,
        origin,
        job.synthesised,
        gain,
        parts_of(job.drawing, job.run, shown, job.options),
        None if before is None else before.picture,
    )
    _shown.append(_Shown(job.name, job.photo, photo, picture))


@PaintWindow.handled_by
def paint_window(job: PaintWindow) -> UInt8[np.ndarray, "h w 3"]:
    """Paint a part of the prepared picture.

    Raises:
        SupersededError: it is no longer wanted, or another picture is prepared.
    """
    _check_wanted()
    if not _shown or _shown[0].name != job.name:
        raise SupersededError
    shown, box = _shown[0], job.window
    pixels = shown.picture.window((slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)))
    return shown.photo.to_srgb(pixels)
