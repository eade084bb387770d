"""The paper's two sets of videos, as they lie on the disk of whoever has downloaded them (neither is ours to ship)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from primage.errors import ConfigError
from primage.evaluate.frames import Clip, Frame, natural, read_clip

DATASETS = ("cityscapes", "lrs2")
#: What the paper used: aachen_000000 … aachen_000015 on segmentations; the first five videos on Canny edges.
VIDEOS = {"cityscapes": 16, "lrs2": 5}
KINDS = {"cityscapes": "segments", "lrs2": "edges"}
_CITYSCAPES_FRAMES = 30
_CITYSCAPES = re.compile(r"^(?P<clip>[a-z-]+_\d{6})_(?P<frame>\d{6})_(?P<kind>\w+)$")
_GET_CITYSCAPES = (
    "download leftImg8bit_sequence_trainvaltest.zip from cityscapes-dataset.com (a free account is needed) and unpack "
    "it there, and put a label map for every frame beside it (the set itself labels frame 19 only; vid2vid's sample "
    "has all of them): …/aachen_000000_000000_leftImg8bit.png and …/aachen_000000_000000_gtFine_labelIds.png"
)
_GET_LRS2 = (
    "ask the BBC for LRS2 (robots.ox.ac.uk/~vgg/data/lip_reading/lrs2.html), and unpack it there: "
    "main/<speaker>/<number>.mp4"
)


def read_dataset(
    name: str, root: Path, scratch: Path, videos: int | None = None, limit: int | None = None, train: int = 0
) -> list[Clip]:
    """Find a data set's clips.

    Args:
        name: "cityscapes" or "lrs2".
        root: where it was unpacked.
        scratch: where the frames of video files are written.
        videos: how many clips; the paper's number if None.
        limit: at most so many frames of each.
        train: the frame to train on.

    Returns:
        The clips in order.

    Raises:
        ConfigError: the data are not there; the message says what to download and where to put it.
    """
    if name not in DATASETS:
        raise ConfigError(f"there is no data set '{name}'; choose one of {', '.join(DATASETS)}")
    count = VIDEOS[name] if videos is None else videos
    if count < 1:
        raise ConfigError(f"{count} videos cannot be judged; give 1 or more")
    if name == "cityscapes":
        return cityscapes_clips(root, count, limit, train)
    return lrs2_clips(root, scratch, count, limit, train)


def cityscapes_clips(root: Path, videos: int, limit: int | None = None, train: int = 0) -> list[Clip]:
    """Sequences of Cityscapes: 30 frames each, label ids as segmentation.

    Args:
        root: any folder above the files; they are found by their names.
        videos: how many sequences, in order of their names.
        limit: at most so many frames of each.
        train: the frame to train on; the paper trains on the first.

    Returns:
        The clips, named as the sequences are.

    Raises:
        ConfigError: there are no such files, or frames without labels.
    """
    photos: dict[str, dict[str, Path]] = defaultdict(dict)
    labels: dict[tuple[str, str], Path] = {}
    for path in sorted(root.rglob("*.png")) if root.is_dir() else ():
        match = _CITYSCAPES.match(path.stem)
        if match is None:
            continue
        if match["kind"] == "leftImg8bit":
            photos[match["clip"]][match["frame"]] = path
        elif match["kind"].endswith("labelIds"):
            labels[match["clip"], match["frame"]] = path
    whole = [clip for clip in sorted(photos) if len(photos[clip]) > 1]
    if not whole:
        raise ConfigError(f"{root}: holds no sequences of Cityscapes: {_GET_CITYSCAPES}")
    clips = []
    for clip in whole[:videos]:
        names = sorted(photos[clip])[: min(limit or _CITYSCAPES_FRAMES, _CITYSCAPES_FRAMES)]
        missing = [frame for frame in names if (clip, frame) not in labels]
        if missing:
            raise ConfigError(
                f"{root}: {clip} has no label ids for {len(missing)} of {len(names)} frames, the first "
                f"{missing[0]}: {_GET_CITYSCAPES}"
            )
        frames = tuple(Frame(frame, photos[clip][frame], segments=labels[clip, frame]) for frame in names)
        clips.append(Clip(clip, frames, train))
    return clips


def lrs2_clips(root: Path, scratch: Path, videos: int, limit: int | None = None, train: int = 0) -> list[Clip]:
    """The first videos of LRS2, in order of their paths.

    Args:
        root: the folder with ``main/`` in it, or a folder of speakers.
        scratch: where the frames are written.
        videos: how many.
        limit: at most so many frames of each.
        train: the frame to train on.

    Returns:
        The clips, Seq1 and so on as in the paper's table 2.

    Raises:
        ConfigError: there are no such files.
    """
    base = root / "main" if (root / "main").is_dir() else root
    files: Sequence[Path] = sorted(base.rglob("*.mp4"), key=lambda path: [natural(Path(p)) for p in path.parts])
    if not files:
        raise ConfigError(f"{root}: holds no videos of LRS2: {_GET_LRS2}")
    return [
        read_clip(file, scratch / f"Seq{i}" / "frames", train, limit=limit, name=f"Seq{i}")
        for i, file in enumerate(files[:videos], start=1)
    ]
