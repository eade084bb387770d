"""The paper's two video data sets, read in their published layout; their licences do not allow us to ship them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from primage.errors import ConfigError
from primage.evaluate.protocol.frames import Clip, Frame, natural_key, read_clip

DATASETS = ("cityscapes", "lrs2")
#: As in the paper: aachen_000000 … aachen_000015 from segmentations; the first five LRS2 videos from Canny edges.
VIDEOS = {"cityscapes": 16, "lrs2": 5}
DATASET_KINDS = {"cityscapes": "segments", "lrs2": "edges"}
_CITYSCAPES_FRAMES = 30
_CITYSCAPES = re.compile(r"^(?P<clip>[a-z-]+_\d{6})_(?P<frame>\d{6})_(?P<kind>\w+)$")
_GET_CITYSCAPES = (
    "download leftImg8bit_sequence_trainvaltest.zip from cityscapes-dataset.com (requires a free account), unpack it "
    "there, and add a label map for every frame (the data set labels only frame 19; vid2vid's sample labels all): "
    "…/aachen_000000_000000_leftImg8bit.png and …/aachen_000000_000000_gtFine_labelIds.png"
)
_GET_LRS2 = (
    "request LRS2 from the BBC (robots.ox.ac.uk/~vgg/data/lip_reading/lrs2.html) and unpack it there: "
    "main/<speaker>/<number>.mp4"
)


def read_dataset(
    name: str, root: Path, scratch: Path, videos: int | None = None, limit: int | None = None, train: int = 0
) -> list[Clip]:
    """Find a data set's clips.

    Args:
        name: "cityscapes" or "lrs2".
        root: folder it was unpacked to.
        scratch: where the frames of video files are written.
        videos: number of clips; by default that of the paper.
        limit: maximum number of frames per clip.
        train: number of the frame to train on.

    Returns:
        The clips in order.

    Raises:
        ConfigError: the data are missing; the message says what to download and where to put it.
    """
    if name not in DATASETS:
        raise ConfigError(f"there is no data set '{name}'; choose one of {', '.join(DATASETS)}")
    count = VIDEOS[name] if videos is None else videos
    if count < 1:
        raise ConfigError(f"{count} videos cannot be evaluated; choose 1 or more")
    if name == "cityscapes":
        return cityscapes_clips(root, count, limit, train)
    return lrs2_clips(root, scratch, count, limit, train)


def cityscapes_clips(root: Path, videos: int, limit: int | None = None, train: int = 0) -> list[Clip]:
    """Sequences of Cityscapes: 30 frames each, with label IDs as segmentation.

    Args:
        root: any folder above the files, which are found by name.
        videos: number of sequences, in order of name.
        limit: maximum number of frames per sequence.
        train: number of the frame to train on; the paper trains on the first.

    Returns:
        The clips, named after the sequences.

    Raises:
        ConfigError: there are no such files, or frames lack labels.
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
        raise ConfigError(f"{root}: contains no Cityscapes sequences: {_GET_CITYSCAPES}")
    clips = []
    for clip in whole[:videos]:
        names = sorted(photos[clip])[: min(limit or _CITYSCAPES_FRAMES, _CITYSCAPES_FRAMES)]
        missing = [frame for frame in names if (clip, frame) not in labels]
        if missing:
            raise ConfigError(
                f"{root}: {clip} lacks label IDs for {len(missing)} of {len(names)} frames, the first being "
                f"{missing[0]}: {_GET_CITYSCAPES}"
            )
        frames = tuple(Frame(frame, photos[clip][frame], layers={"segments": labels[clip, frame]}) for frame in names)
        clips.append(Clip(clip, frames, train))
    return clips


def lrs2_clips(root: Path, scratch: Path, videos: int, limit: int | None = None, train: int = 0) -> list[Clip]:
    """The first videos of LRS2, in order of path.

    Args:
        root: the folder that contains ``main/``, or a folder of speakers.
        scratch: where the frames are written.
        videos: number of videos.
        limit: maximum number of frames per video.
        train: number of the frame to train on.

    Returns:
        The clips, named Seq1, Seq2, … as in the paper's table 2.

    Raises:
        ConfigError: there are no such files.
    """
    base = root / "main" if (root / "main").is_dir() else root
    files: Sequence[Path] = sorted(base.rglob("*.mp4"), key=lambda path: [natural_key(Path(p)) for p in path.parts])
    if not files:
        raise ConfigError(f"{root}: contains no LRS2 videos: {_GET_LRS2}")
    return [
        read_clip(file, scratch / f"Seq{i}" / "frames", train, limit=limit, name=f"Seq{i}")
        for i, file in enumerate(files[:videos], start=1)
    ]
