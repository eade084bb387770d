"""Translates the trace of a PyTorch network to an ONNX graph.

PyTorch's own exporters do not serve here: the older one takes some sizes for constants that are none, and the newer,
which reasons about the sizes of all intermediate results, needs minutes for this network. A trace lists what was
computed, and sizes stay symbols in it. Operators that change their input are taken for those that do not: the networks
use them on results that nothing else reads.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch

from primage.export.node import Node
from primage.export.onnx_graph import Graph, Value
from primage.export.operators import OPERATORS

_DTYPES = {"Float": torch.float32, "Long": torch.int64, "Int": torch.int32, "Bool": torch.bool, "Double": torch.float64}


class Appended:
    """What a loop appends to a list, stacked."""

    def __init__(self, stacked: Value) -> None:
        self.stacked = stacked


def translate(
    network: torch.nn.Module, example: tuple[torch.Tensor, ...], inputs: tuple[str, ...]
) -> tuple[Graph, list[Value]]:
    """Trace a network, and translate the trace.

    Args:
        network: in evaluation mode; sizes that may vary are used as `torch.Tensor.shape` gives them.
        example: inputs to trace it with.
        inputs: names of the inputs.

    Returns:
        The graph, and the values that it returns.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that sizes may be constants (they are not), and of TorchScript's age
        trace = torch.jit.trace(network, example, check_trace=False)
    traced = trace.inlined_graph
    graph = Graph()
    known: dict[str, Any] = {}
    own, *arguments = traced.inputs()
    known[own.debugName()] = (trace, "")
    for value, name in zip(arguments, inputs, strict=True):
        known[value.debugName()] = Value(name, *_type(value))
    _Translator(graph, known).block(traced)
    results = [known[value.debugName()] for value in traced.outputs()]
    flat = results[0] if len(results) == 1 and isinstance(results[0], list) else results
    return graph, [graph.tensor(result) for result in flat]


def _type(value: Any) -> tuple[torch.dtype, int | None]:
    """Type and rank of a traced value; inside loops all are float32 of unknown rank."""
    kind = value.type()
    if kind.kind() != "TensorType":
        return (torch.int64, 0)
    sizes = kind.sizes() if kind.dim() is not None else None
    return _DTYPES[kind.scalarType() or "Float"], None if sizes is None else len(sizes)


class _Translator:
    """Translates the blocks of a trace.

    Args:
        graph: what is translated is added to it.
        known: what each traced value is, by name: a value of the graph, or anything that is known now.
    """

    def __init__(self, graph: Graph, known: dict[str, Any]) -> None:
        self.graph, self.known = graph, known
        #: (list, element) of each element that this block appends to a list of the block around it.
        self.appended: list[tuple[list[Any], Value]] = []

    def block(self, block: Any) -> None:
        """Translate all nodes of a block."""
        for node in block.nodes():
            self._node(node)

    def _node(self, node: Any) -> None:
        kind = node.kind()
        outputs = list(node.outputs())
        inputs: list[Any] = [self.known.get(x.debugName()) for x in node.inputs()]
        if kind == "prim::Constant":
            self._set(outputs[0], outputs[0].toIValue() if outputs[0].type().kind() != "FunctionType" else None)
        elif kind == "prim::GetAttr":
            owner, path = inputs[0]
            path = f"{path}.{node.s('name')}".lstrip(".")
            found = getattr(owner, node.s("name"))
            is_tensor = isinstance(found, torch.Tensor)
            self._set(outputs[0], self.graph.constant(found, name=path) if is_tensor else (found, path))
        elif kind in ("prim::ListConstruct", "prim::TupleConstruct"):
            self._set(outputs[0], inputs)
        elif kind in ("prim::ListUnpack", "prim::TupleUnpack"):
            for output, value in zip(outputs, inputs[0], strict=True):
                self._set(output, value)
        elif kind == "prim::Loop":
            self._loop(node, inputs, outputs)
        elif kind == "aten::append":
            self.appended.append((inputs[0], inputs[1]))
        elif kind == "aten::stack" and isinstance(inputs[0][-1], Appended):
            self._set(outputs[0], self._with_appended(inputs[0], inputs[1]))
        else:
            name = kind.split("::")[1]
            dtype, rank = _type(outputs[0])
            sizes = _sizes(next(node.inputs()))
            self._set(
                outputs[0],
                OPERATORS[name.rstrip("_") if name[:2] != "__" else name](
                    Node(self.graph, dtype, rank, sizes), *inputs
                ),
            )

    def _set(self, output: Any, value: Any) -> None:
        self.known[output.debugName()] = value

    def _loop(self, node: Any, inputs: list[Any], outputs: list[Any]) -> None:
        """A loop with a counter; what it appends to lists are scan outputs."""
        import onnx

        graph = self.graph
        (block,) = node.blocks()
        counter, *states = block.inputs()
        body = Graph(graph)
        inside = _Translator(body, self.known)
        starts = [graph.tensor(x) for x in inputs[2:]]
        names = [body.name() for _ in range(2 + len(states))]
        self._set(counter, Value(names[0], torch.int64, 0))
        for state, start, name in zip(states, starts, names[2:], strict=True):
            self._set(state, Value(name, start.dtype, start.rank))
        inside.block(block)
        results = [self.known[x.debugName()] for x in list(block.outputs())[1:]] + [x for _, x in inside.appended]
        helper, kinds = onnx.helper, onnx.TensorProto
        #: Outputs of a body are its own: a state that is passed through needs a name of its own as well.
        copies = [body.add("Identity", x, dtype=x.dtype, rank=x.rank) for x in results]
        go_on = body.add("Identity", Value(names[1], torch.bool, 0), dtype=torch.bool)
        types = [kinds.INT64, kinds.BOOL] + [kinds.FLOAT] * len(states)
        proto = helper.make_graph(
            body.nodes,
            "body",
            [
                helper.make_tensor_value_info(name, kind, None if n > 1 else [])
                for n, (name, kind) in enumerate(zip(names, types, strict=True))
            ],
            [helper.make_tensor_value_info(go_on.name, kinds.BOOL, [])]
            + [helper.make_tensor_value_info(x.name, kinds.FLOAT, None) for x in copies],
        )
        made = [graph.name() for _ in copies]
        count = graph.tensor(inputs[0], torch.int64)
        go = graph.constant(True)
        graph.nodes.append(helper.make_node("Loop", [count.name, go.name, *(x.name for x in starts)], made, body=proto))
        for output, name, start in zip(outputs, made, starts, strict=False):
            self._set(output, Value(name, start.dtype, start.rank))
        for (target, element), name in zip(inside.appended, made[len(outputs) :], strict=True):
            target.append(Appended(Value(name, element.dtype)))

    def _with_appended(self, parts: list[Any], dim: int) -> Value:
        """The elements of a list, some of which a loop has appended, stacked along the first axis."""
        assert dim == 0
        zero = self.graph.constant([0], torch.int64)
        stacked = [
            x.stacked if isinstance(x, Appended) else self.graph.add("Unsqueeze", x, zero, dtype=x.dtype) for x in parts
        ]
        return self.graph.add("Concat", *stacked, dtype=stacked[0].dtype, axis=0)


def _sizes(value: Any) -> list[int] | None:
    kind = value.type()
    return kind.sizes() if kind.kind() == "TensorType" and kind.dim() is not None else None
