"""A trained generator as an ONNX file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from primage._version import __version__
from primage.errors import ConfigError, PrimageError
from primage.export.metadata import describe
from primage.export.onnx_graph import OPSET, Value
from primage.export.translation import translate
from primage.files import atomic_path
from primage.model import Model
from primage.nets.encoder import CELL_PX
from primage.nets.generator import Generator, Source
from primage.nets.matcher import pooling_factor
from primage.primitive.primitive import Primitive, encode
from primage.seal import BLANK, seal
from primage.tensors import to_tensor

#: Pixels that differ by more than this from PyTorch's, of values from -1 to 1, count as different.
MAX_ERROR = 1e-3
#: Share of such pixels that is accepted. Where two matches are equally good, rounding decides which one is taken.
_MAX_DIFFERENT = 1e-3
#: Of the format's own structure: what every current runtime reads.
_IR_VERSION = 10
_SHORTEST_PX = 32
#: Sides of the other drawing in the check, as shares of the working size's: the first that the file is made for.
_OTHER_SIZES = (0.77, 0.9, 1.2)


@dataclass(frozen=True)
class Check:
    """How far the exported network's picture is from PyTorch's, of values from -1 to 1.

    Attributes:
        drawing: which drawing was rendered.
        size: its (height, width).
        error: the largest difference.
        mean: the mean difference.
        different: number of pixels that differ by more than `MAX_ERROR`.
    """

    drawing: str
    size: tuple[int, int]
    error: float
    mean: float
    different: int


class _Network(nn.Module):
    """The generator with tensors as inputs and outputs."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, primitive: Tensor, *pair: Tensor) -> tuple[Tensor, ...]:
        source = self.generator.prepared(Source(pair[0], pair[1])) if pair else Source(primitive, primitive)
        padded, (height, width) = self.generator.padded(primitive)
        painted = self.generator.paint(padded, source, (height, width))
        image = painted.image[..., :height, :width]
        if not painted.grids or painted.confidence is None:
            return (image,)
        confidence = torch.sigmoid(painted.confidence[..., :height, :width])
        return image, painted.grids[-1][:, :height, :width], confidence


def check_packages() -> None:
    """Check that the packages are installed that write and run ONNX files.

    Raises:
        ConfigError: they are not.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ConfigError(f"ONNX files need '{error.name}'; install it with: pip install 'primage[onnx]'") from error
    del onnx, onnxruntime


def export_onnx(model: Model, path: Path, fixed: bool = False) -> tuple[Check, ...]:
    """Write a model's generator as an ONNX file, and compare what it computes with PyTorch.

    The file renders drawings of any height and width. Its inputs are ``primitive``, the encoded drawing, (1, C, H, W)
    float32, and for a network that copies ``photo`` and ``training_primitive``, the training pair, for which the one at
    the working size is stored. Its outputs are ``image``, (1, 3, H, W) in [-1, 1], and for a network that copies
    ``source_coords``, (1, H, W, 2), and ``confidence``, (1, 1, H, W) in [0, 1].

    Args:
        model: on the CPU.
        path: the file; its folder exists.
        fixed: whether the training pair is no input, but a constant: then it is for drawings of the working size, and
            what depends on the pair alone is computed once, when the file is loaded.

    Returns:
        The errors on the training drawing, an edited one, and one of another size, unless the training pair is fixed.

    Raises:
        ConfigError: packages are missing.
        PrimageError: the file would not compute the same.
    """
    check_packages()
    with atomic_path(path) as scratch:
        content = _model_proto(model, fixed)
        checks = _compared(model, content.SerializeToString(), ("primitive",) if fixed else _input_names(model), fixed)
        for check in checks:
            if not check.different <= _MAX_DIFFERENT * math.prod(check.size):
                raise PrimageError(
                    f"{path}: not written, because ONNX Runtime's picture of {check.drawing} differs from PyTorch's in "
                    f"{check.different:,} pixels; please report this with the versions of both (primage doctor)"
                )
        _set_texts(content, {"error": max(check.error for check in checks)} | BLANK)
        scratch.write_bytes(content.SerializeToString())
        seal(scratch)
    return checks


@torch.inference_mode()
def _model_proto(model: Model, fixed: bool) -> Any:
    """The model as ONNX's own data structure."""
    import onnx

    names = _input_names(model)
    pair = _encoded(model, model.primitive)
    # What is padded to whole cells is padded in the trace only if there is something to pad.
    height, width = (side - (side % model.generator.multiple == 0) for side in model.size)
    example = tuple(x[..., :height, :width] for x in pair[: len(names)])
    graph, results = translate(_Network(model.generator), example, names)
    outputs = ("image", "source_coords", "confidence")[: len(results)]
    for result, name in zip(results, outputs, strict=True):
        graph.nodes.append(onnx.helper.make_node("Identity", [result.name], [name]))
    for name, default in zip(names[1:], pair[1:], strict=False):
        graph.constants[name] = onnx.numpy_helper.from_array(default.numpy(), name)
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "generator",
            [_declared(name, x) for name, x in zip(names[:1] if fixed else names, pair, strict=False)],
            [_declared(name, result) for name, result in zip(outputs, results, strict=True)],
            list(graph.constants.values()),
        ),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="Primage",
        producer_version=__version__,
    )
    _set_texts(proto, describe(model) | {"sizes": _sizes(model)})
    return proto


def _input_names(model: Model) -> tuple[str, ...]:
    copies = model.record.config.generator.architecture == "painter"
    return ("primitive", "photo", "training_primitive") if copies else ("primitive",)


def _declared(name: str, content: Tensor | Value) -> Any:
    """The description of an input or output: its sides are free."""
    import onnx

    sides = ("training_height", "training_width") if name in ("photo", "training_primitive") else ("height", "width")
    shape: list[int | str] = [1, *sides, 2]
    if name != "source_coords":
        channels = content.shape[1] if isinstance(content, Tensor) else 3 if name == "image" else 1
        shape = [1, channels, *sides]
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _set_texts(proto: Any, texts: dict[str, Any]) -> None:
    for name, text in texts.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = name, text if isinstance(text, str) else json.dumps(text)


def _sizes(model: Model) -> dict[str, Any]:
    """For which sizes of drawings the file computes what Primage does."""
    found: dict[str, Any] = {"shortest_side": _SHORTEST_PX}
    if model.record.config.generator.architecture == "painter":
        least, most = cells_range(model)
        found |= {"cell": CELL_PX, "least_cells": least, "most_cells": most}
    return found


def cells_range(model: Model) -> tuple[int, int]:
    """How many cells a drawing may have for the exported network to compute exactly what Primage does.

    Larger drawings are matched at coarser cells, which the graph decides once, for the model's working size.

    Args:
        model: with a painter.

    Returns:
        The least and the greatest number; a cell is 8 × 8 px of the drawing, padded to multiples of 16 px.
    """
    factor, most = pooling_factor(_cells(model, model.size))
    return (0 if factor == 1 else most // 4 + 1), most


def _cells(model: Model, size: tuple[int, int]) -> int:
    """Number of cells of a drawing, padded."""
    multiple = model.generator.multiple
    return math.prod(-(-side // multiple) * multiple // CELL_PX for side in size)


def _encoded(model: Model, primitive: Primitive) -> tuple[Tensor, Tensor, Tensor]:
    """The inputs for a drawing: itself, and the training pair at its scale."""
    photo, training = model.scaled_pair(primitive.size)
    spec = model.record.spec
    return encode(primitive, spec), to_tensor(photo), encode(training, spec)


@torch.inference_mode()
def _compared(model: Model, content: bytes, names: tuple[str, ...], fixed: bool) -> tuple[Check, ...]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # it warns of inputs that have defaults
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    edited = _edited(model.primitive)
    drawings = [("the training drawing", model.primitive), ("an edited drawing", edited)]
    if not fixed:
        drawings.append(("an edited drawing of another size", edited.resized(_other_size(model))))
    found = []
    for title, drawing in drawings:
        inputs = _encoded(model, drawing)
        given = {name: value.numpy() for name, value in zip(names, inputs, strict=False)}
        picture = session.run(["image"], given)[0]
        truth = model.generator(inputs[0], Source(*inputs[1:])).image.numpy()
        difference = np.abs(picture - truth)
        # (Not a number is different, too.)
        different = int((~(difference <= MAX_ERROR)).any(axis=1).sum())
        found.append(Check(title, drawing.size, float(difference.max()), float(difference.mean()), different))
    return tuple(found)


def _other_size(model: Model) -> tuple[int, int]:
    """A size that the file is made for, with odd sides."""
    sizes = []
    for share in _OTHER_SIZES:
        height, width = (max(_SHORTEST_PX, int(side * share) | 1) for side in model.size)
        sizes.append((height, width))
    if model.record.config.generator.architecture != "painter":
        return sizes[0]
    least, most = cells_range(model)
    return next(size for size in sizes if least <= _cells(model, size) <= most)


def _edited(primitive: Primitive) -> Primitive:
    """A quarter of the drawing, copied to its right."""
    height, width = primitive.size
    arrays = {name: array.copy() for name, array in primitive.to_arrays().items()}
    rows, step = slice(height // 4, 3 * height // 4), width // 4
    for array in arrays.values():
        array[rows, 2 * step : 3 * step] = array[rows, step : 2 * step]
    palette = None if primitive.segments is None else primitive.segments.palette
    return Primitive.from_arrays(primitive.kind, arrays, palette)
