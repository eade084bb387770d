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
from primage.evaluate.reports.coverage_report import coverage_files, write_coverage
from primage.model import load
from primage.outputs import check_folder, check_outputs, mark_folder


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
    overwrite: bool = False,
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
        overwrite: allow an output folder that holds other files.

    Yields:
        Progress.

    Returns:
        The analysis, and the path of the page.

    Raises:
        UserError: an input is invalid.
        WeightsError: the weights of the feature network are not available.
    """
    check_copies(copies)
    check_folder(out, overwrite)
    model = load(run, device)
    if source.is_file():  # whose frames are written first
        mark_folder(out)
    clip = read_clip(source, out / "frames", train_frame, folders, frames, every)
    inputs = [file for frame in clip.frames for file in (frame.photo, frame.primitive, *frame.layers.values())]
    check_outputs(coverage_files(out), [run, resnet, *inputs], overwrite=True)
    mark_folder(out)
    result = yield from coverage(model, clip, load_features(features, resnet), copies, seed)
    return result, write_coverage(out, result, model, command)
