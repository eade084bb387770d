"""``primage evaluate coverage``: the coverage analysis (paper, §5)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from types import MappingProxyType

from primage.evaluate.analyses.coverage import Coverage, coverage
from primage.evaluate.analyses.distance_maps import COPIES, check_copies
from primage.evaluate.analyses.features import load_features
from primage.evaluate.protocol.frames import read_clip
from primage.evaluate.protocol.progress import Event
from primage.evaluate.reports.coverage_report import write_coverage
from primage.model import load


def evaluate_coverage(
    run: Path,
    source: Path,
    out: Path,
    train_frame: int = 0,
    folders: Mapping[str, Path | None] = MappingProxyType({}),
    frames: int | None = None,
    every: int = 1,
    copies: int = COPIES,
    features: str = "auto",
    resnet: Path | None = None,
    seed: int = 0,
    device: str = "cpu",
    command: tuple[str, ...] = (),
) -> Generator[Event, None, tuple[Coverage, Path]]:
    """Run the coverage analysis and write its report.

    Args:
        run: a run trained on a frame of ``source``.
        source: video, or folder of frames.
        out: output folder.
        train_frame: number of the frame it was trained on.
        folders: folders of layers, see `primage.evaluate.protocol.frames.read_clip`.
        frames: maximum number of frames.
        every: interval between frames.
        copies: number of TPS copies of the training primitive.
        features: resnet50, vgg16 or auto.
        resnet: an official ResNet50 weights file.
        seed: seed of the warps.
        device: torch device to render on.
        command: the command line, shown on the page.

    Yields:
        Progress.

    Returns:
        The analysis, and the path of the page.

    Raises:
        UserError: an input is invalid.
        WeightsError: the weights of the feature network are not available.
    """
    check_copies(copies)
    model = load(run, device)
    clip = read_clip(source, out / "frames", train_frame, folders, frames, every)
    result = yield from coverage(model, clip, load_features(features, resnet), copies, seed)
    return result, write_coverage(out, result, model, command)
