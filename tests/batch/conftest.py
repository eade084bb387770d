"""A batch of eight tiny photos, four of them with edits, and a file that is no picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from primage.batch.manifest import Row
from primage.batch.plan import Options
from primage.batch.running import run_batch
from primage.batch.serial import serially
from tests.tiny import SETTINGS, one_thread, write_photo

#: How every photo of the tests is trained; the checkpoints come often, so that a killed training goes on from one.
TRAINING = {"preset": "draft", "size": 32, "steps": 2, "settings": (*SETTINGS["draft"], "checkpoint_sec=0.1")}
#: Takes long enough to be killed.
LONG, LONG_STEPS = "p2", 16
EDITS = [
    {
        "op": "move",
        "region": {"shape": "ellipse", "centre": [0.7, 0.5], "radii": [0.17, 0.23]},
        "by": [-0.05, 0.1],
    }
]


def options(out: object, **others: object) -> Options:
    return Options(str(out), Row(photo="-", **TRAINING), **others)  # type: ignore[arg-type]


def command_line(*others: object) -> list[object]:
    """The same as `options`, for the command."""
    given = [("--preset", "draft"), ("--size", 32), ("--steps", 2)]
    settings = [("--set", setting) for setting in TRAINING["settings"]]
    return [*(word for pair in (*given, *settings) for word in pair), *others]


def hashes(out: Path) -> dict[str, tuple[object, object]]:
    """What identifies the weights and the render of each photo that is done."""
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    done = [photo for photo in summary["photos"] if photo["status"] == "done"]
    return {photo["name"]: (photo["weights_sha256"], photo["render_sha256"]) for photo in done}


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the photos, edits.json and all.jsonl; not to be changed."""
    folder = tmp_path_factory.mktemp("photos")
    rows: list[dict[str, object]] = []
    for number in range(8):
        write_photo(folder, number, f"p{number}.png")
        rows.append({"photo": f"p{number}.png", "seed": number, **({"edits": "edits.json"} if number % 2 else {})})
    rows[2]["steps"] = LONG_STEPS
    (folder / "bad.png").write_text("no picture")
    (folder / "edits.json").write_text(json.dumps(EDITS))
    rows.insert(4, {"photo": "bad.png"})
    (folder / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def reference(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the plain loop; not to be changed."""
    from primage.batch.plan import planned

    out = tmp_path_factory.mktemp("reference") / "out"
    for _ in run_batch(planned([str(photos / "all.jsonl")], options(out)), serially):
        pass
    return out
