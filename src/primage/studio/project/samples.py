"""Photos that scikit-image carries, found without importing it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from primage.studio.errors import RefusalError
from primage.studio.schemas import Sample, Size


@dataclass(frozen=True)
class _Known:
    file: str
    title: str
    credit: str


_KNOWN = {
    "chelsea": _Known("chelsea.png", "Cat", "Chelsea, by Stéfan van der Walt (CC0)"),
    "astronaut": _Known("astronaut.png", "Astronaut", "Eileen Collins, NASA (public domain)"),
    "coffee": _Known("coffee.png", "Coffee", "by Rachel Michetti, Pikolo Espresso Bar (CC0)"),
    "rocket": _Known("rocket.jpg", "Rocket", "Falcon 9 launch, SpaceX (CC0)"),
}
#: Longer side of the pictures on the first page.
_SIDE_PX = 480


def sample_path(sample: str) -> Path:
    """The file of a sample.

    Args:
        sample: its id; looked up, never made part of a path.

    Raises:
        RefusalError: there is no such sample.
    """
    spec = find_spec("skimage")
    if sample in _KNOWN and spec is not None and spec.submodule_search_locations:
        path = Path(spec.submodule_search_locations[0]) / "data" / _KNOWN[sample].file
        if path.is_file():
            return path
    raise RefusalError(404, "not_found", "there is no such sample")


@lru_cache(maxsize=len(_KNOWN))
def sample_image(sample: str) -> bytes:
    """A small picture of a sample, made in the server: the first page waits for no worker.

    Args:
        sample: its id.

    Returns:
        A PNG.
    """
    encoded = io.BytesIO()
    with Image.open(sample_path(sample)) as image:
        small = image.convert("RGB")
        small.thumbnail((_SIDE_PX, _SIDE_PX))
        small.save(encoded, "PNG")
    return encoded.getvalue()


def sample_title(sample: str) -> str:
    """How a sample is called."""
    return _KNOWN[sample].title


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """The samples that are on this machine."""
    found = []
    for name, known in _KNOWN.items():
        try:
            path = sample_path(name)
        except RefusalError:
            continue
        with Image.open(path) as image:
            size = Size(width=image.width, height=image.height)
        found.append(Sample(id=name, title=known.title, credit=known.credit, size=size))
    return tuple(found)
