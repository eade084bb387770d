"""The jobs of the reading worker. A process of its own, since files are untrusted and extraction takes seconds."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from primage.api import configure, opened_run, prepare
from primage.config import Config
from primage.decoding.decode import stored_size
from primage.detection.figures import Figure, find_figures
from primage.edit.apply import Edited, edited
from primage.edit.rebase import rebased
from primage.errors import ImageError
from primage.http.errors import RefusalError
from primage.image import encode_png, read_image, resize_image, working_size
from primage.labels.formats.raw import PhotoFacts
from primage.labels.label_map import Label as PaletteLabel
from primage.labels.label_map import LabelMap, Palette
from primage.manipulate.movie import write_movie
from primage.origin.inference import inferred_if_edited, is_worth_obeying
from primage.origin.pictures import load_picture, picture_path, read_picture, write_picture
from primage.origin.plane import Origin
from primage.origin.summary import summary
from primage.primitive.config import PrimitiveConfig
from primage.primitive.extract import extract_layer, own_settings
from primage.primitive.kinds import layers_of
from primage.primitive.layer import AnyLayer
from primage.primitive.margins import NO_MARGINS, Margins
from primage.primitive.primitive import Primitive, spec_of
from primage.primitive.read import LayerFiles
from primage.run import Run
from primage.studio.drawing import Drawing
from primage.studio.origin import index_of, layer_of
from primage.studio.resizing import extended, photo_part, shrunk
from primage.studio.schemas import Colour, Label, Size, Unsettled
from primage.studio.workers.opening import opened, read_opened, resembles, with_hidden_labels
from primage.studio.workers.reader import (
    ApplyEdits,
    CarriedOver,
    CarryOver,
    CheckPicture,
    Configure,
    CreateRun,
    EncodePhoto,
    Extract,
    Extraction,
    FindPeople,
    InferOrigin,
    InferredOrigin,
    InspectPhoto,
    KeepPicture,
    Opened,
    ReadDrawing,
    ReadOwn,
    ReadTrainingPrimitive,
    ResizeCanvas,
    WarmUpReader,
    WriteMovie,
    WriteOwn,
)

#: Number of edits that may no longer make sense which are reported.
_MOST = 100


@WarmUpReader.handled_by
def warm_up(_job: WarmUpReader) -> None:
    """Do nothing: all slow imports happen with this module."""


@Configure.handled_by
def training_config(job: Configure) -> Config:
    """Settings of a run without steps; minutes are added by `learn`."""
    return configure(job.preset, steps=0, settings=job.settings)


@InspectPhoto.handled_by
def inspect_photo(job: InspectPhoto) -> Size:
    """Check that a file is a photo.

    Raises:
        ImageError: it is not a photo, or is too large or too small.
    """
    try:
        _check_pixels(job.photo, job.max_pixels, "the photo")
        height, width = read_image(job.photo).shape[:2]
    except ImageError as error:
        # The file's name was chosen by the server and means nothing to the user.
        raise ImageError(str(error).replace(str(job.photo), "the photo")) from error
    if min(width, height) < 32:
        raise ImageError(f"the photo has {width}×{height} px; at least 32 px per side are needed")
    return Size(width=width, height=height)


def _check_pixels(path: Path, most: int, what: str) -> None:
    height, width = stored_size(path)
    if width * height > most:
        raise ImageError(f"{what} has {width}×{height} px; the limit is {most // 10**6} megapixels")


@lru_cache(maxsize=1)
def _photo(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """The photo, cached while sliders are moved. A project's photo never changes."""
    return read_image(path)


def _size(path: Path, size_px: int) -> tuple[int, int]:
    """The working size of a photo, which is not enlarged."""
    height, width = _photo(path).shape[:2]
    return working_size((height, width), min(size_px, height, width))


@lru_cache(maxsize=16)
def _layer(path: Path, size_px: int, layer: type[AnyLayer], config: PrimitiveConfig) -> object:
    """Extract a layer; cached, so that moving a slider of one layer does not extract the others again."""
    return extract_layer(layer(), _photo(path), config, _size(path, size_px))


@lru_cache(maxsize=4)
def _own(path: Path, layer: type[AnyLayer]) -> Any:
    """A layer given by the user; cached while sliders of the others are moved. Such a file never changes."""
    return layer().load(path)


def _labels(segments: LabelMap | None) -> tuple[Label, ...]:
    palette = segments.palette.labels if segments is not None else ()
    return tuple(
        Label(name=(label.name or f"label {number}")[:60], colour=label.colour)
        for number, label in enumerate(palette, 1)
    )


def _extraction(primitive: Primitive, line_colour: Colour, margins: Margins = NO_MARGINS) -> Extraction:
    blank = np.zeros(primitive.size, np.uint8)
    index = Origin.unmoved(margins.within(primitive.size)).extended(margins).index
    own = {"marks": blank, "sources": blank.copy(), "origin": layer_of(index)}
    drawing = Drawing({**primitive.to_arrays(), **own}, margins=margins)
    return Extraction(drawing, _labels(primitive.segments), line_colour)


@Extract.handled_by
def extract(job: Extract) -> Extraction:
    """Extract a drawing without saving it."""
    config = job.config.primitive
    layers = {}
    for layer in layers_of(config.kind):
        if layer.name in job.own:
            size = _size(job.photo, job.config.size_px)
            layers[layer.name] = layer.resize(_own(job.own[layer.name], type(layer)), size)
            continue
        settings = own_settings(layer, config)
        layers[layer.name] = _layer(job.photo, job.config.size_px, type(layer), settings)
    primitive = Primitive(config.kind, **layers)
    return _extraction(primitive, spec_of(primitive, config).line_colour)


@CreateRun.handled_by
def create_run(job: CreateRun) -> Extraction:
    """Extract a drawing and create the run folder for it."""
    own: dict[str, Any] = dict(job.own)
    prepared = prepare(job.photo, job.config, LayerFiles(**own), shrink_only=True)
    with opened_run(job.run, prepared):
        pass
    return _extraction(prepared.primitive, prepared.record.spec.line_colour)


@ReadTrainingPrimitive.handled_by
def read_training_primitive(job: ReadTrainingPrimitive) -> Extraction:
    """Read the training primitive of a run."""
    run = Run(job.run)
    return _extraction(run.pair()[1].extended(job.margins), run.record.spec.line_colour, job.margins)


@ResizeCanvas.handled_by
def resize_canvas(job: ResizeCanvas) -> Drawing:
    """Continue an edited drawing beyond its borders, or cut off what is there."""
    spec = Run(job.run).record.spec
    kept = job.margins.minus(job.margins.minus(job.drawing.margins))
    drawing = shrunk(job.drawing, kept)
    primitive = Primitive.from_arrays(spec.kind, drawing.layers, spec.palette)
    # Lines are followed where they are thin.
    cleaned = primitive.map(lambda layer, data: layer.clean(data))
    return extended(drawing, cleaned.extended(job.margins.minus(kept)).to_arrays(), job.margins)


@ReadDrawing.handled_by
def read_drawing(job: ReadDrawing) -> Opened:
    """Read a drawing that was edited in another program, or some of its layers.

    Raises:
        RefusalError: it is none of this photo, contains unknown colours, or cannot be read.
    """
    run = Run(job.run)
    spec, training = run.record.spec, run.pair()[1]
    photo = spec.photo_size or training.size
    facts = PhotoFacts(size=job.margins.scaled(training.size, photo).around(photo))
    training = training.extended(job.margins)
    found = read_opened(job.files, job.part, spec.config, facts, spec, job.snap)
    read = opened(found, spec.kind, training.size, found.unsure and not resembles(found, training))
    return replace(read, layers=with_hidden_labels(read.layers, job.current))


@ReadOwn.handled_by
def read_own(job: ReadOwn) -> Opened:
    """Read layers for a training drawing, and write them.

    Raises:
        RefusalError: they do not fit the photo, or cannot be read.
    """
    config = job.config.primitive
    height, width = read_image(job.photo).shape[:2]
    found = read_opened(job.files, job.part, config, PhotoFacts(job.photo_name, (height, width)))
    for layer in layers_of(config.kind):
        if layer.name in found.layers:
            layer.write(job.targets[layer.name], found.layers[layer.name])
    size = _size(job.photo, job.config.size_px)
    labels = _labels(found.layers.get("segments"))
    return replace(opened(found, config.kind, size, found.unsure), labels=labels)


@ApplyEdits.handled_by
def apply_recorded(job: ApplyEdits) -> tuple[Drawing, Origin]:
    """Make recorded edits of the training primitive."""
    primitive = Run(job.run).pair()[1]
    drawing = edited(Edited(primitive, Origin.unmoved(primitive.size)), job.edits)
    return Drawing(drawing.primitive.to_arrays()), drawing.origin


@CarryOver.handled_by
def carry_over(job: CarryOver) -> CarriedOver:
    """Carry edits over to a drawing that was corrected."""
    spec, before, after = Run(job.before).record.spec, Run(job.before).pair()[1], Run(job.after).pair()[1]
    primitive = Primitive.from_arrays(spec.kind, job.edited.layers, spec.palette)
    origin = Origin(index_of(job.edited.layers["origin"]), job.edited.pieces)
    same = {}
    if before.segments is not None and after.segments is not None:
        # Labels that nothing shows any more are not among those of the run, so the others have new numbers.
        used, places = np.unique(job.corrected.layers["segments"], return_index=True)
        known = used < len(before.segments.palette.labels)
        same = dict(zip(used[known].tolist(), after.segments.index.ravel()[places[known]].tolist(), strict=True))
    (primitive, origin), doubts = rebased(Edited(primitive, origin), before, after, same)
    kept = {name: job.edited.layers[name] for name in ("marks", "sources")}
    drawing = Drawing({**primitive.to_arrays(), **kept, "origin": layer_of(origin.index)}, origin.pieces)
    return CarriedOver(drawing, tuple(Unsettled(reason=doubt.reason, part=doubt.box) for doubt in doubts[:_MOST]))


@WriteOwn.handled_by
def write_own(job: WriteOwn) -> None:
    """Write the layers of a drawing for a training drawing."""
    arrays, palette = dict(job.drawing.layers), None
    if "segments" in arrays:
        used, index = np.unique(arrays["segments"], return_inverse=True)
        arrays["segments"] = index.reshape(arrays["segments"].shape).astype(np.uint8)
        labels = [job.labels[int(value)] for value in used]
        kept = (PaletteLabel(id=i, colour=label.colour, name=label.name) for i, label in enumerate(labels))
        palette = Palette(labels=tuple(kept), source="made")
    primitive = Primitive.from_arrays(job.kind, arrays, palette)
    for layer in layers_of(job.kind):
        job.targets[layer.name].parent.mkdir(exist_ok=True)
        layer.write(job.targets[layer.name], getattr(primitive, layer.name))


@InferOrigin.handled_by
def infer_origin(job: InferOrigin) -> InferredOrigin | None:
    """Infer the origin of a drawing that was edited in another program."""
    run = Run(job.run)
    spec = run.record.spec
    primitive = Primitive.from_arrays(spec.kind, photo_part(job.drawing).layers, spec.palette)
    found = inferred_if_edited(primitive, run.pair()[1])
    if found is None:
        return None
    origin = found.extended(job.drawing.margins) if is_worth_obeying(found, primitive) else None
    return InferredOrigin(origin, str(summary(found)))


@KeepPicture.handled_by
def keep_picture(job: KeepPicture) -> str:
    """Keep a picture that parts of a drawing come from.

    Raises:
        ImageError: it is not a picture, too large, or transparent everywhere.
    """
    try:
        _check_pixels(job.picture, job.max_pixels, "the picture")
        return write_picture(job.folder, read_picture(job.picture))
    except ImageError as error:
        raise ImageError(str(error).replace(str(job.picture), "the picture")) from error


@CheckPicture.handled_by
def check_picture(job: CheckPicture) -> None:
    """Check a file of a project's pictures.

    Raises:
        RefusalError: it is no picture, or not the one that its name says.
    """
    try:
        _check_pixels(picture_path(job.folder, job.name), job.max_pixels, "a pasted picture")
        load_picture(job.folder, job.name)
    except ImageError as error:
        raise RefusalError(422, "invalid", "a picture in this project is damaged or too large") from error


@FindPeople.handled_by
def find_people(job: FindPeople) -> tuple[Figure, ...]:
    """Find the faces, hands and bodies in a photo."""
    return find_figures(_photo(job.photo))


@EncodePhoto.handled_by
def encode_photo(job: EncodePhoto) -> bytes:
    """Convert a photo to PNG for browsers."""
    photo = read_image(job.photo)
    size = (photo.shape[0], photo.shape[1])
    if job.short_side_px is not None:
        size = working_size(size, min(job.short_side_px, *size))
    return encode_png(resize_image(photo, size), compress_level=1)


@WriteMovie.handled_by
def write_frames(job: WriteMovie) -> None:
    """Write frames as a moving picture.

    Raises:
        RefusalError: the file cannot be written.
    """
    try:
        write_movie(job.target, job.frames, job.fps, job.repeat)
    except (ImageError, OSError) as error:  # they name files that nobody knows
        reason = getattr(error.__cause__ or error, "strerror", None) or error.__cause__ or error
        raise RefusalError(507, "full", f"the moving picture cannot be exported ({reason})") from error
