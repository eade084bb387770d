"""Convolutions with far more weights than pixels, as matrix products."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

#: Largest number of output pixels, over the batch, for which the product is used.
_MOST_PIXELS = 512
#: Weights for each output pixel from which on it is used.
_WEIGHTS_PER_PIXEL = 10_000


class WideConv2d(nn.Conv2d):
    """A convolution, with the parameters of `torch.nn.Conv2d`, without padding, stride or dilation.

    pix2pixHD's residual blocks have 9.4 million weights each and, for a photo of 128 px, 64 pixels. oneDNN reorders the
    weights and their gradient at every call, which takes longer than the convolution itself. In bfloat16 on a CPU,
    the product of weights and unfolded input needs no such order, and takes half the time. Everywhere else, this is
    PyTorch's own convolution.

    Args:
        channels: of the input, and of the output.
        kernel: side of the kernel.
    """

    def __init__(self, channels: int, kernel: int = 3) -> None:
        super().__init__(channels, channels, kernel)

    def forward(self, input: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
        """Convolve.

        Args:
            input: (B, C, H, W), with sides of the kernel's at least.

        Returns:
            (B, C, H - kernel + 1, W - kernel + 1), under autocast in its precision.
        """
        kernel = self.kernel_size[0]
        pixels = input.shape[0] * (input.shape[2] - kernel + 1) * (input.shape[3] - kernel + 1)
        if (
            input.device.type == "cpu"
            and torch.is_autocast_enabled("cpu")
            and torch.get_autocast_dtype("cpu") == torch.bfloat16
            and pixels <= min(_MOST_PIXELS, self.weight.numel() / _WEIGHTS_PER_PIXEL)
        ):
            out: Tensor = _Product.apply(input, self.weight, self.bias)
            return out
        return super().forward(input)


class _Product(torch.autograd.Function):
    """Both factors in bfloat16, summed in float32; like autocast's convolution, it returns bfloat16."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        kernel = weight.shape[2]
        # (C · kernel², B · pixels)
        unfolded = F.unfold(x.float(), kernel).transpose(0, 1).flatten(1).to(torch.bfloat16)
        matrix = weight.flatten(1).to(torch.bfloat16)
        ctx.save_for_backward(unfolded, matrix)
        ctx.shapes = x.shape, weight.shape
        out = (matrix @ unfolded).float() + bias[:, None]
        out = out.view(-1, batch, height - kernel + 1, width - kernel + 1).transpose(0, 1)
        return out.to(torch.bfloat16).contiguous()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        unfolded, matrix = ctx.saved_tensors
        shape, weights_shape = ctx.shapes
        gradient = gradients[0].transpose(0, 1).flatten(1)
        low = gradient.to(torch.bfloat16)
        of_unfolded = (matrix.t() @ low).float().view(-1, shape[0], low.shape[1] // shape[0]).transpose(0, 1)
        of_x = F.fold(of_unfolded.contiguous(), shape[2:], weights_shape[2])
        return of_x, (low @ unfolded.t()).float().view(weights_shape), gradient.float().sum(1)
