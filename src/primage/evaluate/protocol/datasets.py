"""The paper's two video data sets, read in their published layout; their licences do not allow us to ship them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from primage.errors import ConfigError
from primage.evaluate.protocol.frames import Clip, Frame, natural_key, read_clip
from primage.labels.files import read_labels, write_labels

DATASETS = ("cityscapes", "lrs2")
#: As in the paper: aachen_000000 … aachen_000015 from segmentations; the first five LRS2 videos from Canny edges.
VIDEOS = {"cityscapes": 16, "lrs2": 5}
DATASET_KINDS = {"cityscapes": "segments", "lrs2": "edges"}
#: Test frames in the paper, over all videos.
TEST_FRAMES = {"cityscapes": 464, "lrs2": 239}
_CITYSCAPES_FRAMES = 30
#: Number of missing videos that a message names.
_NAMED = 5
_CITYSCAPES = re.compile(r"^(?P<clip>[a-z-]+_\d{6})_(?P<frame>\d{6})_(?P<kind>\w+)$")
#: Folders of the samples that come with vid2vid: label ids (A) and photos (B) under the same names.
_VID2VID = re.compile(r"^(train|val|test)_(?P<side>[AB])$")
_GET_CITYSCAPES = (
    "download leftImg8bit_sequence_trainvaltest.zip from cityscapes-dataset.com (requires a free account), unpack it "
    "there, and add a label map for every frame (the data set labels only frame 19): "
    "…/aachen_000000_000000_leftImg8bit.png and …/aachen_000000_000000_gtFine_labelIds.png; or use the samples of "
    "vid2vid, as the paper does: train_A/seq0000/*_leftImg8bit.png (label IDs) and train_B/seq0000/*_leftImg8bit.jpg"
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
        scratch: where the frames of video files are written, and label maps whose file names do not say what they hold.
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
        return cityscapes_clips(root, scratch, count, limit, train)
    return lrs2_clips(root, scratch, count, limit, train)


@dataclass(frozen=True)
class Extent:
    """How much of a data set is evaluated.

    Attributes:
        dataset: cityscapes or lrs2.
        videos: number of clips.
        test_frames: number of test frames.
        missing_videos: the paper's videos that are not among the clips.
        missing_frames: number of frames that a sequence of Cityscapes lacks, by its name.
    """

    dataset: str
    videos: int
    test_frames: int
    missing_videos: tuple[str, ...]
    missing_frames: Mapping[str, int]

    def __str__(self) -> str:
        """The counts and what is missing, in one line."""
        text = (
            f"{self.videos} of the paper's {VIDEOS[self.dataset]} videos, "
            f"{self.test_frames} of its {TEST_FRAMES[self.dataset]} test frames"
        )
        some = ", ".join(self.missing_videos[:_NAMED]) + (", …" if len(self.missing_videos) > _NAMED else "")
        missing = [f"{len(self.missing_videos)} videos ({some})"] if self.missing_videos else []
        missing += [f"{n} frame{'s' if n > 1 else ''} of {name}" for name, n in self.missing_frames.items()]
        return f"{text}; not evaluated: {', '.join(missing)}" if missing else text


def extent(name: str, clips: Sequence[Clip]) -> Extent:
    """Count what there is to evaluate, and what the paper has in addition.

    Args:
        name: "cityscapes" or "lrs2".
        clips: from `read_dataset`.

    Returns:
        The counts.
    """
    lengths = {clip.name: len(clip.frames) for clip in clips}
    prefix, first = ("aachen_{:06d}", 0) if name == "cityscapes" else ("Seq{}", 1)
    names = [prefix.format(i) for i in range(first, first + VIDEOS[name])]
    short = {}
    if name == "cityscapes":
        short = {each: _CITYSCAPES_FRAMES - count for each, count in lengths.items() if count < _CITYSCAPES_FRAMES}
    absent = tuple(each for each in names if each not in lengths)
    return Extent(name, len(clips), sum(len(clip.test_frames) for clip in clips), absent, short)


def cityscapes_clips(root: Path, scratch: Path, videos: int, limit: int | None = None, train: int = 0) -> list[Clip]:
    """Sequences of Cityscapes: 30 frames each, with label IDs as segmentation.

    Args:
        root: any folder above the files, which are found by name; in the data set's own layout or in that of
            vid2vid's samples (``train_A/seq0000/*_leftImg8bit.png`` and ``train_B/seq0000/*_leftImg8bit.jpg``).
        scratch: where label maps of the latter are written as palette PNGs that say what their labels are.
        videos: number of sequences, in order of name.
        limit: maximum number of frames per sequence.
        train: number of the frame to train on; the paper trains on the first.

    Returns:
        The clips, named after the sequences.

    Raises:
        ConfigError: there are no such files, or frames lack labels.
        LabelError: a label map holds something else than label IDs of Cityscapes.
    """
    photos: dict[str, dict[str, Path]] = defaultdict(dict)
    labels: dict[tuple[str, str], Path] = {}
    unnamed: set[Path] = set()
    for path, clip, frame, is_photo in _cityscapes_files(root):
        if is_photo:
            photos[clip][frame] = path
        else:
            labels[clip, frame] = path
            if not path.stem.endswith("labelIds"):
                unnamed.add(path)
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
        frames = []
        for name in names:
            segments = labels[clip, name]
            if segments in unnamed:
                segments = scratch / clip / "segments" / f"{name}.png"
                write_labels(segments, read_labels(labels[clip, name], ids="cityscapes"))
            frames.append(Frame(name, photos[clip][name], layers={"segments": segments}))
        consecutive = int(names[-1]) - int(names[0]) == len(names) - 1
        clips.append(Clip(clip, tuple(frames), train, consecutive))
    return clips


def _cityscapes_files(root: Path) -> Iterator[tuple[Path, str, str, bool]]:
    """Each photo and label map: its path, sequence, frame, and whether it is a photo."""
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        match = _CITYSCAPES.match(path.stem)
        if match is None or path.suffix not in (".png", ".jpg"):
            continue
        side = next((each["side"] for part in path.parent.parts if (each := _VID2VID.match(part))), None)
        is_photo = match["kind"] == "leftImg8bit" and side != "A"
        if is_photo or (path.suffix == ".png" and (side == "A" or match["kind"].endswith("labelIds"))):
            yield path, match["clip"], match["frame"], is_photo


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
