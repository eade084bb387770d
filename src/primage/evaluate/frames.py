"""Frames to judge on: out of a video file, a folder of pictures, or a folder with a training pair and test pairs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from primage.errors import ConfigError, ImageError
from primage.files import sha256_file, write_atomically
from primage.image import write_png
from primage.primitive.kinds import layers_of
from primage.primitive.read import LayerFiles

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".gif")


@dataclass(frozen=True)
class Frame:
    """One frame: its photo, and the layers of its primitive that are given as files.

    Attributes:
        name: shown in tables; unique in its clip.
        photo: the picture file.
        segments: label map.
        edges: line drawing.
        primitive: the whole primitive as one file.
    """

    name: str
    photo: Path
    segments: Path | None = None
    edges: Path | None = None
    primitive: Path | None = None

    def files(self, kind: str, train: bool = False) -> LayerFiles:
        """The layers as files; lines that are not given are taken from the photo.

        Args:
            kind: of primitive.
            train: whether this is the training frame, whose missing layers are extracted anyway.
        """
        lines = any(layer.name == "edges" and layer.needs_file is None for layer in layers_of(kind))
        edges_from = self.photo if lines and not train and self.edges is None and self.primitive is None else None
        return LayerFiles(self.primitive, edges_from, segments=self.segments, edges=self.edges)


@dataclass(frozen=True)
class Clip:
    """A sequence of frames, one of which is trained on.

    Attributes:
        name: shown in tables, and the name of its folder.
        frames: in order of time.
        train: which one is trained on; it is never judged.
        consecutive: whether the frames follow each other in time, so that flicker means something.
    """

    name: str
    frames: tuple[Frame, ...]
    train: int
    consecutive: bool = True

    def __post_init__(self) -> None:
        """Check that there is a frame to train on and one to judge."""
        if len(self.frames) < 2:
            raise ConfigError(
                f"{self.name}: has {len(self.frames)} frames; one to train on and one to judge are needed"
            )
        if not 0 <= self.train < len(self.frames):
            raise ConfigError(f"{self.name}: has no frame {self.train}; its frames are 0 to {len(self.frames) - 1}")
        names = [frame.name for frame in self.frames]
        if len(set(names)) < len(names):
            raise ConfigError(f"{self.name}: two frames are called {max(names, key=names.count)}; rename one")

    @property
    def judged(self) -> list[Frame]:
        """All frames but the one that is trained on."""
        return [frame for i, frame in enumerate(self.frames) if i != self.train]

    def follows(self, position: int) -> bool:
        """Whether the judged frame at ``position`` comes right after the judged frame before it."""
        return self.consecutive and position > 0 and position != self.train


@dataclass(frozen=True)
class LayerFolders:
    """Folders of layers beside the frames, matched by the files' stems.

    Attributes:
        segments: of label maps.
        edges: of line drawings.
        primitives: of whole primitives.
    """

    segments: Path | None = None
    edges: Path | None = None
    primitives: Path | None = None


def read_clip(
    source: Path,
    scratch: Path,
    train: int = 0,
    folders: LayerFolders = LayerFolders(),
    limit: int | None = None,
    every: int = 1,
    name: str | None = None,
) -> Clip:
    """Find the frames of a source.

    Args:
        source: a video file; a folder of frames; or a folder with ``train/image.png`` and ``test/image/*.png``
            (and, beside the images, ``segments`` likewise).
        scratch: where a video's frames are written, as PNG files.
        train: number of the frame to train on, before ``every`` is applied.
        folders: layers that are given.
        limit: take at most so many frames.
        name: of the clip; the source's if None.
        every: take each frame whose number differs from the training frame's by a multiple of this.

    Returns:
        The clip.

    Raises:
        ConfigError: there are no frames, or a frame lacks a layer that others have.
        ImageError: a video cannot be read.
    """
    name = name or clip_name(source)
    if source.is_dir() and (source / "train").is_dir() and (source / "test").is_dir():
        return _paired(source, name, limit)
    if every < 1 or (limit is not None and limit < 2):
        raise ConfigError("take every first, second … frame, and at least 2 in all")
    if source.is_file():
        photos = decode_video(source, scratch, train % every, every, limit)
    elif source.is_dir():
        photos = sorted((p for p in source.iterdir() if p.suffix.lower() in PICTURES), key=natural)
        if not photos:
            raise ConfigError(f"{source}: holds no pictures ({', '.join(PICTURES)})")
        photos = photos[train % every :: every][:limit]
    else:
        raise ConfigError(f"{source}: there is no such video or folder of frames")
    frames = [Frame(photo.stem, photo) for photo in photos]
    return Clip(name, tuple(with_layers(frames, folders)), train // every)


def clip_name(source: Path) -> str:
    """What a clip is called: its file or folder, without what a folder's name had better not hold."""
    return re.sub(r"[^\w.-]+", "-", source.stem if source.is_file() else source.resolve().name)


def natural(path: Path) -> list[tuple[int, str]]:
    """Sort key by which frame 10 comes after frame 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name) if part]


def with_layers(frames: Sequence[Frame], folders: LayerFolders) -> Iterator[Frame]:
    """Give frames the layers of the same stem.

    Args:
        frames: without those layers.
        folders: where they lie.

    Yields:
        The frames with layers.

    Raises:
        ConfigError: a folder has no file for a frame.
    """
    found: dict[str, dict[str, Path]] = {}
    for layer, folder in (("segments", folders.segments), ("edges", folders.edges), ("primitive", folders.primitives)):
        if folder is not None:
            if not folder.is_dir():
                raise ConfigError(f"{folder}: is no folder of layers")
            found[layer] = {path.stem: path for path in sorted(folder.iterdir()) if path.is_file()}
    for frame in frames:
        for layer, files in found.items():
            if frame.name not in files:
                raise ConfigError(f"{frame.photo}: has no {layer} called {frame.name}.* in the folder given for them")
        own = {layer: files[frame.name] for layer, files in found.items()}
        yield Frame(frame.name, frame.photo, own.get("segments"), own.get("edges"), own.get("primitive"))


def decode_video(source: Path, folder: Path, first: int = 0, every: int = 1, limit: int | None = None) -> list[Path]:
    """Write a video's frames as PNG files; those of an earlier call are kept.

    Args:
        source: the video file.
        folder: where to; made if need be.
        first: number of the first frame taken.
        every: distance of the frames taken.
        limit: at most so many.

    Returns:
        The files, named by the frames' numbers.

    Raises:
        ConfigError: PyAV is not installed.
        ImageError: the file is no video.
    """
    try:
        import av
    except ImportError as error:
        raise ConfigError(
            "reading a video wants PyAV: pip install 'primage[video]', or give a folder of frames"
        ) from error
    record = folder / "frames.json"
    wanted = {"sha256": sha256_file(source), "first": first, "every": every, "limit": limit}
    if record.is_file():
        known = json.loads(record.read_text(encoding="utf-8"))
        paths = [folder / file for file in known.pop("files", [])]
        if known == wanted and paths and all(path.is_file() for path in paths):
            return paths
    paths = []
    try:
        with av.open(str(source), mode="r") as container:
            if not container.streams.video:
                raise ImageError(f"{source}: has no pictures in it")
            for number, frame in enumerate(container.decode(video=0)):
                if number < first or (number - first) % every:
                    continue
                paths.append(folder / f"{number:06d}.png")
                write_png(paths[-1], frame.to_ndarray(format="rgb24"))
                if limit is not None and len(paths) == limit:
                    break
    except av.FFmpegError as error:
        raise ImageError(f"{source}: is not a video that can be read ({error})") from error
    write_atomically(record, json.dumps(wanted | {"files": [path.name for path in paths]}))
    return paths


def _paired(source: Path, name: str, limit: int | None) -> Clip:
    """A training pair in ``train/``, later pairs in ``test/image`` and ``test/segments``."""

    def one(stem: str) -> Path | None:
        return next((p for p in sorted((source / "train").iterdir()) if p.stem == stem), None)

    photo = one("image")
    images = source / "test" / "image"
    if photo is None or not images.is_dir():
        raise ConfigError(f"{source}: has train/ and test/, but not train/image.png and test/image/")
    segments, edges = source / "test" / "segments", source / "test" / "edges"
    folders = LayerFolders(segments if segments.is_dir() else None, edges if edges.is_dir() else None)
    photos = sorted((p for p in images.iterdir() if p.suffix.lower() in PICTURES), key=natural)
    later = list(with_layers([Frame(p.stem, p) for p in photos], folders))
    first = Frame(
        "train",
        photo,
        segments=one("segments") if folders.segments else None,
        edges=one("edges") if folders.edges else None,
    )
    # How far the training frame is from the first test frame is not known, but the test frames follow each other.
    return Clip(name, (first, *later)[:limit], 0)
