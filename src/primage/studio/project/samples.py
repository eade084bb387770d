"""Sample photos from scikit-image, located without importing it, each with an edit to try."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from primage.edit.records import Copy, Edit, Ellipse, Erase, Polygon, Scale
from primage.http.errors import RefusalError
from primage.image import encode_png
from primage.studio.schemas import Sample, Size


@dataclass(frozen=True)
class _Sample:
    file: str
    title: str
    credit: str
    edit_title: str
    edits: tuple[Edit, ...]


_SAMPLES = {
    "chelsea": _Sample(
        "chelsea.png",
        "Cat",
        "Chelsea, by Stéfan van der Walt (CC0)",
        "Larger eyes",
        (
            Scale(region=Ellipse(centre=(0.381, 0.387), radii=(0.105, 0.14)), factor=1.3),
            Scale(region=Ellipse(centre=(0.708, 0.455), radii=(0.085, 0.13)), factor=1.3),
        ),
    ),
    "astronaut": _Sample(
        "astronaut.png",
        "Astronaut",
        "Eileen Collins, NASA (public domain)",
        "A smaller shuttle",
        (
            Scale(
                region=Polygon(
                    points=(
                        *((0.69, 0.56), (0.69, 0.4), (0.73, 0.12), (0.76, 0.07), (0.78, 0.0)),
                        *((0.84, 0.0), (0.86, 0.07), (0.9, 0.1), (0.93, 0.42), (0.93, 0.55)),
                    )
                ),
                factor=0.7,
            ),
        ),
    ),
    "coffee": _Sample(
        "coffee.png",
        "Coffee",
        "by Rachel Michetti, Pikolo Espresso Bar (CC0)",
        "No spoon on the saucer",
        (
            Erase(
                region=Polygon(
                    points=(
                        *((0.5, 0.72), (0.51, 0.6), (0.6, 0.57), (0.63, 0.5), (0.665, 0.52), (0.66, 0.6)),
                        *((0.72, 0.66), (0.71, 0.8), (0.65, 0.88), (0.53, 0.88), (0.48, 0.82)),
                    )
                )
            ),
        ),
    ),
    "rocket": _Sample(
        "rocket.jpg",
        "Rocket",
        "Falcon 9 launch, SpaceX (CC0)",
        "A second rocket",
        (
            Copy(
                region=Polygon(
                    points=(
                        *((0.455, 1.0), (0.455, 0.86), (0.48, 0.82), (0.48, 0.5), (0.485, 0.32), (0.5, 0.295)),
                        *((0.52, 0.3), (0.525, 0.5), (0.53, 0.82), (0.545, 0.86), (0.545, 1.0)),
                    )
                ),
                by=(-0.105, 0.0),
            ),
        ),
    ),
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


def sample_edit(sample: str) -> tuple[str, tuple[Edit, ...]]:
    """The edit of a sample: its title, and the records.

    Args:
        sample: its id.
    """
    return _SAMPLES[sample].edit_title, _SAMPLES[sample].edits


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
        available.append(Sample(id=name, title=sample.title, credit=sample.credit, edit=sample.edit_title, size=size))
    return tuple(available)
