"""The studio with many clients and a training, and `primage serve` with more jobs than its queue takes.

``python benchmarks/faults/load.py [--seconds 600] [--clients 50] [--jobs 200]``, on this machine's loopback alone. In
the studio, every client draws over its WebSocket and asks the API; a tenth of them never reads, and as many connections
are left half open. To `primage serve`, all jobs are sent at once, those that are refused with 429 again when its
Retry-After says so, and some clients hang up. Counted: answers above 499, edits and jobs that were never answered,
refusals without Retry-After; measured: the time of the API's answers, and how much memory the servers take more.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

SIDE = 128
#: An edit or a job without an answer for so long is lost.
LOST_SEC = 120.0
API = ("", "/photo?size=thumbnail", "/picture", "/layers?of=edited")


def photo() -> bytes:
    out = io.BytesIO()
    Image.fromarray(data.astronaut()).resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def memory_mb(pid: int) -> float:
    """Memory of a process and its children, in MB (Linux)."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            fields = status.read_text().rsplit(") ", 1)[1].split()
            if int(status.parent.name) == pid or int(fields[1]) == pid:
                total += int((status.parent / "statm").read_text().split()[1]) * 4096
    return total / 1e6


def percentile(values: list[float], share: float) -> float:
    return round(1000 * float(np.quantile(values, share)), 1) if values else 0.0


class Browser:
    """A client of the studio that has the cookie."""

    def __init__(self, host: str, cookie: str) -> None:
        self.host, self.cookie = host, cookie

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=LOST_SEC)
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.host}"}
        if body is not None:
            headers["Content-Type"] = "application/json" if body[:1] == b"{" else "application/octet-stream"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def tab(self, project: str) -> ClientConnection:
        headers = {"Cookie": self.cookie}
        address = f"ws://{self.host}/api/projects/{project}/socket"
        return connect(address, origin=f"http://{self.host}", additional_headers=headers, max_size=None)


class Counts:
    """What all clients of a server saw."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.numbers: Counter[str] = Counter()
        self.seconds: list[float] = []

    def add(self, *names: str, seconds: float | None = None) -> None:
        with self._lock:
            self.numbers.update(names)
            if seconds is not None:
                self.seconds.append(seconds)


def logged_in(url: str) -> Browser:
    host = url.removeprefix("http://").partition("/")[0]
    connection = http.client.HTTPConnection(host)
    connection.request("GET", url.partition(host)[2])
    answer = connection.getresponse()
    answer.read()
    return Browser(host, str(answer.headers["Set-Cookie"]).partition(";")[0])


def drawing(browser: Browser, project: str, number: int, until: float, counts: Counts) -> None:
    """Draw and ask, as one tab does, until the time is over; it connects again when it is closed."""
    rng = random.Random(number)
    request = 0
    while time.monotonic() < until:
        try:
            with browser.tab(project) as tab:
                revision = 0
                while time.monotonic() < until:
                    request += 1
                    revision = edit(tab, request, revision, rng, counts)
                    begin = time.monotonic()
                    status, _ = browser.ask("GET", f"/api/projects/{project}{rng.choice(API)}")
                    counts.add(f"api {status // 100}xx", seconds=time.monotonic() - begin)
                    time.sleep(rng.uniform(0.2, 1.0))
        except ConnectionClosed as closed:
            counts.add(f"socket closed with {closed.rcvd.code if closed.rcvd else 'nothing'}")
        except OSError as error:
            counts.add(f"api {type(error).__name__}")


def edit(tab: ClientConnection, request: int, revision: int, rng: random.Random, counts: Counts) -> int:
    """Draw a square, and wait for the answer. Returns the newest revision that was told."""
    box = {"layer": "edges", "x": rng.randrange(SIDE - 4), "y": rng.randrange(SIDE - 4), "width": 4, "height": 4}
    header = {"type": "edit", "id": request, "base": revision, "title": "Pencil", "patches": [box]}
    text = json.dumps(header).encode()
    tab.send(len(text).to_bytes(4, "little") + text + bytes(rng.randrange(2) for _ in range(16)))
    until = time.monotonic() + LOST_SEC
    while (left := until - time.monotonic()) > 0:
        try:
            message = tab.recv(timeout=left)
        except TimeoutError:
            break
        if isinstance(message, bytes):
            message = message[4 : 4 + int.from_bytes(message[:4], "little")].decode()
        told = json.loads(message)
        history = told.get("history") or told.get("project", {}).get("history")
        revision = max(revision, history["revision"]) if history else revision
        if told["type"] == "accepted" and told["id"] == request:
            counts.add("edits accepted")
            return revision
        if told["type"] == "refused" and told["id"] == request:
            counts.add(f"edits refused: {told['problem']['code']}")
            return revision
    counts.add("edits lost")
    return revision


def silent(browser: Browser, project: str, until: float, counts: Counts) -> None:
    """A tab that never reads: the server must not keep everything for it."""
    while time.monotonic() < until:
        try:
            host, _, port = browser.host.partition(":")
            with socket.create_connection((host, int(port)), timeout=10) as raw:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                raw.sendall(
                    f"GET /api/projects/{project}/socket HTTP/1.1\r\nHost: {browser.host}\r\nUpgrade: websocket\r\n"
                    f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
                    f"Origin: http://{browser.host}\r\nCookie: {browser.cookie}\r\n\r\n".encode()
                )
                counts.add("tabs that never read")
                time.sleep(max(0.0, min(30.0, until - time.monotonic())))
        except OSError:
            counts.add("tabs that never read, refused")
            time.sleep(1)


@contextlib.contextmanager
def half_open(host: str, count: int) -> Iterator[None]:
    """Connections that send the beginning of a request and nothing else."""
    name, _, port = host.partition(":")
    with contextlib.ExitStack() as stack:
        for number in range(count):
            raw = stack.enter_context(socket.create_connection((name, int(port)), timeout=10))
            raw.sendall(b"GET / HTTP/1.1\r\nHost: "[: 5 + number])
        yield


def studio(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Clients that draw while the studio trains."""
    from tests.browser.launch import running_studio

    counts = Counts()
    with running_studio(scratch / "projects", "--preset", "draft") as running:
        browser = logged_in(running.url)
        status, answer = browser.ask("POST", "/api/projects/upload?name=photo.png", photo())
        assert status == 201, answer
        project = json.loads(answer)["id"]
        status, answer = browser.ask("POST", f"/api/projects/{project}/learn", json.dumps({"minutes": 60}).encode())
        assert status == 202, answer
        quiet = options.clients // 10
        with half_open(browser.host, quiet), ThreadPoolExecutor(options.clients) as clients:
            time.sleep(min(20.0, options.seconds / 4))  # the workers have started
            until, first = time.monotonic() + options.seconds, memory_mb(running.process.pid)
            jobs = [clients.submit(silent, browser, project, until, counts) for _ in range(quiet)]
            for number in range(options.clients - quiet):
                jobs.append(clients.submit(drawing, browser, project, number, until, counts))
            time.sleep(options.seconds / 2)
            middle = memory_mb(running.process.pid)
            for job in jobs:
                job.result()
        last = memory_mb(running.process.pid)
        status, answer = browser.ask("GET", f"/api/projects/{project}")
        found = json.loads(answer)
        trained = found["learning"]["step"]
        errors = [line for line in running.log.read_text().splitlines() if "Traceback" in line or "ERROR" in line]
    return {
        "clients": options.clients,
        "seconds": options.seconds,
        "counts": dict(sorted(counts.numbers.items())),
        "api_median_ms": percentile(counts.seconds, 0.5),
        "api_p95_ms": percentile(counts.seconds, 0.95),
        "api_slowest_ms": percentile(counts.seconds, 1.0),
        "server_errors": sum(count for name, count in counts.numbers.items() if name == "api 5xx") + len(errors),
        "lost": counts.numbers["edits lost"],
        "steps_trained": trained,
        "memory_mb": [round(first), round(middle), round(last)],
    }


def queue(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """More jobs than the queue of `primage serve` takes, sent at once."""
    import serve as benchmark
    from primage.cli.main import run

    source = scratch / "astronaut.png"
    source.write_bytes(photo())
    trained = scratch / "astronaut"
    assert run(["train", str(source), "-o", str(trained), "--preset", "draft", "--steps", "0", "--quiet"]) == 0
    counts = Counts()
    with benchmark.served(trained, 1, 16) as (host, pid), half_open(host, 10), ThreadPoolExecutor(64) as clients:
        first = memory_mb(pid)
        begin = time.monotonic()
        jobs = [
            clients.submit(render, benchmark, host, trained.name, n, n % 20 == 7, counts) for n in range(options.jobs)
        ]
        for job in jobs:
            job.result()
        seconds = time.monotonic() - begin
        last = memory_mb(pid)
    return {
        "jobs": options.jobs,
        "queue": 16,
        "seconds": round(seconds, 1),
        "counts": dict(sorted(counts.numbers.items())),
        "answer_median_sec": round(statistics.median(counts.seconds), 2),
        "answer_p95_sec": round(percentile(counts.seconds, 0.95) / 1000, 2),
        "server_errors": sum(count for name, count in counts.numbers.items() if name.startswith("5")),
        "lost": options.jobs - counts.numbers["done"] - counts.numbers["hung up"],
        "refused_without_retry_after": counts.numbers["429 without Retry-After"],
        "memory_mb": [round(first), round(last)],
    }


def render(benchmark: Any, host: str, name: str, seed: int, hang_up: bool, counts: Counts) -> None:
    """One job, sent again when the server says that it may be."""
    begin, headers = (
        time.monotonic(),
        {"Authorization": f"Bearer {benchmark.TOKEN}", "Content-Type": "application/json"},
    )
    while time.monotonic() < begin + 10 * LOST_SEC:
        connection = http.client.HTTPConnection(host, timeout=LOST_SEC)
        try:
            connection.request("POST", f"/models/{name}/render?seed={seed}&polish=False", benchmark.EDITS, headers)
            if hang_up:
                time.sleep(0.3)
                counts.add("hung up")
                return
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            counts.add(type(error).__name__)
            return
        finally:
            connection.close()
        if answer.status != 429:
            counts.add("done" if answer.status == 200 else str(answer.status), seconds=time.monotonic() - begin)
            return
        wait = answer.headers["Retry-After"]
        counts.add("429" if wait else "429 without Retry-After")
        time.sleep(float(wait or 1))


def main(options: argparse.Namespace) -> None:
    import machine

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        if "serve" in options.only:
            found["serve"] = queue(options, Path(scratch))
        if "studio" in options.only:
            found["studio"] = studio(options, Path(scratch))
    machine.write(options.name, found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="time that the clients of the studio draw")
    parser.add_argument("--clients", type=int, default=50, help="of the studio")
    parser.add_argument("--jobs", type=int, default=200, help="of primage serve")
    parser.add_argument("--only", nargs="+", choices=["studio", "serve"], default=["studio", "serve"])
    parser.add_argument("--name", default="load", help="name of the JSON")
    main(parser.parse_args())
