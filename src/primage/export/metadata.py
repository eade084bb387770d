"""What a model's exports say about it: everything that another program needs to use the network."""

from __future__ import annotations

from typing import Any

from primage._version import __version__
from primage.model import Model
from primage.primitive.kinds import KINDS, layers_of
from primage.primitive.primitive import PrimitiveSpec

LICENCE = (
    "The network and the weights that its training started from: Apache-2.0 (Primage). The model holds its training "
    "photo, whose rights are its owner's."
)
#: What `Model.render` does and the network alone does not.
NOT_INCLUDED = (
    "encoding the drawing as channels (they are listed)",
    "scaling the training pair to a drawing of another size",
    "the synthesis of places that cannot be copied from the photo, from its patches",
    "copying moved parts by their known origin",
    "painting at the photo's full size",
)
_CLOSENESS = "closeness to the nearest {}, exp(-distance / 4 px)"


def describe(model: Model) -> dict[str, Any]:
    """Describe a model, ready for JSON.

    Args:
        model: the model.

    Returns:
        Kind and encoding of its drawings, their channels and labels, sizes, training, hashes, where the settings
        deviate from the paper, the licence, and what an export leaves out.
    """
    record, spec = model.record, model.record.spec
    return {
        "primage_version": __version__,
        "trained_with_version": record.version,
        "preset": record.config.preset,
        "architecture": record.config.generator.architecture,
        "primitive": spec.kind,
        "layers": list(KINDS[spec.kind].names),
        "encoding": spec.encoding,
        "channels": channels(spec),
        "line_colour": list(spec.line_colour),
        "palette": spec.palette.model_dump(mode="json") if spec.palette else None,
        "working_size": list(model.size),
        "steps": record.steps,
        "weights_sha256": model.weights_sha256,
        "photo_sha256": record.photo_sha256,
        "deviations": list(record.deviations),
        "licence": LICENCE,
        "not_included": list(NOT_INCLUDED),
    }


def channels(spec: PrimitiveSpec) -> list[str]:
    """What each channel of an encoded drawing holds.

    Args:
        spec: a model's description of its drawings.

    Returns:
        As many as the network has channels, in their order.
    """
    if spec.encoding == "rgb":
        return [f"{name} of the drawn picture, -1 to 1" for name in ("red", "green", "blue")]
    names: list[str] = []
    for layer in layers_of(spec.kind):
        count = layer.channels(spec.palette)
        if layer.label_channels(spec.palette) is not None and spec.palette is not None:
            names += [f"1 where the label is {label.id} ({label.name})" for label in spec.palette.labels]
        elif count == 2:
            names += ["1 on lines", _CLOSENESS.format("line")]
        else:
            names += [f"{name} of the painting, -1 to 1" for name in ("red", "green", "blue")]
    if spec.encoding in ("labels", "boundaries"):
        names.append("1 on boundaries of labels")
    if spec.encoding == "boundaries":
        names.append(_CLOSENESS.format("boundary"))
    return names
