"""PyTorch's operators, each expressed in those of ONNX; here arithmetic, reductions and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from primage.export.layout import LAYOUT
from primage.export.node import Node, Operator
from primage.export.onnx_graph import Operand, Value
from primage.export.spatial import SPATIAL


def _unary(kind: str, **attributes: Any) -> Operator:
    return lambda node, x, *_: node.add(kind, node.graph.tensor(x, node.dtype), **attributes)


def _binary(kind: str) -> Operator:
    def operator(node: Node, a: Operand, b: Operand, alpha: int = 1) -> Value:
        assert alpha == 1
        return node.add(kind, node.graph.tensor(a, node.dtype), node.graph.tensor(b, node.dtype))

    return operator


def _comparison(kind: str) -> Operator:
    def operator(node: Node, a: Value, b: Operand) -> Value:
        dtype = torch.promote_types(a.dtype, b.dtype) if isinstance(b, Value) else a.dtype
        return node.add(kind, node.graph.tensor(a, dtype), node.graph.tensor(b, dtype))

    return operator


def _reduction(kind: str) -> Operator:
    def operator(node: Node, x: Value, dims: Sequence[int] | int, keepdim: bool = False, *_: object) -> Value:
        return node.add(kind, node.graph.tensor(x, node.dtype), node.axes(dims), keepdims=int(keepdim))

    return operator


def _same(node: Node, x: Any, *_: object) -> Any:
    return x


def _cast(node: Node, x: Value, *_: object) -> Value:
    return node.graph.tensor(x, node.dtype)


def _reversed_sub(node: Node, a: Value, b: Operand, alpha: int = 1) -> Value:
    found: Value = _binary("Sub")(node, b, a, alpha)
    return found


def _square(node: Node, x: Value) -> Value:
    return node.add("Mul", x, x)


def _addcmul(node: Node, x: Value, a: Value, b: Value, value: int = 1) -> Value:
    assert value == 1
    return node.add("Add", x, node.graph.add("Mul", a, b, dtype=node.dtype))


def _leaky_relu(node: Node, x: Value, slope: float) -> Value:
    return node.add("LeakyRelu", x, alpha=slope)


def _clamp(node: Node, x: Value, low: Operand | None = None, high: Operand | None = None) -> Value:
    limits = [None if limit is None else node.graph.tensor(limit, node.dtype) for limit in (low, high)]
    return node.add("Clip", x, *(limits if limits[1] is not None else limits[:1]))


def _all(node: Node, x: Value, dim: int, keepdim: bool = False) -> Value:
    numbers = node.graph.tensor(x, torch.int32)
    least = node.add("ReduceMin", numbers, node.axes(dim), dtype=torch.int32, keepdims=int(keepdim))
    return node.graph.tensor(least, torch.bool)


def _argmax(node: Node, x: Value, dim: int, keepdim: bool = False) -> Value:
    return node.add("ArgMax", x, axis=dim, keepdims=int(keepdim))


def _softmax(node: Node, x: Value, dim: int, *_: object) -> Value:
    return node.add("Softmax", x, axis=dim)


def _arange(node: Node, *numbers: Operand | None) -> Value:
    graph = node.graph
    # `arange(end, …)` or `arange(start, end, …)`, then four options.
    ends = numbers[:-4]
    start, end = (0, ends[0]) if len(ends) == 1 else ends
    limits = (graph.tensor(x, node.dtype) for x in (start, end, 1) if x is not None)
    return node.add("Range", *limits)


def _like(value: int) -> Operator:
    def operator(node: Node, x: Value, *_: object) -> Value:
        scalar = node.graph.constant(value, node.dtype)
        return node.add("Expand", scalar, node.graph.shape(x))

    return operator


def _range_length(node: Node, start: int, end: Value, step: int) -> Value | int:
    assert step == 1
    return end - start if isinstance(end, int) else _binary("Sub")(node, end, start)


def _derive_index(node: Node, index: Value, start: int, step: int) -> Value:
    assert step == 1
    found: Value = _binary("Add")(node, index, start)
    return found


def _where(node: Node, condition: Value, a: Operand, b: Operand) -> Value:
    return node.add("Where", condition, node.graph.tensor(a, node.dtype), node.graph.tensor(b, node.dtype))


def _masked_fill(node: Node, x: Value, mask: Value, value: Operand) -> Value:
    return _where(node, mask, value, x)


def _einsum(node: Node, equation: str, parts: Sequence[Value], *_: object) -> Value:
    return node.add("Einsum", *parts, equation=equation)


def _matmul(node: Node, a: Value, b: Value) -> Value:
    if b.rank != 1:
        return node.add("MatMul", a, b)
    # With a vector, ONNX Runtime up to 1.30 refuses an empty batch.
    column = node.graph.add("Unsqueeze", b, node.axes(1), dtype=b.dtype, rank=2)
    product = node.graph.add("MatMul", a, column, dtype=node.dtype)
    return node.add("Squeeze", product, node.axes(-1))


def _norm(node: Node, x: Value, order: float | int, dims: Sequence[int], keepdim: bool = False, *_: object) -> Value:
    assert order == 2
    return node.add("ReduceL2", x, node.axes(dims), keepdims=int(keepdim))


#: By their names in a trace, without the underscore of those that change their input.
OPERATORS: dict[str, Operator] = {
    **dict.fromkeys(("Int", "ScalarImplicit", "NumToTensor", "detach", "clone"), _same),
    "to": _cast,
    **{name: _unary(name.capitalize()) for name in ("abs", "exp", "neg", "sigmoid", "log", "tanh", "relu", "round")},
    "reciprocal": _unary("Reciprocal"),
    "bitwise_not": _unary("Not"),
    "square": _square,
    "leaky_relu": _leaky_relu,
    **{name: _binary(name.capitalize()) for name in ("add", "sub", "mul", "div")},
    # Only of numbers that are not negative: ONNX rounds towards 0.
    "floor_divide": _binary("Div"),
    "remainder": _binary("Mod"),
    "rsub": _reversed_sub,
    "addcmul": _addcmul,
    "maximum": _binary("Max"),
    "minimum": _binary("Min"),
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _binary("Min"),
    "matmul": _matmul,
    "__and__": _binary("And"),
    "__or__": _binary("Or"),
    "gt": _comparison("Greater"),
    "ge": _comparison("GreaterOrEqual"),
    "lt": _comparison("Less"),
    "le": _comparison("LessOrEqual"),
    "sum": _reduction("ReduceSum"),
    "amax": _reduction("ReduceMax"),
    "logsumexp": _reduction("ReduceLogSumExp"),
    "linalg_vector_norm": _norm,
    "all": _all,
    "argmax": _argmax,
    "softmax": _softmax,
    "where": _where,
    "masked_fill": _masked_fill,
    "arange": _arange,
    "zeros_like": _like(0),
    "ones_like": _like(1),
    "__range_length": _range_length,
    "__derive_index": _derive_index,
    "einsum": _einsum,
    **LAYOUT,
    **SPATIAL,
}
