"""How much of a later drawing the training has seen (paper §5, fig. 7), and whether that says where renders fail.

For each location of a drawing's features, the distance to the nearest one (1-NN) among the training drawing's, without
and with TPS copies of it. The paper shows that the second looks like the map of errors; here the correlation is
computed, and the same is asked of the edit-risk map.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8

from primage.evaluate.correlation import (
    Estimate,
    auroc,
    between_frames,
    over_frames,
    partial_spearman,
    pearson,
    spearman,
)
from primage.evaluate.drawings import frame_primitive
from primage.evaluate.frames import Clip
from primage.evaluate.risk import Risk, risks
from primage.evaluate.runs import Event
from primage.evaluate.seen import COPIES, Features, coverage_maps
from primage.image import read_image, resize_image
from primage.model import Model
from primage.primitive.primitive import draw
from primage.tensors import to_image, to_tensor

#: Share of a frame's locations that count as failed when detection is measured.
FAILED = 0.1


@dataclass(frozen=True)
class FrameCoverage:
    """The three maps of the paper's figure 7, for one frame.

    Attributes:
        name: of the frame.
        drawing: (H, W, 3) uint8.
        truth: (H, W, 3) uint8.
        painted: (H, W, 3) uint8.
        alone: (h, w) 1-NN distance to the training drawing.
        with_tps: (h, w) 1-NN distance to it and its TPS copies.
        error: (h, w) L1 between the features of output and truth, mean over channels.
        risk: what `primage risk` says of the drawing.
        drawn: (h, w) how much is drawn there, a control: where nothing is drawn, distance and error are small anyway.
    """

    name: str
    drawing: np.ndarray
    truth: np.ndarray
    painted: np.ndarray
    alone: Float[np.ndarray, "h w"]
    with_tps: Float[np.ndarray, "h w"]
    error: Float[np.ndarray, "h w"]
    risk: Risk
    drawn: Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class Coverage:
    """What the analysis found.

    Attributes:
        frames: their maps.
        estimates: name → mean over frames, with a 95 % interval from resampling frames.
        error_flagged: mean error where the risk map flags a drawing.
        error_elsewhere: mean error where it does not.
        features: name of the network and layer.
        weights_sha256: of that network.
        copies: how many TPS copies.
        share_closer: by how much copies bring the mean distance down, as a share.
    """

    frames: tuple[FrameCoverage, ...]
    estimates: dict[str, Estimate]
    error_flagged: float
    error_elsewhere: float
    features: str
    weights_sha256: str
    copies: int
    share_closer: float


def coverage(
    model: Model, clip: Clip, features: Features, copies: int = COPIES, seed: int = 0
) -> Generator[Event, None, Coverage]:
    """The analysis of §5 on a clip.

    Args:
        model: trained on the clip's training frame.
        clip: its other frames are judged.
        features: what drawings and pictures are compared by.
        copies: how many TPS copies; the paper takes 50.
        seed: of the warps.

    Yields:
        Progress.

    Returns:
        Maps and correlations.
    """
    drawings = []
    for i, frame in enumerate(clip.judged):
        yield Event(f"{clip.name}: drawings", i, len(clip.judged))
        drawings.append(frame_primitive(model, frame))
    maps = yield from coverage_maps(model, drawings, features, None, copies, seed, clip.name)
    risky = yield from risks(model, drawings, features, copies, seed, f"{clip.name}: risk")
    found = []
    for i, (frame, drawing) in enumerate(zip(clip.judged, drawings, strict=True)):
        yield Event(f"{clip.name}: errors", i, len(drawings))
        truth = resize_image(read_image(frame.photo), drawing.size)
        painted = to_image(model.paint(drawing).image.cpu())
        pair = [features.extract(to_tensor(image))[0] for image in (painted, truth)]
        error = (pair[0] - pair[1]).abs().mean(dim=0).numpy()
        shown = draw(drawing, model.record.spec.line_colour)
        found.append(
            FrameCoverage(frame.name, shown, truth, painted, *maps[i], error, risky[i], drawn(shown, error.shape))
        )
    errors = np.concatenate([f.error.ravel() for f in found])
    flagged = np.concatenate([f.risk.flagged.ravel() for f in found])
    return Coverage(
        tuple(found),
        estimates(found, seed),
        float(errors[flagged].mean()) if flagged.any() else float("nan"),
        float(errors[~flagged].mean()) if (~flagged).any() else float("nan"),
        features.name,
        features.weights_sha256,
        copies,
        1 - float(np.mean([f.with_tps.mean() for f in found]) / np.mean([f.alone.mean() for f in found])),
    )


def estimates(frames: Sequence[FrameCoverage], seed: int = 0) -> dict[str, Estimate]:
    """Correlations of the maps, and how well the distance finds the worst tenth of a frame's locations.

    Args:
        frames: their maps.
        seed: of the resampling.

    Returns:
        ``pearson``, ``spearman`` and ``auroc`` of distance and error over the locations of a frame, for the distance
        ``…_alone``, ``…_with_tps``, ``…_risk`` and the control ``…_drawn``; ``partial_…``, Spearman's with the control
        held constant; and ``frames_spearman_…`` of their means over frames.
    """
    values: dict[str, list[float]] = {}
    means: dict[str, list[float]] = {}
    for frame in frames:
        error = frame.error.ravel().astype(float)
        failed = error >= np.quantile(error, 1 - FAILED)
        control = frame.drawn.ravel().astype(float)
        maps = {"alone": frame.alone, "with_tps": frame.with_tps, "risk": frame.risk.values, "drawn": frame.drawn}
        for name, map_ in maps.items():
            distance = map_.ravel().astype(float)
            if name != "drawn":
                values.setdefault(f"partial_{name}", []).append(partial_spearman(distance, error, control))
            values.setdefault(f"pearson_{name}", []).append(pearson(distance, error))
            values.setdefault(f"spearman_{name}", []).append(spearman(distance, error))
            values.setdefault(f"auroc_{name}", []).append(auroc(distance, failed))
            means.setdefault(name, []).append(float(distance.mean()))
    whole = [float(frame.error.mean()) for frame in frames]
    found = {name: over_frames(each, seed) for name, each in values.items()}
    return found | {f"frames_spearman_{name}": between_frames(each, whole, seed) for name, each in means.items()}


def drawn(drawing: UInt8[np.ndarray, "h w 3"], size: tuple[int, ...]) -> Float[np.ndarray, "h2 w2"]:
    """How much is drawn about each location: the drawing's mean step from pixel to pixel.

    Args:
        drawing: (H, W, 3) uint8.
        size: (h, w) of the map; a location also sees its neighbours, as features do.

    Returns:
        (h, w), >= 0.
    """
    grey = torch.from_numpy(drawing.astype(np.float32).mean(axis=2))
    steps = torch.zeros_like(grey)
    steps[:, 1:] += (grey[:, 1:] - grey[:, :-1]).abs()
    steps[1:] += (grey[1:] - grey[:-1]).abs()
    cells = F.adaptive_avg_pool2d(steps[None, None], (size[0], size[1]))
    return F.avg_pool2d(cells, 3, 1, 1, count_include_pad=False)[0, 0].numpy()
