"""A folder with a page that edits a drawing and renders it in the browser, with nothing else behind it."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from primage.errors import ConfigError, OutputError, PrimitiveError
from primage.export.generator import Check, export_onnx
from primage.export.metadata import describe
from primage.files import atomic_path, parse_json, sha256_file, write_atomically
from primage.image import write_png
from primage.model import Model
from primage.outputs import check_folder, check_outputs, check_place, mark_folder
from primage.primitive.primitive import draw
from primage.seal import BLANK, seal, state
from primage.tensors import to_image

#: What the page reads: its description, the network, the drawing with the photo, and the photo alone.
MANIFEST, NETWORK, DRAWING, PHOTO = "manifest.json", "network.onnx.gz", "drawing.bin.gz", "photo.png"
CARD, PREVIEW = "README.txt", "drawing.png"
#: Version of what the page reads.
_FORMAT = 1
_IN_WHEEL = Path(__file__).parent / "static"
#: Where `make editor` writes the page in a checkout; a wheel has a copy in `primage/export/static`.
_IN_CHECKOUT = Path(__file__).parents[3] / "editor" / "web" / "dist"

#: What the page does otherwise than `primage render` and the studio.
DIFFERENCES = (
    "the picture has the working size, not the photo's full size",
    "the synthesis of places that cannot be copied from the photo is a simpler one",
    "the light of moved parts is not fitted, and shadows of removed things stay",
)

_TEXT = """\
{title}

This folder is a page that edits one photo by its drawing. The network runs in the browser: nothing is uploaded, and
nothing is loaded from anywhere else. Serve the folder with any static server, and open the address that it prints:

    python -m http.server --directory .

(Opened as a file, without a server, browsers refuse to run it.)

The folder holds the training photo: publish it only if you may publish the photo.

{licence}
The page runs the network with ONNX Runtime Web (MIT licence, Microsoft Corporation).

Network: {architecture}, preset {preset}, {steps} training steps, weights {weights_sha256}
Made by Primage {primage_version}.
"""


def built_page() -> Path:
    """The folder with the built page.

    Raises:
        ConfigError: it is not built.
    """
    found = _IN_WHEEL if _IN_WHEEL.exists() else _IN_CHECKOUT
    if not (found / "index.html").is_file():
        raise ConfigError(
            "the page is not built; install Node.js 20 or later and run: make editor (if Primage was installed from a "
            "checkout, install it again)"
        )
    return found


def check_page(folder: Path, source: Path, overwrite: bool) -> None:
    """Check that a page may be written.

    Args:
        folder: it need not exist.
        source: the run folder or model file that is exported.
        overwrite: allow to replace files that Primage did not make.

    Raises:
        OutputError: it may not.
        ConfigError: the page is not built.
    """
    built = built_page()
    check_folder(folder, overwrite)
    written = [folder / name for name in (*_names(built), *_MADE)]
    check_outputs(written, [source], overwrite=True)
    known = _written_before(folder)
    for path in written:
        check_place(path)
        if not overwrite and path.is_file() and path.stat().st_size and not _is_own(path, folder, known):
            raise OutputError(
                f"{path}: was not made by Primage, or was changed since, and would be overwritten; choose another "
                "folder, or add --overwrite"
            )


def check_editable(model: Model) -> None:
    """Check that a model's drawing can be edited in a page.

    Args:
        model: the model.

    Raises:
        PrimitiveError: it cannot.
    """
    if model.record.spec.kind == "manual":
        raise PrimitiveError(
            "a picture of your own has no tools in the page; train with --primitive super, segments, edges or paint to "
            "export one"
        )


def export_page(model: Model, folder: Path, name: str) -> tuple[tuple[Path, ...], tuple[Check, ...]]:
    """Write a page.

    Args:
        model: the model; it has passed `check_editable`.
        folder: it has passed `check_page`.
        name: what the page is called.

    Returns:
        The files, and the checks of the network.

    Raises:
        ConfigError: packages are missing.
        PrimageError: the network would not compute the same.
    """
    built = built_page()
    before = _written_before(folder)
    mark_folder(folder)
    facts = describe(model)
    with tempfile.TemporaryDirectory() as scratch:
        checks = _make(Path(scratch), model, name, facts)
        files = {each: Path(scratch) / each for each in _MADE if each != MANIFEST}
        files |= {each: built / each for each in _names(built)}
        described = _described(name, facts, {each: sha256_file(path) for each, path in files.items()}, checks)
        # From here on, every file is known as a page's, so that an interrupted export can be repeated.
        _write_manifest(folder / MANIFEST, described | {"replaced": before})
        for each, path in files.items():
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(folder / each) as target:
                shutil.copyfile(path, target)
    _write_manifest(folder / MANIFEST, described)
    _remove(folder, before, keep=files)
    return tuple(folder / each for each in (MANIFEST, *files)), checks


_MADE = (MANIFEST, NETWORK, DRAWING, PHOTO, PREVIEW, CARD)


def _make(folder: Path, model: Model, name: str, facts: dict[str, Any]) -> tuple[Check, ...]:
    """Write what is not part of the built page, apart from the manifest. Returns the checks of the network."""
    network = folder / "network.onnx"
    checks = export_onnx(model, network, fixed=True)
    _write_zipped(folder / NETWORK, network.read_bytes())
    _write_zipped(folder / DRAWING, _packed(model))
    write_png(folder / PHOTO, model.photo)
    write_png(folder / PREVIEW, draw(model.primitive, model.record.spec.line_colour))
    title = f"{name}: a photo that is edited by its drawing"
    write_atomically(folder / CARD, _TEXT.format(title=title, **facts))
    return checks


def _names(built: Path) -> list[str]:
    """The files of the built page, relative to its folder."""
    return sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())


def _packed(model: Model) -> bytes:
    """The drawing's layers, the photo, and the network's picture of the unedited drawing, as bytes without compression.

    Like the studio's messages: the length of a header in four bytes, the header as JSON, and the pixels.
    """
    height, width = model.size
    arrays = model.primitive.to_arrays()
    layers = [{"name": name, "channels": array.size // (height * width)} for name, array in arrays.items()]
    header = json.dumps({"size": {"width": width, "height": height}, "layers": layers}).encode()
    unedited = to_image(model.paint(model.primitive).image.cpu())
    pixels = [np.ascontiguousarray(array).tobytes() for array in (*arrays.values(), model.photo, unedited)]
    return b"".join([len(header).to_bytes(4, "little"), header, *pixels])


def _described(name: str, facts: dict[str, Any], files: dict[str, str], checks: Iterable[Check]) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "name": name,
        **{key: value for key, value in facts.items() if key != "not_included"},
        "differences": list(DIFFERENCES),
        "error": max(check.error for check in checks),
        "files": files,
    }


def _write_manifest(path: Path, described: dict[str, Any]) -> None:
    with atomic_path(path) as scratch:
        scratch.write_text(json.dumps(described | BLANK, indent=1) + "\n", encoding="utf-8")
        seal(scratch)


def _write_zipped(path: Path, content: bytes) -> None:
    """Compress bytes: servers rarely do that by themselves. The same bytes always give the same file."""
    with atomic_path(path) as scratch:
        scratch.write_bytes(gzip.compress(content, mtime=0))


def _written_before(folder: Path) -> dict[str, list[str]]:
    """The files of an earlier page in a folder with their hashes; empty if there is none, or if it was changed.

    If that one was interrupted, a file may still be the one that it was to replace, so that there are several hashes.
    """
    manifest = folder / MANIFEST
    try:
        if state(manifest) != "sealed":
            return {}
        described = parse_json(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = {str(name): [str(each) for each in hashes] for name, hashes in described.get("replaced", {}).items()}
    for name, digest in described.get("files", {}).items():
        found.setdefault(str(name), []).append(str(digest))
    return found


def _is_own(path: Path, folder: Path, known: dict[str, list[str]]) -> bool:
    if path.is_symlink():
        return False
    hashes = known.get(path.relative_to(folder).as_posix())
    return state(path) == "sealed" if hashes is None else sha256_file(path) in hashes


def _remove(folder: Path, before: dict[str, list[str]], keep: Iterable[str]) -> None:
    """Remove what an earlier page had and this one has not, unless somebody has changed it since."""
    inside = folder.resolve()
    for name in before.keys() - set(keep):
        path = folder / name
        if path.is_file() and inside in path.resolve().parents and _is_own(path, folder, before):
            path.unlink()
