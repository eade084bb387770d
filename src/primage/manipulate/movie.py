"""Writing moving pictures: MP4, GIF, WebP."""

from __future__ import annotations

import importlib.util
import itertools
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
_GIF_FPS = 50
SUFFIXES = (".mp4", ".gif", ".webp")


def check_movie(path: Path, fps: float | None = None) -> None:
    """Check that a moving picture can be written.

    Args:
        path: the file.
        fps: frames per second, if known already.

    Raises:
        ImageError: its format is not known, or has fewer frames per second.
        ConfigError: PyAV is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ImageError(f"{path}: moving pictures are {', '.join(SUFFIXES)} files; name it {path.stem}.mp4")
    if suffix == ".gif" and fps is not None and fps > _GIF_FPS:
        raise ImageError(f"{path}: a GIF has at most {_GIF_FPS} frames per second; add --fps 25, or name a .webp file")
    if suffix == ".mp4":
        _av()


def can_write_mp4() -> bool:
    """Whether PyAV, which writes MP4 files, is installed."""
    return importlib.util.find_spec("av") is not None


def write_movie(path: Path, frames: Sequence[Path], fps: float, repeat: bool = True) -> None:
    """Write frames as a moving picture.

    Args:
        path: the file; its ending says the format.
        frames: pictures of one size, at least one.
        fps: frames per second.
        repeat: whether GIF and WebP files repeat forever.

    Raises:
        ImageError: it cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    with atomic_path(path) as scratch:
        if kind == "mp4":
            _write_mp4(scratch, frames, fps)
            return
        pictures = (Image.fromarray(read_image(frame)) for frame in frames)
        # In hundredths of a second, as GIF stores them, so that the whole is as long as it should be.
        ends = [round(100 * number / fps) for number in range(len(frames) + 1)]
        durations = [10 * (end - start) for start, end in itertools.pairwise(ends)]
        more: dict[str, int] = {"quality": _WEBP_QUALITY} if kind == "webp" else {}
        # How often it is shown, 0 for always; a GIF that does not say so is shown once.
        more |= {"loop": 0} if repeat else {"loop": 1} if kind == "webp" else {}
        first = next(pictures)
        first.save(scratch, kind, save_all=True, append_images=pictures, duration=durations, **more)


def frame_rate(video: Path) -> float:
    """Frames per second of a video.

    Args:
        video: a video file.

    Returns:
        The mean; 25 if the file does not say.

    Raises:
        ImageError: it is none.
        ConfigError: PyAV is not installed.
    """
    av = _av()
    try:
        with av.open(str(video), mode="r") as container:
            return float(container.streams.video[0].average_rate or 25)
    except (av.FFmpegError, IndexError) as error:
        raise ImageError(f"{video}: is not a readable video ({error})") from error


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
