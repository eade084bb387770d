"""Sample photos from scikit-image, located without importing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from primage.image import encode_png
from primage.studio.errors import RefusalError
from primage.studio.schemas import Sample, Size


@dataclass(frozen=True)
class _Sample:
    file: str
    title: str
    credit: str


_SAMPLES = {
    "chelsea": _Sample("chelsea.png", "Cat", "Chelsea, by Stéfan van der Walt (CC0)"),
    "astronaut": _Sample("astronaut.png", "Astronaut", "Eileen Collins, NASA (public domain)"),
    "coffee": _Sample("coffee.png", "Coffee", "by Rachel Michetti, Pikolo Espresso Bar (CC0)"),
    "rocket": _Sample("rocket.jpg", "Rocket", "Falcon 9 launch, SpaceX (CC0)"),
}
#: Long side of the pictures on the start page.
_SIDE_PX = 480


def sample_path(sample: str) -> Path:
    """The file of a sample.

    Args:
        sample: its id; looked up, never part of a path.

    Raises:
        RefusalError: there is no such sample.
    """
    spec = find_spec("skimage")
    if sample in _SAMPLES and spec is not None and spec.submodule_search_locations:
        path = Path(spec.submodule_search_locations[0]) / "data" / _SAMPLES[sample].file
        if path.is_file():
            return path
    raise RefusalError(404, "not_found", "there is no such sample")


@lru_cache(maxsize=len(_SAMPLES))
def sample_image(sample: str) -> bytes:
    """A small picture of a sample, created in the server, so that the start page does not wait for a worker.

    Args:
        sample: its id.

    Returns:
        A PNG.
    """
    with Image.open(sample_path(sample)) as image:
        small = image.convert("RGB")
        small.thumbnail((_SIDE_PX, _SIDE_PX))
    return encode_png(np.asarray(small))


def sample_title(sample: str) -> str:
    """The title of a sample.

    Args:
        sample: its id.
    """
    return _SAMPLES[sample].title


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """The samples on this machine."""
    available = []
    for name, sample in _SAMPLES.items():
        try:
            path = sample_path(name)
        except RefusalError:
            continue
        with Image.open(path) as image:
            size = Size(width=image.width, height=image.height)
        available.append(Sample(id=name, title=sample.title, credit=sample.credit, size=size))
    return tuple(available)
