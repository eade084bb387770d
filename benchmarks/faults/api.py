"""Requests that both servers' OpenAPI documents describe, right and wrong ones, against the servers themselves.

``python benchmarks/faults/api.py [--server studio|serve] [--examples 1000] [--seconds 60]`` generates requests for each
operation from its description, until there are that many or that time is over, and prints one line for each of them.
Every answer must be one of those described: no error of the server, a documented status and media type, a body that
fits its schema. The servers run in this process, with networks of a few channels, and listen on the loopback interface.

It needs ``pip install schemathesis==4.32.5``, which the lock files do not have.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.specs.openapi import checks

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.studio.conftest import options as studio_options  # noqa: E402
from tests.tiny import command, options, picture, write_photo  # noqa: E402

from primage.serve.app import create_app as create_server  # noqa: E402
from primage.serve.options import Options  # noqa: E402
from primage.serve.security import Access as ServerAccess  # noqa: E402
from primage.studio.server.app import create_app as create_studio  # noqa: E402
from primage.studio.server.openapi import document  # noqa: E402
from primage.studio.server.security import Access as StudioAccess  # noqa: E402

TOKEN = "a-token-for-this-trial-only"
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
#: The share of requests about something that exists; few others would get any further.
EXISTING = 0.9
#: A request that takes longer than this has failed, too.
LIMIT_SEC = 60.0


@dataclass
class Server:
    """A running server.

    Attributes:
        address: of its root.
        document: its OpenAPI document.
        headers: that let a request in.
        known: returns the values of a request's path parameters that exist.
    """

    address: str
    document: dict[str, Any]
    headers: dict[str, str]
    known: Callable[[], dict[str, str]]


@dataclass
class Tally:
    """What became of the requests of an operation."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    slowest_sec: float = 0.0
    unread: int = 0


@contextlib.contextmanager
def listening(app: FastAPI, port: int) -> Iterator[str]:
    """Serve an application in a thread. Yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def encoded() -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture()).save(out, "PNG")
    return out.getvalue()


@contextlib.contextmanager
def studio(folder: Path, port: int) -> Iterator[Server]:
    access = StudioAccess(TOKEN, frozenset({f"127.0.0.1:{port}"}))
    app = create_studio(studio_options(folder), access)
    with listening(app, port) as address:
        headers = {"Cookie": f"{access.cookie}={access.session}", "Origin": address}
        photo = encoded()

        def known() -> dict[str, str]:
            """The newest project, or a new one; few are kept, so that there is room for those that are made."""
            projects = requests.get(f"{address}/api/projects", headers=headers, timeout=LIMIT_SEC).json()["projects"]
            for old in projects[20:]:
                requests.delete(f"{address}/api/projects/{old['id']}", headers=headers, timeout=LIMIT_SEC)
            if projects:
                return {"project_id": projects[0]["id"], "sample": "cat"}
            made = requests.post(f"{address}/api/projects/upload", photo, headers=headers, timeout=LIMIT_SEC)
            return {"project_id": made.json()["id"], "sample": "cat"}

        yield Server(address, document(app), headers, known)


@contextlib.contextmanager
def serve(folder: Path, port: int) -> Iterator[Server]:
    photo, run = write_photo(folder), folder / "tiny"
    if command("train", photo, "-o", run, *options(steps=1, size=32), "--quiet"):
        raise SystemExit("the model could not be trained")
    given_options = Options((run,), (photo,), upload_bytes=100_000)
    app = create_server(given_options, ServerAccess(TOKEN, frozenset({f"127.0.0.1:{port}"}), 100_000))
    with listening(app, port) as address:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        while requests.get(f"{address}/health/ready", headers=headers, timeout=LIMIT_SEC).status_code != 200:
            time.sleep(0.2)
        yield Server(address, app.openapi(), headers, lambda: {"name": "tiny"})


def tried(operation: Any, server: Server, examples: int, seconds: float) -> Tally:
    """Ask for one operation many times."""
    tally, end, chance = Tally(), time.monotonic() + seconds, random.Random(0)

    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        if time.monotonic() > end:
            return
        if case.path_parameters and chance.random() < EXISTING:
            known = server.known()
            case.path_parameters |= {name: known[name] for name in case.path_parameters.keys() & known.keys()}
        started = time.monotonic()
        try:
            answer = case.call(base_url=server.address, headers=server.headers, timeout=LIMIT_SEC)
        except requests.Timeout:
            tally.failures["no answer in time"] += 1
            return
        tally.slowest_sec = max(tally.slowest_sec, time.monotonic() - started)
        tally.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except InvalidSchema:  # schemathesis writes tuples of OpenAPI 3.1 in an older form, and then refuses them
            tally.unread += 1
        except BaseExceptionGroup as failure:
            for each in failure.exceptions:
                what = f"{type(each).__name__}: {each}"
                if what not in tally.failures and len(tally.failures) < 5:
                    print(f"--- {operation.label}: {what}\n{case.as_curl_command()[:2000]}", file=sys.stderr)
                tally.failures[type(each).__name__] += 1

    ask()
    return tally


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server", choices=("studio", "serve"), action="append")
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0, help="longest time for each operation")
    parser.add_argument("--port", type=int, default=8791)
    chosen = parser.parse_args(arguments)
    total = failed = 0
    for name in chosen.server or ("studio", "serve"):
        start = {"studio": studio, "serve": serve}[name]
        with (
            tempfile.TemporaryDirectory(prefix="primage-api-") as folder,
            start(Path(folder), chosen.port) as server,
        ):
            schema = schemathesis.openapi.from_dict(server.document)
            for found in schema.get_all_operations():
                operation = found.ok()
                tally = tried(operation, server, chosen.examples, chosen.seconds)
                count, wrong = sum(tally.statuses.values()), sum(tally.failures.values())
                total, failed = total + count, failed + wrong
                statuses = " ".join(f"{status}×{times}" for status, times in sorted(tally.statuses.items()))
                if tally.unread:
                    statuses += f"; {tally.unread} not compared with their schema"
                bad = f"  WRONG {dict(tally.failures)}" if wrong else ""
                print(f"{name} {operation.label}: {count} ({statuses}), {tally.slowest_sec:.2f} s{bad}", flush=True)
    print(f"{total} requests, {failed} wrong answers")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
