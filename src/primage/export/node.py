"""Where PyTorch's operators are translated: what they add nodes with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from primage.export.onnx_graph import Graph, Value

INTEGERS = torch.int64
Operator = Callable[..., Any]


@dataclass(frozen=True)
class Node:
    """Where an operator is used.

    Attributes:
        graph: what is added to.
        dtype: of the result.
        rank: of the result, where it is known.
        sizes: of the first input in the trace; right for axes of fixed length only.
    """

    graph: Graph
    dtype: torch.dtype
    rank: int | None
    sizes: list[int] | None

    def add(self, kind: str, *inputs: Value | None, dtype: torch.dtype | None = None, **attributes: Any) -> Value:
        """Add a node whose output has the result's type and rank, unless another type is given.

        Args:
            kind: ONNX's name of the operator.
            *inputs: None for optional ones that are left out.
            dtype: of the output; that of the result if None.
            **attributes: of the operator.

        Returns:
            The output.
        """
        return self.graph.add(kind, *inputs, dtype=dtype or self.dtype, rank=self.rank, **attributes)

    def axes(self, numbers: Sequence[int] | int) -> Value:
        """Numbers that are known now, as a vector.

        Args:
            numbers: such as axes or sizes; a single one is a vector of length 1.

        Returns:
            (N,) int64.
        """
        return self.graph.constant([numbers] if isinstance(numbers, int) else list(numbers), INTEGERS)
