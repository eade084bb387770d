"""Jobs of the worker that reads photos and extracts drawings. Not in the server: files of strangers, and seconds."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from primage.api import configure, opened_run, prepare
from primage.config import Config
from primage.errors import ImageError, PrimageError, PrimitiveError
from primage.image import FORMATS, read_image, resize_image, working_size
from primage.labels import LabelMap
from primage.primitive.edges import extract_edges
from primage.primitive.extraction_config import EdgesConfig, SegmentsConfig
from primage.primitive.kinds import KINDS
from primage.primitive.paint import extract_paint
from primage.primitive.primitive import Primitive, spec_of
from primage.primitive.read import LayerFiles, read_primitive
from primage.primitive.segments import extract_segments
from primage.run import Run
from primage.studio.schemas import ExtractSettings

#: Short side of a thumbnail.
_THUMBNAIL_PX = 320


def warm_up() -> None:
    """Nothing: by the time it is called everything slow has been imported."""


def inspect(path: Path, photo_pixels: int) -> tuple[int, int]:
    """Make sure that a file is a photo.

    Args:
        path: the file.
        photo_pixels: most that it may have.

    Returns:
        (height, width) upright.

    Raises:
        ImageError: it is none, or too large, or too small.
    """
    try:
        with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as image:
            warnings.simplefilter("ignore")
            width, height = image.size
    except Exception as error:
        raise ImageError("this file is not a photo; a PNG, JPEG, WebP, TIFF or BMP picture is needed") from error
    if width * height > photo_pixels:
        raise ImageError(f"the photo has {width}×{height} px; at most {photo_pixels // 10**6} megapixels work")
    try:
        shape = read_image(path).shape
    except ImageError as error:
        # The file's name is the server's own and says nothing to a person.
        raise ImageError(str(error).replace(str(path), "the photo")) from error
    if min(shape[:2]) < 32:
        raise ImageError(f"the photo has {shape[1]}×{shape[0]} px; at least 32 px a side are needed")
    return shape[0], shape[1]


def config_for(settings: ExtractSettings, preset: str, others: Sequence[str]) -> Config:
    """The run's settings.

    Args:
        settings: of the extraction.
        preset: of the training.
        others: any further settings, as for `primage train --set`.

    Returns:
        Settings of a run without steps; minutes are added when a person wants them.
    """
    chosen = [
        f"primitive.edges.sigma={settings.edge_sigma}",
        f"primitive.edges.low={settings.edge_low}",
        f"primitive.edges.high={settings.edge_high}",
        f"primitive.edges.min_length_px={settings.edge_min_length_px}",
        f"primitive.segments.regions={settings.regions}",
        f"primitive.paint.colours={settings.paint_colours}",
    ]
    return configure(preset, settings.kind, settings.size_px, steps=0, settings=[*chosen, *others])


@lru_cache(maxsize=4)
def _working_photo(path: Path, size_px: int) -> UInt8[np.ndarray, "h w 3"]:
    """The photo at the working size, kept for the next move of a slider. A project's photo never changes."""
    photo = read_image(path)
    height, width = photo.shape[:2]
    return resize_image(photo, working_size((height, width), min(size_px, height, width)))


@lru_cache(maxsize=8)
def _segments(path: Path, size_px: int, config: SegmentsConfig) -> LabelMap:
    """Kept, so that moving a slider of the lines costs no segmentation."""
    return extract_segments(_working_photo(path, size_px), config)


@lru_cache(maxsize=8)
def _edges(path: Path, size_px: int, config: EdgesConfig) -> Bool[np.ndarray, "h w"]:
    """Kept, so that another number of regions costs no edges."""
    return extract_edges(_working_photo(path, size_px), config)


def _described(primitive: Primitive, line_colour: tuple[int, int, int]) -> dict[str, Any]:
    layers: dict[str, np.ndarray] = {}
    labels: list[dict[str, Any]] = []
    if primitive.segments is not None:
        layers["segments"] = primitive.segments.index
        for number, label in enumerate(primitive.segments.palette.labels, start=1):
            labels.append({"name": label.name or f"label {number}", "colour": label.colour})
    if primitive.edges is not None:
        layers["edges"] = primitive.edges.astype(np.uint8)
    if primitive.colours is not None:
        layers["colours"] = primitive.colours
    layers["marks"] = np.zeros(primitive.size, np.uint8)
    return {"layers": layers, "labels": labels, "line_colour": line_colour}


def extract(path: Path, settings: ExtractSettings, preset: str, others: Sequence[str]) -> dict[str, Any]:
    """Extract a drawing and keep nothing.

    Args:
        path: the photo.
        settings: of the extraction.
        preset: of the training, and ``others``: as for `config_for`.
        others: further settings.

    Returns:
        Layers by name, labels, line colour.
    """
    config = config_for(settings, preset, others).primitive
    wanted, size_px = KINDS[config.kind].names, settings.size_px
    primitive = Primitive(
        config.kind,
        segments=_segments(path, size_px, config.segments) if "segments" in wanted else None,
        edges=_edges(path, size_px, config.edges) if "edges" in wanted else None,
        colours=extract_paint(_working_photo(path, size_px), config.paint) if "colours" in wanted else None,
    )
    return _described(primitive, spec_of(primitive, config).line_colour)


def begin(path: Path, run: Path, settings: ExtractSettings, preset: str, others: Sequence[str]) -> dict[str, Any]:
    """Extract a drawing and make the run folder for it.

    Args:
        path: the photo.
        run: the folder, which is not there yet.
        settings: of the extraction.
        preset: of the training, and ``others``: as for `config_for`.
        others: further settings.

    Returns:
        As `extract`.
    """
    prepared = prepare(path, config_for(settings, preset, others), shrink_only=True)
    with opened_run(run, prepared):
        pass
    return _described(prepared.primitive, prepared.record.spec.line_colour)


def training_layers(run: Path) -> dict[str, Any]:
    """The unedited drawing of a run.

    Args:
        run: its folder.

    Returns:
        As `extract`.
    """
    opened = Run(run)
    return _described(opened.pair()[1], opened.record.spec.line_colour)


def read_drawing(path: Path, run: Path, snap: bool) -> dict[str, np.ndarray]:
    """Read a drawing that was edited elsewhere.

    Args:
        path: a picture of it, as `primage render` takes it.
        run: the run folder of its project.
        snap: give colours that are no label's to the nearest one.

    Returns:
        Layers by name, at the working size.
    """
    opened = Run(run)
    own = opened.pair()[1].size
    try:
        primitive = read_primitive(LayerFiles(whole=path), opened.record.spec, snap=snap)
        wanted = working_size(primitive.size, min(own))
        if any(abs(a - b) > 1 for a, b in zip(wanted, own, strict=True)):
            height, width = primitive.size
            raise PrimitiveError(f"the drawing is {width}×{height} px and has another shape than the photo")
    except PrimageError as error:
        raise PrimitiveError(str(error).replace(str(path), "the drawing")) from error
    layers: dict[str, np.ndarray] = _described(primitive.resized(own), opened.record.spec.line_colour)["layers"]
    del layers["marks"]
    return layers


def picture(path: Path, short_side_px: int | None) -> bytes:
    """A photo as PNG, for browsers: upright, sRGB.

    Args:
        path: the photo.
        short_side_px: its size; the photo's own if None.

    Returns:
        The PNG.
    """
    photo = read_image(path)
    size = (photo.shape[0], photo.shape[1])
    if short_side_px is not None:
        size = working_size(size, min(short_side_px, *size))
    encoded = io.BytesIO()
    Image.fromarray(resize_image(photo, size)).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def thumbnail(path: Path) -> bytes:
    """A small picture of a photo, as PNG."""
    return picture(path, _THUMBNAIL_PX)


JOBS = {
    job.__name__: job for job in (warm_up, inspect, extract, begin, training_layers, read_drawing, picture, thumbnail)
}
