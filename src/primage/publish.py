"""Publishing a run's model: normalisation statistics, the model file, and a preview."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from primage.image import write_png
from primage.model import Model, ModelRecord
from primage.nets.generator import Generator, Source
from primage.primitive.primitive import draw
from primage.run import Run
from primage.tensors import to_image
from primage.warp.pair import TrainingPair

#: Number of warps used to estimate the normalisation statistics.
_NORM_BATCHES = 6
#: Minimum strengths of those warps; augmentations that are switched off stay off. Statistics of gentle warps make the
#: network overrate small displacements, and every other result gets worse (docs/ablations.md).
_NORM_AUGMENT = {"tps_shift": 0.15, "local_probability": 1.0, "parts_probability": 1.0, "parts_count": 4}


def estimate_norms(network: Generator, pair: TrainingPair, seed: int, device: str = "cpu") -> None:
    """Replace the running statistics of BatchNorm layers by plain means over a few strong warps.

    Averaged weights need this: the statistics collected in training belong to the weights of those steps.

    Args:
        network: changed in place; left in training mode.
        pair: the training pair at the working size.
        seed: seed of the warps. They have their own random source, so that previews do not influence training.
        device: torch device to compute on.
    """
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    if not norms:
        return
    rng = torch.Generator().manual_seed(seed)
    strong = {name: max(value, getattr(pair.augment, name)) for name, value in _NORM_AUGMENT.items()}
    augment = pair.augment.model_copy(update=strong)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative mean
    source = Source(pair.photo, pair.encoded).to(device)
    network.train()
    with torch.no_grad():
        for _ in range(_NORM_BATCHES):
            network(pair.draw(1, rng, device, augment).primitive, source)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def export_model(run: Run, network: Generator, steps: int, seconds: float) -> Model:
    """Write the run's model file.

    Args:
        run: the run folder.
        network: the network that renders.
        steps: number of training steps.
        seconds: training time.

    Returns:
        The model.
    """
    record = ModelRecord(
        config=run.record.config,
        spec=run.record.spec,
        photo_sha256=run.record.photo_sha256,
        steps=steps,
        seconds=round(seconds, 2),
    )
    weights = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    model = Model(record, weights, *run.pair())
    model.save(run.model_path)
    return model


def write_preview(run: Run, model: Model, pair: TrainingPair, device: str = "cpu") -> Path:
    """Write a preview of a model's renders.

    Args:
        run: the run folder.
        model: the model, as `export_model` returned it.
        pair: the training pair at the working size.
        device: torch device to compute on.

    Returns:
        The file. Top row: photo, render, primitive; bottom row: the same for a fixed warp, without the primitive.
    """
    network = model.network().to(device)
    source = Source(pair.photo, pair.encoded).to(device)
    whole = pair.augment.model_copy(update={"window_px": 0})
    warped = pair.draw(1, torch.Generator().manual_seed(1), device, whole)
    rows = []
    with torch.inference_mode():
        for real, x in ((pair.photo, pair.encoded.to(device)), (warped.photo.cpu(), warped.primitive)):
            rows.append(np.concatenate([to_image(real), to_image(network(x, source).image.cpu())], axis=1))
    drawing = draw(model.primitive, model.record.spec.line_colour)
    rows[0] = np.concatenate([rows[0], drawing], axis=1)
    rows[1] = np.concatenate([rows[1], np.full_like(drawing, 255)], axis=1)
    path = run.path / "previews" / f"{model.record.steps:06d}.png"
    write_png(path, np.concatenate(rows))
    return path
