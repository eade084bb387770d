"""A client of `primage serve` that needs nothing but Python.

    primage serve RUN &
    PRIMAGE_TOKEN=… python examples/serve_client.py http://127.0.0.1:8780 drawing.png -o photo.jpg

The drawing is an edited copy of the one that the server gives (``--get``), or a JSON file of recorded edits.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

ATTEMPTS = 5


def send(url: str, token: str | None, body: bytes | None = None, media_type: str = "") -> tuple[bytes, Message]:
    """One request; if the server is busy or still loading, again when it says."""
    headers = {"Content-Type": media_type} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as refused:
            seconds = refused.headers.get("Retry-After")
            if seconds is None or attempt == ATTEMPTS:
                raise SystemExit(json.loads(refused.read())["message"]) from refused
            time.sleep(float(seconds))
    raise AssertionError


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="its address, such as http://127.0.0.1:8780")
    parser.add_argument("drawing", nargs="?", type=Path, help="an edited drawing (PNG), or recorded edits (JSON)")
    parser.add_argument("-o", "--out", type=Path, required=True, help="a file to write: PNG, JPEG or WebP")
    parser.add_argument("--model", help="name of the model; the first one if not given")
    parser.add_argument("--get", action="store_true", help="write the drawing to edit, and render nothing")
    options = parser.parse_args(arguments)
    token = os.environ.get("PRIMAGE_TOKEN")
    names = [model["name"] for model in json.loads(send(f"{options.server}/models", token)[0])["models"]]
    url = f"{options.server}/models/{urllib.parse.quote(options.model or names[0])}"
    if options.get:
        options.out.write_bytes(send(f"{url}/drawing", token)[0])
        return 0
    if options.drawing is None:
        parser.error("give a drawing, or --get")
    media_type = "application/json" if options.drawing.suffix == ".json" else "image/png"
    query = urllib.parse.urlencode({"format": options.out.suffix.removeprefix(".").replace("jpeg", "jpg")})
    picture, headers = send(f"{url}/render?{query}", token, options.drawing.read_bytes(), media_type)
    options.out.write_bytes(picture)
    print(options.out, headers["Primage-Render"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
