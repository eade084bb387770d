"""The model of this moment: written beside the checkpoint, with a preview."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from primage.config import Config
from primage.image import write_png
from primage.model import Model, ModelRecord
from primage.nets.generator import Generator, Source
from primage.primitive.primitive import draw
from primage.run import Run
from primage.state import State
from primage.tensors import to_image
from primage.warp.pair import TrainingPair

#: Warps that the normalisation statistics of the averaged weights are estimated on.
_NORM_BATCHES = 6
#: Strengths of those warps, where the training's own are less (what it has switched off stays off). With statistics of
#: gentle warps the network makes much of small displacements, and does worse everywhere else.
_BOLD = {"tps_shift": 0.15, "local_probability": 1.0, "parts_probability": 1.0, "parts_count": 4}


def publish(run: Run, state: State, config: Config, pair: TrainingPair, device: str) -> Path:
    """Write the model of this moment, and a preview of it beside the photo.

    Args:
        run: the run folder.
        state: the training state; not changed.
        config: the run's settings.
        pair: the training pair at the working size.
        device: where to compute.

    Returns:
        The preview: photo, primitive, painted primitive; below the same for a fixed warp.
    """
    network = state.render_network(config)
    # A generator of its own: a preview must not change what the training draws next.
    generator = torch.Generator().manual_seed(config.seed)
    if config.optim.ema > 0:
        _estimate_norms(network, pair, generator, device)
    photo, primitive = run.pair()
    record = ModelRecord(
        config=config,
        spec=run.record.spec,
        photo_sha256=run.record.photo_sha256,
        steps=state.step,
        seconds=round(state.seconds, 2),
    )
    weights = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    Model(record, weights, photo, primitive).save(run.model_path)

    network.eval()
    source = Source(pair.photo, pair.encoded).to(device)
    warped = pair.draw(1, torch.Generator().manual_seed(1), device)
    rows = []
    with torch.inference_mode():
        for real, x in ((pair.photo, pair.encoded.to(device)), (warped.photo.cpu(), warped.primitive)):
            rows.append(np.concatenate([to_image(real), to_image(network(x, source).image.cpu())], axis=1))
    drawing = draw(primitive, run.record.spec.line_colour)
    rows[0] = np.concatenate([rows[0], drawing], axis=1)
    rows[1] = np.concatenate([rows[1], np.full_like(drawing, 255)], axis=1)
    path = run.path / "previews" / f"{state.step:06d}.png"
    write_png(path, np.concatenate(rows))
    return path


def _estimate_norms(network: Generator, pair: TrainingPair, generator: torch.Generator, device: str) -> None:
    """Averaged weights want statistics of their own: plain means over a few bold warps."""
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    if not norms:
        return
    bold = pair.augment.model_copy(update={k: max(v, getattr(pair.augment, k)) for k, v in _BOLD.items()})
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative mean
    source = Source(pair.photo, pair.encoded).to(device)
    network.train()
    with torch.no_grad():
        for _ in range(_NORM_BATCHES):
            network(pair.draw(1, generator, device, bold).primitive, source)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
