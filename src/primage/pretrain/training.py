"""The training loop of the shipped matcher (see ``make matcher``).

It trains the same generator as a run does, with random codes in place of labels, so that it cannot memorise photos.
"""

from __future__ import annotations

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

from primage import losses
from primage.config import PRESETS, PainterConfig
from primage.ema import EMA
from primage.image import resize_image
from primage.nets.generator import Source
from primage.nets.legacy_keys import current_keys
from primage.nets.painter import Painter
from primage.pretrain.episodes import Episode, draw_episode
from primage.pretrain.pictures import Picture, segmented_photo, synthetic_picture
from primage.primitive.codes import EMBEDDED_CHANNELS
from primage.tensor_files import load_tensors, save_tensors

_SIDE = 256
_WARM_UP = 150
_EMA_DECAY = 0.998
_CLIP = 5.0
_SAVE_SEC = 120.0
_REPORT_EVERY = 50


@dataclass(frozen=True)
class Stage:
    """A part of the training, with its own optimiser.

    Attributes:
        sides: sizes of the square pictures in pixels; each step chooses one.
        sources: number of pictures per step.
        targets: number of edited versions of each.
        steps: number of steps.
        schedule: length of the cosine schedule of the learning rate in steps; ``steps`` of them are done.
        lr: initial learning rate.
        parts: share of the versions in which regions are cut out and pasted elsewhere.
        erased: share of the versions in which an area is erased.
    """

    sides: tuple[int, ...]
    sources: int
    targets: int
    steps: int
    schedule: int
    lr: float
    parts: float
    erased: float


#: Most is learned from small pictures, at half the time per step. But the longer the first stage lasts, the worse the
#: matcher gets at 256², so the second stage trains at working sizes. The last has gentler edits, like most real ones.
STAGES = (
    Stage(sides=(128,), sources=2, targets=3, steps=2200, schedule=3000, lr=1.5e-3, parts=0.55, erased=0.3),
    Stage(sides=(192, 256, 256, 320), sources=1, targets=2, steps=2600, schedule=2600, lr=1e-3, parts=0.7, erased=0.3),
    Stage(sides=(192, 256, 256, 320), sources=1, targets=2, steps=900, schedule=900, lr=6e-4, parts=0.35, erased=0.15),
)


def _synthetic(seed: int) -> Picture:
    return synthetic_picture(_SIDE, np.random.default_rng(seed))


def _crops(photos: list[UInt8[np.ndarray, "h w 3"]], rng: np.random.Generator) -> list[Picture]:
    """Square crops of each photo: the largest one, and smaller ones."""
    out = []
    for photo in photos:
        height, width = photo.shape[:2]
        for share in (1.0, 0.8, 0.55):
            side = max(int(min(height, width) * share), min(_SIDE, height, width))
            y, x = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
            square = resize_image(np.ascontiguousarray(photo[y : y + side, x : x + side]), (_SIDE, _SIDE))
            out.append(segmented_photo(square, int(rng.integers(6, 40))))
    return out


def _batch(episodes: list[Episode]) -> tuple[Source, Episode]:
    joined = Episode(*(torch.cat([getattr(e, name) for e in episodes]) for name in Episode.__dataclass_fields__))
    return Source(joined.photo, joined.primitive), joined


def _fresh_network(seed: int) -> Painter:
    network = Painter(PainterConfig(), EMBEDDED_CHANNELS)
    network.initialise(torch.Generator().manual_seed(seed))
    with torch.no_grad():
        network.embed.weight.copy_(torch.eye(EMBEDDED_CHANNELS)[:, :, None, None])
    network.embed.requires_grad_(False)
    return network


def pretraining(
    photos: list[UInt8[np.ndarray, "h w 3"]],
    out: Path,
    synthetic: int,
    seed: int,
    stages: Sequence[Stage] = STAGES,
    start: Path | None = None,
    first_stage: int = 0,
) -> Iterator[dict[str, float]]:
    """Train the matcher; save it every two minutes and at the end of each stage.

    Args:
        photos: photos to learn from in addition to the synthetic pictures; may be empty.
        out: the safetensors file; half precision.
        synthetic: number of synthetic pictures; may be 0 if there are photos.
        seed: seed of all random sources.
        stages: stages in order; each starts from the averaged weights of the previous one, in half precision.
        start: weights to start from instead of random ones.
        first_stage: index of the stage to start with; earlier stages are skipped.

    Yields:
        Running means of the losses (before weighting) and of the error in pixels, every 50 steps.
    """
    started = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pictures = list(pool.map(_synthetic, range(seed * 1_000_000, seed * 1_000_000 + synthetic), chunksize=8))
    crops = _crops(photos, np.random.default_rng(seed))
    pools = [crops or pictures, pictures or crops]
    for number in range(first_stage, len(stages)):
        before = sum(stage.steps for stage in stages[:number])
        for means in _train_stage(stages[number], number, before, pools, seed, start, out):
            yield {"stage": number, "seconds": time.monotonic() - started, **means}
        start = out


def _train_stage(
    stage: Stage, number: int, before: int, pools: list[list[Picture]], seed: int, start: Path | None, out: Path
) -> Iterator[dict[str, float]]:
    network = _fresh_network(seed)
    if start is not None:
        tensors, _ = load_tensors(start)
        network.load_state_dict(current_keys(tensors), strict=False)  # except the first layer, which is kept
    ema = EMA(network, _EMA_DECAY)
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], betas=(0.9, 0.99))
    weights = PRESETS["standard"].loss
    means: dict[str, float] = {}
    saved = time.monotonic()
    for step in range(stage.steps):
        # Seeds are numbered over all stages, so that no stage repeats another's.
        rng = np.random.default_rng((seed, before + step))
        side = stage.sides[0] if len(stage.sides) == 1 else int(rng.choice(stage.sides))
        pictures = [pools[int(rng.random() >= 0.5)] for _ in range(stage.sources)]
        source, truth = _batch(
            [
                draw_episode(c[int(rng.integers(len(c)))], side, stage.targets, rng, stage.parts, stage.erased)
                for c in pictures
            ]
        )
        for group in optimiser.param_groups:
            falling = 0.5 + 0.5 * math.cos(math.pi * step / stage.schedule)
            group["lr"] = stage.lr * min(1.0, (step + 1) / _WARM_UP) * falling

        # The losses of the presets, without the perceptual one, whose network is not loaded here.
        painted = network(truth.primitives, source)
        terms = losses.generator_losses(losses.LossInputs(weights, painted, truth.photos, truth.grid))
        optimiser.zero_grad(set_to_none=True)
        losses.weighted_sum(terms).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimiser.step()
        ema.update(network, step)

        with torch.no_grad():
            error = (painted.grids[-1] - truth.grid).norm(dim=-1).mul(side / 2)
        values = {name: float(value.detach()) for name, (_, value) in terms.items()}
        values |= {"error_px": float(error.mean()), "median_error_px": float(error.median())}
        means = {name: means.get(name, value) * 0.98 + 0.02 * value for name, value in values.items()}
        last = step == stage.steps - 1
        if time.monotonic() - saved > _SAVE_SEC or last:
            # Averaged parameters, and the current statistics of the normalisation layers.
            tensors = network.state_dict() | dict(ema.network.named_parameters())
            tensors = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
            tensors.pop("embed.weight")
            save_tensors(out, tensors, {"stage": number, "steps": step + 1, "seed": seed})
            saved = time.monotonic()
        if step % _REPORT_EVERY == _REPORT_EVERY - 1 or last:
            yield {"step": step + 1, **means}
