"""Requests per second of `primage serve` with one and two workers, over HTTP on this machine.

``python benchmarks/serve.py [--workers 1 2] [--requests 40] [--size 256]``

The drawing of scikit-image's astronaut, with a part moved, is sent again and again by twice as many clients as there
are workers, each time with another seed. Every worker has one thread, so that two of them are compared with one.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import machine
import skimage.data

from primage.api import configure, opened_run, prepare
from primage.training import training

TOKEN = "the token of the benchmark"
BOX = {"shape": "rectangle", "top_left": [0.3, 0.1], "bottom_right": [0.6, 0.5]}
EDITS = json.dumps([{"op": "move", "region": BOX, "by": [0.15, 0.05]}]).encode()


@contextlib.contextmanager
def served(run: Path, workers: int, queue: int) -> Iterator[tuple[str, int]]:
    """A server, stopped afterwards as it should be. Yields its host and port, and its process."""
    arguments = ["serve", run, "--port", 0, "--workers", workers, "--queue", queue, "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "primage.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PRIMAGE_TOKEN": TOKEN},
    )
    try:
        assert process.stdout is not None
        host = process.stdout.readline().strip().removeprefix("http://")
        while json.loads(request(host, "GET", "/health/ready"))["workers"] < workers:
            time.sleep(0.1)
        yield host, process.pid
    finally:
        process.terminate()
        process.wait(60)


def request(host: str, method: str, path: str, body: bytes | None = None) -> bytes:
    connection = http.client.HTTPConnection(host)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(content.decode())
    return content


def measured(run: Path, workers: int, requests: int, polish: bool) -> dict[str, Any]:
    with served(run, workers, 4 * workers) as (host, _), ThreadPoolExecutor(2 * workers) as clients:

        def ask(seed: int) -> float:
            begin = time.perf_counter()
            request(host, "POST", f"/models/{run.name}/render?seed={seed}&polish={polish}", EDITS)
            return time.perf_counter() - begin

        list(clients.map(ask, range(2 * workers)))  # until every worker has cached what it needs
        begin = time.perf_counter()
        seconds = list(clients.map(ask, range(requests)))
        total = time.perf_counter() - begin
    return {
        "workers": workers,
        "clients": 2 * workers,
        "polish": polish,
        "requests_per_second": round(requests / total, 2),
        "median_ms": round(1000 * statistics.median(seconds)),
        "slowest_ms": round(1000 * max(seconds)),
    }


def main(options: argparse.Namespace) -> None:
    photo = Path(skimage.data.__file__).parent / "astronaut.png"
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "astronaut"
        prepared = prepare(photo, configure("standard", "super", options.size, steps=0))
        with opened_run(folder, prepared) as run:
            list(training(run))
        rows = [
            measured(folder, workers, options.requests, polish)
            for polish in (False, True)
            for workers in options.workers
        ]
    load = {"before": round(before, 1), "after": round(os.getloadavg()[0], 1)}
    machine.write(options.name, {"size_px": options.size, "requests": options.requests, "load": load, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of workers")
    parser.add_argument("--requests", type=int, default=40, help="requests that are timed, for each number")
    parser.add_argument("--size", type=int, default=256, help="short side of the drawing in px")
    parser.add_argument("--name", default="serve", help="name of the JSON")
    main(parser.parse_args())
