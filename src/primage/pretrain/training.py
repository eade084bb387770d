"""The training loop of the matcher that is shipped (see ``make matcher``).

It is the painter itself, given random codes in place of labels, so that it can learn no photo.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from primage import losses
from primage.config import PRESETS, PainterConfig
from primage.image import resize_image
from primage.nets.generator import Painted, Source
from primage.nets.legacy_keys import current_keys
from primage.nets.painter import Painter
from primage.pretrain.episodes import Episode, draw_episode
from primage.pretrain.pictures import Picture, draw, of_photo
from primage.primitive.codes import EMBEDDED_CHANNELS
from primage.run import load_tensors, save_tensors

_SIDE = 256
_WARM_UP = 150
_EMA = 0.998
_CLIP = 5.0
_SAVE_SEC = 120.0
_SAY_EVERY = 50


@dataclass(frozen=True)
class Stage:
    """A stretch of the training, with an optimiser of its own.

    Attributes:
        sides: of the pictures in pixels; one is chosen at each step.
        sources: pictures a step.
        targets: edited versions of each.
        steps: how many.
        schedule: the learning rate falls as half a cosine over so many steps, of which ``steps`` are done.
        lr: at the start.
        parts: share of the versions in which regions are cut out and pasted elsewhere.
        erased: share of the versions in which something is erased.
    """

    sides: tuple[int, ...]
    sources: int
    targets: int
    steps: int
    schedule: int
    lr: float
    parts: float
    erased: float


#: Small pictures first: most is learnt there, at half the time a step. What is learnt there alone does worse at 256²
#: the longer it lasts, so the second stage is at working sizes. The last has gentler edits, as most of a person's are.
STAGES = (
    Stage(sides=(128,), sources=2, targets=3, steps=2200, schedule=3000, lr=1.5e-3, parts=0.55, erased=0.3),
    Stage(sides=(192, 256, 256, 320), sources=1, targets=2, steps=2600, schedule=2600, lr=1e-3, parts=0.7, erased=0.3),
    Stage(sides=(192, 256, 256, 320), sources=1, targets=2, steps=900, schedule=900, lr=6e-4, parts=0.35, erased=0.15),
)


def _draw(seed: int) -> Picture:
    return draw(_SIDE, np.random.default_rng(seed))


def _crops(photos: list[UInt8[np.ndarray, "h w 3"]], rng: np.random.Generator) -> list[Picture]:
    """Squares of each photo: the whole, and parts of it."""
    out = []
    for photo in photos:
        height, width = photo.shape[:2]
        for share in (1.0, 0.8, 0.55):
            side = max(int(min(height, width) * share), min(_SIDE, height, width))
            y, x = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
            square = resize_image(np.ascontiguousarray(photo[y : y + side, x : x + side]), (_SIDE, _SIDE))
            out.append(of_photo(square, int(rng.integers(6, 40))))
    return out


def _batch(episodes: list[Episode]) -> tuple[Source, Episode]:
    joined = Episode(*(torch.cat([getattr(e, name) for e in episodes]) for name in Episode.__dataclass_fields__))
    return Source(joined.photo, joined.drawing), joined


def _start(seed: int) -> Painter:
    network = Painter(PainterConfig(), EMBEDDED_CHANNELS)
    network.initialise(torch.Generator().manual_seed(seed))
    with torch.no_grad():
        network.embed.weight.copy_(torch.eye(EMBEDDED_CHANNELS)[:, :, None, None])
    network.embed.requires_grad_(False)
    return network


def pretraining(
    photos: list[UInt8[np.ndarray, "h w 3"]],
    out: Path,
    drawn: int,
    seed: int,
    stages: Sequence[Stage] = STAGES,
    start: Path | None = None,
) -> Iterator[dict[str, float]]:
    """Train and save, every two minutes and at the end of each stage.

    Args:
        photos: to learn from beside the drawn pictures; may be empty.
        out: the safetensors file; half precision.
        drawn: how many pictures are drawn; may be 0 if there are photos.
        seed: of everything.
        stages: one after the other; each begins with the averaged weights, in half precision, of the one before.
        start: weights to begin with instead of random ones.

    Yields:
        Running means of the losses (before weighting) and of the error in pixels, every 50 steps.
    """
    started = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pictures = list(pool.map(_draw, range(seed * 1_000_000, seed * 1_000_000 + drawn), chunksize=8))
    crops = _crops(photos, np.random.default_rng(seed))
    pools = [crops or pictures, pictures or crops]
    for number, stage in enumerate(stages):
        for means in _stage(stage, number, pools, seed, start, out):
            yield {"stage": number, "seconds": time.monotonic() - started, **means}
        start = out


def _stage(
    stage: Stage, number: int, pools: list[list[Picture]], seed: int, start: Path | None, out: Path
) -> Iterator[dict[str, float]]:
    network = _start(seed)
    if start is not None:
        tensors, _ = load_tensors(start)
        network.load_state_dict(current_keys(tensors), strict=False)  # all but the first layer, which stays as it is
    average = copy.deepcopy(network).requires_grad_(False)
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], betas=(0.9, 0.99))
    means: dict[str, float] = {}
    saved = time.monotonic()
    for step in range(stage.steps):
        rng = np.random.default_rng((seed, step))
        side = stage.sides[0] if len(stage.sides) == 1 else int(rng.choice(stage.sides))
        chosen = [pools[int(rng.random() >= 0.5)] for _ in range(stage.sources)]
        source, truth = _batch(
            [
                draw_episode(c[int(rng.integers(len(c)))], side, stage.targets, rng, stage.parts, stage.erased)
                for c in chosen
            ]
        )
        for group in optimiser.param_groups:
            falling = 0.5 + 0.5 * math.cos(math.pi * step / stage.schedule)
            group["lr"] = stage.lr * min(1.0, (step + 1) / _WARM_UP) * falling
        painted = network(truth.drawings, source)
        terms = _terms(painted, truth)
        optimiser.zero_grad(set_to_none=True)
        torch.stack([weight * value for weight, value in terms.values()]).sum().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimiser.step()
        with torch.no_grad():
            decay = min(_EMA, (1 + step) / (10 + step))
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
            for mine, theirs in zip(average.buffers(), network.buffers(), strict=True):
                mine.copy_(theirs)
            error = (painted.grids[-1] - truth.grid).norm(dim=-1).mul(side / 2)
        values = {name: float(value.detach()) for name, (_, value) in terms.items()}
        values |= {"error_px": float(error.mean()), "median_error_px": float(error.median())}
        means = {name: means.get(name, value) * 0.98 + 0.02 * value for name, value in values.items()}
        last = step == stage.steps - 1
        if time.monotonic() - saved > _SAVE_SEC or last:
            tensors = {k: v.half() if v.is_floating_point() else v for k, v in average.state_dict().items()}
            tensors.pop("embed.weight")
            save_tensors(out, tensors, {"stage": number, "steps": step + 1, "seed": seed})
            saved = time.monotonic()
        if step % _SAY_EVERY == _SAY_EVERY - 1 or last:
            yield {"step": step + 1, **means}


def _terms(painted: Painted, truth: Episode) -> dict[str, tuple[float, Tensor]]:
    """The losses by name, with their weights: those of the presets, less the perceptual one."""
    assert painted.matches is not None
    assert painted.copied is not None
    assert painted.synthesised is not None
    assert painted.confidence is not None
    weights = PRESETS["standard"].loss
    right = losses.confidence_loss(painted.confidence, painted.grids[-1], truth.grid)
    return {
        "grid": (weights.lambda_grid, losses.grid_loss(painted.grids, truth.grid)),
        "match": (weights.lambda_match, losses.match_loss(painted.matches, truth.grid)),
        "confidence": (weights.lambda_confidence, right),
        "L1": (weights.lambda_L1, losses.l1_loss(painted.image, truth.photos)),
        "copy": (weights.lambda_copy, losses.l1_loss(painted.copied, truth.photos)),
        "drawn": (weights.lambda_drawn, losses.l1_loss(painted.synthesised, truth.photos)),
    }
