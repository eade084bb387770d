"""Random variations of a photo: its drawing is changed at random, and the network paints the result."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from primage.config import AugmentConfig
from primage.errors import ConfigError
from primage.evaluate.metrics.registry import Metric, build_metrics
from primage.evaluate.protocol.progress import Event
from primage.files import parse_json, write_atomically
from primage.image import write_png
from primage.model import Model, load
from primage.outputs import check_folder, check_outputs, mark_folder, remove_own
from primage.primitive.primitive import Primitive, draw
from primage.render.files import provenance
from primage.render.original import PROVENANCE
from primage.sheet import contact_sheet
from primage.synthesis.options import RenderOptions
from primage.tensors import to_tensor
from primage.warp.augment import PrimitiveWarper, draw_grid

Picture = UInt8[np.ndarray, "h w 3"]

#: Most variations in one call, and on the contact sheet, which has rows of this many.
MOST = 1000
_SHOWN, _COLUMNS = 24, 4


@dataclass(frozen=True)
class Variation:
    """One variation.

    Attributes:
        primitive: the drawing, changed at random.
        picture: (H, W, 3) uint8 sRGB, the network's picture of it.
        scores: by the metric's name, against the photo.
    """

    primitive: Primitive
    picture: Picture
    scores: dict[str, float]


def variations(
    model: Model,
    count: int,
    change: float = 0.5,
    seed: int = 0,
    options: RenderOptions | None = None,
    metrics: Sequence[Metric] = (),
) -> Iterator[Variation]:
    """Vary the training drawing by smooth random warps of the whole and of its parts.

    Args:
        model: the trained model.
        count: number of variations.
        change: 0 to 1, how far things move: a bend of up to a fifth of the short side; from a quarter on, parts
            also move, turn, grow and shrink by themselves.
        seed: of all random sources; variation N is the same whatever the number of variations.
        options: how they are rendered.
        metrics: computed for each, against the photo.

    Yields:
        The variations. They depend on nothing but the arguments.

    Raises:
        ConfigError: the number or the change is out of range.

    Source:
        Shaham et al. 2019 (SinGAN), §4, "random image generation". There, a network draws from noise; here, the
        network paints drawings that were changed like those of its training (paper, §3.2).
    """
    _check(count, change)
    settings = _warps(change)
    warper = PrimitiveWarper(model.primitive)
    photo = to_tensor(model.photo)
    for number in range(count):
        rng = torch.Generator().manual_seed(seed * MOST + number)  # so that more variations do not change these
        primitive = warper.warp(draw_grid(settings, model.size, rng))
        picture = model.picture(primitive, options or RenderOptions(seed=seed))
        scores = {metric.name: float(metric(to_tensor(picture), photo)[0]) for metric in metrics}
        yield Variation(primitive, picture, scores)


def _check(count: int, change: float) -> None:
    if not 1 <= count <= MOST:
        raise ConfigError(f"{count} variations cannot be made at once; choose 1 to {MOST}")
    if not 0 < change <= 1:
        raise ConfigError(f"a change of {change:g} is not possible; choose more than 0, up to 1")


def diversity(pictures: Sequence[Picture], photo: Picture) -> float:
    """How much pictures differ from each other, in units of how much the photo's pixels do.

    Args:
        pictures: at least one.
        photo: the photo that they vary.

    Returns:
        The standard deviation of each pixel's brightness over the pictures, averaged over the pixels and divided by
        that of the photo's brightness; 0 if all are equal.

    Source:
        Shaham et al. 2019, §5.1, "diversity score".

    Example:
        >>> photo = np.zeros((2, 2, 3), np.uint8)
        >>> photo[0] = 200
        >>> diversity([photo, photo], photo), diversity([photo, 200 - photo], photo)
        (0.0, 1.0)
    """
    brightness = np.stack([picture.mean(axis=2) for picture in pictures])
    return float(brightness.std(axis=0).mean() / max(float(photo.mean(axis=2).std()), 1e-6))


def write_variations(
    path: Path,
    out: Path,
    count: int = 8,
    change: float = 0.5,
    seed: int = 0,
    polish: bool = True,
    metric: str = "sifid",
    inception: Path | None = None,
    device: str = "cpu",
    overwrite: bool = False,
) -> Generator[Event, None, dict[str, object]]:
    """Vary a run's photo and write pictures, drawings, a contact sheet and the scores.

    Args:
        path: a run folder or a model file.
        out: output folder.
        count: see `variations`.
        change: see `variations`.
        seed: see `variations`.
        polish: whether incoherent parts are synthesised.
        metric: name of the metric against the photo; "" for none.
        inception: an official Inception-v3 weights file.
        device: torch device to compute on.
        overwrite: allow an output folder that holds other files.

    Yields:
        Progress.

    Returns:
        What is in ``variations.json``: the mean of each score, the diversity, and each variation's files and scores.

    Raises:
        UserError: an input is invalid; nothing was written.
        WeightsError: the metric's weights are not available.
    """
    _check(count, change)
    check_folder(out, overwrite)
    names = [f"variation-{number}" for number in range(1, count + 1)]
    pictures, drawings = ([out / f"{name}{ending}" for name in names] for ending in (".png", ".drawing.png"))
    record, sheet = out / "variations.json", out / "sheet.png"
    check_outputs([record], [path, inception], overwrite=True)
    # A drawing that somebody went on with is theirs.
    check_outputs([*pictures, *drawings, sheet], [path, inception], overwrite)
    model = load(path, device)
    metrics = build_metrics([metric], inception)[0] if metric else []
    found: list[Variation] = []
    made = variations(model, count, change, seed, RenderOptions(polish=polish, seed=seed), metrics)
    text = {PROVENANCE: provenance(model)}
    for number, variation in enumerate(made):
        mark_folder(out)
        write_png(pictures[number], variation.picture, text=text)
        write_png(drawings[number], draw(variation.primitive, model.record.spec.line_colour))
        found.append(variation)
        yield Event("painting variations", number + 1, count)
    remove_own(out / name for name in _earlier(record) - {path.name for path in (*pictures, *drawings)})
    write_png(sheet, _sheet(model, found))
    data: dict[str, object] = {
        "change": change,
        "seed": seed,
        "mean": {each.name: float(np.mean([v.scores[each.name] for v in found])) for each in metrics},
        "diversity": diversity([variation.picture for variation in found], model.photo),
        "variations": [
            {"picture": picture.name, "drawing": drawing.name, **variation.scores}
            for picture, drawing, variation in zip(pictures, drawings, found, strict=True)
        ],
    }
    write_atomically(record, json.dumps(data, indent=2) + "\n")
    return data


def _earlier(record: Path) -> set[str]:
    """The files that an earlier call made, which had more variations."""
    try:
        entries = parse_json(record.read_text(encoding="utf-8"))["variations"]
        return {Path(entry[name]).name for entry in entries for name in ("picture", "drawing")}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _warps(change: float) -> AugmentConfig:
    """Smooth warps: parts that are cut out and pasted at random, as in training, make no scene."""
    return AugmentConfig(
        tps_shift=0.2 * change,
        tps_probability=1.0,
        flip=False,
        local=True,
        local_radius=(0.12, 0.35),
        local_probability=1.0 if change > 0.25 else 0.0,
    )


def _sheet(model: Model, found: Sequence[Variation]) -> Picture:
    """Photo, then variations, each above its drawing."""
    cells = [("photo", model.photo, model.primitive)]
    cells += [(f"variation {n}", each.picture, each.primitive) for n, each in enumerate(found[: _SHOWN - 1], start=1)]
    rows, captions = [], []
    for start in range(0, len(cells), _COLUMNS):
        part = cells[start : start + _COLUMNS]
        rows += [[picture for _, picture, _ in part], [draw(p, model.record.spec.line_colour) for _, _, p in part]]
        captions += [[title for title, _, _ in part], [""] * len(part)]
    return contact_sheet(rows, captions)
