"""Operators on pictures: convolution, pooling, padding and sampling, in those of ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from primage.export.node import Node, Operator
from primage.export.onnx_graph import Value


def _pad(
    node: Node, x: Value, pads: Sequence[int | Value], mode: str = "constant", value: float | int | None = None
) -> Value:
    starts, ends = list(pads[::2]), list(pads[1::2])
    axes = [-1 - n for n in range(len(starts))]
    fill = node.graph.constant(value or 0, node.dtype) if mode == "constant" else None
    names = {"constant": "constant", "replicate": "edge", "reflect": "reflect"}
    return node.add("Pad", x, node.graph.integers(starts + ends), fill, node.axes(axes), mode=names[mode])


def _convolution(
    node: Node,
    x: Value,
    weight: Value,
    bias: Value | None,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,
    output_padding: list[int],
    groups: int,
    *_: object,
) -> Value:
    options: dict[str, Any] = {"strides": stride, "pads": 2 * padding, "dilations": dilation, "group": groups}
    if transposed:
        return node.add("ConvTranspose", x, weight, bias, output_padding=output_padding, **options)
    return node.add("Conv", x, weight, bias, **options)


def _instance_norm(node: Node, x: Value, *options: Any) -> Value:
    assert node.sizes is not None
    scale, offset = (node.graph.constant(torch.full((node.sizes[1],), value)) for value in (1.0, 0.0))
    return node.add("InstanceNormalization", x, scale, offset, epsilon=options[6])


def _average(node: Node, x: Value, kernel: list[int], stride: list[int], padding: list[int], *options: Any) -> Value:
    counts: dict[str, Any] = {"count_include_pad": int(options[1])}
    sides: dict[str, Any] = {
        "kernel_shape": _pair(kernel),
        "strides": _pair(stride or kernel),
        "pads": 2 * _pair(padding),
    }
    return node.add("AveragePool", x, **sides, **counts)


def _maximum(node: Node, x: Value, kernel: list[int], stride: list[int], padding: list[int], *_: object) -> Value:
    return node.add("MaxPool", x, kernel_shape=_pair(kernel), strides=_pair(stride), pads=2 * _pair(padding))


def _pair(numbers: list[int]) -> list[int]:
    return numbers * 2 if len(numbers) == 1 else numbers


def _pixel_shuffle(node: Node, x: Value, factor: int) -> Value:
    return node.add("DepthToSpace", x, blocksize=factor, mode="CRD")


def _pixel_unshuffle(node: Node, x: Value, factor: int) -> Value:
    assert node.sizes is not None
    # ONNX's order of the channels is (block, channel), PyTorch's (channel, block).
    blocks = node.graph.add("SpaceToDepth", x, dtype=node.dtype, blocksize=factor)
    order = torch.arange(factor**2 * node.sizes[1]).view(factor**2, -1).T.flatten()
    return node.add("Gather", blocks, node.graph.constant(order), axis=1)


def _upsample(node: Node, x: Value, size: None, align_corners: bool, factors: Sequence[float]) -> Value:
    assert size is None
    assert not align_corners
    scales = node.graph.constant(torch.tensor([1.0, 1.0, *factors]))
    mode: dict[str, Any] = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return node.add("Resize", x, None, scales, **mode)


def _grid_sampler(node: Node, x: Value, grid: Value, mode: int, padding: int, align_corners: bool) -> Value:
    modes: dict[str, Any] = {
        "mode": ("linear", "nearest", "cubic")[mode],
        "padding_mode": ("zeros", "border", "reflection")[padding],
    }
    return node.add("GridSample", x, grid, align_corners=int(align_corners), **modes)


SPATIAL: dict[str, Operator] = {
    "pad": _pad,
    "_convolution": _convolution,
    "instance_norm": _instance_norm,
    "avg_pool2d": _average,
    "max_pool2d": _maximum,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "upsample_bilinear2d": _upsample,
    "grid_sampler": _grid_sampler,
}
