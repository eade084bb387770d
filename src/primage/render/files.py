"""Rendering from files to files, which record their provenance."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage._version import __version__
from primage.edit.apply import Edited, removed
from primage.edit.effect import edits_without_effect
from primage.errors import ImageError, PrimitiveError
from primage.files import sha256_file
from primage.image import write_png
from primage.model import Model
from primage.origin.files import is_origin, origin_path
from primage.origin.inference import is_worth_obeying
from primage.origin.plane import Origin
from primage.origin.summary import Summary, summary
from primage.outputs import check_outputs
from primage.primitive.margins import NO_MARGINS
from primage.primitive.primitive import Primitive
from primage.primitive.read import NO_FILES, LayerFiles, read_primitive
from primage.render.drawing_origin import DrawingOrigin, OriginSource
from primage.render.extension import ExtendedResult, extended_results
from primage.render.full_size import WorkingResult
from primage.render.masks import NO_PLACES, Places, check_proportions
from primage.render.original import PROVENANCE, Original, check_target
from primage.render.photo_files import Pixels
from primage.render.super_resolution import Learned, upscaled
from primage.render.variants import pictures, working_results
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions
from primage.synthesis.polish import Polished

log = logging.getLogger(__name__)

#: Edits without effect that are reported one by one; there is a warning about the number of all others.
_MOST_WARNINGS = 3


@dataclass(frozen=True)
class Rendered:
    """One rendered picture.

    Attributes:
        path: the file written.
        image: (H, W, 3); uint8 sRGB, or as stored in the photo's original file.
        source: the file it was rendered from.
        options: how it was rendered.
        polished: what was synthesised, and the incoherence before; None if the network's picture was used as it is.
        without_effect: (N, 4), parts of the edit that the picture does not show; see `edits_without_effect`.
        edit: what was edited, by the origin given or inferred; None if there was none.
        origin_file: the file that the origin was read from, if it was.
    """

    path: Path
    image: Pixels
    source: Path
    options: RenderOptions = DEFAULT_OPTIONS
    polished: Polished | None = None
    without_effect: Float32[np.ndarray, "n 4"] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    edit: Summary | None = None
    origin_file: Path | None = None


def render_files(
    model: Model,
    primitives: Sequence[Path],
    out: Path,
    layers: LayerFiles = NO_FILES,
    size_px: int | None = None,
    snap: bool = False,
    options: RenderOptions = DEFAULT_OPTIONS,
    origin: Path | None = None,
    original: Original | None = None,
    places: Places = NO_PLACES,
    count: int = 1,
    infer: bool = False,
    overwrite: bool = False,
    beside: bool = False,
    upscaler: Learned | None = None,
) -> list[Rendered]:
    """Render primitives from files to files. All are read before the first render is written.

    Args:
        model: the trained model.
        primitives: whole primitives; may be empty if ``layers`` provides every layer.
        out: a file for one primitive; a folder for several, which get the primitives' names.
        layers: layers that replace those of the whole primitives.
        size_px: short side of the results; the training photo's working size if None.
        snap: map unknown colours to the nearest label.
        options: how they are rendered.
        origin: file of the origin of the one primitive's pixels (`primage.origin.files`).
        original: the photo, to paint the one primitive on it; ``out`` may then be a JPEG, WebP, TIFF, OpenRaster or
            Photoshop file.
        places: what may be copied from the photo.
        count: number of variants of each, with the seeds that follow that of the options; see `planned`.
        infer: infer the origin of primitives without one from what they have in common with the training primitive.
        overwrite: allow to replace files that Primage did not make, but no input and no file of a run.
        beside: use the file of the origin that lies beside a primitive (NAME.origin.png), if it fits.
        upscaler: gives the network that enlarges the results (`primage.render.super_resolution`); called once
            everything was read.

    Returns:
        The renders, in order.

    Raises:
        OutputError: a file may not be written.
        PrimitiveError, LabelError, ImageError, RunError: an input is invalid; nothing was written.
    """
    jobs = [layers.with_whole(path) for path in primitives] or [layers]
    inputs = [*(path for job in jobs for path in job.given().values()), *places.given]
    targets = planned(primitives, out, original, origin, count, inputs, overwrite)

    source = OriginSource(origin, beside, infer)

    def read(job: LayerFiles) -> Primitive:
        canvas = source.canvas(model, job)
        if canvas is None:
            return read_primitive(job, model.record.spec, lambda size: model.render_size(size, size_px), snap)
        if size_px is not None:
            raise PrimitiveError("a drawing larger than the photo is rendered at the training size; leave out --size")
        return read_primitive(job, model.record.spec, lambda size: _canvas_size(job, size, canvas), snap)

    ready = [read(job) for job in jobs]
    origins = [source.of(model, job, primitive, snap) for job, primitive in zip(jobs, ready, strict=True)]
    excluded = places.excluded(model.size)
    results = []
    for job, primitive, group, known in zip(jobs, ready, targets, origins, strict=True):
        facts = provenance(model, job, known.file)
        named, first = _with_seeds(group, options), next(iter(job.given().values()))
        results += _rendered(model, primitive, named, first, facts, known, excluded, original, upscaler)
    return results


def render_drawing(
    model: Model,
    drawing: Edited,
    out: Path,
    inputs: Sequence[Path],
    options: RenderOptions = DEFAULT_OPTIONS,
    places: Places = NO_PLACES,
    original: Original | None = None,
    count: int = 1,
    overwrite: bool = False,
    upscaler: Learned | None = None,
) -> list[Rendered]:
    """Render an edited drawing whose origin is known to a file.

    Args:
        model: the trained model.
        drawing: the drawing and its origin, at the size of the result.
        out: a PNG file, or a folder.
        inputs: files that describe the edit: they are never overwritten, and recorded as the picture's provenance.
        options: how it is rendered.
        places: what may be copied from the photo.
        original: the photo, to paint on it; ``out`` may then be a JPEG, WebP, TIFF, OpenRaster or Photoshop file.
        count: number of variants, with the seeds that follow that of the options; see `planned`.
        overwrite: allow to replace files that Primage did not make, but no input and no file of a run.
        upscaler: gives the network that enlarges the results (`primage.render.super_resolution`); called once
            everything was read.

    Returns:
        The renders, in order.

    Raises:
        OutputError: a file may not be written.
        PrimitiveError, ImageError, RunError: the drawing does not fit, or ``out`` cannot be written.
    """
    inputs = [*inputs, *places.given]
    targets = _with_seeds(planned([], out, original, None, count, inputs, overwrite)[0], options)
    excluded = places.excluded(model.size)
    facts = json.loads(provenance(model))
    facts["inputs"] = {path.name: {"name": path.name, "sha256": sha256_file(path)} for path in inputs}
    text = json.dumps(facts)
    known = DrawingOrigin(drawing.origin, certain=True)
    return _rendered(model, drawing.primitive, targets, inputs[0], text, known, excluded, original, upscaler)


def _canvas_size(job: LayerFiles, size: tuple[int, int], canvas: tuple[int, int]) -> tuple[int, int]:
    """The size at which a drawing larger than the photo is read, which may have any size in these proportions."""
    check_proportions(next(iter(job.given().values())), size, canvas, "draw on the one that `primage edit` extended")
    return canvas


def _rendered(
    model: Model,
    primitive: Primitive,
    targets: Sequence[tuple[Path, RenderOptions]],
    source: Path,
    facts: str,
    known: DrawingOrigin,
    excluded: Bool[np.ndarray, "h w"] | None,
    original: Original | None,
    upscaler: Learned | None,
) -> list[Rendered]:
    """Render and write variants of a primitive. An inferred origin is obeyed only if that pays."""
    margins = NO_MARGINS if known.origin is None else known.origin.margins
    if original is not None:
        original.check(model, primitive, [target for target, _ in targets], margins)
    origin, edit = known.origin, None if known.origin is None else summary(known.origin)
    if origin is not None and not known.certain and not is_worth_obeying(origin, primitive):
        origin = None
    variants = [options for _, options in targets]
    found = _painted(model, primitive, variants, origin, excluded, original)
    results = []
    for (target, options), (painted, polished) in zip(targets, found, strict=True):
        if edit is not None:
            log.info("%s: origin: %s%s", target, edit, "" if known.file is None else f" ({known.file})")
        text = json.dumps(json.loads(facts) | {"options": options.model_dump()})
        image: Pixels
        small = painted if isinstance(painted, np.ndarray) else painted.image
        if original is None or isinstance(painted, np.ndarray):
            image = small if upscaler is None else upscaled(upscaler(), small)
            write_png(target, image, text={PROVENANCE: text})
        else:
            image = original.write(target, model, primitive, painted, text, upscaler)
        unseen = _without_effect(model, primitive, small, target)
        results.append(Rendered(target, image, source, options, polished, unseen, edit, known.file))
    return results


def _painted(
    model: Model,
    primitive: Primitive,
    variants: Sequence[RenderOptions],
    origin: Origin | None,
    excluded: Bool[np.ndarray, "h w"] | None,
    original: Original | None,
) -> Iterator[tuple[UInt8[np.ndarray, "h w 3"] | WorkingResult | ExtendedResult, Polished | None]]:
    if origin is not None and origin.margins.any:
        return extended_results(model, Edited(primitive, origin), variants, excluded)
    if original is None:
        return pictures(model, primitive, variants, origin, excluded)
    return working_results(model, primitive, variants, origin, excluded)


def training_drawing(model: Model) -> Edited:
    """The drawing that a model was trained with: every pixel comes from where it is.

    Args:
        model: the trained model.
    """
    return Edited(model.primitive, Origin.unmoved(model.size))


def drawing_without(model: Model, mask: Bool[np.ndarray, "h w"], drawn: Primitive | None = None) -> Edited:
    """The training drawing without what a mask covers.

    Args:
        model: the trained model.
        mask: (H, W), of the working size.
        drawn: the drawing with the place already closed, for example with lines that show what is behind the thing;
            None to close it like the editor does.

    Raises:
        PrimitiveError: the mask is empty or covers everything, or ``drawn`` has another size.
    """
    closed = removed(training_drawing(model), mask)
    if drawn is None:
        return closed
    if drawn.size != model.size:
        raise PrimitiveError(
            f"the drawing must have the proportions of the run's ({model.size[1]}×{model.size[0]} px); edit a copy of "
            "RUN/primitive.png"
        )
    return Edited(drawn, Origin.unmoved(model.size).drawn(drawn.differs(model.primitive)).emptied(mask))


def _without_effect(
    model: Model, primitive: Primitive, image: UInt8[np.ndarray, "h w 3"], target: Path
) -> Float32[np.ndarray, "n 4"]:
    """Edits that the picture does not show; they are reported. Not known for drawings of other proportions."""
    if primitive.size != model.size:
        return np.zeros((0, 4), np.float32)
    found = edits_without_effect(primitive, model.primitive, image, model.photo, model.record.spec.line_colour)
    for left, top, right, bottom in found[:_MOST_WARNINGS]:
        log.warning(
            "%s: the edit around %.0f %% of the width and %.0f %% of the height had no effect on the picture; "
            "draw it larger, or with lines",
            target, 50 * (left + right), 50 * (top + bottom),
        )  # fmt: skip
    if len(found) > _MOST_WARNINGS:
        log.warning("%s: %d smaller edits had no effect either", target, len(found) - _MOST_WARNINGS)
    return found


def drawings_among(paths: Sequence[Path]) -> list[Path]:
    """Leave out the origins (NAME.origin.png) that ``*.png`` names beside the drawings, and say so once.

    Args:
        paths: drawings and origins; empty for a drawing that is given otherwise.

    Raises:
        PrimitiveError: there are origins only.
    """
    origins = [path for path in paths if is_origin(path)]
    drawings = [path for path in paths if path not in origins]
    if origins and not drawings:
        drawing = origins[0].with_name(f"{Path(origins[0].stem).stem}.png")
        raise PrimitiveError(f"{origins[0]}: is the origin of a drawing, and no drawing itself; give {drawing}")
    if origins:
        more = f" and {len(origins) - 1} more" if len(origins) > 1 else ""
        log.info("%s%s: not rendered, as origins belong to the drawings beside them", origins[0], more)
    return drawings


def planned(
    primitives: Sequence[Path],
    out: Path,
    original: Original | None = None,
    origin: Path | None = None,
    count: int = 1,
    inputs: Sequence[Path | None] = (),
    overwrite: bool = False,
) -> list[list[Path]]:
    """The files that renders are written to, which are checked.

    Args:
        primitives: whole primitives; may be empty if there is one drawing.
        out: a file for one drawing; a folder for several, which get the primitives' names.
        original: the photo, to paint on it.
        origin: file of the origin of one drawing's pixels.
        count: number of variants of each.
        inputs: further files that are read.
        overwrite: allow to replace files that Primage did not make.

    Returns:
        The files of each drawing: its variants are NAME-1.png, NAME-2.png and so on.

    Raises:
        PrimitiveError: there are several drawings, but only one can be rendered like this.
        ImageError: a name is that of no format that can be written.
        OutputError: a file may not be written; see `primage.outputs`.
    """
    if origin is not None and len(primitives) > 1:
        raise PrimitiveError("an origin belongs to one drawing; render the drawings one by one")
    if original is not None and len(primitives) > 1:
        raise PrimitiveError("drawings are painted on the original photo one by one")
    groups = [_variants(target, count) for target in _targets(primitives, out, original)]
    targets = [target for group in groups for target in group]
    if original is not None:
        for target in targets:
            check_target(target, original.patch)
    beside = map(origin_path, primitives)
    check_outputs(targets, [*primitives, *beside, origin, *inputs, original.path if original else None], overwrite)
    return groups


def _targets(primitives: Sequence[Path], out: Path, original: Original | None = None) -> list[Path]:
    if len(primitives) <= 1:
        single = primitives[0].stem if primitives else "render"
        target = out / f"{single}.png" if out.is_dir() else out
        if target.suffix.lower() != ".png" and original is None:
            raise ImageError(f"{target}: renders are PNG files; name it {target.stem}.png")
        return [target]
    if out.suffix and not out.is_dir():
        raise ImageError(f"{out}: several primitives need an output folder; name one without an ending, as {out.stem}")
    return [out / f"{path.stem}.png" for path in primitives]


def _variants(target: Path, count: int) -> list[Path]:
    return [target.with_stem(f"{target.stem}-{number}") for number in range(1, count + 1)] if count > 1 else [target]


def _with_seeds(targets: Sequence[Path], options: RenderOptions) -> list[tuple[Path, RenderOptions]]:
    """Each file of one drawing with the options of its variant, which differ in their seeds."""
    return [(path, options.model_copy(update={"seed": options.seed + number})) for number, path in enumerate(targets)]


def provenance(model: Model, files: LayerFiles = NO_FILES, origin: Path | None = None) -> str:
    """Provenance of a render as JSON: the program, the model, and the files it was rendered from."""
    record, read = model.record, files.given() if origin is None else {**files.given(), "origin": origin}
    inputs = {name: {"name": path.name, "sha256": sha256_file(path)} for name, path in read.items() if path.is_file()}
    return json.dumps(
        {
            "generated": True,  # not first: renders without a seal begin with the software (`primage.seal`)
            "software": f"Primage {__version__}",
            "preset": record.config.preset,
            "steps": record.steps,
            "weights_sha256": model.weights_sha256,
            "photo_sha256": record.photo_sha256,
            "primitive": record.spec.kind,
            "inputs": inputs,
        }
    )
