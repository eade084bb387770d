"""Video clips for evaluation: from a video file, a folder of images, or a folder of training and test pairs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from primage.decoding.video import upright_frame
from primage.errors import ConfigError, ImageError
from primage.files import is_system_file, parse_json, sha256_file, write_atomically
from primage.image import write_png
from primage.primitive.kinds import all_layer_names, layers_of
from primage.primitive.read import LayerFiles

#: Key of the whole primitive among folders of layers.
PRIMITIVE = "primitive"
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".heic", ".heif", ".jxl", ".gif", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class Frame:
    """One frame: its photo, and the parts of its primitive that are given as files.

    Attributes:
        name: shown in tables; unique within its clip.
        photo: image file.
        primitive: file of the whole primitive.
        layers: file of each given layer, by the layer's name.
    """

    name: str
    photo: Path
    primitive: Path | None = None
    layers: Mapping[str, Path] = field(default_factory=dict)

    def files(self, kind: str, train: bool = False) -> LayerFiles:
        """The files of the primitive's layers; edges that are not given are extracted from the photo.

        Args:
            kind: kind of primitive.
            train: whether this is the training frame; training extracts missing layers itself.

        Returns:
            The files to read the primitive from.
        """
        missing = self.primitive is None and "edges" not in self.layers
        extractable = any(layer.name == "edges" and layer.needs_file is None for layer in layers_of(kind))
        edges_from = self.photo if missing and extractable and not train else None
        return LayerFiles(self.primitive, edges_from, None, **self.layers)


@dataclass(frozen=True)
class Clip:
    """A sequence of frames, one of which is trained on.

    Attributes:
        name: shown in tables; also the name of its folder.
        frames: in temporal order.
        train: index of the training frame, which is never evaluated.
        consecutive: whether the frames follow each other in time, which flicker requires.
    """

    name: str
    frames: tuple[Frame, ...]
    train: int
    consecutive: bool = True

    def __post_init__(self) -> None:
        """Check that there is a frame to train on and one to evaluate."""
        if len(self.frames) < 2:
            raise ConfigError(
                f"{self.name}: has {len(self.frames)} frames; at least one to train on and one to evaluate are needed"
            )
        if not 0 <= self.train < len(self.frames):
            raise ConfigError(f"{self.name}: has no frame {self.train}; its frames are 0 to {len(self.frames) - 1}")
        names = [frame.name for frame in self.frames]
        if len(set(names)) < len(names):
            raise ConfigError(f"{self.name}: two frames are called {max(names, key=names.count)}; rename one")

    @property
    def test_frames(self) -> list[Frame]:
        """All frames except the training frame."""
        return [frame for i, frame in enumerate(self.frames) if i != self.train]

    def follows(self, position: int) -> bool:
        """Whether the test frame at ``position`` comes directly after the previous test frame in the video."""
        return self.consecutive and position > 0 and position != self.train


def read_clip(
    source: Path,
    scratch: Path,
    train: int = 0,
    folders: Mapping[str, Path | None] = MappingProxyType({}),
    limit: int | None = None,
    every: int = 1,
    name: str | None = None,
) -> Clip:
    """Find the frames of a source.

    Args:
        source: a video file; a folder of frames; or a folder with ``train/image.png`` and ``test/image/*.png``
            (and optionally ``segments`` or ``edges`` beside the images).
        scratch: where a video's frames are written, as PNG files.
        train: number of the frame to train on, before ``every`` is applied.
        folders: folder of each given layer, by the layer's name, or of whole primitives (`PRIMITIVE`); None is ignored.
        limit: maximum number of frames.
        every: take only frames whose number differs from the training frame's by a multiple of this.
        name: of the clip; by default that of the source.

    Returns:
        The clip.

    Raises:
        ConfigError: there are no frames, or a frame lacks a layer that was given.
        ImageError: the video cannot be read.
    """
    name = name or clip_name(source)
    if source.is_dir() and (source / "train").is_dir() and (source / "test").is_dir():
        return _paired(source, name, limit)
    if every < 1 or (limit is not None and limit < 2):
        raise ConfigError("the frame interval must be 1 or more, and the number of frames at least 2")
    if source.is_file():
        photos = decode_video(source, scratch, train % every, every, limit)
    elif source.is_dir():
        photos = _images(source)
        if not photos:
            raise ConfigError(f"{source}: contains no images ({', '.join(IMAGE_SUFFIXES)})")
        photos = photos[train % every :: every][:limit]
    else:
        raise ConfigError(f"{source}: there is no such video or folder of frames")
    frames = [Frame(photo.stem, photo) for photo in photos]
    return Clip(name, tuple(with_layers(frames, folders)), train // every)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and not is_system_file(path)]


def _images(folder: Path) -> list[Path]:
    return sorted((path for path in _files(folder) if path.suffix.lower() in IMAGE_SUFFIXES), key=natural_key)


def clip_name(source: Path) -> str:
    """The default name of a clip: that of its file or folder, with characters unsafe in a folder name replaced.

    Args:
        source: video file or folder of frames.

    Returns:
        A name without spaces or separators.

    Example:
        >>> from pathlib import Path
        >>> clip_name(Path("my film (1)"))
        'my-film-1-'
    """
    return re.sub(r"[^\w.-]+", "-", source.stem if source.is_file() else source.resolve().name)


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Sort key for natural order: frame 10 comes after frame 9.

    Args:
        path: a file; only its name counts.

    Returns:
        A key for `sorted`.

    Example:
        >>> from pathlib import Path
        >>> [path.name for path in sorted(map(Path, ["10.png", "9.png"]), key=natural_key)]
        ['9.png', '10.png']
    """
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name) if part]


def with_layers(frames: Sequence[Frame], folders: Mapping[str, Path | None]) -> Iterator[Frame]:
    """Add to each frame the files with the same stem.

    Args:
        frames: frames without layers.
        folders: folder of each given layer, by the layer's name, or of whole primitives (`PRIMITIVE`); None is ignored.

    Yields:
        The frames with their layers.

    Raises:
        ConfigError: a folder does not exist, or has no file for a frame.
    """
    found: dict[str, dict[str, Path]] = {}
    for layer, folder in folders.items():
        if folder is not None:
            if not folder.is_dir():
                raise ConfigError(f"{folder}: is not a folder of layers")
            found[layer] = {path.stem: path for path in _files(folder)}
    for frame in frames:
        for layer, files in found.items():
            if frame.name not in files:
                raise ConfigError(f"{frame.photo}: has no {layer} file {frame.name}.* in the folder given for them")
        own = {layer: files[frame.name] for layer, files in found.items()}
        yield Frame(frame.name, frame.photo, own.pop(PRIMITIVE, None), own)


def decode_video(source: Path, folder: Path, first: int = 0, every: int = 1, limit: int | None = None) -> list[Path]:
    """Write a video's frames as PNG files, upright; frames decoded by an earlier identical call are reused.

    Args:
        source: the video file.
        folder: output folder, created if necessary.
        first: number of the first frame to take.
        every: interval between frames.
        limit: maximum number of frames.

    Returns:
        The files, named after the frame numbers.

    Raises:
        ConfigError: PyAV is not installed.
        ImageError: the file is not a video.
    """
    try:
        import av
    except ImportError as error:
        raise ConfigError(
            "reading a video requires PyAV: pip install 'primage[video]', or pass a folder of frames"
        ) from error
    record = folder / "frames.json"
    # Frames that an earlier version left lying on their side are not reused.
    requested = {"sha256": sha256_file(source), "first": first, "every": every, "limit": limit, "upright": True}
    if record.is_file():
        previous = parse_json(record.read_text(encoding="utf-8"))
        paths = [folder / file for file in previous.pop("files", [])]
        if previous == requested and paths and all(path.is_file() for path in paths):
            return paths
    paths = []
    try:
        with av.open(str(source), mode="r") as container:
            if not container.streams.video:
                raise ImageError(f"{source}: contains no video stream")
            for number, frame in enumerate(container.decode(video=0)):
                if number < first or (number - first) % every:
                    continue
                paths.append(folder / f"{number:06d}.png")
                write_png(paths[-1], upright_frame(frame))
                if limit is not None and len(paths) == limit:
                    break
    except av.FFmpegError as error:
        raise ImageError(f"{source}: is not a readable video ({error})") from error
    write_atomically(record, json.dumps(requested | {"files": [path.name for path in paths]}))
    return paths


def _paired(source: Path, name: str, limit: int | None) -> Clip:
    """A training pair in ``train/``, test pairs in ``test/image`` and, for example, ``test/segments``."""
    train = {path.stem: path for path in reversed(_files(source / "train"))}
    images = source / "test" / "image"
    if "image" not in train or not images.is_dir():
        raise ConfigError(f"{source}: has train/ and test/, but not train/image.png and test/image/")
    folders = {name: source / "test" / name for name in all_layer_names() if (source / "test" / name).is_dir()}
    later = list(with_layers([Frame(p.stem, p) for p in _images(images)], folders))
    first = Frame("train", train["image"], layers={name: train[name] for name in folders if name in train})
    # The gap between the training frame and the first test frame is unknown, but the test frames are consecutive.
    return Clip(name, (first, *later)[:limit], 0)
