"""Pictures as tensors: uint8 (H, W, 3) ⇄ float32 (1, 3, H, W) in [-1, 1], and padding."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from primage.image import to_channels


def assign_weights(network: torch.nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Give a network weights from elsewhere, without copying them.

    Args:
        network: on any device, "meta" included.
        weights: its state by name.

    Raises:
        ValueError: names, shapes or types are not those of the network, or some are not finite.
    """
    types = {name: tensor.dtype for name, tensor in network.state_dict().items()}
    for name, tensor in weights.items():
        if tensor.dtype != types.get(name) or not torch.isfinite(tensor).all():
            raise ValueError(f"{name} is no weight of the network, or not finite")
    try:
        network.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def bounded(x: Float[Tensor, "*shape"], limit: float) -> Float[Tensor, "*shape"]:
    """The numbers of a tensor within limits, and 0 for what is none: weights from elsewhere may overflow.

    Args:
        x: of any type of floats.
        limit: the largest magnitude.

    Returns:
        float32.
    """
    return x.float().nan_to_num(nan=0.0).clamp(-limit, limit)


def pad_to_multiple(x: Float[Tensor, "b c h w"], multiple: int) -> tuple[Float[Tensor, "b c h2 w2"], tuple[int, int]]:
    """Pad at the bottom and right by reflection until both sides are multiples of ``multiple``.

    Args:
        x: (B, C, H, W).
        multiple: divisor of both padded sides.

    Returns:
        The padded tensor (``x`` itself if no padding is needed) and the original (h, w): ``y[..., :h, :w]``
        removes the padding. Short sides are reflected repeatedly; a single pixel is repeated.

    Raises:
        ValueError: ``multiple`` is below 1 or a side of ``x`` is empty.
    """
    height, width = x.shape[2:]
    if multiple < 1 or min(height, width) < 1:
        raise ValueError(f"multiple and sides must be at least 1, not {multiple} and {(height, width)}")
    out = x
    for dim, side in ((2, height), (3, width)):
        if side % multiple:
            # A triangle wave: torch's own reflection refuses paddings that are not smaller than the side.
            period = max(2 * (side - 1), 1)
            step = torch.arange((side + multiple - 1) // multiple * multiple, device=x.device) % period
            out = out.index_select(dim, torch.minimum(step, period - step).clamp_max(side - 1))
    return out, (height, width)


def to_tensor(image: UInt8[np.ndarray, "h w 3"]) -> Float[Tensor, "1 3 h w"]:
    """Convert a picture to the networks' input format.

    Args:
        image: (H, W, 3) uint8 sRGB.

    Returns:
        (1, 3, H, W) float32 in [-1, 1], sharing no memory with ``image``.
    """
    return torch.from_numpy(to_channels(image))[None]


def to_image(x: Float[Tensor, "1 3 h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Convert a network's output to a picture.

    Args:
        x: (1, 3, H, W); values outside [-1, 1] are clamped.

    Returns:
        (H, W, 3) uint8, rounded to nearest; the exact inverse of ``to_tensor``.
    """
    pixels = x.detach()[0].add(1.0).mul_(127.5).round_().clamp_(0.0, 255.0).to(torch.uint8)
    return np.ascontiguousarray(pixels.permute(1, 2, 0).cpu().numpy())
