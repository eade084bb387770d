"""``primage risk``: the edit risk of a primitive."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from primage.errors import ImageError
from primage.evaluate.analyses.distance_maps import COPIES, check_copies
from primage.evaluate.analyses.features import load_features
from primage.evaluate.analyses.risk import Risk, edit_risks, picture_incoherence
from primage.evaluate.protocol.progress import Event
from primage.evaluate.reports.risk_map import draw_risk
from primage.image import write_png
from primage.model import load
from primage.outputs import check_outputs
from primage.primitive.read import LayerFiles, read_primitive


def evaluate_risk(
    path: Path,
    files: LayerFiles,
    out: Path | None = None,
    snap: bool = False,
    copies: int = COPIES,
    features: str = "auto",
    resnet: Path | None = None,
    device: str = "cpu",
    overwrite: bool = False,
) -> Generator[Event, None, tuple[Risk, Float32[np.ndarray, "h w"]]]:
    """Compute the risk of an edited primitive and the incoherence of its picture; optionally write the map of the risk.

    Args:
        path: a run folder or a model file.
        files: the edited primitive.
        out: PNG file to write the map to.
        snap: map unknown colours to the nearest label.
        copies: number of warped copies of the training primitive that count as seen.
        features: resnet50, vgg16 or auto.
        resnet: an official ResNet50 weights file.
        device: torch device to compute on.
        overwrite: allow to replace a file that Primage did not make, but no input and no file of a run.

    Yields:
        Progress.

    Returns:
        The risk, and (H, W), the incoherence of the network's picture.

    Raises:
        UserError: an input is invalid; nothing was written.
        WeightsError: the weights of the feature network are not available.
    """
    check_copies(copies)
    if out is not None and out.suffix.lower() != ".png":
        raise ImageError(f"{out}: the map is a PNG file; name it {out.stem}.png")
    if out is not None:
        check_outputs([out], [path, *files.given().values(), resnet], overwrite)
    model = load(path, device)
    primitive = read_primitive(files, model.record.spec, model.render_size, snap)
    (risk,) = yield from edit_risks(model, [primitive], load_features(features, resnet), copies)
    if out is not None:
        write_png(out, draw_risk(risk, primitive, model))
    return risk, picture_incoherence(model, primitive)
