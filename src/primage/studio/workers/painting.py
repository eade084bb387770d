"""The jobs of the rendering worker."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import torch

from primage.api import configure
from primage.errors import ImageError
from primage.http.errors import RefusalError
from primage.image import write_png
from primage.model import Model, ModelRecord
from primage.nets.generator import Source
from primage.origin.files import write_origin
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import PrimitiveSpec, draw
from primage.primitive.write import write_primitive
from primage.render.blending import blend
from primage.render.extension import FullCanvas, mirrored
from primage.render.files import provenance
from primage.render.original import PROVENANCE, write_result
from primage.render.pasted import with_parts
from primage.render.photo_files import PhotoFile, read_photo
from primage.run import Run
from primage.run_folder import lock_folder
from primage.state import fresh_state
from primage.studio.drawing import Drawing, box_of
from primage.studio.resizing import origin_on, photo_part
from primage.studio.schemas import ModelInfo
from primage.studio.workers.between import drawing_between
from primage.studio.workers.full_size import Extension, at_full_size, on_canvas, with_synthesised
from primage.studio.workers.loaded_model import forget_model, loaded_model, origin_of
from primage.studio.workers.painter import (
    Calibrate,
    ExportDrawing,
    ExportResult,
    ForgetModel,
    GetModelInfo,
    PrepareModel,
    PublishInitialModel,
    RenderBetween,
    RenderDrawing,
    Rendered,
    Synthesised,
    WarmUpPainter,
    WritePicture,
)
from primage.studio.workers.pasted import parts_of
from primage.synthesis.light import fitted
from primage.training import training


@WarmUpPainter.handled_by
def warm_up(_job: WarmUpPainter) -> None:
    """Render something small, because PyTorch takes a second to load before its first picture."""
    config = configure("standard", "edges", steps=0)
    spec = PrimitiveSpec(config=config.primitive)
    network = fresh_state(config, spec, "cpu").render_network().eval()
    drawing = torch.zeros(1, spec.channels, 64, 64)
    with torch.inference_mode():
        network(drawing, Source(torch.zeros(1, 3, 64, 64), drawing))


@PublishInitialModel.handled_by
def publish_initial_model(job: PublishInitialModel) -> None:
    """Write the first model of a run, with the weights that training starts from."""
    if (job.run / "model.safetensors").exists():
        return
    with lock_folder(job.run):
        run = Run(job.run)
        config, spec = run.record.config, run.record.spec
        network = fresh_state(config, spec, "cpu").render_network()
        record = ModelRecord(config=config, spec=spec, photo_sha256=run.record.photo_sha256, steps=0, seconds=0.0)
        weights = {name: tensor.detach() for name, tensor in network.state_dict().items()}
        Model(record, weights, *run.pair()).save(run.model_path)


@Calibrate.handled_by
def calibrate(job: Calibrate) -> None:
    """Estimate the normalisation statistics on the photo: a training with zero steps."""
    if not (job.run / "checkpoint.safetensors").exists():
        with lock_folder(job.run):
            run = Run(job.run)
            if run.record.config.steps != 0:  # a training that was killed before its first checkpoint
                return
            for _ in training(run):
                pass


@GetModelInfo.handled_by
def model_info(job: GetModelInfo) -> ModelInfo:
    """Load the newest model of a run and describe it."""
    loaded = loaded_model(job.run)
    return ModelInfo(steps=loaded.model.record.steps, published=loaded.version[0] / 1e9)


@PrepareModel.handled_by
def prepare_model(job: PrepareModel) -> None:
    """Render the training primitive, with which the first edit is compared."""
    _ = loaded_model(job.run).training_render


@ForgetModel.handled_by
def forget(job: ForgetModel) -> None:
    """Remove a project's model from memory."""
    forget_model(job.run)


@RenderDrawing.handled_by
def render(job: RenderDrawing) -> Rendered:
    """Render a drawing at its own size."""
    loaded, part = loaded_model(job.run), photo_part(job.drawing)
    result = loaded.render(part, job.keep_original)
    gain = loaded.gain(result.image, result.origin, part, job.options)
    image = result.image if gain is None else fitted(result.image, gain)
    image = blend(loaded.model.photo, image, result.mask) if job.keep_original else image
    beneath, edited = image, result.mask > 0
    if job.drawing.margins.any:
        image = mirrored(image, loaded.model.photo, origin_on(job.drawing)).image
        edited = np.ones(image.shape[:2], bool)
    parts = parts_of(job.drawing, job.run, image, job.options)
    return Rendered(
        with_parts(image, parts),
        beneath,
        result.image,
        result.mask if job.keep_original else np.ones_like(result.mask),
        box_of(np.logical_or.reduce([edited, *(part.covered for part in parts)])),
        loaded.unpolished(result),
        loaded.has_field,
        loaded.model.record.steps,
    )


@RenderBetween.handled_by
def render_between(job: RenderBetween) -> tuple[Drawing, Rendered]:
    """Render a drawing between two drawings."""
    drawing = drawing_between(loaded_model(job.run), job.first, job.second, job.share)
    return drawing, render(RenderDrawing(job.run, drawing, job.keep_original, job.options))


@ExportResult.handled_by
def export_result(job: ExportResult) -> None:
    """Render a drawing to a file with its provenance.

    Raises:
        RefusalError: the file cannot be written.
    """
    loaded, part = loaded_model(job.run), photo_part(job.drawing)
    result = loaded.render(part, job.keep_original)
    synthesised = None if job.synthesised is None or result.painted is None else job.synthesised
    small = loaded.model.photo
    weight = result.mask if job.keep_original else np.ones_like(result.mask)
    image = with_synthesised(result.image, synthesised)
    gain = loaded.gain(image, result.origin, part, job.options)
    shown, canvas, place = blend(small, image if gain is None else fitted(image, gain), weight), None, None
    parts = parts_of(part, job.run, shown, job.options)
    if job.drawing.margins.any:
        canvas = on_canvas(shown, small, origin_on(job.drawing), job.synthesised)
        canvas = replace(canvas, parts=parts_of(job.drawing, job.run, canvas.continued.image, job.options))
    if job.full_size:
        photo, unpolished = read_photo(job.photo), loaded.unpolished(result)
        known = unpolished, result.origin, synthesised, gain, parts, canvas
        full = at_full_size(photo, small, image, weight, *known)
        picture = full.picture()
        if isinstance(full, FullCanvas):
            place = full.margins.photo(full.size)
    else:
        photo = PhotoFile(small)
        picture = with_parts(shown, parts)
        if canvas is not None:
            picture, place = canvas.image, job.drawing.margins.photo(canvas.origin.size)
    facts = json.loads(provenance(loaded.model))
    primitive = loaded.primitive(job.drawing) if job.drawing.margins.any else result.primitive
    facts |= {"drawing_sha256": primitive.sha256(), "keeps_original": job.keep_original}
    facts |= {"options": job.options.model_dump()}
    if pasted := parts if canvas is None else canvas.parts:
        facts |= {"pasted": sorted({str(part.piece.picture) for part in pasted})}
    facts |= {"synthesised": round(_synthesised_share(synthesised, canvas), 4)}
    drawing, text = (primitive, loaded.model.record.spec.line_colour), {PROVENANCE: json.dumps(facts)}
    try:
        write_result(job.target, photo, picture, drawing, text, job.quality, job.patch, place)
    except ImageError as error:  # it names a file that nobody knows
        reason = getattr(error.__cause__, "strerror", None) or error.__cause__ or error
        raise RefusalError(507, "full", f"the result cannot be exported ({reason})") from error


def _synthesised_share(synthesised: Synthesised | None, canvas: Extension | None) -> float:
    """The share of a result that was synthesised."""
    count = 0 if synthesised is None else int(synthesised.pixels.sum())
    if canvas is not None:
        return (count + int(canvas.continued.hole.sum())) / canvas.continued.hole.size
    return 0.0 if synthesised is None else count / synthesised.pixels.size


@ExportDrawing.handled_by
def export_drawing(job: ExportDrawing) -> bytes:
    """Write a drawing, its origin, or one layer of it, as the PNG file that `primage render` reads.

    Raises:
        RefusalError: drawings of this kind have no such layer.
    """
    loaded = loaded_model(job.run)
    spec, whole = loaded.model.record.spec, job.layer == "primitive"
    origin = origin_of(job.drawing)
    if job.layer == "origin" and origin is not None:
        target, shown = job.scratch / "drawing.origin.png", job.scratch / "drawing.png"
        write_primitive(shown, loaded.primitive(job.drawing), spec)
        write_origin(target, origin, loaded.model.record.photo_sha256, shown)
        return target.read_bytes()
    if not whole and job.layer not in KINDS[spec.kind].names:
        raise RefusalError(404, "not_found", f"this drawing has no layer '{job.layer}'")
    target = job.scratch / "drawing.png"
    # A single layer is written as it is shown, so that it can be opened again without a change.
    primitive = loaded.primitive(job.drawing) if whole else loaded.as_drawn(job.drawing)
    write_primitive(target, primitive, spec, layers=not whole)
    return (target if whole else job.scratch / f"drawing.{job.layer}.png").read_bytes()


@WritePicture.handled_by
def write_picture(job: WritePicture) -> None:
    """Write a picture of a drawing."""
    loaded = loaded_model(job.run)
    write_png(job.path, draw(loaded.primitive(job.drawing), loaded.model.record.spec.line_colour))
