"""Clips from videos, folders and data sets."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from primage.errors import ConfigError, ImageError, LabelError
from primage.evaluate.protocol.datasets import cityscapes_clips, extent, lrs2_clips, read_dataset
from primage.evaluate.protocol.frames import Clip, Frame, clip_name, decode_video, read_clip
from primage.image import read_image, write_png
from primage.labels.files import read_labels
from tests.evaluate.tiny_clips import (
    cityscapes_ids,
    moved,
    write_cityscapes,
    write_frames,
    write_labels_of,
    write_video,
)


def test_a_folder_is_in_natural_order(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "walk", 12)
    (folder / "notes.txt").write_text("no frame")
    clip = read_clip(folder, tmp_path / "scratch")
    assert (clip.name, clip.train) == ("walk", 0)
    assert [frame.name for frame in clip.frames] == [str(i) for i in range(12)]
    assert [frame.name for frame in clip.test_frames] == [str(i) for i in range(1, 12)]
    few = read_clip(folder, tmp_path / "scratch", train=4, every=3, limit=3)
    assert ([frame.name for frame in few.frames], few.train) == (["1", "4", "7"], 1)
    # The test frames 1 and 7 are separated by the training frame 4.
    assert [few.follows(i) for i in range(2)] == [False, False]
    assert [clip.follows(i) for i in range(3)] == [False, True, True]


def test_layers_are_matched_by_name(tmp_path: Path) -> None:
    folder, labels = write_frames(tmp_path / "walk"), write_labels_of(tmp_path / "labels")
    clip = read_clip(folder, tmp_path, folders={"segments": labels})
    assert [frame.layers["segments"] for frame in clip.frames] == [labels / f"{i}.png" for i in range(4)]
    files = clip.frames[1].files("super")
    assert (files.layers["segments"], files.edges_from) == (labels / "1.png", folder / "1.png")
    assert clip.frames[1].files("super", train=True).edges_from is None
    assert clip.frames[1].files("segments").edges_from is None
    (labels / "2.png").unlink()
    with pytest.raises(ConfigError, match=r"2\.png: has no segments"):
        read_clip(folder, tmp_path, folders={"segments": labels})
    with pytest.raises(ConfigError, match="not a folder of layers"):
        read_clip(folder, tmp_path, folders={"edges": tmp_path / "nothing"})


def test_a_training_pair_and_test_pairs(tmp_path: Path) -> None:
    write_png(tmp_path / "talk/train/image.png", moved(0))
    write_png(tmp_path / "talk/train/segments.png", moved(0))
    write_frames(tmp_path / "talk/test/image", 3)
    write_labels_of(tmp_path / "talk/test/segments", 3)
    clip = read_clip(tmp_path / "talk", tmp_path)
    assert [frame.name for frame in clip.frames] == ["train", "0", "1", "2"]
    assert all("segments" in frame.layers for frame in clip.frames)
    (tmp_path / "talk/train/image.png").unlink()
    with pytest.raises(ConfigError, match=r"not train/image\.png"):
        read_clip(tmp_path / "talk", tmp_path)


def test_a_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = write_video(tmp_path / "walk.mp4")
    clip = read_clip(video, tmp_path / "frames")
    assert [frame.name for frame in clip.frames] == [f"{i:06d}" for i in range(6)]
    assert np.abs(read_image(clip.frames[3].photo).astype(int) - moved(3)).mean() < 12
    before = clip.frames[0].photo.stat().st_mtime_ns
    decode_video(video, tmp_path / "frames")
    assert clip.frames[0].photo.stat().st_mtime_ns == before  # not decoded again
    assert [path.name for path in decode_video(video, tmp_path / "few", 1, 2, 2)] == ["000001.png", "000003.png"]
    (tmp_path / "no.mp4").write_text("no video")
    with pytest.raises(ImageError, match="is not a readable video"):
        read_clip(tmp_path / "no.mp4", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigError, match=r"primage\[video\]"):
        read_clip(video, tmp_path / "other")


#: The matrix of a video track: a, b, u, c, d, v, x, y, w, of which the last of each three has other units.
IDENTITY = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((1, 0, 0, 1), lambda frame: frame),
        ((0, 1, -1, 0), lambda frame: np.rot90(frame, -1)),  # a phone held upright
        ((0, -1, 1, 0), lambda frame: np.rot90(frame, 1)),
        ((-1, 0, 0, -1), lambda frame: np.rot90(frame, 2)),
        ((-1, 0, 0, 1), lambda frame: frame[:, ::-1]),
        ((0, 1, 1, 0), lambda frame: frame.transpose(1, 0, 2)),
    ],
)
def test_frames_of_a_video_stand_upright(
    tmp_path: Path, matrix: tuple[int, ...], turn: Callable[[np.ndarray], np.ndarray]
) -> None:
    stored = write_video(tmp_path / "a.mp4", 2)
    lying = read_image(decode_video(stored, tmp_path / "lying")[0])
    a, b, c, d = (65536 * value for value in matrix)
    whole = stored.read_bytes()
    at = whole.index(IDENTITY, whole.index(b"tkhd"))
    turned = whole[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + whole[at + 36 :]
    (tmp_path / "b.mp4").write_bytes(turned)
    np.testing.assert_array_equal(read_image(decode_video(tmp_path / "b.mp4", tmp_path / "b")[0]), turn(lying))


def test_files_of_the_operating_system_are_no_frames(tmp_path: Path) -> None:
    for folder in (write_frames(tmp_path / "frames"), write_labels_of(tmp_path / "labels")):
        for name in ("._0.png", ".DS_Store", "Thumbs.db"):
            (folder / name).write_bytes(b"\0\5\x16\7")
    clip = read_clip(tmp_path / "frames", tmp_path, folders={"segments": tmp_path / "labels"})
    assert [frame.name for frame in clip.frames] == ["0", "1", "2", "3"]
    assert clip.frames[0].layers["segments"].name == "0.png"


def test_too_few_frames(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="contains no images"):
        read_clip(tmp_path / "empty", tmp_path)
    with pytest.raises(ConfigError, match="no such video"):
        read_clip(tmp_path / "missing", tmp_path)
    with pytest.raises(ConfigError, match="1 frames; at least one to train on"):
        read_clip(write_frames(tmp_path / "one", 1), tmp_path)
    with pytest.raises(ConfigError, match="its frames are 0 to 1"):
        Clip("c", (Frame("a", tmp_path), Frame("b", tmp_path)), 2)
    with pytest.raises(ConfigError, match="two frames are called a"):
        Clip("c", (Frame("a", tmp_path), Frame("a", tmp_path)), 0)
    assert clip_name(tmp_path / "my film (1)") == "my-film-1-"
    with pytest.raises(ConfigError, match="at least 2"):
        read_clip(tmp_path / "one", tmp_path, limit=1)


def test_cityscapes(tmp_path: Path) -> None:
    root = write_cityscapes(tmp_path / "city")
    clips = read_dataset("cityscapes", root, tmp_path)
    assert [clip.name for clip in clips] == [f"aachen_{i:06d}" for i in range(3)]
    assert len(clips[0].frames) == 4
    first = clips[1].frames[0]
    assert first.photo.name == "aachen_000001_000000_leftImg8bit.png"
    assert first.layers["segments"] is not None
    assert first.layers["segments"].name == "aachen_000001_000000_gtFine_labelIds.png"
    assert len(cityscapes_clips(root, tmp_path, 2, limit=3)) == 2
    clips[2].frames[1].layers["segments"].unlink()
    with pytest.raises(ConfigError, match=r"aachen_000002 lacks label IDs for 1 of 4 frames, the first being 000001"):
        cityscapes_clips(root, tmp_path, 3)
    with pytest.raises(ConfigError, match=r"leftImg8bit_sequence_trainvaltest\.zip"):
        read_dataset("cityscapes", tmp_path / "nothing", tmp_path)


def test_cityscapes_as_vid2vid_ships_it(tmp_path: Path) -> None:
    root = write_cityscapes(tmp_path / "city", 2, vid2vid=True)
    clips = read_dataset("cityscapes", root, tmp_path / "out")
    assert [clip.name for clip in clips] == ["aachen_000000", "aachen_000001"]
    assert [frame.name for frame in clips[1].frames] == [f"{i:06d}" for i in range(4)]
    assert clips[1].frames[2].photo == root / "train_B/seq0001/aachen_000001_000002_leftImg8bit.jpg"
    segments = clips[1].frames[2].layers["segments"]
    assert segments == tmp_path / "out/aachen_000001/segments/000002.png"
    found = read_labels(segments)
    assert found.palette.source == "cityscapes"
    assert [(label.id, label.name, label.colour) for label in found.palette.labels] == [
        (7, "road", (128, 64, 128)),
        (11, "building", (70, 70, 70)),
        (24, "person", (220, 20, 60)),
        (26, "car", (0, 0, 142)),
    ]
    assert (np.array([label.id for label in found.palette.labels])[found.index] == cityscapes_ids(2)).all()
    write_png(root / "train_A/seq0000/aachen_000000_000001_leftImg8bit.png", np.full((48, 64), 99, np.uint8))
    with pytest.raises(LabelError, match=r"\[99\] are not ids of Cityscapes"):
        read_dataset("cityscapes", root, tmp_path / "out")


def test_missing_sequences_and_frames_are_counted(tmp_path: Path) -> None:
    root = write_cityscapes(tmp_path / "city", 2, 31, vid2vid=True)
    clips = read_dataset("cityscapes", root, tmp_path / "out")
    assert [len(clip.frames) for clip in clips] == [30, 30]
    assert all(clip.consecutive for clip in clips)
    found = extent("cityscapes", clips)
    assert (found.videos, found.test_frames, len(found.missing_videos), found.missing_frames) == (2, 58, 14, {})
    assert str(found).startswith(
        "2 of the paper's 16 videos, 58 of its 464 test frames; not evaluated: 14 videos (aachen_00"
    )
    for frame in (3, 30):
        (root / f"train_B/seq0001/aachen_000001_{frame:06d}_leftImg8bit.jpg").unlink()
    clips = read_dataset("cityscapes", root, tmp_path / "out")
    assert not clips[1].consecutive  # flicker is not defined across the gap
    assert extent("cityscapes", clips).missing_frames == {"aachen_000001": 1}
    assert str(extent("cityscapes", clips)).endswith(", 1 frame of aachen_000001")
    whole = [Clip(f"Seq{i}", tuple(Frame(str(j), root) for j in range(50)), 0) for i in range(1, 6)]
    assert str(extent("lrs2", whole)) == "5 of the paper's 5 videos, 245 of its 239 test frames"


def test_lrs2(tmp_path: Path) -> None:
    for speaker, number in (("55", "00002"), ("55", "00010"), ("123", "00001")):
        path = tmp_path / "lrs2/main" / speaker / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, 3)
    clips = lrs2_clips(tmp_path / "lrs2", tmp_path / "out", 2)
    assert [clip.name for clip in clips] == ["Seq1", "Seq2"]
    assert len(clips[0].frames) == 3
    assert clips[0].frames[0].photo.parent == tmp_path / "out/Seq1/frames"
    with pytest.raises(ConfigError, match="from the BBC"):
        read_dataset("lrs2", tmp_path / "nothing", tmp_path)
    with pytest.raises(ConfigError, match="no data set 'imagenet'"):
        read_dataset("imagenet", tmp_path, tmp_path)
    with pytest.raises(ConfigError, match="1 or more"):
        read_dataset("lrs2", tmp_path, tmp_path, videos=0)
