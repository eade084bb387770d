"""Moving pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from primage.image import read_image
from primage.manipulate import animation
from primage.manipulate.animation import animate
from primage.manipulate.movie import write_movie
from tests.tiny import command, contents, options, picture, write_photo

BOX = {"shape": "rectangle", "top_left": [0.12, 0.15], "bottom_right": [0.48, 0.75]}
KEYS = {
    "fps": 4,
    "keys": [
        {"at": 0},
        {"at": 1, "edits": [{"op": "move", "region": BOX, "by": [0.1, 0.1]}], "ease": "linear"},
        {"at": 1.5, "edits": [{"op": "move", "region": BOX, "by": [0.1, 0.1]}]},
    ],
}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(KEYS))
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    found = []
    with Image.open(path) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")))
    return found


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_a_moving_picture_shows_its_frames(suffix: str, tmp_path: Path) -> None:
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(np.roll(picture(), 8 * number, axis=1)[:47, :63]).save(files[-1])
    write_movie(tmp_path / f"out{suffix}", files, 10.0)
    found = frames_of(tmp_path / f"out{suffix}")
    assert len(found) == 3
    for file, frame in zip(files, found, strict=True):
        truth = read_image(file)
        assert np.abs(frame[:47, :63].astype(int) - truth).mean() < 12


def test_keyframes_become_a_moving_picture(
    run: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.webp"
    assert command("animate", run, keys, "-o", out, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["frames"] == len(list((tmp_path / "out.frames").glob("*.png"))) == 7
    assert 0 <= facts["flicker"] < 0.1
    names = [tmp_path / f"out.frames/{number:06d}.png" for number in range(7)]
    images = [read_image(name) for name in names]
    assert (images[0] != images[2]).any()
    np.testing.assert_array_equal(images[4], images[6])  # held
    # The same command changes nothing; a shorter animation replaces its own files, and no others.
    before = contents(tmp_path)
    assert command("animate", run, keys, "-o", out, "-q") == 0
    assert contents(tmp_path) == before
    keys.write_text(json.dumps(KEYS | {"keys": KEYS["keys"][:2]}))
    (tmp_path / "out.frames/mine.txt").write_text("mine")
    assert command("animate", run, keys, "-o", out, "-q") == 0
    assert not names[5].exists()
    assert (tmp_path / "out.frames/mine.txt").exists()
    # Another format of the same frames; each is known to be Primage's.
    for name in ("out.gif", "out.webp"):
        assert command("animate", run, keys, "-o", tmp_path / name, "-q") == 0
    # Frames of other options are replaced, and too many of them removed.
    keys.write_text(json.dumps(KEYS | {"keys": KEYS["keys"][:1]}))
    assert command("animate", run, keys, "-o", out, "-q", "--no-polish") == 0
    assert len(list((tmp_path / "out.frames").glob("*.png"))) == 1


def test_one_drawing_becomes_another(run: Path, tmp_path: Path) -> None:
    (tmp_path / "edits.json").write_text(json.dumps([{"op": "move", "region": BOX, "by": [0.3, 0.1]}]))
    assert command("edit", run, tmp_path / "edits.json", "-o", tmp_path / "moved.png", "-q") == 0
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"fps": 4, "keys": [{"at": 0}, {"at": 1, "drawing": "moved.png", "ease": "linear"}]}))
    assert command("animate", run, keys, "-o", tmp_path / "morph.webp", "-q") == 0
    # The same as moving the part by keyframes of the edit.
    moved = [{"op": "move", "region": BOX, "by": [0.3, 0.1]}]
    keys.write_text(json.dumps({"fps": 4, "keys": [{"at": 0}, {"at": 1, "edits": moved, "ease": "linear"}]}))
    assert command("animate", run, keys, "-o", tmp_path / "moved.webp", "-q") == 0
    for number in range(5):
        images = [read_image(tmp_path / f"{name}.frames/{number:06d}.png") for name in ("morph", "moved")]
        assert np.abs(images[0].astype(int) - images[1]).mean() < 3
    keys.write_text(json.dumps({"keys": [{"at": 0}, {"at": 1, "drawing": "none.png"}]}))
    before = contents(tmp_path)
    assert command("animate", run, keys, "-o", tmp_path / "new.webp", "-q") == 2
    assert contents(tmp_path) == before


def test_a_retouched_frame_is_a_persons(run: Path, keys: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.webp"
    assert command("animate", run, keys, "-o", out, "-q") == 0
    retouched = tmp_path / "out.frames/000005.png"
    Image.fromarray(255 - read_image(retouched)).save(retouched)
    before = contents(tmp_path)
    assert command("animate", run, keys, "-o", out, "-q", "--no-polish") == 2
    assert contents(tmp_path) == before
    keys.write_text(json.dumps(KEYS | {"keys": KEYS["keys"][:2]}))  # without that frame
    assert command("animate", run, keys, "-o", out, "-q") == 0
    assert contents(tmp_path)["out.frames/000005.png"] == before["out.frames/000005.png"]


def test_an_interrupted_animation_goes_on(
    run: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.gif"
    painting = animate(run, keys, out)
    for event in painting:
        if event.task == "painting frames" and event.done == 3:
            break
    painting.close()
    assert not out.exists()
    painted: list[Any] = []
    pictures = animation.pictures

    def counted(*args: Any, **more: Any) -> Any:
        painted.append(args)
        return pictures(*args, **more)

    monkeypatch.setattr(animation, "pictures", counted)
    for _ in animate(run, keys, out):
        pass
    assert len(painted) == 2  # five different frames, of which three were there
    uninterrupted = tmp_path / "again.gif"
    for _ in animate(run, keys, uninterrupted):
        pass
    for file in sorted((tmp_path / "again.frames").glob("*.png")):
        np.testing.assert_array_equal(read_image(file), read_image(tmp_path / "out.frames" / file.name))
    assert len(frames_of(out)) >= 5  # GIFs merge equal frames


def test_a_video_drives_the_photo(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)
    settings = options(steps=1, size=48, primitive="edges")
    assert command("train", photo, "-o", tmp_path / "run", "-q", *settings) == 0
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(np.roll(picture(), 3 * number, axis=1)).save(files[-1])
    write_movie(tmp_path / "driving.mp4", files, 5.0)
    out = tmp_path / "driven.mp4"
    assert command("animate", tmp_path / "run", "--drive", tmp_path / "driving.mp4", "-o", out, "-q") == 0
    found = frames_of(out)
    assert [frame.shape for frame in found] == [(48, 64, 3)] * 3
    assert (found[0] != found[2]).any()


def test_the_length_of_a_gif_is_right(tmp_path: Path) -> None:
    files = []
    for number in range(24):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(np.roll(picture(), number, axis=1)).save(files[-1])
    write_movie(tmp_path / "out.gif", files, 24.0)
    total = 0
    with Image.open(tmp_path / "out.gif") as image:
        for number in range(image.n_frames):
            image.seek(number)
            total += image.info["duration"]
    assert total == 1000


def test_a_drawing_that_cannot_be_extracted_is_not_driven(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)
    (tmp_path / "manual.png").write_bytes(photo.read_bytes())
    settings = [*options(steps=0, size=48, primitive="manual"), "--primitive-file", tmp_path / "manual.png"]
    assert command("train", photo, "-o", tmp_path / "run", "-q", *settings) == 0
    write_movie(tmp_path / "driving.mp4", [photo], 5.0)
    before = contents(tmp_path)
    assert command("animate", tmp_path / "run", "--drive", tmp_path / "driving.mp4", "-o", tmp_path / "a.mp4") == 2
    assert contents(tmp_path) == before


def test_wrong_input_costs_nothing(run: Path, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.mp4").write_bytes(b"mine")
    (tmp_path / "note.txt").write_text("no video")
    region = {"shape": "ellipse", "centre": [9, 9], "radii": [0.01, 0.01]}
    outside = {"keys": [{"at": 0}, {"at": 9, "edits": [{"op": "move", "region": region, "by": [0, 0]}]}]}
    (tmp_path / "outside.json").write_text(json.dumps(outside))
    extended = {"keys": [{"at": 0}, {"at": 1, "edits": [{"op": "extend", "right": 0.3}]}]}
    (tmp_path / "extended.json").write_text(json.dumps(extended))
    (tmp_path / "long.json").write_text(json.dumps({"keys": [{"at": 0}, {"at": 3000}]}))
    before = contents(tmp_path)
    for wrong in (
        ["-o", tmp_path / "new.mp4"],
        [keys, "--drive", keys, "-o", tmp_path / "new.mp4"],
        [keys, "-o", tmp_path / "new.avi"],
        [keys, "-o", tmp_path / "mine.mp4"],
        [tmp_path / "outside.json", "-o", tmp_path / "new.mp4"],
        [tmp_path / "note.txt", "-o", tmp_path / "new.mp4"],
        [tmp_path / "extended.json", "-o", tmp_path / "new.mp4"],
        [tmp_path / "long.json", "--fps", 120, "-o", tmp_path / "new.mp4"],
        [keys, "--fps", 60, "-o", tmp_path / "new.gif"],
    ):
        assert command("animate", run, *wrong, "-q") == 2
    assert contents(tmp_path) == before
    assert command("animate", run, "--drive", tmp_path / "note.txt", "-o", tmp_path / "new.mp4", "-q") == 2
