"""A page of `primage export --web`: served as a folder of files, and its worker driven as the page does it."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext, Page

from primage.edit.apply import Edited
from primage.model import Model
from primage.render.blending import blend
from primage.studio.drawing import Drawing
from primage.studio.origin import layer_of
from primage.studio.workers.loaded_model import LoadedModel
from primage.tensors import to_image

_START = """
async ({worker, base, training}) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const layers = (given) => Object.fromEntries(Object.entries(given).map(([name, text]) => [name, bytes(text)]));
  const text = (data) => {
    let out = "";
    for (const value of data) out += String.fromCharCode(value);
    return btoa(out);
  };
  const started = new Worker(new URL(worker, base), {type: "module"});
  const answers = (until) => new Promise((done, fail) => {
    const found = [];
    started.onerror = ({message}) => fail(new Error(message));
    started.onmessage = ({data}) => {
      if (data.type === "failure") fail(new Error(data.message));
      found.push(data);
      if (until(data)) done(found);
    };
  });
  window.painted = async ({id, layers: given, origin, options}) => {
    const last = answers(({type, final}) => type === "picture" && final);
    const message = {type: "render", id, layers: layers(given), options};
    started.postMessage({...message, origin: {bytes: bytes(origin.bytes), pieces: origin.pieces}});
    return (await last).map(({image}) => text(image));
  };
  const ready = answers(({type}) => type === "ready");
  const {layers: given, photo, unedited, ...rest} = training;
  const known = {...rest, layers: layers(given), photo: bytes(photo), unedited: bytes(unedited)};
  started.postMessage({type: "open", base, network: "network.onnx.gz", training: known});
  return (await ready).at(-1);
}
"""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as `python -m http.server` does. Yields its address."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def export_alone(run: Path, folder: Path) -> None:
    """Export a page in a process of its own: loops are compiled from source, which checks of shapes would hide."""
    code = "import sys; from primage.cli.main import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "export", str(run), "--web", "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def without_network(context: BrowserContext, allowed: str) -> list[str]:
    """Refuse every request to another address than one; returns the list of those refused, which grows."""
    refused: list[str] = []

    def route(handled: Any) -> None:
        url = handled.request.url
        if url.startswith((allowed, "blob:", "data:")):
            handled.continue_()
        else:
            refused.append(url)
            handled.abort()

    context.route("**/*", route)
    return refused


class PageWorker:
    """The worker of a served page.

    Args:
        page: that shows a file of the served folder: the page itself, or another one, which renders nothing.
        folder: what is served.
        model: that was exported.
    """

    def __init__(self, page: Page, folder: Path, model: Model) -> None:
        self._page = page
        self._model = model
        self._id = 0
        manifest = json.loads((folder / "manifest.json").read_text())
        height, width = model.size
        labels = (manifest["palette"] or {"labels": []})["labels"]
        training = {
            "size": {"width": width, "height": height},
            "encoding": {
                "name": manifest["encoding"],
                "labels": [label["colour"] for label in labels],
                "line": manifest["line_colour"],
            },
            "layers": _texts(model.primitive.to_arrays()),
            "photo": _text(model.photo),
            "unedited": _text(to_image(model.paint(model.primitive).image)),
        }
        worker = next(name for name in manifest["files"] if name.startswith("assets/worker"))
        given = {"worker": worker, "base": page.url.rsplit("/", 1)[0] + "/", "training": training}
        #: The answer when the network was loaded.
        self.ready: dict[str, Any] = page.evaluate(_START, given)

    def pictures(self, edited: Edited, **options: bool) -> list[np.ndarray]:
        """Render an edited drawing; `keepOriginal` and `synthesis` are on unless they are switched off.

        Returns:
            What the page shows one after the other, (H, W, 3).
        """
        self._id += 1
        message = {
            "id": self._id,
            "layers": _texts(edited.primitive.to_arrays()),
            "origin": {
                "bytes": _text(layer_of(edited.origin.index)),
                "pieces": [piece.model_dump(mode="json") for piece in edited.origin.pieces],
            },
            "options": {"keepOriginal": True, "synthesis": True, "seed": 0, **options},
        }
        found = self._page.evaluate("message => window.painted(message)", message)
        shape = (*self._model.size, 3)
        return [np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape) for text in found]


def studio_pictures(loaded: LoadedModel, edited: Edited) -> tuple[np.ndarray, np.ndarray]:
    """The network's picture of a drawing, and what the studio's server makes of it and the photo before synthesis."""
    layers = edited.primitive.to_arrays() | {"origin": layer_of(edited.origin.index)}
    result = loaded.render(Drawing(layers, edited.origin.pieces), keep_original=True)
    assert result.painted is not None
    return to_image(result.painted.image), blend(loaded.model.photo, result.image, result.mask)


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _texts(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {name: _text(array) for name, array in arrays.items()}
