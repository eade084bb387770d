"""From files to a primitive: a layer given as a file is used as it is, a missing one is extracted from the photo."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from scipy import ndimage

from primage.config import PrimitiveConfig
from primage.errors import PrimitiveError
from primage.image import decode, flatten, read_image, resize_image, working_size
from primage.labelcolours import pack, positions
from primage.labels import LabelMap, Palette, labels_from_rgb, palette_colours, read_labels, resize_labels
from primage.primitive.edges import edges_from_image, extract_edges, resize_edges, thin
from primage.primitive.landmarks import draw_landmarks, read_landmarks
from primage.primitive.paint import extract_paint
from primage.primitive.primitive import LAYERS, Primitive, PrimitiveSpec, spec_of
from primage.primitive.segments import extract_segments

_log = logging.getLogger(__name__)

#: A pixel this near to the line colour is a line, even if it was drawn with antialiasing.
_LINE_TOLERANCE = 64
#: Line colours looked for in a super primitive drawn as one picture.
_CANDIDATES = (
    *((0, 0, 0), (255, 255, 255), (255, 0, 255), (255, 0, 0)),
    *((0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)),
)

Size = tuple[int, int]


@dataclass(frozen=True)
class LayerFiles:
    """What a person gave.

    Attributes:
        whole: the primitive as one file.
        segments: the label layer.
        edges: the line layer.
        edges_from: a photo to extract the line layer from, with the run's own settings.
    """

    whole: Path | None = None
    segments: Path | None = None
    edges: Path | None = None
    edges_from: Path | None = None

    def check(self, kind: str) -> None:
        """Refuse layers that the kind does not have.

        Raises:
            PrimitiveError: for instance segments for a primitive that is edges only.
        """
        layers = LAYERS[kind]
        for name, given in (("segments", self.segments), ("edges", self.edges), ("edges", self.edges_from)):
            if given is not None and name not in layers:
                raise PrimitiveError(f"{given}: a primitive of kind '{kind}' has no layer '{name}'")
        if self.edges is not None and self.edges_from is not None:
            raise PrimitiveError("give the edges as a file or a photo to take them from, not both")
        if kind == "landmarks" and self.edges_from is not None:
            raise PrimitiveError("landmarks cannot be extracted from a photo; give points (.json, .csv) or a drawing")


NO_FILES = LayerFiles()


@dataclass
class _Layers:
    """Layers at the sizes of their files."""

    segments: LabelMap | None = None
    edges: np.ndarray | None = None
    colours: np.ndarray | None = None
    line_colour: tuple[int, int, int] | None = None


def training_primitive(
    photo: UInt8[np.ndarray, "h w 3"], size: Size, config: PrimitiveConfig, files: LayerFiles = NO_FILES
) -> tuple[Primitive, PrimitiveSpec]:
    """Read or extract the primitive of the training photo.

    Args:
        photo: (H, W, 3) uint8, the photo at its own size.
        size: the working size; every layer is brought to it.
        config: kind, and settings of what has to be extracted.
        files: the layers that are given.

    Returns:
        The primitive at the working size, and the model's description of it.

    Raises:
        PrimitiveError: a layer does not fit the photo, or cannot be extracted.
        LabelError, ImageError: a file cannot be read.
    """
    files.check(config.kind)
    layers = _read(files, config.kind, None, (photo.shape[0], photo.shape[1]))
    wanted = LAYERS[config.kind]
    working = resize_image(photo, size)
    if "segments" in wanted and layers.segments is None:
        layers.segments = extract_segments(working, config.segments)
    edges_extracted = "edges" in wanted and layers.edges is None
    if edges_extracted:
        if config.kind == "landmarks":
            raise PrimitiveError("landmarks are not extracted; give points (.json, .csv) with --primitive-file")
        source = working if files.edges_from is None else _photo_at(files.edges_from, size)
        layers.edges = extract_edges(source, config.edges)
    if "colours" in wanted and layers.colours is None:
        if config.kind == "manual":
            raise PrimitiveError("a manual primitive is a picture of yours; give it with --primitive-file")
        layers.colours = extract_paint(working, config.paint)
    primitive = _assemble(config.kind, layers, size, "the photo", (photo.shape[0], photo.shape[1]))
    spec = spec_of(primitive, config)
    if layers.line_colour is not None:
        # Whoever drew lines in a colour of their own will draw the edited ones in it, too.
        spec = spec.model_copy(update={"line_colour": layers.line_colour})
    update = {"photo_size": (photo.shape[0], photo.shape[1]), "edges_given": not edges_extracted}
    return primitive, spec.model_copy(update=update)


def read_primitive(
    files: LayerFiles,
    spec: PrimitiveSpec,
    size_for: Callable[[Size], Size] = lambda size: size,
    snap: bool = False,
) -> Primitive:
    """Read an edited primitive for a trained model.

    Args:
        files: the layers, or the whole.
        spec: the model's description of its primitives.
        size_for: from the size of the files to the size that is wanted.
        snap: give unknown colours to the nearest label.

    Returns:
        A primitive with the model's labels, at the wanted size.

    Raises:
        PrimitiveError: a layer is missing, or layers do not fit each other.
        LabelError: a label that the training never saw.
    """
    files.check(spec.kind)
    layers = _read(files, spec.kind, spec, spec.photo_size, snap)
    sizes = [
        (layer.index.shape if isinstance(layer, LabelMap) else layer.shape)[:2]
        for layer in (layers.segments, layers.colours, layers.edges)
        if layer is not None
    ]
    photo = None
    if files.edges_from is not None:
        photo = read_image(files.edges_from)
        sizes.append((photo.shape[0], photo.shape[1]))
    if not sizes:
        raise PrimitiveError("there is no primitive to render; give a file, or its layers")
    own: Size = (int(sizes[0][0]), int(sizes[0][1]))
    size = size_for(own)
    if photo is not None:
        _check_shape(photo.shape[:2], own, str(files.edges_from), "the other layers")
        layers.edges = extract_edges(resize_image(photo, size), spec.config.edges)
    for name in LAYERS[spec.kind]:
        if getattr(layers, name) is None:
            hint = " (or --edges-from a photo)" if name == "edges" else ""
            raise PrimitiveError(f"the layer '{name}' of the {spec.kind} primitive is missing; give --{name}{hint}")
    return _assemble(spec.kind, layers, size, "the first layer", own)


def _photo_at(path: Path, size: Size) -> UInt8[np.ndarray, "h w 3"]:
    photo = read_image(path)
    _check_shape(photo.shape[:2], size, str(path), "the photo")
    return resize_image(photo, size)


def _read(
    files: LayerFiles, kind: str, spec: PrimitiveSpec | None, photo_size: Size | None, snap: bool = False
) -> _Layers:
    """Read every file that is given; ``spec`` is None for training."""
    palette = spec.palette if spec is not None else None
    layers = _Layers()
    if files.whole is not None:
        if kind == "super":
            layers = _read_super(files.whole, spec, snap)
        elif kind == "segments":
            layers.segments = read_labels(files.whole, palette, snap)
        elif kind in ("edges", "landmarks"):
            layers.edges = _read_lines(files.whole, kind, photo_size)
        else:
            layers.colours = read_image(files.whole)
    if files.segments is not None:
        layers.segments = read_labels(files.segments, palette, snap)
        layers.line_colour = None  # it belonged to the labels that these replace
    if files.edges is not None:
        layers.edges = _read_lines(files.edges, kind, photo_size)
    elif files.edges_from is not None:
        layers.edges = None
    return layers


def _read_lines(path: Path, kind: str, photo_size: Size | None) -> Bool[np.ndarray, "h w"]:
    if kind == "landmarks" and path.suffix.lower() in (".json", ".csv"):
        landmarks = read_landmarks(path)
        size = landmarks.size or photo_size
        if size is None:
            raise PrimitiveError(f"{path}: does not say which size its points refer to")
        return draw_landmarks(landmarks, size, size)
    return edges_from_image(read_image(path))


def _read_super(path: Path, spec: PrimitiveSpec | None, snap: bool) -> _Layers:
    """Lines over labels in one RGB picture, or labels alone in any format of `primage.labels`."""
    palette = spec.palette if spec is not None else None
    if path.is_dir() or path.suffix.lower() in (".json", ".zip"):
        return _Layers(segments=read_labels(path, palette, snap))
    decoded = decode(path)
    rgb = flatten(decoded)
    coloured = decoded.image.mode in ("RGB", "RGBA")  # in a grey or palette file, values are labels
    colour = spec.line_colour if spec is not None else find_line_colour(rgb) if coloured else None
    if colour is not None:
        lines, unclear = split_lines(rgb, colour, palette)
        if lines.any() or (spec is not None and coloured):  # every line may have been erased
            segments = labels_from_rgb(rgb, palette, snap, where=str(path), ignore=lines | unclear)
            return _Layers(segments=segments, edges=thin(lines), line_colour=colour)
    _log.info("%s: no lines are drawn over the labels", path)
    return _Layers(segments=read_labels(path, palette, snap))


def find_line_colour(rgb: UInt8[np.ndarray, "h w 3"]) -> tuple[int, int, int] | None:
    """The colour that lines are drawn in over labels: one that occurs, but nowhere in a solid patch.

    Args:
        rgb: (H, W, 3) uint8, a super primitive as one picture.

    Returns:
        The colour, or None if there are no lines.
    """
    for colour in _CANDIDATES:
        mask = (rgb == np.array(colour, dtype=np.uint8)).all(axis=2)
        if mask.sum() >= 16 and not ndimage.binary_erosion(mask, np.ones((4, 4), dtype=bool)).any():
            return colour
    return None


def split_lines(
    rgb: UInt8[np.ndarray, "h w 3"], line_colour: tuple[int, int, int], palette: Palette | None
) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Tell lines from labels in a super primitive drawn as one picture.

    Args:
        rgb: (H, W, 3) uint8.
        line_colour: what lines are drawn in.
        palette: the labels, if they are known already.

    Returns:
        (H, W) bool: the lines; and the blended pixels beside them, which are neither.
    """
    line = np.array(line_colour, dtype=np.int16)
    if palette is None:
        lines = np.abs(rgb.astype(np.int16) - line).max(axis=2) <= 8
        return lines, np.zeros_like(lines)
    colours = palette_colours(palette)
    exact = positions(pack(rgb), pack(colours)) >= 0
    # Most pixels are exactly a label's: only the others can be lines.
    value = rgb[~exact].astype(np.int16)
    far = np.abs(value - line).max(axis=1)
    lines = np.zeros_like(exact)
    drawn = far <= _LINE_TOLERANCE
    for colour in colours.astype(np.int16):
        drawn &= np.abs(value - colour).max(axis=1) > far
    lines[~exact] = drawn
    beside = ndimage.maximum_filter(lines, size=5)
    return lines, beside & ~lines & ~exact


def _check_shape(size: tuple[int, ...], other: tuple[int, ...], name: str, other_name: str) -> None:
    # At a small size half a pixel of rounding is a large share, so small layers are compared as they are.
    short = min(256, max(64, min(*size[:2], *other[:2])))
    a, b = working_size((size[0], size[1]), short), working_size((other[0], other[1]), short)
    if any(abs(x - y) > 2 for x, y in zip(a, b, strict=True)):
        raise PrimitiveError(
            f"{name} is {size[1]}×{size[0]} px, but {other_name} is {other[1]}×{other[0]} px: "
            "both must have the same shape, for nothing is cropped or stretched"
        )


def _assemble(kind: str, layers: _Layers, size: Size, other_name: str, other: Size) -> Primitive:
    segments, edges, colours = layers.segments, layers.edges, layers.colours
    for name, shape in (
        ("the label layer", None if segments is None else segments.index.shape),
        ("the edge layer", None if edges is None else edges.shape),
        ("the painting", None if colours is None else colours.shape),
    ):
        if shape is not None:
            _check_shape(shape, other, name, other_name)
    return Primitive(
        kind,
        segments=None if segments is None else resize_labels(segments, size),
        edges=None if edges is None else resize_edges(edges, size),
        colours=None if colours is None else resize_image(colours, size),
    )
