"""Trained model and edited primitive in, photo out, with its provenance written into the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from primage._version import __version__
from primage.errors import ImageError, PrimitiveError
from primage.files import sha256_file
from primage.image import write_png
from primage.model import Model
from primage.primitive.read import NO_FILES, LayerFiles, read_primitive

#: Name of the PNG text chunk that says where a picture comes from.
PROVENANCE = "primage"


@dataclass(frozen=True)
class Rendered:
    """One finished picture.

    Attributes:
        path: where it was written.
        image: (H, W, 3) uint8.
        source: the file it was painted from.
    """

    path: Path
    image: UInt8[np.ndarray, "h w 3"]
    source: Path


def render_files(
    model: Model,
    primitives: Sequence[Path],
    out: Path,
    layers: LayerFiles = NO_FILES,
    size_px: int | None = None,
    snap: bool = False,
) -> list[Rendered]:
    """Paint primitives from files to files. All are read before the first is written.

    Args:
        model: the trained model.
        primitives: whole primitives; may be empty if ``layers`` has all that is needed.
        out: a file for one primitive; a folder for several, which get the primitives' names.
        layers: layers that replace those of the whole primitives.
        size_px: short side of the results; the training photo's working size if None.
        snap: give unknown colours to the nearest label.

    Returns:
        What was written, in order.

    Raises:
        PrimitiveError, LabelError, ImageError: an input is at fault; nothing was written.
    """
    jobs = [LayerFiles(whole=path, edges_from=layers.edges_from, **layers.layers) for path in primitives] or [layers]
    targets = _targets(primitives, out)
    inputs = {path.resolve() for job in jobs for path in job.given().values()}
    for target in targets:
        if target.resolve() in inputs:
            raise ImageError(f"{target}: is what is painted from, and would be overwritten; name another file")

    def size_for(size: tuple[int, int]) -> tuple[int, int]:
        return model.render_size(size, size_px)

    ready = [read_primitive(job, model.record.spec, size_for, snap) for job in jobs]
    results = []
    for job, primitive, target in zip(jobs, ready, targets, strict=True):
        image = model.render(primitive, size_px=min(primitive.size))
        write_png(target, image, text={PROVENANCE: provenance(model, job)})
        results.append(Rendered(target, image, next(iter(job.given().values()))))
    return results


def _targets(primitives: Sequence[Path], out: Path) -> list[Path]:
    if len(primitives) <= 1:
        single = primitives[0].stem if primitives else "render"
        target = out / f"{single}.png" if out.is_dir() else out
        if target.suffix.lower() != ".png":
            raise ImageError(f"{target}: renders are PNG files; name it {target.stem}.png")
        return [target]
    if out.suffix and not out.is_dir():
        raise ImageError(f"{out}: several primitives need a folder to be rendered into")
    targets = [out / f"{path.stem}.png" for path in primitives]
    if len(set(targets)) < len(targets):
        raise PrimitiveError("two of the primitives have the same name, so their renders would be one file")
    return targets


def provenance(model: Model, files: LayerFiles = NO_FILES) -> str:
    """What a render says of itself: the program, the model, and what it was painted from (JSON)."""
    record = model.record
    inputs = {
        name: {"name": path.name, "sha256": sha256_file(path)} for name, path in files.given().items() if path.is_file()
    }
    return json.dumps(
        {
            "software": f"Primage {__version__}",
            "generated": True,
            "preset": record.config.preset,
            "steps": record.steps,
            "weights_sha256": model.weights_sha256,
            "photo_sha256": record.photo_sha256,
            "primitive": record.spec.kind,
            "inputs": inputs,
        }
    )
