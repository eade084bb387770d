"""Coverage analysis (paper §5, fig. 7): how much of a primitive training has seen, and whether that predicts error.

For each location of a primitive's features, the distance to its nearest neighbour (1-NN) in the training primitive is
computed, without and with TPS copies of it. The paper shows that the second resembles the map of prediction errors;
here their correlation is computed, and likewise that of the edit-risk map.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8

from primage.evaluate.analyses.correlation import (
    Estimate,
    auroc,
    bootstrap_mean,
    bootstrap_spearman,
    partial_spearman,
    pearson,
    spearman,
)
from primage.evaluate.analyses.distance_maps import COPIES, distance_maps
from primage.evaluate.analyses.features import Features
from primage.evaluate.analyses.risk import Risk, edit_risks
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import Clip
from primage.evaluate.protocol.progress import Event
from primage.image import read_image, resize_image
from primage.model import Model
from primage.primitive.primitive import draw
from primage.synthesis.options import RenderOptions
from primage.tensors import to_tensor

#: Share of a frame's locations, those with the largest error, that a good predictor of failure should rank highest.
FAILED = 0.1


@dataclass(frozen=True)
class FrameCoverage:
    """The three maps of the paper's figure 7 for one frame, with risk and a control.

    Attributes:
        name: of the frame.
        drawing: (H, W, 3) uint8, the rendered primitive.
        truth: (H, W, 3) uint8, the ground truth.
        output: (H, W, 3) uint8, the generator's output.
        alone: (h, w) 1-NN distance to the training primitive.
        with_tps: (h, w) 1-NN distance to it and its TPS copies.
        error: (h, w) mean absolute difference over channels between the features of output and ground truth.
        risk: edit risk of the primitive, as measured by `primage risk`.
        density: (h, w) gradient density of the drawing, a control variable: in empty areas both distance and error
            are small.
    """

    name: str
    drawing: np.ndarray
    truth: np.ndarray
    output: np.ndarray
    alone: Float[np.ndarray, "h w"]
    with_tps: Float[np.ndarray, "h w"]
    error: Float[np.ndarray, "h w"]
    risk: Risk
    density: Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class Coverage:
    """Result of the coverage analysis.

    Attributes:
        frames: maps of each frame.
        estimates: name → mean over frames, with a 95 % bootstrap interval.
        error_flagged: mean error at locations flagged by the risk map.
        error_elsewhere: mean error at all other locations.
        features: name of the feature network and layer.
        weights_sha256: hash of that network's weights.
        copies: number of TPS copies.
        share_closer: relative reduction of the mean distance by the copies, in [0, 1].
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
    """Run the coverage analysis on a clip.

    Args:
        model: a model trained on the clip's training frame.
        clip: its other frames are analysed.
        features: feature extractor to compare primitives and images with.
        copies: number of TPS copies; the paper uses 50.
        seed: seed of the warps.

    Yields:
        Progress.

    Returns:
        Maps and correlations.

    Source:
        Paper, §5.
    """
    primitives = []
    for i, frame in enumerate(clip.test_frames):
        yield Event(f"{clip.name}: primitives", i, len(clip.test_frames))
        primitives.append(frame_primitive(model, frame))
    maps = yield from distance_maps(model, primitives, features, None, copies, seed, clip.name)
    risks = yield from edit_risks(model, primitives, features, copies, seed, f"{clip.name}: risk")
    frames = []
    for i, (frame, primitive) in enumerate(zip(clip.test_frames, primitives, strict=True)):
        yield Event(f"{clip.name}: errors", i, len(primitives))
        truth = resize_image(read_image(frame.photo), primitive.size)
        output = model.picture(primitive, RenderOptions(polish=False))
        pair = [features.extract(to_tensor(image))[0] for image in (output, truth)]
        error = (pair[0] - pair[1]).abs().mean(dim=0).numpy()
        drawing = draw(primitive, model.record.spec.line_colour)
        density = gradient_density(drawing, error.shape)
        frames.append(FrameCoverage(frame.name, drawing, truth, output, *maps[i], error, risks[i], density))
    errors = np.concatenate([f.error.ravel() for f in frames])
    flagged = np.concatenate([f.risk.flagged.ravel() for f in frames])
    return Coverage(
        tuple(frames),
        estimates(frames, seed),
        float(errors[flagged].mean()) if flagged.any() else float("nan"),
        float(errors[~flagged].mean()) if (~flagged).any() else float("nan"),
        features.name,
        features.weights_sha256,
        copies,
        1 - float(np.mean([f.with_tps.mean() for f in frames]) / np.mean([f.alone.mean() for f in frames])),
    )


def estimates(frames: Sequence[FrameCoverage], seed: int = 0) -> dict[str, Estimate]:
    """Correlations between distance and error, and how well distance detects the worst tenth of a frame's locations.

    Args:
        frames: maps of each frame.
        seed: seed of the resampling.

    Returns:
        ``pearson_…``, ``spearman_…`` and ``auroc_…`` of distance and error over the locations of a frame, for the
        distances ``…_alone``, ``…_with_tps``, ``…_risk`` and the control ``…_density``; ``partial_…``, Spearman's
        correlation controlling for density; and ``frames_spearman_…``, Spearman's correlation of the frame means.
    """
    values: dict[str, list[float]] = {}
    means: dict[str, list[float]] = {}
    for frame in frames:
        error = frame.error.ravel().astype(float)
        failed = error >= np.quantile(error, 1 - FAILED)
        control = frame.density.ravel().astype(float)
        maps = {"alone": frame.alone, "with_tps": frame.with_tps, "risk": frame.risk.values, "density": frame.density}
        for name, map_ in maps.items():
            distance = map_.ravel().astype(float)
            if name != "density":
                values.setdefault(f"partial_{name}", []).append(partial_spearman(distance, error, control))
            values.setdefault(f"pearson_{name}", []).append(pearson(distance, error))
            values.setdefault(f"spearman_{name}", []).append(spearman(distance, error))
            values.setdefault(f"auroc_{name}", []).append(auroc(distance, failed))
            means.setdefault(name, []).append(float(distance.mean()))
    errors = [float(frame.error.mean()) for frame in frames]
    within = {name: bootstrap_mean(each, seed) for name, each in values.items()}
    return within | {f"frames_spearman_{name}": bootstrap_spearman(each, errors, seed) for name, each in means.items()}


def gradient_density(drawing: UInt8[np.ndarray, "h w 3"], size: tuple[int, ...]) -> Float[np.ndarray, "h2 w2"]:
    """Mean gradient magnitude of a drawing around each location: how much is drawn there.

    Args:
        drawing: (H, W, 3) uint8.
        size: (h, w) of the map; each location also averages over its neighbours, like a feature's receptive field.

    Returns:
        (h, w), >= 0.

    Example:
        >>> import numpy as np
        >>> float(gradient_density(np.full((16, 16, 3), 255, np.uint8), (4, 4)).max())
        0.0
    """
    grey = torch.from_numpy(drawing.astype(np.float32).mean(axis=2))
    gradient = torch.zeros_like(grey)
    gradient[:, 1:] += (grey[:, 1:] - grey[:, :-1]).abs()
    gradient[1:] += (grey[1:] - grey[:-1]).abs()
    cells = F.adaptive_avg_pool2d(gradient[None, None], (size[0], size[1]))
    return F.avg_pool2d(cells, 3, 1, 1, count_include_pad=False)[0, 0].numpy()
