"""Reads files by every reader in a process of its own: ``python reading.py FOLDER COUNT``, files are 0.png, 1.png …

Writes one line of JSON for each file, and one with the growth of the memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from primage.decoding.decode import decode, stored_size
from primage.decoding.flatten import flatten, with_opacity
from primage.decoding.jpeg import jpeg_planes
from primage.errors import PrimageError
from primage.image import read_image, read_png_text
from primage.render.photo_files import read_photo

#: Of addresses, beside those of the libraries; decoders reserve more than they use.
ADDRESSES = 3 << 30


def shown(path: Path) -> dict[str, Any]:
    pixels = read_image(path)
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
    return {"size": pixels.shape[:2], "corners": corners.tolist()}


def converted(path: Path) -> None:
    decoded = decode(path)
    with_opacity(decoded)
    flatten(decoded, managed=False)


def planes(path: Path) -> None:
    decoded = decode(path)
    if decoded.jpeg is not None:
        jpeg_planes(decoded.jpeg, decoded.name)


READERS: dict[str, Callable[[Path], Any]] = {
    "read_image": shown,
    "decode": converted,
    "stored_size": stored_size,
    "jpeg_planes": planes,
    "read_png_text": read_png_text,
    "read_photo": read_photo,
}


def tried(reader: Callable[[Path], Any], path: Path) -> dict[str, Any]:
    begin = time.perf_counter()
    found: dict[str, Any] = {}
    try:
        result = reader(path)
        if reader is shown:
            found |= result
    except BaseException as error:  # whatever else is raised is what the test looks for
        found |= {"error": type(error).__name__, "typed": isinstance(error, PrimageError), "message": str(error)}
    return found | {"seconds": time.perf_counter() - begin}


def main(folder: Path, count: int) -> None:
    warnings.simplefilter("error")
    np.ones(1 << 20).sum()
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else None
    if pages is not None:
        most = pages * resource.getpagesize() + ADDRESSES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for at in range(count):
        path = folder / f"{at}.png"
        sys.stdout.write(json.dumps({name: tried(reader, path) for name, reader in READERS.items()}) + "\n")
        sys.stdout.flush()
    unit = 1 if sys.platform == "darwin" else 1024
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
    sys.stdout.write(json.dumps({"growth": growth}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
