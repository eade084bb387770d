"""``primage evaluate gaps``: move a region away and render what it uncovers."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from primage.errors import ConfigError
from primage.evaluate.analyses.distance_maps import COPIES, check_copies
from primage.evaluate.analyses.features import load_features
from primage.evaluate.analyses.gap_filling import GapStep, gap_series, parse_region
from primage.evaluate.metrics.registry import build_metrics
from primage.evaluate.protocol.progress import Event
from primage.evaluate.reports.gap_report import gap_files, write_gaps
from primage.model import load
from primage.outputs import check_folder, check_outputs, mark_folder


def evaluate_gaps(
    path: Path,
    region: str,
    towards: str,
    out: Path,
    steps: int = 6,
    metric: str = "sifid",
    inception: Path | None = None,
    risk: bool = True,
    copies: int = COPIES,
    device: str = "cpu",
    command: Sequence[str] = (),
    overwrite: bool = False,
) -> Generator[Event, None, tuple[list[GapStep], Path]]:
    """Run the gap-filling series and write its report.

    Args:
        path: a run folder or a model file.
        region: see `primage.evaluate.analyses.gap_filling.parse_region`.
        towards: "X,Y", the displacement of the last step in shares of width and height.
        out: output folder.
        steps: number of moves.
        metric: name of the metric; "" for none.
        inception: an official Inception-v3 weights file.
        risk: whether to compute the edit risk of the uncovered area.
        copies: number of warped copies of the training primitive that count as seen.
        device: torch device to compute on.
        command: the command line, shown on the page.
        overwrite: allow an output folder that holds other files.

    Yields:
        Progress.

    Returns:
        The series, and the path of the page.

    Raises:
        UserError: an input is invalid; nothing was written.
        WeightsError: weights are not available.
    """
    try:
        x, y = (float(part) for part in towards.split(","))
    except ValueError as error:
        raise ConfigError(f"--towards {towards}: write X,Y in shares of width and height, e.g. 0,0.2") from error
    check_copies(copies)
    parsed = parse_region(region)
    check_folder(out, overwrite)
    check_outputs(gap_files(out), [path, inception], overwrite=True)
    model = load(path, device)
    metrics = build_metrics([metric], inception)[0] if metric else []
    chosen = metrics[0] if metrics else None
    features = load_features() if risk else None
    series = yield from gap_series(model, parsed, (x, y), steps, chosen, features, copies)
    mark_folder(out)
    return series, write_gaps(out, series, model, chosen, command)
