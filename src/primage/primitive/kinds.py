"""The kinds of primitive. To add one, add a line to `KINDS`, and a layer and its extractor if it needs new ones."""

from __future__ import annotations

from dataclasses import dataclass

from primage.primitive.colour_layer import ColourLayer, PaintLayer
from primage.primitive.label_layer import LabelLayer
from primage.primitive.layer import AnyLayer
from primage.primitive.line_layer import LandmarkLayer, LineLayer


@dataclass(frozen=True)
class Kind:
    """A kind of primitive.

    Attributes:
        layers: its layers, from bottom to top.
        help: a short description for the command line.
    """

    layers: tuple[AnyLayer, ...]
    help: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its layers."""
        return tuple(layer.name for layer in self.layers)

    @property
    def extractable(self) -> bool:
        """Whether every layer can be extracted from a photo."""
        return all(layer.needs_file is None for layer in self.layers)


KINDS: dict[str, Kind] = {
    "edges": Kind((LineLayer(),), "a line drawing"),
    "segments": Kind((LabelLayer(),), "a label map"),
    "super": Kind((LabelLayer(), LineLayer()), "lines over labels, the paper's super primitive"),
    "paint": Kind((PaintLayer(),), "a rough painting in a few flat colours"),
    "landmarks": Kind((LandmarkLayer(),), "points of faces, hands and bodies, with connections"),
    "manual": Kind((ColourLayer(),), "your own picture"),
}


#: The kinds for a command's help.
KINDS_HELP = "; ".join(f"{name}: {kind.help}" for name, kind in KINDS.items()) + "."


def layers_of(kind: str) -> tuple[AnyLayer, ...]:
    """The layers of a kind, from bottom to top.

    Args:
        kind: one of `KINDS`.

    Example:
        >>> [layer.name for layer in layers_of("super")]
        ['segments', 'edges']
    """
    return KINDS[kind].layers


def all_layer_names() -> tuple[str, ...]:
    """The names of all layers, without duplicates.

    Example:
        >>> all_layer_names()
        ('edges', 'segments', 'colours')
    """
    return tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.names))
