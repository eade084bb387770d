"""Primitives from files: layers given as files are used unchanged, missing ones are extracted from the photo."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import UInt8

from primage.downloads import Progress
from primage.errors import PrimitiveError
from primage.image import read_image
from primage.labels.colours import RGB
from primage.labels.display import with_distinct_colours
from primage.labels.files import read_labels
from primage.labels.formats.raw import UNKNOWN_PHOTO, PhotoFacts
from primage.primitive.config import PrimitiveConfig
from primage.primitive.extract import extract_layer, fetch_detectors
from primage.primitive.kinds import KINDS, layers_of
from primage.primitive.layer import COMMAND_LINE, ReadOptions, WaysOut
from primage.primitive.line_colour import parse_colour
from primage.primitive.lines_over_labels import read_lines_over_labels, warn_of_photo_lines
from primage.primitive.open_raster import write_layers
from primage.primitive.primitive import Primitive, PrimitiveSpec, spec_of
from primage.primitive.shape import check_shape, fitted

_log = logging.getLogger(__name__)

Size = tuple[int, int]


class LayerFiles:
    """The files of a primitive given by the user.

    Args:
        whole: the primitive as one file.
        edges_from: a photo to extract the line layer from, with the run's settings.
        line_colour: the colour of the drawn lines (`parse_colour`); None to find it.
        **layers: files of single layers by name; None or no file counts as not given. Several files of the label layer
            are one mask for each label.

    Raises:
        PrimitiveError: there are several files of another layer.
    """

    def __init__(
        self,
        whole: Path | None = None,
        edges_from: Path | None = None,
        line_colour: RGB | str | None = None,
        **layers: Path | Sequence[Path] | None,
    ) -> None:
        self.whole = whole
        self.edges_from = edges_from
        self.line_colour = parse_colour(line_colour) if isinstance(line_colour, str) else line_colour
        self.layers: dict[str, Path] = {}
        self.masks: tuple[Path, ...] = ()
        for name, given in layers.items():
            paths = (given,) if isinstance(given, Path) else tuple(given or ())
            if len(paths) > 1 and name == "segments":
                self.masks = paths
            elif len(paths) > 1:
                raise PrimitiveError(f"--{name} is given {len(paths)} times; give one file")
            elif paths:
                self.layers[name] = paths[0]

    def with_whole(self, whole: Path) -> LayerFiles:
        """The same files, and the primitive as one file."""
        segments = {"segments": self.masks} if self.masks else {}
        return LayerFiles(whole, self.edges_from, self.line_colour, **self.layers, **segments)

    def given(self) -> dict[str, Path]:
        """All files given, by role: "whole", the names of layers, "segments 1" and so on of masks, "edges_from"."""
        masks = {f"segments {number}": path for number, path in enumerate(self.masks, 1)}
        roles = {"whole": self.whole, **self.layers, **masks, "edges_from": self.edges_from}
        return {role: path for role, path in roles.items() if path is not None}

    def check(self, kind: str) -> None:
        """Refuse layers that the kind does not have.

        Raises:
            PrimitiveError: for example, segments were given for a primitive of edges.
        """
        layers = {layer.name: layer for layer in layers_of(kind)}
        masks = (("segments", path) for path in self.masks)
        given = ((name, name, path) for name, path in (*self.layers.items(), *masks))
        for name, flag, path in (*given, ("edges", "edges-from", self.edges_from)):
            if path is not None and name not in layers:
                raise PrimitiveError(f"{path}: a primitive of kind '{kind}' has no layer '{name}'; leave out --{flag}")
        if self.line_colour is not None:
            if "edges" not in layers:
                raise PrimitiveError(f"a primitive of kind '{kind}' has no lines; leave out --line-colour")
            if self.whole is None and "edges" not in self.layers:
                raise PrimitiveError("--line-colour is that of a drawing's lines; give the drawing, or leave it out")
        if self.edges_from is None:
            return
        if "edges" in self.layers:
            raise PrimitiveError("give the edges as a file or a photo to extract them from, not both")


NO_FILES = LayerFiles()


@dataclass
class Given:
    """What was read from a person's files; nothing is resized or extracted yet.

    Attributes:
        layers: by name, each at the size of its file; those that no file gives are missing.
        line_colour: the colour of lines drawn over labels; None if there are none.
        perhaps: colours that may be lines, if none were found.
    """

    layers: dict[str, Any]
    line_colour: RGB | None = None
    perhaps: tuple[RGB, ...] = ()


def training_primitive(
    photo: UInt8[np.ndarray, "h w 3"],
    size: Size,
    config: PrimitiveConfig,
    files: LayerFiles = NO_FILES,
    photo_name: str = "",
    progress: Progress | None = None,
) -> tuple[Primitive, PrimitiveSpec]:
    """Read or extract the primitive of the training photo.

    Args:
        photo: (H, W, 3) uint8, the photo at its original size.
        size: the working size, to which all layers are resized.
        config: kind and extraction settings.
        files: layers given as files.
        photo_name: name of the photo's file, by which a file with the labels of many photos lists them.
        progress: called with the progress of a weights download.

    Returns:
        The primitive at the working size, and the model's description of it.

    Raises:
        PrimitiveError: a layer does not fit the photo, or cannot be extracted.
        LabelError, ImageError: a file cannot be read.
        ConfigError, WeightsError: detection is not possible.
    """
    photo_size: Size = (photo.shape[0], photo.shape[1])
    read = read_files(files, config, photo=PhotoFacts(photo_name, photo_size))
    fetch_detectors((layer for layer in layers_of(config.kind) if layer.name not in read.layers), config, progress)
    edges_given = "edges" in read.layers or "edges" not in KINDS[config.kind].names
    for layer in layers_of(config.kind):
        if layer.name not in read.layers:
            use_other_photo = layer.name == "edges" and files.edges_from is not None
            if layer.name == "edges" and files.whole is not None and not use_other_photo:
                warn_of_photo_lines(files.whole, read.perhaps)
            source = _photo_like(files.edges_from, size) if use_other_photo and files.edges_from is not None else photo
            read.layers[layer.name] = extract_layer(layer, source, config, size)
    primitive = _assemble(config.kind, read.layers, size, "the photo", photo_size)
    spec = spec_of(primitive, config)
    if read.line_colour is not None:
        # Edited primitives will have their lines in the same colour.
        spec = spec.model_copy(update={"line_colour": read.line_colour})
    return primitive, spec.model_copy(update={"photo_size": photo_size, "edges_given": edges_given})


def read_primitive(
    files: LayerFiles,
    spec: PrimitiveSpec,
    size_for: Callable[[Size], Size] = lambda size: size,
    snap: bool = False,
    way_out: str = "--snap",
) -> Primitive:
    """Read an edited primitive for a trained model.

    Args:
        files: the layers, or the whole primitive.
        spec: the model's description of its primitives.
        size_for: returns the requested size, given the size of the files.
        snap: map unknown colours to the nearest label, where that is in doubt, too.
        way_out: the option that sets ``snap``, for messages; empty if there is none.

    Returns:
        A primitive with the model's labels, at the requested size.

    Raises:
        PrimitiveError: a layer is missing, or layers do not fit each other.
        LabelError: a label is unknown from training.
    """
    ways = WaysOut(snap=way_out)
    read = read_files(files, spec.config, spec, PhotoFacts(size=spec.photo_size), snap, ways).layers
    sizes = [layer.size(read[layer.name]) for layer in layers_of(spec.kind) if layer.name in read]
    photo = None
    if files.edges_from is not None:
        photo = read_image(files.edges_from)
        sizes.append((photo.shape[0], photo.shape[1]))
    if not sizes:
        raise PrimitiveError("there is no primitive to render; give a file, or its layers")
    file_size = sizes[0]
    size = size_for(fitted(file_size, spec.photo_size, str(next(iter(files.given().values())))))
    for layer in layers_of(spec.kind):
        if layer.name in read:
            continue
        if photo is None or layer.name != "edges":
            hint = " (or --edges-from a photo)" if layer.name == "edges" else ""
            raise PrimitiveError(
                f"the layer '{layer.name}' of the {spec.kind} primitive is missing; give --{layer.name}{hint}"
            )
        check_shape(photo.shape[:2], file_size, str(files.edges_from), "the other layers")
        read[layer.name] = extract_layer(layer, photo, spec.config, size)
    return _assemble(spec.kind, read, size, "the first layer", file_size)


def _photo_like(path: Path, size: Size) -> UInt8[np.ndarray, "h w 3"]:
    photo = read_image(path)
    check_shape(photo.shape[:2], size, str(path), "the photo")
    return photo


def read_files(
    files: LayerFiles,
    config: PrimitiveConfig,
    spec: PrimitiveSpec | None = None,
    photo: PhotoFacts = UNKNOWN_PHOTO,
    snap: bool = False,
    ways: WaysOut = COMMAND_LINE,
) -> Given:
    """Read the layers that files hold: the one reader for training, rendering and the studio.

    Args:
        files: the layers, or the whole primitive, or some of them.
        config: kind and extraction settings.
        spec: the model's description of its primitives; None for training, where labels get distinct colours.
        photo: the photo that the files belong to.
        snap: map unknown colours to the nearest label, where that is in doubt, too.
        ways: what messages advise.

    Returns:
        The layers. Label maps tell which of their pixels were snapped.

    Raises:
        PrimitiveError: a file holds no such layer, or the kind has none.
        LabelError, ImageError: a file cannot be read.
    """
    files.check(config.kind)
    palette = spec.palette if spec is not None else None
    options = ReadOptions(
        palette,
        snap,
        photo,
        config.edges.thin,
        line_colour=files.line_colour,
        lines_required=spec is None,
        ways=ways,
    )
    layers = layers_of(config.kind)
    read = Given({})
    if files.whole is not None and (found_layers := _layers_in_document(files.whole, config.kind, options)):
        read = Given(found_layers)
    elif files.whole is not None:
        if len(layers) == 1:
            read.layers[layers[0].name] = layers[0].read(files.whole, options)
        elif KINDS[config.kind].names == ("segments", "edges"):
            found = read_lines_over_labels(files.whole, spec, options)
            read = Given({"segments": found.segments}, found.line_colour, found.perhaps)
            if found.edges is not None:
                read.layers["edges"] = found.edges
        else:
            flags = ", ".join(f"--{layer.name}" for layer in layers)
            raise PrimitiveError(f"{files.whole}: a {config.kind} primitive is not read from one file; give {flags}")
    for layer in layers:
        if layer.name in files.layers:
            read.layers[layer.name] = layer.read(files.layers[layer.name], options)
    if files.masks:
        read.layers["segments"] = read_labels(files.masks, options.palette, snap)
    if files.masks or "segments" in files.layers:
        read.line_colour = None  # the labels it was chosen for are replaced
    if files.edges_from is not None:
        read.layers.pop("edges", None)
    if spec is None and "segments" in read.layers:
        segments = read.layers["segments"]
        read.layers["segments"] = replace(segments, palette=with_distinct_colours(segments.palette))
    return read


def _layers_in_document(path: Path, kind: str, options: ReadOptions) -> dict[str, Any]:
    """The layers of a drawing in an OpenRaster document, each read as a file of its own; empty if it has none."""
    with TemporaryDirectory() as folder:
        files = write_layers(path, KINDS[kind].names, Path(folder), options.thin)
        options = replace(options, line_colour=None)  # the layer has its lines alone, in any colour
        return {layer.name: layer.read(files[layer.name], options) for layer in layers_of(kind) if files}


def _assemble(kind: str, read: Mapping[str, Any], size: Size, other_name: str, other: Size) -> Primitive:
    """Assemble a primitive of the requested size, after checking the shape of each layer against ``other``."""
    layers = layers_of(kind)
    for layer in layers:
        check_shape(layer.size(read[layer.name]), other, layer.title, other_name)
    return Primitive(kind, **{layer.name: layer.resize(read[layer.name], size) for layer in layers})
