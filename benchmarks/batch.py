"""Photos per hour of a batch: the plain loop, and Ray with one and two workers; and what a photo costs.

``python benchmarks/batch.py`` (about half an hour on two idle cores; ``--photos 4 --steps 4 12`` for a quick look)

Every way trains the same photos with the same seeds, so all results are compared, too. Two numbers of steps tell the
processor time of a step from that of all else: reading, extraction, publishing, rendering.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
import skimage.data
from PIL import Image

PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
EDITS = [
    {"op": "move", "region": {"shape": "ellipse", "centre": [0.5, 0.4], "radii": [0.1, 0.1]}, "by": [0.2, 0.1]},
    {"op": "erase", "region": {"shape": "ellipse", "centre": [0.25, 0.75], "radii": [0.08, 0.08]}},
]
WAYS = {"plain loop": ["--serial"], "1 worker": ["--workers", "1"], "2 workers": ["--workers", "2"]}


def manifest(folder: Path, photos: int, size: int) -> Path:
    """Quarters and halves of four photos, each different, with edits."""
    (folder / "edits.json").write_text(json.dumps(EDITS), encoding="utf-8")
    lines = ["photo,edits,seed"]
    for number in range(photos):
        picture = Image.open(Path(skimage.data.__file__).parent / PHOTOS[number % len(PHOTOS)]).convert("RGB")
        width, height = picture.size
        shift = number // len(PHOTOS) * 7
        picture.crop((shift, shift, width, height)).resize((size * 4 // 3, size)).save(folder / f"p{number}.png")
        lines.append(f"p{number}.png,edits.json,{number}")
    (folder / "photos.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "photos.csv"


def run(photos: Path, out: Path, steps: int, size: int, way: list[str]) -> tuple[float, dict[str, Any]]:
    """Wall-clock seconds of the command, its start and end included, and its summary."""
    command = [sys.executable, "-m", "primage.cli.main", "batch", photos, "-o", out, "--quiet"]
    command += ["--preset", "draft", "--steps", steps, "--size", size, *way]
    begin = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True)
    return time.perf_counter() - begin, json.loads((out / "summary.json").read_text(encoding="utf-8"))


def sizes(run_folder: Path) -> dict[str, int]:
    """The bytes of a run, by what they are for."""
    found = {name: (run_folder / f"{name}.safetensors").stat().st_size for name in ("model", "checkpoint")}
    found["previews"] = sum(path.stat().st_size for path in (run_folder / "previews").iterdir())
    whole = sum(path.stat().st_size for path in run_folder.rglob("*") if path.is_file())
    return {**found, "rest": whole - sum(found.values()), "run": whole}


def identities(summary: dict[str, Any]) -> list[tuple[str, str]]:
    return [(photo["weights_sha256"], photo["render_sha256"]) for photo in summary["photos"]]


def main(photos: int, steps: tuple[int, int], size: int, name: str) -> None:
    few, many = steps
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        listed = manifest(folder, photos, size)
        load_before = os.getloadavg()[0]
        few_seconds, few_summary = run(listed, folder / "few", few, size, WAYS["plain loop"])
        ways: dict[str, Any] = {}
        for way, options in WAYS.items():
            out = folder / way.replace(" ", "-")
            seconds, summary = run(listed, out, many, size, options)
            again, _ = run(listed, out, many, size, options)
            ways[way] = {
                "seconds": round(seconds, 1),
                "photos_per_hour": round(photos / seconds * 3600),
                "cpu_sec_per_photo": round(statistics.mean(photo["cpu_sec"] for photo in summary["photos"]), 2),
                "peak_memory_mb": max(photo["peak_memory_mb"] for photo in summary["photos"]),
                "seconds_when_all_is_done": round(again, 1),
            }
            ways[way]["ids"] = identities(summary)
        equal = all(found["ids"] == ways["plain loop"]["ids"] for found in ways.values())
        for found in ways.values():
            del found["ids"]
        cpu = {
            count: statistics.mean(
                photo["cpu_sec"] for photo in json.loads((folder / out / "summary.json").read_text())["photos"]
            )
            for count, out in ((few, "few"), (many, "plain-loop"))
        }
        step = (cpu[many] - cpu[few]) / (many - few)
        result = folder / "plain-loop"
        machine.write(
            name,
            {
                "photos": photos,
                "size_px": size,
                "steps": list(steps),
                "load_average": [round(load_before, 1), round(os.getloadavg()[0], 1)],
                "ways": ways,
                "equal_bit_for_bit": equal,
                "step_cpu_sec": round(step, 3),
                "other_cpu_sec_per_photo": round(cpu[few] - few * step, 2),
                "few_steps_seconds": round(few_seconds, 1),
                "few_steps_done": few_summary["counts"]["done"],
                "bytes": sizes(result / "runs" / "p0"),
                "record_bytes": (result / "records" / "p0.json").stat().st_size,
                "render_bytes": (result / "renders" / "p0.png").stat().st_size,
            },
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--steps", type=int, nargs=2, default=(20, 60), metavar=("FEW", "MANY"))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--name", default="batch", help="name of the JSON")
    options = parser.parse_args()
    main(options.photos, tuple(options.steps), options.size, options.name)
