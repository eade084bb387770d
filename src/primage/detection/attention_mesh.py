"""The face mesh with attention to eyes and lips: a network with operators that the interpreter does not have.

The file is cut at these operators into parts that the interpreter runs: the trunk, and heads for the lips and for each
eye. What joins them is computed here: from the trunk's 468 points, a turned rectangle around each region; the trunk's
features, sampled in it; and the head's points, brought back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from primage.detection.crops import sample
from primage.detection.interpreter import Network, check_installed
from primage.detection.weights import load_model
from primage.errors import WeightsError

#: Points of the mesh, and with both irises.
MESH_POINTS, ALL_POINTS = 468, 478
#: Side of the input, of the trunk's features, of a region's features, and of the square that a head's points are in.
_INPUT, _FEATURES, _REGION, _REGION_POINTS = 192, 48, 16, 64
#: The first of the five points of the right iris (on the left in the picture), and of the left one.
_FIRST_IRIS_POINTS = (468, 473)


@dataclass(frozen=True)
class _Head:
    """A region: which points it refines, how its rectangle is found, and its network."""

    points: np.ndarray
    left: int
    right: int
    margin: float
    network: Network


class AttentionMesh:
    """The network, as its parts.

    Args:
        content: its TFLite file.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: it is another network.

    Source:
        Grishchenko et al. 2020, arXiv 2006.10962.
    """

    def __init__(self, content: bytes) -> None:
        check_installed()
        from ai_edge_litert import schema_py_generated as schema
        from flatbuffers import flexbuffers

        self._schema = schema
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        graph = self._graph = self._model.subgraphs[0]
        found = {name: list(self._operators(name)) for name in ("Landmarks2TransformMatrix", "TransformTensorBilinear")}
        frames, samplers = found.values()
        if len(frames) != 3 or len(samplers) != 3:
            raise WeightsError("the face mesh is not the network with attention to eyes and lips")
        mesh, flag = (self._tensor(name) for name in ("output_mesh", "conv_faceflag"))
        features = int(samplers[0].inputs[0])
        self._trunk = self._part([int(graph.inputs[0])], [mesh, flag, features])
        self._names = [graph.tensors[index].name.decode() for index in (mesh, flag, features)]
        ends = {
            name: self._tensor(f"conv_{name}") for name in ("lips", "left_eye", "left_iris", "right_eye", "right_iris")
        }
        self._heads = []
        for frame, sampler, names in zip(
            frames, samplers, (("lips",), ("left_eye", "left_iris"), ("right_eye", "right_iris")), strict=True
        ):
            options = flexbuffers.Loads(bytes(bytearray(frame.customOptions)))
            network = self._part([int(sampler.outputs[0])], [ends[name] for name in names])
            points = np.array(options["subset_idxs"])
            head = _Head(
                points, options["left_rotation_idx"], options["right_rotation_idx"], options["scale_x"], network
            )
            self._heads.append(head)

    def run(self, face: Float32[np.ndarray, "192 192 3"]) -> tuple[Float[np.ndarray, "478 3"], float]:
        """Find the points of a face.

        Args:
            face: (192, 192, 3) float32 in [0, 1], upright.

        Returns:
            (478, 3) points in [0, 1] of the square: 468 of the mesh, then 5 of each iris. The third coordinate is the
            depth in sides of the square, smaller towards the camera; that of an iris is its eye's. And the probability
            that it shows a face.
        """
        mesh, flag, features = (self._trunk.run(face)[name] for name in self._names)
        solid = mesh.reshape(MESH_POINTS, 3).astype(float)
        coarse = solid[:, :2]
        points = np.concatenate([solid, np.zeros((ALL_POINTS - MESH_POINTS, 3))])
        irises = iter(_FIRST_IRIS_POINTS)
        for head in self._heads:
            matrix, centre = region_frame(coarse, head.points, head.left, head.right, head.margin)
            depth = float(solid[head.points, 2].mean())
            for refined in self._refine(head, features, matrix, centre):
                if len(refined) == len(head.points):
                    points[head.points, :2] = refined
                else:
                    first = next(irises)
                    points[first : first + len(refined)] = np.c_[refined, np.full(len(refined), depth)]
        return points / _INPUT, float(1 / (1 + np.exp(-flag.ravel()[0].astype(float))))

    def _refine(
        self, head: _Head, features: np.ndarray, matrix: np.ndarray, centre: np.ndarray
    ) -> list[Float[np.ndarray, "n 2"]]:
        """Run a head on its region; its points, in pixels of the input, those of the contour first."""
        cells = (np.mgrid[:_REGION, :_REGION][::-1].reshape(2, -1).T + 0.5) / _REGION - 0.5
        positions = (cells @ matrix.T + centre) * (_FEATURES / _INPUT) - 0.5
        region = sample(features, positions)
        outside = (positions < 0) | (positions > _FEATURES - 1)  # as it was trained
        region[outside.any(axis=1)] = 0
        outputs = head.network.run(region.reshape(_REGION, _REGION, -1))
        local = [values.reshape(-1, 2).astype(float) / _REGION_POINTS - 0.5 for values in outputs.values()]
        return sorted((each @ matrix.T + centre for each in local), key=len, reverse=True)

    def _operators(self, name: str) -> Iterator[Any]:
        for operator in self._graph.operators:
            custom = self._model.operatorCodes[operator.opcodeIndex].customCode
            if custom is not None and custom.decode() == name:
                yield operator

    def _tensor(self, name: str) -> int:
        return next(index for index, tensor in enumerate(self._graph.tensors) if tensor.name.decode() == name)

    def _part(self, inputs: list[int], outputs: list[int]) -> Network:
        """The operators between tensors, as a network of their own."""
        import flatbuffers

        needed, kept = set(outputs), []
        for operator in reversed(self._graph.operators):
            made = set(map(int, operator.outputs))
            if made & needed and not made & set(inputs):
                kept.append(operator)
                needed |= set(map(int, operator.inputs))
        schema, before = self._schema, self._graph
        graph = schema.SubGraphT()
        graph.name, graph.tensors, graph.operators = before.name, before.tensors, kept[::-1]
        graph.inputs, graph.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        model = schema.ModelT()
        model.version, model.operatorCodes = self._model.version, self._model.operatorCodes
        model.buffers, model.subgraphs = self._model.buffers, [graph]
        builder = flatbuffers.Builder(0)
        builder.Finish(model.Pack(builder), b"TFL3")
        return Network(bytes(builder.Output()))


def region_frame(
    mesh: Float[np.ndarray, "n 2"], subset: np.ndarray, left: int, right: int, margin: float
) -> tuple[Float[np.ndarray, "2 2"], Float[np.ndarray, " 2"]]:
    """The turned rectangle around some points of a mesh.

    Args:
        mesh: (N, 2) points.
        subset: numbers of the points to enclose.
        left: number of the point from which the rectangle's horizontal points …
        right: … to this one.
        margin: size, as a multiple of the points' turned bounding box.

    Returns:
        The matrix and the centre that take (-0.5, -0.5) … (0.5, 0.5) to the rectangle.
    """
    x, y = mesh[right] - mesh[left]
    turn = np.array([[x, -y], [y, x]]) / np.hypot(x, y)
    turned = mesh[subset] @ turn
    low, high = turned.min(axis=0), turned.max(axis=0)
    return turn * ((high - low) * margin), turn @ (low + high) / 2


@lru_cache(maxsize=1)
def attention_mesh() -> AttentionMesh:
    """The network, kept for the process; its weights are downloaded if necessary."""
    check_installed()
    return AttentionMesh(load_model("face_mesh"))
