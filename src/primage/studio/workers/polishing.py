"""The jobs of the polishing worker."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

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
from primage.render.extension import Continued, FullCanvas, continuing, mirrored
from primage.render.full_size import FullSize, WorkingResult
from primage.render.pasted import with_parts
from primage.render.photo_files import PhotoFile, read_photo
from primage.studio.drawing import Drawing
from primage.studio.resizing import origin_on, photo_part
from primage.studio.schemas import Part
from primage.studio.workers.full_size import at_full_size, on_canvas, with_synthesised
from primage.studio.workers.loaded_model import excluded_from, loaded_model, moves_of
from primage.studio.workers.painter import Beyond, Synthesised, Unpolished
from primage.studio.workers.pasted import parts_of
from primage.studio.workers.polisher import (
    MeasureUncertainty,
    PaintWindow,
    PolishedRender,
    PolishFrame,
    PolishRender,
    PolishVariant,
    ShowAtFullSize,
    WarmUpPolisher,
)
from primage.studio.workers.uncertainty import uncertainty_map
from primage.synthesis.copies import Completed, Plate, completing
from primage.synthesis.incoherence import incoherence
from primage.synthesis.light import fitted
from primage.synthesis.polish import Polished, Previous, Render, polish, polishing
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished

Value = TypeVar("Value")

#: Number of projects whose newest polished render is kept in memory.
_MAX_KEPT = 2


class _Newest(Generic[Value]):
    """The newest results of a few projects, and what must not have changed for their pixels to stay."""

    def __init__(self) -> None:
        self._of: OrderedDict[Path, tuple[object, Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._of)

    def clear(self) -> None:
        """Forget all results."""
        self._of.clear()

    def get(self, run: Path, key: object) -> Value | None:
        """The newest result of a project, if it has this key."""
        kept, value = self._of.get(run, (None, None))
        return value if kept == key else None

    def put(self, run: Path, key: object, value: Value) -> None:
        """Keep a result instead of the one before."""
        self._of[run] = key, value
        self._of.move_to_end(run)
        while len(self._of) > _MAX_KEPT:
            self._of.popitem(last=False)


#: The newest polished renders, and what continues them beyond the photo: the drawing, and its result.
_previous: _Newest[Previous | Completed] = _Newest()
_continued: _Newest[tuple[Primitive, Continued]] = _Newest()
#: The newest frames of moving pictures.
_frames: _Newest[Previous | Completed] = _Newest()
_plates: _Newest[Plate] = _Newest()


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
    """Synthesise what is incoherent in a render, and what lies beyond the photo.

    Raises:
        SupersededError: the result is no longer wanted.
    """
    return _polish(job, _previous, _continued)


@PolishVariant.handled_by
def polish_variant(job: PolishVariant) -> UInt8[np.ndarray, "h w 3"]:
    """Polish a render with another seed.

    Raises:
        SupersededError: the result is no longer wanted.
    """
    options = job.of.options.model_copy(update={"seed": job.seed})
    return _polish(replace(job.of, options=options), _Newest(), _Newest()).image


@PolishFrame.handled_by
def polish_frame(job: PolishFrame) -> UInt8[np.ndarray, "h w 3"]:
    """Polish a frame of a moving picture, which has no margins.

    Raises:
        SupersededError: the result is no longer wanted.
    """
    return _polish(job.of, _frames, _Newest(), None if job.second is None else _plate(job.second)).image


def _plate(job: PolishRender) -> Plate | None:
    """A result as a clean plate; the newest one is kept, since many frames ask for it."""
    part, render = photo_part(job.drawing), job.render
    if render is None or not job.options.polish:
        return None
    key = job.options, part.layers["sources"].tobytes(), part.layers["origin"].tobytes(), job.image.tobytes()
    plate = _plates.get(job.run, key)
    if plate is None:
        plate = Plate(loaded_model(job.run).primitive(part), _polished(job, part, render, None).polished)
        _plates.put(job.run, key, plate)
    return plate


def _polish(
    job: PolishRender,
    previous: _Newest[Previous | Completed],
    continued: _Newest[tuple[Primitive, Continued]],
    plate: Plate | None = None,
) -> PolishedRender:
    part, margins, render = photo_part(job.drawing), job.drawing.margins, job.render
    key = job.options, part.layers["sources"].tobytes()
    image = job.image
    synthesised = Synthesised(image, np.zeros(image.shape[:2], bool))
    uncertain = np.zeros(image.shape[:2], np.float32)
    if render is not None and job.options.polish:
        now = _polished(job, part, render, previous.get(job.run, key), plate)
        previous.put(job.run, key, now)
        polished = now.polished
        image = _blended(job, part, render, polished)
        synthesised = Synthesised(polished.image, polished.synthesised, polished.field)
        uncertain = polished.incoherence * render.weight
    without_effect = _without_effect(job, part, with_parts(image, parts_of(part, job.run, image, job.options)))
    if margins.any:
        seen = loaded_model(job.run).primitive(job.drawing)
        found = _continue(job, seen, image, part, continued.get(job.run, (key, margins)))
        continued.put(job.run, (key, margins), (seen, found))
        synthesised = replace(synthesised, beyond=Beyond(found.image, found.sources, found.hole))
        image, uncertain = found.image, np.pad(uncertain, margins.padding(2))
    image = with_parts(image, parts_of(job.drawing, job.run, image, job.options))
    return PolishedRender(image, synthesised, uncertainty_map(uncertain, np.ones_like(uncertain)), without_effect)


def _polished(
    job: PolishRender, part: Drawing, given: Unpolished, before: Previous | Completed | None, plate: Plate | None = None
) -> Previous | Completed:
    loaded = loaded_model(job.run)
    model, primitive = loaded.model, loaded.primitive(part)
    render = Render(primitive, given.image, given.field, given.confidence)
    within = given.weight > 0 if job.keep_original else None
    reference, seed = model.reference(primitive.size, job.options.strength), job.options.seed
    origin, excluded = moves_of(part), excluded_from(part)
    if origin is None:
        previous = before if isinstance(before, Previous) else None
        steps = polishing(reference, render, within, previous=previous, excluded=excluded, seed=seed)
        return Previous(render, finished(steps, _check_wanted), within)
    completed = before if isinstance(before, Completed) else None
    return finished(completing(reference, render, origin, excluded, completed, seed, plate), _check_wanted)


def _continue(
    job: PolishRender,
    primitive: Primitive,
    image: UInt8[np.ndarray, "h w 3"],
    part: Drawing,
    before: tuple[Primitive, Continued] | None,
) -> Continued:
    """Continue the result on the photo beyond its borders."""
    model, options = loaded_model(job.run).model, job.options
    start = mirrored(image, model.photo, origin_on(job.drawing))
    reference = model.reference(model.size, options.strength)
    excluded = excluded_from(part)
    steps = continuing(reference, primitive, start, job.drawing.margins, excluded, options.seed, before)
    return finished(steps, _check_wanted)


def _blended(job: PolishRender, part: Drawing, render: Unpolished, polished: Polished) -> UInt8[np.ndarray, "h w 3"]:
    loaded = loaded_model(job.run)
    gain = loaded.gain(polished.image, moves_of(part), part, job.options)
    image = polished.image if gain is None else fitted(polished.image, gain)
    return blend(loaded.model.photo, image, render.weight) if job.keep_original else image


def _without_effect(job: PolishRender, part: Drawing, image: UInt8[np.ndarray, "h w 3"]) -> tuple[Part, ...]:
    """The edits of the photo that its part of the result does not show, in shares of the canvas."""
    loaded = loaded_model(job.run)
    model, line_colour = loaded.model, loaded.model.record.spec.line_colour
    found = edits_without_effect(loaded.primitive(part), model.primitive, image, model.photo, line_colour)
    shares, margins, (height, width) = found.astype(float), job.drawing.margins, model.size
    tall, wide = margins.around(model.size)
    corner, side = (margins.left, margins.top) * 2, (width, height) * 2
    shares = (shares * side + corner) / ((wide, tall) * 2)
    return tuple((left, top, right, bottom) for left, top, right, bottom in shares.round(4).tolist())


def _check_wanted() -> None:
    if stopping():
        raise SupersededError


@MeasureUncertainty.handled_by
def measure_uncertainty(job: MeasureUncertainty) -> UInt8[np.ndarray, "h2 w2"]:
    """Find where a render is uncertain."""
    photo, render = loaded_model(job.run).model.photo, job.render
    found = (incoherence(render.image, photo, render.field), render.weight)
    return uncertainty_map(*(np.pad(array, job.margins.padding(2)) for array in found))


@dataclass(frozen=True)
class _Shown:
    """The picture that windows are painted of, and its photo."""

    name: str
    path: Path
    photo: PhotoFile
    picture: FullSize | FullCanvas


_shown: list[_Shown] = []


@ShowAtFullSize.handled_by
def show_at_full_size(job: ShowAtFullSize) -> None:
    """Prepare a picture for `paint_window`. The photo is decoded once."""
    _check_wanted()
    before = _shown[0] if _shown and _shown[0].path == job.photo else None
    _shown.clear()
    photo = read_photo(job.photo) if before is None else before.photo
    part, loaded = photo_part(job.drawing), loaded_model(job.run)
    rendered, origin = job.rendered, moves_of(part)
    image = with_synthesised(rendered.unblended, job.synthesised)
    gain = loaded.gain(image, origin, part, job.options)
    shown, canvas = blend(loaded.model.photo, image if gain is None else fitted(image, gain), rendered.weight), None
    if job.drawing.margins.any:
        canvas = on_canvas(shown, loaded.model.photo, origin_on(job.drawing), job.synthesised)
        canvas = replace(canvas, parts=parts_of(job.drawing, job.run, canvas.continued.image, job.options))
    picture = at_full_size(
        photo,
        loaded.model.photo,
        image,
        rendered.weight,
        rendered.unpolished,
        origin,
        job.synthesised,
        gain,
        parts_of(part, job.run, shown, job.options),
        canvas,
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
