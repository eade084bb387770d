"""Lines and labels in one picture: a super primitive as a person draws or edits it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from primage.decoding.decode import Decoded, decode
from primage.errors import PrimitiveError
from primage.labels.colours import RGB, hex_colour
from primage.labels.drawn_colours import drawn_colours
from primage.labels.files import read_labels
from primage.labels.formats.picture import PALETTE_KEY
from primage.labels.formats.read import is_picture_file
from primage.labels.from_colours import labels_from_rgb
from primage.labels.identity import colours_in_use, known_colours
from primage.labels.label_map import LabelMap, Palette, palette_colours
from primage.labels.undo_jpeg import uncompressed
from primage.primitive.centre_lines import centre_lines
from primage.primitive.layer import ReadOptions
from primage.primitive.line_colour import (
    Picture,
    colours_in,
    find_line_colour,
    nearest_colour,
    split_lines,
    thin_colours,
)
from primage.primitive.line_drawing import warn_of_areas
from primage.primitive.primitive import PrimitiveSpec

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LinesOverLabels:
    """A picture of lines over labels, or of labels alone.

    Attributes:
        segments: the labels.
        edges: (H, W) bool, the lines; None if the picture has no line layer.
        line_colour: the colour of the lines; None if there are none.
        perhaps: colours that may be lines, if none were found.
    """

    segments: LabelMap
    edges: Bool[np.ndarray, "h w"] | None = None
    line_colour: RGB | None = None
    perhaps: tuple[RGB, ...] = ()


def read_lines_over_labels(path: Path, spec: PrimitiveSpec | None, options: ReadOptions) -> LinesOverLabels:
    """Read lines over labels from one picture, or labels alone in any format of `primage.labels`.

    Args:
        path: the file.
        spec: the model's description of its primitives; None for training.
        options: how to read it.

    Raises:
        PrimitiveError: no lines have the colour that was asked for.
        LabelError, ImageError: the labels cannot be read.
    """
    perhaps: tuple[RGB, ...] = ()
    decoded = decode(path) if is_picture_file(path) else None
    if decoded is not None and _may_have_lines(decoded):
        found = _drawn(decoded, path, spec, options)
        if isinstance(found, LinesOverLabels):
            return found
        perhaps = found
    elif options.line_colour is not None:
        raise PrimitiveError(f"{path}: holds labels and no lines, whatever their colour; leave out --line-colour")
    labels = read_labels(path, options.palette, options.snap, photo=options.photo, way_out=options.ways.snap)
    return LinesOverLabels(labels, perhaps=perhaps)


def warn_of_photo_lines(path: Path, perhaps: Sequence[RGB]) -> None:
    """Say that the lines of the photo stand in for those of a drawing.

    Args:
        path: the drawing.
        perhaps: colours in it that may be lines.
    """
    hint = f" ({', '.join(map(hex_colour, perhaps[:3]))} may be lines)" if perhaps else ""
    _log.warning(
        "%s: no lines are found over its labels, so the lines are extracted from the photo; if it has lines, give "
        "their colour%s with --line-colour, or the lines as a file with --edges",
        *(path, hint),
    )


def _may_have_lines(decoded: Decoded) -> bool:
    """In a grey file, values are labels; other programs save drawings of few colours with a palette, too."""
    mode = decoded.image.mode
    return mode in ("RGB", "RGBA") or (mode in ("P", "PA") and PALETTE_KEY not in decoded.text)


def _drawn(
    decoded: Decoded, path: Path, spec: PrimitiveSpec | None, options: ReadOptions
) -> LinesOverLabels | tuple[RGB, ...]:
    """The lines and labels of a picture; if it has no lines, the colours that may be lines."""
    drawn = drawn_colours(decoded)
    rgb, labels = drawn.srgb, None
    if options.palette is not None and spec is not None:
        rgb = drawn.meaning(known_colours(options.palette, [spec.line_colour]))
        labels = colours_in_use(rgb, options.palette)
    colours = _line_colours(rgb, spec, options, path)

    def read(palette: Palette | None) -> LabelMap:
        return labels_from_rgb(
            rgb,
            palette,
            options.snap,
            where=str(path),
            ignore=lines | unclear,
            extra_colours=colours,
            drawn=drawn,
            way_out=options.ways.snap,
        )

    palette, segments = options.palette, None
    if spec is None and colours:
        lines, unclear = split_lines(rgb, colours, labels)
        segments = read(palette)
        labels = palette_colours(segments.palette)
    # Now that the labels are known, so are lines that are blended with them, and what compression did to both.
    if labels is not None:
        plain = uncompressed(drawn, labels, np.array(colours, np.int32).reshape(-1, 3), str(path))
        if plain is not None:
            rgb = plain
            segments, palette = None, palette if segments is None else segments.palette
    lines, unclear = split_lines(rgb, colours, labels)
    erased = spec is not None and decoded.image.mode in ("RGB", "RGBA") and not lines.any()
    if not lines.any() and not erased:
        return tuple(found.colour for found in thin_colours(rgb, labels))
    if erased:
        _log.warning(
            "%s: no lines of the colour %s are drawn over the labels; if it has lines, %s; colours in it are %s",
            *(path, " or ".join(map(hex_colour, colours)), options.ways.lines, _shown(rgb)),
        )
    centres = centre_lines(lines)
    warn_of_areas(lines, centres, str(path))
    return LinesOverLabels(segments or read(palette), centres if options.thin else lines, colours[0])


def _line_colours(rgb: Picture, spec: PrimitiveSpec | None, options: ReadOptions, path: Path) -> tuple[RGB, ...]:
    """The colours of the lines in a picture: those of the model, of the user, or else what looks like lines."""
    given = options.line_colour
    if spec is None and given is not None:
        nearest = nearest_colour(rgb, given)
        if nearest is None:
            raise PrimitiveError(
                f"{path}: no lines have the colour {hex_colour(given)}; colours in it are {_shown(rgb)}"
            )
        return (nearest,)
    if spec is None:
        found = find_line_colour(rgb)
        return () if found is None else (found,)
    known = (spec.line_colour,) if given is None else (spec.line_colour, given)
    labels = None if spec.palette is None else colours_in_use(rgb, spec.palette)
    if not split_lines(rgb, known, labels)[0].any():
        other = find_line_colour(rgb, labels)
        if other is not None:
            _log.info("%s: lines are %s, not %s", path, hex_colour(other), hex_colour(spec.line_colour))
            return (*known, other)
    return known


def _shown(rgb: Picture) -> str:
    return ", ".join(map(hex_colour, colours_in(rgb)[:6]))
