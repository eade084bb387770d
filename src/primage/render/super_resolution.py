"""Larger pictures: a small network learns from one photo how its details look at half the size, and at the full one."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import torch
from jaxtyping import Float, UInt8, UInt16
from torch import Tensor, nn
from torch.nn import functional as F

from primage.errors import ImageError

Pixels = UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]
Larger = UInt8[np.ndarray, "h2 w2 3"] | UInt16[np.ndarray, "h2 w2 3"]

#: Convolutions and their channels (ZSSR, §3.1: 8 of 64).
_LAYERS, _CHANNELS = 8, 64
#: Steps; crops in each, and their side before enlarging.
STEPS = 1000
_CROPS, _CROP_PX = 4, 40
#: Learning rate, at the beginning and, along half a cosine, at the end.
_RATE, _LAST_RATE = 1e-3, 2e-5
#: The photo is shrunk by up to this before a pair is made, as details recur at several sizes.
_LEAST_SIZE = 0.6
#: Rounds of back-projection.
_PROJECTIONS = 4
#: Enlarged in tiles of this side, with what the convolutions see around them.
_TILE_PX = 256
#: Largest picture that is made, in pixels.
MOST_PIXELS = 120_000_000


class Upscaler(nn.Module):
    """Convolutions of the small picture; what they add to its bicubic enlargement (sub-pixel convolution, Shi 2016).

    Args:
        scale: the factor.
    """

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = []
        for number in range(_LAYERS):
            channels = 3 if number == 0 else _CHANNELS, 3 * scale**2 if number == _LAYERS - 1 else _CHANNELS
            layers += [nn.Conv2d(*channels, 3, padding=1, padding_mode="replicate"), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h2 w2"]:
        """Enlarge pictures in [0, 1]; the result may leave it."""
        size = x.shape[2] * self.scale, x.shape[3] * self.scale
        enlarged: Tensor = F.interpolate(x, size, mode="bicubic", align_corners=False)
        return enlarged + F.pixel_shuffle(self.layers(x), self.scale)


#: Gives a trained network, which may be trained only then.
Learned = Callable[[], Upscaler]


def check_enlargement(size: tuple[int, int], scale: int) -> None:
    """Check that a picture can be enlarged.

    Args:
        size: (height, width).
        scale: the factor.

    Raises:
        ImageError: the result would be too large, or the picture is too small to learn from.
    """
    height, width = size
    if height * width * scale**2 > MOST_PIXELS:
        raise ImageError(
            f"a picture of {width * scale}×{height * scale} px is too large ({MOST_PIXELS // 10**6} megapixels at "
            "most); choose a smaller scale"
        )
    if min(height, width) < 8 * scale:
        raise ImageError(f"a photo of {width}×{height} px is too small to learn from; leave out --scale")


def learning(
    photo: Pixels, scale: int, steps: int | None = None, seed: int = 0, device: str = "cpu"
) -> Generator[float, None, Upscaler]:
    """Train a network on pairs made from one photo: parts of it, shrunk, and the same at their own size.

    Args:
        photo: (H, W, 3), 8 or 16 bits.
        scale: 2, 3 or 4.
        steps: number of steps; `STEPS` if None.
        seed: of the initial weights and of the crops.
        device: torch device to compute on.

    Yields:
        The share of the steps that are done.

    Returns:
        The network.

    Raises:
        ImageError: the photo is too small.

    Source:
        ZSSR (Shocher, Cohen & Irani 2018), §3. Deviations: convolutions at the small size, a cosine schedule of a fixed
        number of steps, several small crops a step.
    """
    check_enlargement((photo.shape[0], photo.shape[1]), scale)
    steps = STEPS if steps is None else steps
    whole = as_channels(photo).to(device)
    rng = torch.Generator().manual_seed(seed)
    network = Upscaler(scale)
    for layer in network.layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, generator=rng)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    last = network.layers[-1]
    assert isinstance(last, nn.Conv2d)
    nn.init.zeros_(last.weight)  # begins as bicubic interpolation
    network.to(device)
    optimiser = torch.optim.Adam(network.parameters(), _RATE)
    for step in range(steps):
        fathers = torch.cat([_crop(whole, scale, rng) for _ in range(_CROPS)])
        sons = shrunk(fathers, scale)
        progress = 0.5 * (1 + np.cos(np.pi * step / steps))
        for group in optimiser.param_groups:
            group["lr"] = _LAST_RATE + (_RATE - _LAST_RATE) * progress
        optimiser.zero_grad(set_to_none=True)
        F.l1_loss(network(sons), fathers).backward()
        optimiser.step()
        yield (step + 1) / steps
    return network.requires_grad_(False).eval()


def upscaled(network: Upscaler, picture: Pixels) -> Larger:
    """Enlarge a picture.

    Args:
        network: trained on the photo, see `learning`.
        picture: (H, W, 3), 8 or 16 bits.

    Returns:
        (scale · H, scale · W, 3), of the same type. Shrunk again, it is the picture (back-projection, Irani & Peleg
        1991); the mean of the results for all eight turned and mirrored pictures (ZSSR, §3.2).

    Raises:
        ImageError: the result would be too large.
    """
    scale = network.scale
    check_enlargement((picture.shape[0], picture.shape[1]), scale)
    device = next(network.parameters()).device
    small = as_channels(picture).to(device)
    with torch.inference_mode():
        total = torch.zeros_like(F.interpolate(small, scale_factor=scale))
        for turns in range(4):
            for mirrored in (False, True):
                turned = torch.rot90(small.flip(3) if mirrored else small, turns, (2, 3))
                result = torch.rot90(_tiled(network, turned), -turns, (2, 3))
                total += result.flip(3) if mirrored else result
        out = total / 8
        for _ in range(_PROJECTIONS):
            missing = small - shrunk(out, scale)
            out += F.interpolate(missing, out.shape[2:], mode="bicubic", align_corners=False)
    limit = int(np.iinfo(picture.dtype).max)
    stored = (out[0] * limit).round().clamp(0, limit).permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(stored.astype(picture.dtype))


def as_channels(pixels: Pixels) -> Tensor:
    """A picture as (1, 3, H, W) float32 in [0, 1].

    Args:
        pixels: (H, W, 3), 8 or 16 bits.
    """
    array = pixels.astype(np.float32) / np.iinfo(pixels.dtype).max
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]


def shrunk(x: Float[Tensor, "b 3 h w"], scale: int) -> Float[Tensor, "b 3 h2 w2"]:
    """Shrink pictures: bicubic, with antialiasing.

    Args:
        x: (B, 3, H, W).
        scale: the factor; it divides both sides.
    """
    size = x.shape[2] // scale, x.shape[3] // scale
    out: Tensor = F.interpolate(x, size, mode="bicubic", align_corners=False, antialias=True)
    return out


def _tiled(network: Upscaler, x: Tensor) -> Tensor:
    """The network's output, tile by tile, which saves memory; no seams, as each tile has all that its pixels see."""
    scale, reach = network.scale, _LAYERS + 2
    height, width = x.shape[2:]
    rows = []
    for top in range(0, height, _TILE_PX):
        row = []
        for left in range(0, width, _TILE_PX):
            bottom, right = min(top + _TILE_PX, height), min(left + _TILE_PX, width)
            above, before = max(0, top - reach), max(0, left - reach)
            part = network(x[:, :, above : min(bottom + reach, height), before : min(right + reach, width)])
            inner = slice((top - above) * scale, (bottom - above) * scale)
            row.append(part[:, :, inner, (left - before) * scale : (right - before) * scale])
        rows.append(torch.cat(row, dim=3))
    return torch.cat(rows, dim=2)


def _crop(photo: Tensor, scale: int, rng: torch.Generator) -> Tensor:
    """A random part of the photo, which is shrunk a little, turned and mirrored."""
    side = min(_CROP_PX, min(photo.shape[2:]) // scale) * scale
    least = max(_LEAST_SIZE, side / min(photo.shape[2:]))
    size = least + (1 - least) * float(torch.rand((), generator=rng)) ** 0.5  # mostly near the full size
    wide = min(*photo.shape[2:], round(side / size))
    top, left = (int(torch.randint(0, length - wide + 1, (), generator=rng)) for length in photo.shape[2:])
    part = photo[:, :, top : top + wide, left : left + wide]
    if wide != side:
        part = F.interpolate(part, (side, side), mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
    turns, mirrored = int(torch.randint(0, 4, (), generator=rng)), int(torch.randint(0, 2, (), generator=rng))
    return torch.rot90(part.flip(3) if mirrored else part, turns, (2, 3))
