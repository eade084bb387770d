"""The layers of the studio's drawings: their names, their bytes, and the values that they can have."""

from __future__ import annotations

import numpy as np

from primage.http.errors import RefusalError
from primage.origin.plane import FIRST
from primage.primitive.kinds import KINDS
from primage.studio.schemas import Layer, LayerName

_LAYERS = {layer.name: layer for kind in KINDS.values() for layer in kind.layers}
#: Bytes per pixel of the layers that every drawing has.
_OWN = {"marks": 1, "sources": 1, "origin": 2}
#: Largest size of a drawing, or of an edit of one: what a few bytes of a project from elsewhere may unpack to.
MAX_UNPACKED_BYTES = 1 << 30
#: The layers that are drawn, from bottom to top.
LAYER_NAMES: tuple[LayerName, ...] = ("segments", "colours", "edges")
#: Values of the layer "sources", which lies over the photo: nothing new is copied from here, or only from here.
EXCLUDE, SAMPLE = 1, 2
#: Numbers of different values of these layers.
_VALUES = {"marks": 2, "sources": 3}
#: What a value that is too large is called.
_WRONG = {
    "segments": "an unknown label",
    "sources": "a value other than 0, 1 or 2",
    "origin": "an unknown piece",
}


def drawing_layers(kind: str) -> tuple[Layer, ...]:
    """The layers of a kind of drawing, including marks, sources and origin.

    Args:
        kind: super, edges, segments or paint.

    Returns:
        In the order in which pixels are sent.

    Example:
        >>> [layer.name for layer in drawing_layers("super")]
        ['segments', 'edges', 'marks', 'sources', 'origin']
    """
    layers = (Layer.model_validate({"name": x.name, "channels": x.planes}) for x in KINDS[kind].layers)
    return (*layers, *(Layer.model_validate({"name": name, "channels": count}) for name, count in _OWN.items()))


def channels_of(layer: str) -> int:
    """The number of bytes per pixel of a layer.

    Args:
        layer: its name.
    """
    return _OWN[layer] if layer in _OWN else _LAYERS[layer].planes


def values_of(layer: str, labels: int) -> int:
    """The number of different values that a byte of a layer may have.

    Args:
        layer: its name; not "origin", whose values have two bytes.
        labels: number of labels of the drawing.
    """
    return _VALUES[layer] if layer in _VALUES else _LAYERS[layer].values(labels)


def check_values(layer: LayerName, pixels: bytes | memoryview, labels: int, pieces: int) -> None:
    """Check that a layer can have the values of some pixels.

    Args:
        layer: its name.
        pixels: at least one.
        labels: number of labels of the drawing.
        pieces: number of pieces that pixels of the origin can refer to.

    Raises:
        RefusalError: a label that is not in the palette, or a piece that is not in the list.
    """
    if layer == "origin":
        largest, values = int(np.frombuffer(pixels, "<u2").max()), FIRST + pieces
    else:
        largest, values = int(np.frombuffer(pixels, np.uint8).max()), values_of(layer, labels)
    if largest >= values:
        wrong = _WRONG.get(layer, "a value other than 0 or 1")
        raise RefusalError(422, "invalid", f"the layer '{layer}' cannot contain {wrong}")
