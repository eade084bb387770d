"""SIGKILL at random moments of editing in the studio: the project opens again, and has lost a second at most.

``python benchmarks/faults/projects.py [--kills 100]``: a fork of a process that has loaded the studio opens the
project, and draws, merges strokes, adds and renames labels, undoes, redoes and renames the project without a pause. No
worker renders. What it is after each change is told as a hash, and what opens must have one of these.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "benchmarks" / "faults")]

from forked import forked  # noqa: E402
from tests.tiny import write_photo  # noqa: E402

from primage.files import is_scratch  # noqa: E402
from primage.processes.worker import Worker  # noqa: E402
from primage.studio.drawing import Drawing  # noqa: E402
from primage.studio.layers import drawing_layers  # noqa: E402
from primage.studio.messages import Edit, UndoRedo  # noqa: E402
from primage.studio.project.canvas import Canvas  # noqa: E402
from primage.studio.project.clients import Client  # noqa: E402
from primage.studio.project.hub import Hub  # noqa: E402
from primage.studio.project.live import LiveProject  # noqa: E402
from primage.studio.project.services import Options  # noqa: E402
from primage.studio.project.store import ProjectRecord  # noqa: E402
from primage.studio.schemas import ExtractSettings, Label, ProjectChange, Size  # noqa: E402
from primage.studio.workers.reader import ReadTrainingPrimitive  # noqa: E402

ID, SIZE = "0123456789abcdef", (48, 64)
MOST_LABELS = 200


def create(projects: Path) -> None:
    """A project whose drawing is being corrected, so that labels can be added."""
    folder = projects / ID
    (folder / "snapshots").mkdir(parents=True)
    write_photo(folder).rename(folder / "original")
    size = Size(width=SIZE[1], height=SIZE[0])
    record = ProjectRecord(
        id=ID,
        name="a project",
        created=1.0,
        updated=1.0,
        photo=size,
        size=size,
        settings=ExtractSettings(),
        labels=(Label(name="a", colour=(0, 0, 0)), Label(name="b", colour=(9, 9, 9))),
        line_colour=(0, 0, 0),
        correcting=True,
    )
    layers = drawing_layers(record.settings.kind)
    shapes = {layer.name: (*SIZE, *((layer.channels,) if layer.channels > 1 else ())) for layer in layers}
    Canvas.fresh(folder, Drawing({name: np.zeros(shape, np.uint8) for name, shape in shapes.items()}), 0, 1)
    (folder / "project.json").write_text(record.model_dump_json())


def hashed(project: LiveProject) -> int:
    """Of the pixels, the labels and the number of edits."""
    drawing = project.canvas.drawing
    digest = hashlib.sha256(b"".join(layer.tobytes() for layer in drawing.layers.values()))
    digest.update(repr((project.record.labels, project.canvas.history.done)).encode())
    return int.from_bytes(digest.digest()[:7], "little")


def change(project: LiveProject, client: Client, number: int, rng: random.Random) -> None:
    """One of the things that a person does."""
    history, labels = project.canvas.state(), project.record.labels
    kind = rng.choice(("draw", "draw", "draw", "stroke", "label", "undo", "undo", "redo", "name"))
    if kind == "name":
        project.change(ProjectChange(name=f"name {number}"))
    elif kind in ("undo", "redo"):
        if getattr(history, kind) is not None:
            project.undo_redo(client, UndoRedo(type=kind, id=number))
    else:
        x, y = rng.randrange(SIZE[1] - 8), rng.randrange(SIZE[0] - 8)
        layer = "segments" if kind == "label" else rng.choice(("segments", "edges"))
        new = (*labels, Label(name=f"label {number}", colour=(number % 256, 0, 0)))[:MOST_LABELS]
        count = len(new) if kind == "label" else len(labels)
        value = count - 1 if kind == "label" else rng.randrange(count if layer == "segments" else 2)
        edit = Edit(
            id=number,
            base=history.revision,
            title=f"{kind} {number}",
            continues=number - 1 if kind == "stroke" and number else None,
            patches=({"layer": layer, "x": x, "y": y, "width": 8, "height": 8},),  # type: ignore[arg-type]
            labels=new if kind == "label" else None,
        )
        project.edit(client, edit, memoryview(bytes([value] * 64)))


async def opened(projects: Path) -> tuple[Hub, LiveProject]:
    """The project, by a studio without workers."""

    async def never(_worker: Worker, job: object) -> None:
        assert not isinstance(job, ReadTrainingPrimitive), "the edits are lost"
        await asyncio.Event().wait()

    Worker._run = never  # type: ignore[assignment,method-assign]
    hub = Hub(Options(projects))
    await hub.start()
    return hub, await hub.open(ID)


async def edited(projects: Path, seed: int, tell: Callable[[int], None]) -> None:
    """Edit until the end; after each change, tell its hash and the time in ms."""
    rng = random.Random(seed)
    _, project = await opened(projects)
    with project.clients.joined() as client:
        for number in range(1 << 30):
            if number:
                change(project, client, number, rng)
            while not client.queue.empty():
                client.queue.get_nowait()
            tell(hashed(project))
            tell(time.monotonic_ns() // 1_000_000)
            await asyncio.sleep(rng.uniform(0, 0.03))


async def looked_at(projects: Path, tell: Callable[[int], None]) -> None:
    """Open the project, tell its hash, and try whether its whole history can be undone and redone."""
    _, project = await opened(projects)
    tell(hashed(project))
    tell(sum(is_scratch(path.name) for path in projects.rglob("*")))
    done = project.canvas.history.done
    with project.clients.joined() as client:
        while project.canvas.history.done:
            project.undo_redo(client, UndoRedo(type="undo", id=0))
        while project.canvas.history.done < done:
            project.undo_redo(client, UndoRedo(type="redo", id=0))
    tell(hashed(project))


def tried(kills: int, seed: int) -> dict[str, Any]:
    """All figures."""
    rng = random.Random(seed)
    lost: list[float] = []
    unreadable = unknown = history = changes = left = 0
    with tempfile.TemporaryDirectory() as temporary:
        projects = Path(temporary) / "projects"
        create(projects)
        for number in range(kills):
            end = forked(
                lambda tell, number=number: asyncio.run(edited(projects, seed + number, tell)),  # type: ignore[misc]
                rng.uniform(0, 1.5),
                after=4,
            )
            killed = time.monotonic_ns() // 1_000_000
            told = list(zip(end.told[::2], end.told[1::2], strict=False))
            changes += len(told) - 1
            found = forked(lambda tell: asyncio.run(looked_at(projects, tell)))
            if found.code or len(found.told) != 3:
                unreadable += 1
                break
            hashes = [of for of, _ in told]
            if found.told[0] not in hashes:
                unknown += 1
                continue
            # The first change after what was found: from then on it is lost.
            at = len(hashes) - 1 - hashes[::-1].index(found.told[0])
            lost.append((killed - told[at + 1][1]) / 1000 if at + 1 < len(told) else 0.0)
            # Which may have more of the last stroke than the drawing had.
            history += found.told[2] not in hashes
            left += found.told[1]
    return {
        "seed": seed,
        "kills": kills,
        "changes": changes,
        "unreadable": unreadable,
        "state_that_never_was": unknown,
        "damaged_histories": history,
        "unfinished_files_after_the_next_start": left,
        "lost_sec": {"median": round(statistics.median(lost), 2), "most": round(max(lost), 2)} if lost else None,
    }


def wrong(figures: dict[str, Any]) -> list[str]:
    """What is not as it was promised; the second may be longer on a machine that has no time for the process."""
    bad = ("unreadable", "state_that_never_was", "damaged_histories", "unfinished_files_after_the_next_start")
    return [name for name in bad if figures[name]]


def main(given: argparse.Namespace) -> None:
    import machine

    figures = tried(given.kills, given.seed)
    machine.write(given.name, {**figures, "wrong": wrong(figures)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="moments")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and the edits")
    parser.add_argument("--name", default="projects", help="name of the JSON")
    main(parser.parse_args())
