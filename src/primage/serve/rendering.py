"""The jobs of a rendering worker, which render as `primage render` does."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from primage.edit.files import edited_drawing
from primage.edit.records import read_edits
from primage.errors import ConfigError, PrimageError, UserError
from primage.files import sha256_file
from primage.image import encode_png, read_png_text
from primage.model import Model, load
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import draw
from primage.primitive.read import LayerFiles
from primage.render.files import Rendered, render_drawing, render_files
from primage.render.masks import Places
from primage.render.original import PROVENANCE, Original
from primage.render.photo_files import PhotoFile, read_photo, write_photo
from primage.serve.renderer import LoadModels, ReadDrawing, RenderDrawing, Served, WarmUp
from primage.serve.schemas import LAYERED, Label, ModelInfo, RenderQuery, Size

#: Number of edits without effect whose boxes are sent.
_BOXES = 20


@lru_cache(1)
def _loaded(served: Served) -> dict[str, Model]:
    torch.set_num_threads(served.threads)
    return {name: load(path, served.device) for name, path in served.runs}


@lru_cache(1)
def _photos(served: Served) -> dict[str, Path]:
    """The photos' files by their hash.

    Raises:
        ConfigError: no model was trained on one of them.
    """
    found = {sha256_file(path): path for path in served.photos}
    trained_on = {model.record.photo_sha256 for model in _loaded(served).values()}
    for digest, path in found.items():
        if digest not in trained_on:
            raise ConfigError(f"{path}: none of the runs was trained on this photo; leave it out, or serve its run")
    return found


@WarmUp.handled_by
@lru_cache(1)
def warm_up(job: WarmUp) -> None:
    """Load the models, and render their own drawings: kernels are compiled when they are first used."""
    for model in _loaded(job.served).values():
        model.picture(model.primitive)


@LoadModels.handled_by
def load_models(job: LoadModels) -> tuple[ModelInfo, ...]:
    """Load the models.

    Raises:
        RunError: there is no model, or it is damaged.
        ConfigError: none of the models was trained on one of the photos.
    """
    photos = _photos(job.served)
    warm_up(WarmUp(job.served))
    return tuple(
        _described(name, model, photos.get(model.record.photo_sha256)) for name, model in _loaded(job.served).items()
    )


def _described(name: str, model: Model, photo: Path | None) -> ModelInfo:
    record, palette = model.record, model.record.spec.palette
    full = None if photo is None else read_photo(photo).pixels.shape
    return ModelInfo(
        name=name,
        primitive=record.spec.kind,
        layers=tuple(KINDS[record.spec.kind].names),
        labels=() if palette is None else tuple(Label(name=it.name, colour=it.colour) for it in palette.labels),
        size=Size(width=model.size[1], height=model.size[0]),
        full_size=None if full is None else Size(width=full[1], height=full[0]),
        preset=record.config.preset,
        steps=record.steps,
        weights_sha256=model.weights_sha256,
        photo_sha256=record.photo_sha256,
    )


@ReadDrawing.handled_by
def read_drawing(job: ReadDrawing) -> bytes:
    """The training drawing as it lies in the run folder."""
    model = _loaded(job.served)[job.model]
    return encode_png(draw(model.primitive, model.record.spec.line_colour))


@RenderDrawing.handled_by
def render_drawing_job(job: RenderDrawing) -> dict[str, object]:
    """Render a drawing, and write the result.

    Returns:
        What `primage render --json` says about it, ready for JSON.

    Raises:
        PrimageError: what was sent does not fit; names of files in the message are those of the request.
    """
    folder = f"{job.target.parent}/"
    try:
        return _facts(_rendered(job), job.query)
    except UserError as error:
        raise UserError(str(error).replace(folder, "")) from error
    except PrimageError as error:
        raise PrimageError(str(error).replace(folder, "")) from error


def _rendered(job: RenderDrawing) -> Rendered:
    model, given, query = _loaded(job.served)[job.model], job.given, job.query
    original = _original(job, model)
    places = Places(given.get("exclude"), given.get("sample"))
    # A render alone is written as PNG first, like by `primage render`.
    target = job.target if original is not None else job.target.with_suffix(".png")
    if "edits" in given:
        drawing = edited_drawing(model, read_edits(given["edits"]))
        rendered = render_drawing(model, drawing, target, [given["edits"]], query.options, places, original)[0]
    else:
        layers = LayerFiles(segments=given.get("segments"), edges=given.get("edges"))
        whole = [given["drawing"]] if "drawing" in given else []
        origin, infer = given.get("origin"), query.infer_origin
        rendered = render_files(
            model, whole, target, layers, query.size, query.snap, query.options, origin, original, places, infer=infer
        )[0]
    if target != job.target:
        text = {PROVENANCE: read_png_text(target)[PROVENANCE]}
        write_photo(job.target, rendered.image, PhotoFile(rendered.image), query.quality, text)
    return rendered


def _original(job: RenderDrawing, model: Model) -> Original | None:
    query = job.query
    if query.output == "render" and query.format not in LAYERED:
        return None
    photo = job.given.get("photo", _photos(job.served).get(model.record.photo_sha256)) if query.full_size else None
    if query.full_size and photo is None:
        raise UserError("the server does not have the photo's file; send it as the part “photo”, or omit full_size")
    return Original(photo, query.quality, query.output == "patch")


def _facts(rendered: Rendered, query: RenderQuery) -> dict[str, object]:
    height, width = rendered.image.shape[:2]
    facts: dict[str, object] = {"width": width, "height": height, "seed": query.seed}
    if rendered.polished is not None:
        facts["incoherence"] = round(float(rendered.polished.incoherence.mean()), 5)
        facts["synthesised"] = round(float(rendered.polished.synthesised.mean()), 4)
    # Largest first. Clients and proxies refuse answers whose headers are longer than a few KB.
    facts["without_effect"] = rendered.without_effect[:_BOXES].astype(float).round(4).tolist()
    facts["without_effect_count"] = len(rendered.without_effect)
    facts["edit"] = None if rendered.edit is None else str(rendered.edit)
    return facts
