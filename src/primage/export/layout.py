"""Operators that choose, arrange and reshape, in those of ONNX."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from primage.export.node import INTEGERS, Node, Operator
from primage.export.onnx_graph import Operand, Value

_END = sys.maxsize


def _slice(node: Node, x: Value, dim: int, start: Any = None, end: Any = None, step: int = 1) -> Value:
    start, end = 0 if start is None else start, _END if end is None else end
    if step == 1 and isinstance(start, int) and start == 0 and isinstance(end, int) and end == _END:
        return x
    limits = (node.graph.integers([limit]) for limit in (start, end))
    return node.add("Slice", x, *limits, node.axes(dim), node.axes(step))


def _narrow(node: Node, x: Value, dim: int, start: int, length: Operand) -> Value:
    end = node.graph.add("Add", *(node.graph.tensor(n, INTEGERS) for n in (start, length)), dtype=INTEGERS, rank=0)
    return _slice(node, x, dim, start, end)


def _diff(node: Node, x: Value, count: int, dim: int, *_: object) -> Value:
    assert count == 1
    return node.add("Sub", _slice(node, x, dim, 1), _slice(node, x, dim, 0, -1))


def _flip(node: Node, x: Value, dims: Sequence[int]) -> Value:
    last, first = [-1] * len(dims), [-_END] * len(dims)
    return node.add("Slice", x, node.axes(last), node.axes(first), node.axes(dims), node.axes(last))


def _select(node: Node, x: Value, dim: int, index: Operand) -> Value:
    return node.add("Gather", x, node.graph.tensor(index, INTEGERS), axis=dim)


def _index(node: Node, x: Value, indices: Sequence[Value | None]) -> Value:
    ((axis, index),) = [(n, index) for n, index in enumerate(indices) if index is not None]
    return node.add("Gather", x, index, axis=axis)


def _gather(node: Node, x: Value, dim: int, index: Value, *_: object) -> Value:
    return node.add("GatherElements", x, index, axis=dim)


def _scatter(node: Node, x: Value, dim: int, index: Value, source: Value) -> Value:
    return node.add("ScatterElements", x, index, source, axis=dim)


def _unbind(node: Node, x: Value, dim: int = 0) -> list[Value]:
    assert node.sizes is not None
    graph, rank = node.graph, len(node.sizes) - 1
    indices = (graph.constant(n, INTEGERS) for n in range(node.sizes[dim]))
    return [graph.add("Gather", x, index, dtype=x.dtype, rank=rank, axis=dim) for index in indices]


def _nonzero(node: Node, x: Value) -> Value:
    return node.add("Transpose", node.graph.add("NonZero", x, dtype=INTEGERS), perm=[1, 0])


def _unsqueeze(node: Node, x: Value, dim: int) -> Value:
    return node.add("Unsqueeze", x, node.axes(dim))


def _concatenated(node: Node, parts: Sequence[Value], dim: int = 0) -> Value:
    return node.add("Concat", *(node.graph.tensor(x, node.dtype) for x in parts), axis=dim)


def _stack(node: Node, parts: Sequence[Operand], dim: int = 0) -> Value:
    axis = node.axes(dim)
    tensors = (node.graph.tensor(x, node.dtype) for x in parts)
    return _concatenated(node, [node.graph.add("Unsqueeze", x, axis, dtype=node.dtype) for x in tensors], dim)


def _expand(node: Node, x: Value, sizes: Sequence[int | Value], *_: object) -> Value:
    return node.add("Expand", x, node.graph.integers([1 if size == -1 else size for size in sizes]))


def _expand_as(node: Node, x: Value, other: Value) -> Value:
    return node.add("Expand", x, node.graph.shape(other))


def _reshape(node: Node, x: Value, sizes: Sequence[int | Value]) -> Value:
    return node.add("Reshape", x, node.graph.integers(sizes))


def _view_as(node: Node, x: Value, other: Value) -> Value:
    return node.add("Reshape", x, node.graph.shape(other))


def _with_axes(node: Node, x: Value, first: int, last: int, sizes: Value) -> Value:
    """Replace the axes from ``first`` to ``last``."""
    graph = node.graph
    parts = [graph.shape(x, 0, first)] if first else []
    parts.append(sizes)
    if last + 1 < len(node.sizes or ()):
        parts.append(graph.shape(x, last + 1))
    shape = graph.add("Concat", *parts, dtype=INTEGERS, rank=1, axis=0) if len(parts) > 1 else sizes
    return node.add("Reshape", x, shape)


def _flatten(node: Node, x: Value, first: int = 0, last: int = -1) -> Value:
    rank = len(node.sizes or ())
    return _with_axes(node, x, first % rank, last % rank, node.axes(-1))


def _unflatten(node: Node, x: Value, dim: int, sizes: Sequence[int | Value]) -> Value:
    axis = dim % len(node.sizes) if node.sizes else dim
    assert node.rank is not None
    tail = node.rank - len(sizes) - axis
    graph = node.graph
    parts = [graph.shape(x, 0, axis)] if axis else []
    parts.append(graph.integers(sizes))
    if tail:
        parts.append(graph.shape(x, axis + 1))
    shape = graph.add("Concat", *parts, dtype=INTEGERS, rank=1, axis=0) if len(parts) > 1 else parts[0]
    return node.add("Reshape", x, shape)


def _permute(node: Node, x: Value, dims: Sequence[int]) -> Value:
    return node.add("Transpose", x, perm=[dim % len(dims) for dim in dims])


def _transpose(node: Node, x: Value, a: int, b: int) -> Value:
    assert node.rank is not None
    perm = list(range(node.rank))
    perm[a], perm[b] = perm[b], perm[a]
    return node.add("Transpose", x, perm=perm)


def _numpy_t(node: Node, x: Value) -> Value:
    return node.add("Transpose", x)


def _repeat(node: Node, x: Value, repeats: Sequence[int | Value]) -> Value:
    return node.add("Tile", x, node.graph.integers(repeats))


def _repeat_interleave(node: Node, x: Value, count: Operand, dim: int | None = None, *_: object) -> Value:
    assert dim is None
    columns = node.graph.add("Unsqueeze", x, node.axes(1), dtype=node.dtype)
    wide = node.graph.add("Expand", columns, node.graph.integers([1, count]), dtype=node.dtype)  # type: ignore[list-item]
    return node.add("Reshape", wide, node.axes(-1))


def _meshgrid(node: Node, parts: Sequence[Value], indexing: str) -> list[Value]:
    assert indexing == "ij"
    graph, (rows, columns) = node.graph, parts
    shape = graph.add("Concat", graph.shape(rows), graph.shape(columns), dtype=INTEGERS, axis=0)
    unsqueezed = ((x, graph.add("Unsqueeze", x, node.axes(n), dtype=x.dtype)) for x, n in ((rows, 1), (columns, 0)))
    return [graph.add("Expand", column, shape, dtype=x.dtype, rank=2) for x, column in unsqueezed]


def _size(node: Node, x: Value, dim: int | None = None) -> Value:
    if dim is None:
        return node.graph.shape(x)
    return node.graph.add("Gather", node.graph.shape(x), node.graph.constant(dim, INTEGERS), dtype=INTEGERS, rank=0)


def _item(node: Node, numbers: Value, index: int) -> Value:
    return node.graph.add("Gather", numbers, node.graph.constant(index, INTEGERS), dtype=INTEGERS, rank=0)


LAYOUT: dict[str, Operator] = {
    "size": _size,
    "__getitem__": _item,
    "slice": _slice,
    "narrow": _narrow,
    "diff": _diff,
    "flip": _flip,
    "select": _select,
    "index": _index,
    "gather": _gather,
    "scatter": _scatter,
    "unbind": _unbind,
    "nonzero": _nonzero,
    "unsqueeze": _unsqueeze,
    "cat": _concatenated,
    "stack": _stack,
    "expand": _expand,
    "expand_as": _expand_as,
    "reshape": _reshape,
    "view": _reshape,
    "view_as": _view_as,
    "flatten": _flatten,
    "unflatten": _unflatten,
    "permute": _permute,
    "transpose": _transpose,
    "numpy_T": _numpy_t,
    "repeat": _repeat,
    "repeat_interleave": _repeat_interleave,
    "meshgrid": _meshgrid,
    "index_select": lambda node, x, dim, index: node.add("Gather", x, index, axis=dim),
}
