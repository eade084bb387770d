"""Render time and quality at 0 s of training of two checkouts, measured alternately in one run.

``python benchmarks/compare_commits.py OLD NEW FOLDER [--rounds 20] [--every 1]``

OLD and NEW are checkouts of the project; FOLDER is the authors' example video (see face_video.py). Each checkout runs
in its own process and only through its public interface (`primage.train` with 0 steps, `model.render`, `primage
render`), because module names differ between commits. Render times (primitive file in, array out) are measured in
alternating rounds, so that both checkouts see the same machine load. The LPIPS of both is computed here, by one
implementation.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import machine
import numpy as np
import torch

from primage.evaluate.metrics.lpips import LPIPS
from primage.image import read_image, resize_image
from primage.tensors import to_tensor

SIZES = (256, 512)

#: Runs in the process of a checkout: trains 0 steps at each size, then answers one request per line of standard input.
WORKER = """
import hashlib, json, sys, time
from pathlib import Path
import primage
from primage.cli.main import run as command

answers, sys.stdout = sys.stdout, sys.stderr
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
models = {}
for size in json.loads(sys.argv[3]):
    run = out / f"run-{size}"
    train = folder / "train"
    options = {"segments": train / "segments.png", "size": size, "steps": 0}
    models[size] = primage.train(train / "image.png", run, primitive="super", **options)
print(json.dumps(str(Path(primage.__file__).parent)), file=answers, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "size" in request:
        begin = time.perf_counter()
        image = models[request["size"]].render(out / f"run-{request['size']}" / "primitive.png")
        seconds = time.perf_counter() - begin
        answer = {"ms": 1000 * seconds, "sha256": hashlib.sha256(image.tobytes()).hexdigest()}
    else:
        test = folder / "test"
        layers = ["--segments", test / "segments" / request["frame"], "--edges-from", test / "image" / request["frame"]]
        target = out / request["frame"]
        code = command([str(each) for each in ("render", out / "run-256", *layers, "--out", target, "--quiet")])
        answer = {"code": code, "image": str(target)}
    print(json.dumps(answer), file=answers, flush=True)
"""


class Checkout:
    """A process that runs the code of one checkout."""

    def __init__(self, path: Path, folder: Path, out: Path) -> None:
        source = path.resolve() / "src"
        arguments = [sys.executable, "-c", WORKER, str(folder), str(out), json.dumps(SIZES)]
        environment = os.environ | {"PYTHONPATH": str(source)}
        self._process = subprocess.Popen(
            arguments, env=environment, cwd=out, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        package = Path(self._answer())
        if package != source / "primage":
            raise SystemExit(f"{path}: its process imports {package}")
        commit = ["git", "-C", str(path), "rev-parse", "--short", "HEAD"]
        self.commit = subprocess.run(commit, capture_output=True, text=True, check=False).stdout.strip()

    def ask(self, **request: object) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = self._answer()
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the process ended with code {self._process.wait()}")
        return json.loads(line)


def compare_renders(checkouts: dict[str, Checkout], size: int, rounds: int) -> dict[str, object]:
    """Median render times in alternating order, and whether the pixels are identical."""
    times: dict[str, list[float]] = {name: [] for name in checkouts}
    hashes = set()
    for i in range(rounds + 1):
        for name in list(checkouts) if i % 2 else reversed(checkouts):
            answer = checkouts[name].ask(size=size)
            times[name].append(answer["ms"])
            hashes.add(answer["sha256"])
    median = {name: statistics.median(values[1:]) for name, values in times.items()}  # the first is a warm-up
    return {
        **{f"{name}_ms": round(value, 1) for name, value in median.items()},
        "new_over_old": round(median["new"] / median["old"], 3),
        "identical": len(hashes) == 1,
    }


def compare_frames(checkouts: dict[str, Checkout], folder: Path, every: int) -> dict[str, object]:
    """LPIPS of the rendered test frames, and whether the pixels are identical."""
    distance = LPIPS("alexnet")
    scores: dict[str, list[float]] = {name: [] for name in checkouts}
    identical = True
    frames = sorted((folder / "test/image").glob("*.png"))[::every]
    for path in frames:
        images = {}
        for name, checkout in checkouts.items():
            answer = checkout.ask(frame=path.name)
            if answer["code"] != 0:
                raise SystemExit(f"{name}: primage render failed with code {answer['code']}")
            images[name] = read_image(answer["image"])
            real = to_tensor(resize_image(read_image(path), images[name].shape[:2]))
            with torch.inference_mode():
                scores[name].append(float(distance(to_tensor(images[name]), real)))
        identical &= np.array_equal(images["old"], images["new"])
    mean = {name: statistics.mean(values) for name, values in scores.items()}
    return {
        "frames": len(frames),
        **{f"{name}_lpips": round(value, 5) for name, value in mean.items()},
        "new_over_old": round(mean["new"] / mean["old"], 5),
        "identical": identical,
    }


def main(options: argparse.Namespace) -> None:
    folder = options.folder.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        checkouts = {}
        for name in ("old", "new"):
            out = Path(scratch) / name
            out.mkdir()
            checkouts[name] = Checkout(getattr(options, name), folder, out)
        commits = {name: checkout.commit for name, checkout in checkouts.items()}
        renders = {str(size): compare_renders(checkouts, size, options.rounds) for size in SIZES}
        video = compare_frames(checkouts, folder, options.every)
        for checkout in checkouts.values():
            checkout.close()
    machine.write(options.name, {"commits": commits, "rounds": options.rounds, "render": renders, "face_video": video})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, help="checkout to compare with")
    parser.add_argument("new", type=Path, help="checkout under test")
    parser.add_argument("folder", type=Path, help="the example video")
    parser.add_argument("--rounds", type=int, default=20, help="renders of each checkout and size")
    parser.add_argument("--every", type=int, default=1, help="interval between test frames")
    parser.add_argument("--name", default="compare_commits", help="name of the JSON")
    main(parser.parse_args())
