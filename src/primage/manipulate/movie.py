"""Writing moving pictures: MP4, GIF, WebP."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from primage.errors import ConfigError, ImageError
from primage.files import atomic_path
from primage.image import read_image

#: Constant rate factor of H.264: visually lossless.
_CRF = 16
_WEBP_QUALITY = 90
SUFFIXES = (".mp4", ".gif", ".webp")


def check_movie(path: Path) -> None:
    """Check that a moving picture of this name can be written.

    Raises:
        ImageError: its format is not known.
        ConfigError: PyAV is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ImageError(f"{path}: moving pictures are {', '.join(SUFFIXES)} files; name it {path.stem}.mp4")
    if path.suffix.lower() == ".mp4":
        _av()


def write_movie(path: Path, frames: Sequence[Path], fps: float) -> None:
    """Write frames as a moving picture; GIF and WebP repeat forever.

    Args:
        path: the file; its ending says the format.
        frames: pictures of one size, at least one.
        fps: frames per second.

    Raises:
        ImageError: it cannot be written.
    """
    with atomic_path(path) as scratch:
        if path.suffix.lower() == ".mp4":
            _write_mp4(scratch, frames, fps)
            return
        first, *rest = (Image.fromarray(read_image(frame)) for frame in frames)
        kind = path.suffix.lower().removeprefix(".")
        more = {"quality": _WEBP_QUALITY} if kind == "webp" else {}
        first.save(scratch, kind, save_all=True, append_images=rest, duration=round(1000 / fps), loop=0, **more)


def frame_rate(video: Path) -> float:
    """Frames per second of a video.

    Args:
        video: a file that can be read as one.
    """
    with _av().open(str(video), mode="r") as container:
        return float(container.streams.video[0].average_rate or 25)


def _write_mp4(path: Path, frames: Sequence[Path], fps: float) -> None:
    av = _av()
    try:
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
            stream.pix_fmt, stream.options = "yuv420p", {"crf": str(_CRF)}
            for number, frame in enumerate(frames):
                picture = read_image(frame)
                # Colours have half the resolution, so sides must be even.
                height, width = picture.shape[:2]
                picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
                if number == 0:
                    stream.height, stream.width = picture.shape[:2]
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise ImageError(f"{path}: cannot be written as a video ({error}); try .webp") from error


def _av():  # type: ignore[no-untyped-def]
    try:
        import av
    except ImportError as error:
        raise ConfigError(
            "writing a video requires PyAV: pip install 'primage[video]', or name a .webp file"
        ) from error
    return av
