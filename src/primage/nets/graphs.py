"""What the networks do differently while they are traced, to be exported as a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

Function = TypeVar("Function", bound=Callable[..., Any])


def tracing() -> bool:
    """Whether the network is being traced: sizes are symbols, and a graph has to be right for every input."""
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined]


def occurs(mask: Tensor) -> bool:
    """Whether something has to be done anywhere; always while tracing, since a graph cannot skip it.

    Args:
        mask: of any shape; not 0 where something has to be done.

    Example:
        >>> occurs(torch.zeros(3)), occurs(torch.ones(3))
        (False, True)
    """
    return tracing() or bool(mask.any())


def loop(function: Function) -> Function:
    """Decorate a function with a loop: while tracing it is compiled, so that the loop stays one in the graph.

    Args:
        function: it calls others by their names and changes nothing in place where it is compiled
            (`torch.jit.is_scripting`).

    Returns:
        The function; it computes the same, traced or not.
    """
    return cast(Function, torch.jit.script_if_tracing(function))


def vector(values: tuple[float, ...], like: Tensor) -> Tensor:
    """Numbers as a tensor; they remain symbols while tracing.

    Args:
        values: the numbers.
        like: determines type and device.

    Returns:
        One axis.
    """
    if tracing():
        return torch.stack([torch.as_tensor(value, dtype=like.dtype) for value in values])
    return like.new_tensor(values)
