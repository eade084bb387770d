"""Builds an ONNX graph node by node."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

#: The version of ONNX's operators: the first whose samples of a grid are cubic by that name.
OPSET = 20


@dataclass(frozen=True)
class Value:
    """A tensor of the graph.

    Attributes:
        name: unique in the graph.
        dtype: of its elements.
        rank: number of axes; None inside loops, where it is not known.
    """

    name: str
    dtype: torch.dtype
    rank: int | None = None


#: What an operand may be: a tensor of the graph, or one whose content is known.
Operand = Value | Tensor | bool | int | float


class Graph:
    """The nodes and constants of a graph. The body of a loop shares its constants with what is around it."""

    def __init__(self, parent: Graph | None = None) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {} if parent is None else parent.constants
        self._parent = parent
        self._counter: list[int] = [0] if parent is None else parent._counter
        self._known: dict[object, str] = {}
        self._by_content: dict[object, str] = {} if parent is None else parent._by_content

    def name(self) -> str:
        """A name that no other value has."""
        self._counter[0] += 1
        return f"v{self._counter[0]}"

    def add(
        self, kind: str, *inputs: Value | None, dtype: torch.dtype, rank: int | None = None, **attributes: Any
    ) -> Value:
        """Add a node with one output.

        Args:
            kind: ONNX's name of the operator.
            *inputs: None for optional ones that are left out.
            dtype: of the output.
            rank: of the output.
            **attributes: of the operator.

        Returns:
            The output; that of an earlier node, if there is an equal one.
        """
        import onnx

        names = ["" if x is None else x.name for x in inputs]
        key = (kind, tuple(names), repr(sorted(attributes.items())))
        if key not in self._known:
            self._known[key] = self.name()
            self.nodes.append(onnx.helper.make_node(kind, names, [self._known[key]], **attributes))
        return Value(self._known[key], dtype, rank)

    def constant(self, content: Operand | Sequence[int], dtype: torch.dtype | None = None, name: str = "") -> Value:
        """A constant; equal ones are stored once.

        Args:
            content: numbers, or a tensor.
            dtype: of the result; that of the content if None.
            name: to be found in the file; a number if empty.
        """
        import onnx

        tensor = torch.as_tensor(content, dtype=dtype).detach().cpu().contiguous()
        array = tensor.numpy()
        key = (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest())
        if key not in self._by_content:
            self._by_content[key] = name or self.name()
            found = self._by_content[key]
            self.constants[found] = onnx.numpy_helper.from_array(np.asarray(array), found)
        return Value(self._by_content[key], tensor.dtype, tensor.ndim)

    def tensor(self, x: Operand, dtype: torch.dtype | None = None) -> Value:
        """An operand as a value of a type.

        Args:
            x: what is not a value of the graph becomes a constant.
            dtype: of the result, to which values are cast; that of the operand if None.

        Returns:
            The value.
        """
        if not isinstance(x, Value):
            return self.constant(x, dtype)
        if dtype is None or x.dtype == dtype:
            return x
        import onnx

        to = onnx.helper.np_dtype_to_tensor_dtype(torch.empty(0, dtype=dtype).numpy().dtype)
        return self.add("Cast", x, dtype=dtype, rank=x.rank, to=to)

    def integers(self, numbers: Sequence[int | Value]) -> Value:
        """Integers, some of which are known only when the graph runs, as a vector.

        Args:
            numbers: values have one element each.

        Returns:
            (N,) int64; a constant if all are known.
        """
        if all(isinstance(x, int) for x in numbers):
            return self.constant([int(x) for x in numbers], torch.int64)  # type: ignore[arg-type]
        one = self.constant([1], torch.int64)
        vectors = []
        for x in numbers:
            scalar = self.tensor(x, torch.int64)
            vectors.append(self.add("Reshape", scalar, one, dtype=torch.int64, rank=1))
        return self.add("Concat", *vectors, dtype=torch.int64, rank=1, axis=0)

    def shape(self, x: Value, start: int = 0, end: int | None = None) -> Value:
        """A part of the shape of a value, as a vector.

        Args:
            x: the value.
            start: its first axis of interest; negative ones count from the end.
            end: the axis after the last one; None for all that follow.

        Returns:
            (N,) int64, the lengths of these axes.
        """
        attributes = {"start": start} if end is None else {"start": start, "end": end}
        return self.add("Shape", x, dtype=torch.int64, rank=1, **attributes)
