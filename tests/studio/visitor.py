"""A simulated browser, which has the cookie, sends its origin, and reads binary messages."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession

HOST = "127.0.0.1:8765"
ORIGIN = f"http://{HOST}"
TOKEN = "a token that nobody can guess"


def pack(header: dict[str, Any], pixels: bytes = b"") -> bytes:
    """A binary message, packed independently of the server's code."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + pixels


def unpack(frame: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length]), frame[4 + length :]


class Tab:
    """One open project in one tab."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket
        self.requests = 0
        self.revision = 0
        #: The result as it is shown.
        self.picture = np.zeros((0, 0, 3), np.uint8)

    def receive(self) -> tuple[dict[str, Any], bytes]:
        message = self.socket.receive()
        if message["type"] == "websocket.close":
            raise AssertionError(f"the server closed the socket: {message}")
        if message.get("bytes") is not None:
            header, pixels = unpack(message["bytes"])
        else:
            header, pixels = json.loads(message["text"]), b""
        history = header.get("history") or header.get("project", {}).get("history")
        if history:
            self.revision = max(self.revision, history["revision"])
        if header["type"] == "state" and self.picture.size == 0:
            size = header["project"]["size"]
            self.picture = np.zeros((size["height"], size["width"], 3), np.uint8)
        if header["type"] == "render" and header["rectangle"] is not None:
            box = header["rectangle"]
            part = np.frombuffer(pixels, np.uint8).reshape(box["height"], box["width"], 3)
            self.picture = self.picture.copy()
            self.picture[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = part
        return header, pixels

    def until(
        self, kind: str, predicate: Callable[[dict[str, Any]], bool] = lambda _header: True
    ) -> tuple[dict[str, Any], bytes]:
        """Read messages until one of a type; others are dropped."""
        while True:
            header, pixels = self.receive()
            assert kind == "refused" or header["type"] != "refused", header
            if header["type"] == kind and predicate(header):
                return header, pixels

    def send(self, patches: list[dict[str, Any]], pixels: bytes, **others: Any) -> int:
        self.requests += 1
        header = {"type": "edit", "id": self.requests, "base": self.revision, "title": "Pencil", "patches": patches}
        self.socket.send_bytes(pack(header | others, pixels))
        return self.requests

    def draw(self, layer: str, x: int, y: int, pixels: np.ndarray, **others: Any) -> dict[str, Any]:
        """Send an edit and wait until it is accepted."""
        height, width = pixels.shape[:2]
        patch = {"layer": layer, "x": x, "y": y, "width": width, "height": height}
        number = self.send([patch], pixels.astype(np.uint8).tobytes(), **others)
        return self.until("accepted", lambda header: header["id"] == number)[0]

    def step(self, kind: str) -> tuple[dict[str, Any], bytes]:
        self.requests += 1
        self.socket.send_text(json.dumps({"type": kind, "id": self.requests}))
        number = self.requests
        return self.until("changed", lambda header: header["id"] == number)

    def rendered(self, revision: int) -> dict[str, Any]:
        """Read messages until the final render of this or a later revision."""
        return self.until("render", lambda header: header["revision"] >= revision and header["final"])[0]


class Visitor:
    """A browser with the cookie."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.http = TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}, follow_redirects=False)

    @contextmanager
    def inside(self) -> Iterator[Visitor]:
        """Run the server for the duration of the block."""
        with self.http:
            assert self.http.get(f"/?token={TOKEN}").status_code == 303
            yield self

    def upload(self, photo: bytes, name: str = "photo.png") -> dict[str, Any]:
        response = self.http.post("/api/projects/upload", params={"name": name}, content=photo)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    def get(self, project: str, path: str = "") -> Any:
        response = self.http.get(f"/api/projects/{project}{path}")
        assert response.status_code == 200, response.text
        return response

    def read(self, project: str, content: bytes, name: str = "drawing.png", **query: Any) -> Any:
        """Open a file as a drawing; nothing is changed yet."""
        return self.http.post(f"/api/projects/{project}/drawing", params={"name": name, **query}, content=content)

    def open_drawing(self, project: str, content: bytes, name: str = "drawing.png", **query: Any) -> dict[str, Any]:
        """Open a file as a drawing, and apply it. Returns what was said of it."""
        answer = self.read(project, content, name, **query)
        assert answer.status_code == 200, answer.text
        header, _ = unpack(answer.content)
        applied = self.http.post(f"/api/projects/{project}/drawing/{header['id']}")
        assert applied.status_code == 200, applied.text
        return header

    def close(self, project: str) -> None:
        """Close a project as when the server stops; the next request loads it from disk."""
        assert self.http.portal is not None
        self.http.portal.call(self.app.state.hub._open.pop(project).close)

    def layers(self, project: str, of: str = "edited") -> dict[str, np.ndarray]:
        header, pixels = unpack(self.get(project, f"/layers?of={of}").content)
        width, height = header["size"]["width"], header["size"]["height"]
        layers, at = {}, 0
        for layer in header["layers"]:
            length = width * height * layer["channels"]
            shape = (height, width) if layer["channels"] == 1 else (height, width, layer["channels"])
            layers[layer["name"]] = np.frombuffer(pixels[at : at + length], np.uint8).reshape(shape)
            at += length
        assert at == len(pixels)
        return layers

    @contextmanager
    def tab(self, project: str) -> Iterator[Tab]:
        with self.http.websocket_connect(f"ws://{HOST}/api/projects/{project}/socket") as socket:
            tab = Tab(socket)
            tab.until("state")
            yield tab
