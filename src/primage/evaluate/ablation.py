"""What each warp is worth: TPS probability × rotation × shear × cutmix × Canny sigma, one table."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from primage.errors import ConfigError
from primage.evaluate.baselines import Method
from primage.evaluate.job import VideoJob, open_job
from primage.evaluate.protocol import evaluate
from primage.evaluate.report import page_html, table_html
from primage.evaluate.results import Results, as_json, finite, to_csv, write_json
from primage.evaluate.runs import Event
from primage.evaluate.tables import Table, arrow, number
from primage.files import write_atomically

#: The first level of each factor is the reference, which all others are varied from.
LEVELS: dict[str, tuple[float, ...]] = {
    "tps": (0.99, 0.5, 0.0),
    "rotation": (0.0, 10.0),
    "shear": (0.0, 0.3),
    "cutmix": (0.0, 0.5),
    "canny_sigma": (0.0, 1.0),
}
TITLES = {
    "tps": "TPS probability",
    "rotation": "Rotation ±°",
    "shear": "Shear ±",
    "cutmix": "Cutmix probability",
    "canny_sigma": "Canny σ",
}
#: Off in every cell: they would hide what is ablated.
_OTHERS = tuple(f"augment.{name}=false" for name in ("crop", "translation", "local", "parts", "redraw"))


@dataclass(frozen=True)
class Cell:
    """One combination.

    Attributes:
        levels: factor → level.
        method: what is trained for it.
    """

    levels: dict[str, float]
    method: Method


def read_levels(factor: str, text: str) -> tuple[float, ...]:
    """Read levels from a word.

    Args:
        factor: named in the message.
        text: numbers, commas between.

    Returns:
        The levels in order.

    Raises:
        ConfigError: it is no list of numbers.
    """
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(f"{factor}: '{text}' is no list of numbers; write e.g. 0,0.5") from error


def cells(
    levels: Mapping[str, Sequence[float]], preset: str, settings: Sequence[str] = (), full: bool = False
) -> list[Cell]:
    """The combinations that are trained.

    Args:
        levels: factor → levels, the reference first; factors that are absent keep `LEVELS`' reference.
        preset: what is trained, without the matcher: it has learnt from warps of other pictures.
        settings: what differs from the preset.
        full: every combination; otherwise the reference, and each other level of one factor at a time.

    Returns:
        The reference first.

    Raises:
        ConfigError: an unknown factor, no level, or one out of range.
    """
    unknown = set(levels) - set(LEVELS)
    if unknown:
        raise ConfigError(f"there is no factor '{', '.join(sorted(unknown))}'; choose of {', '.join(LEVELS)}")
    chosen = {factor: tuple(dict.fromkeys(levels.get(factor, LEVELS[factor][:1]))) for factor in LEVELS}
    for factor, values in chosen.items():
        top = {"rotation": 180.0}.get(factor, 1.0)
        if not values or not all(0 <= value <= top for value in values):
            raise ConfigError(
                f"{factor}: levels lie in 0 … {top:g}, not {', '.join(f'{v:g}' for v in values) or 'none'}"
            )
    if full:
        combinations = [dict(zip(chosen, each, strict=True)) for each in itertools.product(*chosen.values())]
    else:
        reference = {factor: values[0] for factor, values in chosen.items()}
        combinations = [reference]
        combinations += [reference | {factor: value} for factor, values in chosen.items() for value in values[1:]]
    return [Cell(each, _method(each, preset, tuple(settings))) for each in combinations]


def _method(levels: Mapping[str, float], preset: str, settings: tuple[str, ...]) -> Method:
    own = list(_OTHERS)
    tps, rotation, shear, cutmix = (levels[name] for name in ("tps", "rotation", "shear", "cutmix"))
    own += [f"augment.tps={_word(tps)}", *([f"augment.tps_probability={tps}"] if tps else [])]
    own += [f"augment.rotation={_word(rotation)}", *([f"augment.rotation_deg={rotation}"] if rotation else [])]
    own += [f"augment.shear={_word(shear)}", *([f"augment.shear_max={shear}"] if shear else [])]
    own += [f"augment.cutmix={_word(cutmix)}", *([f"augment.cutmix_probability={cutmix}"] if cutmix else [])]
    own += [f"augment.canny_sigma={_word(levels['canny_sigma'])}"]
    name = "-".join(f"{factor}{level:g}" for factor, level in levels.items())
    return Method(name, name, preset, (*settings, *own), "none")


def _word(level: float) -> str:
    return "true" if level else "false"


def ablation_table(found: Sequence[Cell], results: Results) -> Table:
    """A row for each combination: its levels, its metrics, and how much better or worse than the reference.

    Args:
        found: the combinations, the reference first.
        results: of an evaluation of their methods.

    Returns:
        The table; the best value of each metric is marked.
    """
    rows, best = [], set()
    for cell in found:
        levels = [_level(factor, level) for factor, level in cell.levels.items()]
        values = [number(results.mean(cell.method.name, d.name)) for d in results.metrics]
        rows.append((*levels, *values))
    for i, d in enumerate(results.metrics):
        column = [results.mean(cell.method.name, d.name) for cell in found]
        top = max(column) if d.higher_is_better else min(column)
        best |= {(r, len(LEVELS) + i) for r, value in enumerate(column) if value == top}
    return Table(
        "Ablation of the warps",
        (*TITLES.values(), *(arrow(d) for d in results.metrics)),
        tuple(rows),
        frozenset(best),
        note="The first row is the reference. Flip is as in the preset; no matcher; all other warps are off. "
        "One training a row: small differences are noise.",
    )


def _level(factor: str, level: float) -> str:
    if factor == "canny_sigma":
        return "random" if level else "fixed"
    return f"{level:g}" if level else "off"


def write_ablation(folder: Path, found: Sequence[Cell], results: Results) -> Path:
    """Write ablation.json, ablation.csv and ablation.html.

    Args:
        folder: where to.
        found: the combinations.
        results: of their evaluation.

    Returns:
        The page.
    """
    table = ablation_table(found, results)
    data = as_json(results)
    data["cells"] = [
        cell.levels | {d.name: finite(results.mean(cell.method.name, d.name)) for d in results.metrics}
        for cell in found
    ]
    write_json(folder / "ablation.json", data)
    write_atomically(folder / "ablation.csv", to_csv(table.heading, table.rows))
    page = folder / "ablation.html"
    write_atomically(page, page_html("Ablation of the warps", table_html(table)))
    return page


def ablation_job(
    job: VideoJob, levels: Mapping[str, Sequence[float]], full: bool = False
) -> Generator[Event, None, tuple[Results, Path]]:
    """Train every combination on a clip's training frame, judge all on the others, write the table.

    Args:
        job: clips, preset, minutes, metrics; its baselines are not used.
        levels: factor → levels, the reference first.
        full: every combination, not one factor at a time.

    Yields:
        Progress.

    Returns:
        The numbers, and the page.

    Raises:
        UserError: an input is at fault.
        TrainingError, WeightsError: as for `primage.train`.
    """
    found = cells(levels, job.preset, job.settings, full)
    methods = [cell.method for cell in found]
    with open_job(job, methods) as (clips, plan, metrics, flicker):
        results = yield from evaluate(clips, methods, plan, job.out, metrics, flicker)
        results = replace(results, command={"line": job.line})
        return results, write_ablation(job.out, found, results)
