"""The search and the voting in plain PyTorch, for CUDA and MPS devices: the same candidates, and the same results.

All patches are compared at once, candidate by candidate. On a CPU, the compiled kernels are far faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int32
from torch import Tensor

from primage.synthesis.search import JUMPS, PULL_LIMIT, RADIUS, UNIT, UNKNOWN, Query, Sources
from primage.synthesis.threads import contiguous
from primage.synthesis.voting import weights

_LOW_BITS = 0xFFFFFFFF


def _hash(seed: int, y: Tensor, x: Tensor, k: int) -> Tensor:
    """The hash of the compiled search, in 64-bit integers."""
    h = (((seed * 0x9E3779B1) & _LOW_BITS) + y * 0x85EBCA6B) & _LOW_BITS
    h = (h + x * 0xC2B2AE35 + ((k * 0x27D4EB2F) & _LOW_BITS)) & _LOW_BITS
    h = h ^ (h >> 16)
    h = (h * 0x85EBCA6B) & _LOW_BITS
    h = h ^ (h >> 13)
    h = (h * 0xC2B2AE35) & _LOW_BITS
    return h ^ (h >> 16)


@dataclass(frozen=True)
class _Search:
    """The arrays of a search on its device; positions are int64."""

    source: Tensor
    allowed: Tensor
    to_photo: Tensor
    from_photo: Tensor
    target: Tensor  # bordered
    prior: Tensor  # of the centres
    pull: Tensor  # of the centres
    ty: Tensor
    tx: Tensor

    def costs(self, sy: Tensor, sx: Tensor) -> Tensor:
        """The costs of a match for each centre, int64."""
        away = (self.to_photo[sy, sx] - self.prior).square()
        squared = (away[:, 0] + away[:, 1]).clamp(max=PULL_LIMIT)
        total = (self.pull * float(UNIT * UNIT) * squared).long()
        for dy in range(2 * RADIUS + 1):
            for dx in range(2 * RADIUS + 1):
                a = self.source[sy + dy - RADIUS, sx + dx - RADIUS].int()
                b = self.target[self.ty + dy, self.tx + dx].int()
                total += torch.where(b == int(UNKNOWN), 0, a - b).square().sum(1)
        return total

    def improved(self, field: Tensor, cost: Tensor, jump: int, seed: int) -> tuple[Tensor, Tensor]:
        """One pass of propagation and random search; see `primage.synthesis.search`."""
        (height, width), (rows, columns) = field.shape[:2], self.allowed.shape
        best, (by, bx) = cost[self.ty, self.tx], field[self.ty, self.tx].unbind(-1)

        def choose(sy: Tensor, sx: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
            inside = (sy >= 0) & (sy < rows) & (sx >= 0) & (sx < columns)
            if valid is not None:
                inside = inside & valid
            # A candidate that may not be used is replaced by the match it would have to beat.
            inside = inside & self.allowed[sy.clamp(0, rows - 1), sx.clamp(0, columns - 1)]
            sy, sx = torch.where(inside, sy, by), torch.where(inside, sx, bx)
            found = self.costs(sy, sx)
            better = found < best
            return torch.where(better, found, best), torch.where(better, sy, by), torch.where(better, sx, bx)

        for oy, ox in ((jump, 0), (-jump, 0), (0, jump), (0, -jump)):
            ny, nx = self.ty + oy, self.tx + ox
            valid = (ny >= 0) & (ny < height) & (nx >= 0) & (nx < width)
            near = field[ny.clamp(0, height - 1), nx.clamp(0, width - 1)]
            best, by, bx = choose(near[:, 0] - oy, near[:, 1] - ox, valid)
        k, reach = 4, max(rows, columns) // 2
        while reach >= 1:
            h = _hash(seed, self.ty, self.tx, k)
            side = 2 * reach + 1
            sy, sx = by - reach + ((h & 0xFFFF) * side >> 16), bx - reach + ((h >> 16) * side >> 16)
            if len(self.from_photo) > 1 and k % 2:
                matrix = self.from_photo[_hash(seed, self.ty, self.tx, k + 1000) % len(self.from_photo)]
                y, x = self.to_photo[by, bx].unbind(-1)
                row, column = (matrix[:, i, 0] * y + matrix[:, i, 1] * x + matrix[:, i, 2] for i in range(2))
                sy, sx = sy + row.round().long() - by, sx + column.round().long() - bx
            best, by, bx = choose(sy, sx, None)
            k, reach = k + 1, reach // 2
        field, cost = field.clone(), cost.clone()
        field[self.ty, self.tx], cost[self.ty, self.tx] = torch.stack([by, bx], dim=-1), best
        return field, cost


def _on(device: str, *arrays: np.ndarray) -> list[Tensor]:
    return [torch.from_numpy(array).to(device) for array in contiguous(*arrays)]


@torch.inference_mode()
def search(
    device: str, sources: Sources, query: Query, field: Int32[np.ndarray, "h w 2"], passes: int, seed: int
) -> tuple[Int32[np.ndarray, "h w 2"], Float32[np.ndarray, "h w"]]:
    """Improve a nearest-neighbour field on a device; see `primage.synthesis.search.search`.

    Args:
        device: torch device.
        sources: where patches come from.
        query: what is matched.
        field: (H, W, 2), (y, x) in the array of sources.
        passes: number of passes.
        seed: seed of the random search.

    Returns:
        The field and the costs.
    """
    ty, tx = query.centres[:, 0], query.centres[:, 1]
    matches, y, x = (each.long() for each in _on(device, field, ty, tx))
    source, allowed, to_photo, from_photo, target, prior, pull = _on(
        device, sources.features, sources.allowed, sources.to_photo, sources.from_photo, query.bordered(),
        query.prior[ty, tx], query.pull[ty, tx],
    )  # fmt: skip
    task = _Search(source, allowed, to_photo, from_photo, target, prior, pull, y, x)
    cost = torch.zeros(matches.shape[:2], dtype=torch.int64, device=device)
    cost[y, x] = task.costs(*matches[y, x].unbind(-1))
    for i in range(passes):
        matches, cost = task.improved(matches, cost, JUMPS[i % len(JUMPS)], seed + i)
    costs = (cost.cpu().numpy() / float(UNIT * UNIT)).astype(np.float32)
    return matches.int().cpu().numpy(), costs


@torch.inference_mode()
def vote(
    device: str,
    colours: Float32[np.ndarray, "h2 w2 3"],
    field: Int32[np.ndarray, "h w 2"],
    cost: Float32[np.ndarray, "h w"],
    pixels: Int32[np.ndarray, "n 2"],
    picture: Float32[np.ndarray, "h w 3"],
    sigma: float = 0.3,
) -> Float32[np.ndarray, "h w 3"]:
    """Colour pixels on a device; see `primage.synthesis.voting.vote`.

    Args:
        device: torch device.
        colours: of the array of sources.
        field: (H, W, 2), (y, x) in that array.
        cost: (H, W) of each match.
        pixels: (N, 2), (y, x) of the pixels to colour.
        picture: (H, W, 3), the other pixels.
        sigma: cost at which the weight has fallen to 1 / e.

    Returns:
        The picture with the pixels coloured.
    """
    shown, matches, weight, at = _on(device, colours, field, weights(cost, sigma), pixels)
    height, width = field.shape[:2]
    y, x = at.long().unbind(-1)
    total, mean = torch.zeros_like(y, dtype=torch.float32), torch.zeros((len(y), 3), device=device)
    for dy in range(-RADIUS, RADIUS + 1):
        for dx in range(-RADIUS, RADIUS + 1):
            qy, qx = y + dy, x + dx
            inside = (qy >= 0) & (qy < height) & (qx >= 0) & (qx < width)
            qy, qx = qy.clamp(0, height - 1), qx.clamp(0, width - 1)
            w = weight[qy, qx] / (1 + 0.5 * (dy * dy + dx * dx)) * inside
            sy, sx = (matches[qy, qx].long() - torch.tensor([dy, dx], device=device)).unbind(-1)
            # Outside the picture, the match of the nearest pixel inside may leave the array.
            sy, sx = torch.where(inside, sy, 0), torch.where(inside, sx, 0)
            total += w
            mean += w[:, None] * shown[sy, sx]
    out = picture.copy()
    out[pixels[:, 0], pixels[:, 1]] = (mean / total[:, None]).cpu().numpy()
    return out
