"""Trains the matcher that is shipped: ``python -m primage.pretrain.train WHEELS OUT`` (see ``make matcher``).

It is the painter itself, given random codes in place of labels, so that it can learn no photo.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from primage import losses
from primage.config import PRESETS, PainterConfig
from primage.image import resize_image
from primage.nets.generator import Source, build_generator
from primage.pretrain.episodes import Episode, draw_episode
from primage.pretrain.media import read_media
from primage.pretrain.pictures import Picture, draw, of_photo
from primage.primitive.codes import EMBEDDED_CHANNELS
from primage.run import save_tensors

_SIDE = 256
#: (side, sources, targets of each, share of the steps)
_PHASES = ((128, 2, 3, 0.8), (256, 1, 2, 0.2))
_LR = 1.5e-3
_WARM_UP = 150
_EMA = 0.998
_SAVE_SEC = 120.0


def _draw(seed: int) -> Picture:
    return draw(_SIDE, np.random.default_rng(seed))


def _crops(photos: list[np.ndarray], rng: np.random.Generator) -> list[Picture]:
    """Squares of each photo: the whole, and parts of it."""
    out = []
    for photo in photos:
        height, width = photo.shape[:2]
        for share in (1.0, 0.8, 0.55):
            side = max(int(min(height, width) * share), min(_SIDE, min(height, width)))
            y, x = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
            square = resize_image(np.ascontiguousarray(photo[y : y + side, x : x + side]), (_SIDE, _SIDE))
            out.append(of_photo(square, int(rng.integers(6, 40))))
    return out


def _batch(episodes: list[Episode]) -> tuple[Source, Episode]:
    joined = Episode(*(torch.cat([getattr(e, name) for e in episodes]) for name in Episode.__dataclass_fields__))
    return Source(joined.photo, joined.drawing), joined


def main(wheels: Path, out: Path, steps: int, drawn: int, seed: int) -> None:
    """Train and save.

    Args:
        wheels: see `primage.pretrain.media`.
        out: the safetensors file; half precision.
        steps: of the optimiser.
        drawn: how many pictures are drawn.
        seed: of everything.
    """
    started = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pictures = list(pool.map(_draw, range(seed * 1_000_000, seed * 1_000_000 + drawn), chunksize=8))
    photos = _crops(read_media(wheels), np.random.default_rng(seed)) if drawn >= 0 else []
    print(f"{len(pictures)} drawn, {len(photos)} crops of photos, {time.monotonic() - started:.0f} s", file=sys.stderr)

    network = build_generator(PainterConfig(), EMBEDDED_CHANNELS, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        network.embed.weight.copy_(torch.eye(EMBEDDED_CHANNELS)[:, :, None, None])
    network.embed.requires_grad_(False)
    average = copy.deepcopy(network).requires_grad_(False)
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=_LR, betas=(0.9, 0.99))
    weights = PRESETS["standard"].loss
    history: dict[str, float] = {}
    saved = time.monotonic()
    for step in range(steps):
        done = step / steps
        side, sources, targets, _ = _PHASES[0] if done < _PHASES[0][3] else _PHASES[1]
        rng = np.random.default_rng((seed, step))
        chosen = [photos if photos and rng.random() < 0.5 else pictures for _ in range(sources)]
        source, truth = _batch([draw_episode(c[int(rng.integers(len(c)))], side, targets, rng) for c in chosen])
        for group in optimiser.param_groups:
            group["lr"] = _LR * min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * done))
        painted = network(truth.drawings, source)
        assert painted.matches is not None and painted.copied is not None
        assert painted.drawn is not None and painted.confidence is not None
        terms: dict[str, tuple[float, Tensor]] = {
            "grid": (weights.lambda_grid, losses.grid_loss(painted.grids, truth.grid)),
            "match": (weights.lambda_match, losses.match_loss(painted.matches, truth.grid)),
            "confidence": (
                weights.lambda_confidence,
                losses.confidence_loss(painted.confidence, painted.grids[-1], truth.grid),
            ),
            "L1": (weights.lambda_L1, losses.l1_loss(painted.image, truth.photos)),
            "copy": (weights.lambda_copy, losses.l1_loss(painted.copied, truth.photos)),
            "drawn": (weights.lambda_drawn, losses.l1_loss(painted.drawn, truth.photos)),
        }
        optimiser.zero_grad(set_to_none=True)
        torch.stack([weight * value for weight, value in terms.values()]).sum().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        with torch.no_grad():
            decay = min(_EMA, (1 + step) / (10 + step))
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
            for mine, theirs in zip(average.buffers(), network.buffers(), strict=True):
                mine.copy_(theirs)
            error = (painted.grids[-1] - truth.grid).norm(dim=-1).mul(side / 2)
        values = {name: float(value.detach()) for name, (_, value) in terms.items()}
        values |= {"px": float(error.detach().mean()), "median_px": float(error.detach().median())}
        history = {name: history.get(name, value) * 0.98 + 0.02 * value for name, value in values.items()}
        if step % 50 == 49:
            line = {name: round(value, 4) for name, value in history.items()}
            print(json.dumps({"step": step + 1, "seconds": round(time.monotonic() - started), **line}), flush=True)
        if time.monotonic() - saved > _SAVE_SEC or step == steps - 1:
            tensors = {k: v.half() if v.is_floating_point() else v for k, v in average.state_dict().items()}
            tensors.pop("embed.weight")
            save_tensors(out, tensors, {"steps": step + 1, "of": steps, "seed": seed, "drawn": drawn})
            saved = time.monotonic()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("wheels", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--drawn", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    main(options.wheels, options.out, options.steps, options.drawn, options.seed)
