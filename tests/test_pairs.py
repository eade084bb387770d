"""Training on several pairs: which files are pairs, their labels, and a training that stops and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from primage import training
from primage.api import configure, opened_run, prepare
from primage.config import Config
from primage.errors import ConfigError, LabelError, RunError
from primage.image import read_image
from primage.labels.label_map import Label, LabelMap, Palette
from primage.labels.shared import shared_labels
from primage.model import load
from primage.pair_files import MAX_PAIRS, PairFiles, pairs_in
from primage.run import Run
from primage.tensor_files import load_tensors
from tests.tiny import SETTINGS, command, one_thread, options, picture

RED, GREEN, BLUE, SAND = (200, 30, 30), (30, 180, 40), (30, 60, 200), (230, 210, 150)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def draw(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (32, 48)) -> Path:
    """A drawing: a box of one colour on sand."""
    pixels = np.full((*size, 3), SAND, np.uint8)
    pixels[8:24, 10:30] = colour
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def photograph(path: Path, seed: int, size: tuple[int, int] = (32, 48)) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture(seed, size)).save(path)
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Three pairs whose labels and sizes differ."""
    folder = tmp_path / "set"
    for seed, (name, colour, size) in enumerate((("a", RED, (32, 48)), ("b", GREEN, (32, 48)), ("c", BLUE, (32, 40)))):
        photograph(folder / f"{name}.png", seed, size)
        draw(folder / f"{name}.drawing.png", colour, size)
    return folder


def paper(kind: str = "segments", steps: int = 4) -> Config:
    return configure("paper", kind, 32, steps=steps, settings=SETTINGS["paper"])


def names(path: Path, kind: str = "segments") -> list[tuple[str, str | None]]:
    return [(pair.photo.name, pair.drawing and pair.drawing.name) for pair in pairs_in(path, paper(kind))]


# --- which files are pairs


def test_drawings_lie_beside_their_photos(pairs: Path) -> None:
    (pairs / "a.drawing.origin.png").write_bytes((pairs / "a.drawing.png").read_bytes())
    (pairs / ".hidden.png").write_bytes(b"")
    (pairs / "notes.txt").write_text("no picture")
    assert names(pairs) == [(f"{name}.png", f"{name}.drawing.png") for name in "abc"]


@pytest.mark.parametrize("folders", [("drawings", "photos"), ("A", "B"), ("train_A", "train_B")])
def test_data_sets_have_a_folder_of_drawings_and_one_of_photos(tmp_path: Path, folders: tuple[str, str]) -> None:
    for seed, name in enumerate(("2", "1")):
        draw(tmp_path / folders[0] / f"{name}.png", RED)
        photograph(tmp_path / folders[1] / f"{name}.jpg", seed)
    assert names(tmp_path) == [("1.jpg", "1.png"), ("2.jpg", "2.png")]
    (tmp_path / folders[1] / "1.jpg").unlink()
    with pytest.raises(ConfigError, match=r"1\.png: there is no file 1 in .*; each photo needs its drawing"):
        names(tmp_path)


def test_lists_keep_their_order_and_name_files_from_where_they_lie(pairs: Path) -> None:
    listed = [("c.png", "c.drawing.png"), ("a.png", "a.drawing.png")]
    (pairs / "list.csv").write_text("photo,drawing\n" + "".join(f"{photo},{drawing}\n" for photo, drawing in listed))
    (pairs / "list.json").write_text(json.dumps([{"photo": photo, "drawing": drawing} for photo, drawing in listed]))
    assert names(pairs / "list.csv") == names(pairs / "list.json") == listed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("photo,drawing\nx.png,a.drawing.png\n", "x.png is missing"),
        ("photo,drawing\na.png,a.drawing.png\na.png,b.drawing.png\n", "listed twice"),
        ("photo,drawing\na.png,a.drawing.png\nb.png,\n", "b.png: has no drawing"),
        ("image,mask\na.png,a.drawing.png\n", "the fields photo and drawing"),
        ("photo,drawing\n", "lists no pairs"),
    ],
)
def test_lists_that_are_wrong(pairs: Path, text: str, says: str) -> None:
    (pairs / "list.csv").write_text(text)
    with pytest.raises(ConfigError, match=says):
        names(pairs / "list.csv")


def test_incomplete_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="is a folder without pairs"):
        names(tmp_path)
    draw(tmp_path / "a.drawing.png", RED)
    with pytest.raises(ConfigError, match="its photo is missing"):
        names(tmp_path)
    photograph(tmp_path / "a.png", 0)
    photograph(tmp_path / "a.jpg", 0)
    with pytest.raises(ConfigError, match="has the same name"):
        names(tmp_path)
    (tmp_path / "a.jpg").unlink()
    photograph(tmp_path / "b.png", 0)
    draw(tmp_path / "b.drawing.png", RED)
    assert MAX_PAIRS >= 100
    monkeypatch.setattr("primage.pair_files.MAX_PAIRS", 1)
    with pytest.raises(ConfigError, match="give at most 1"):
        names(tmp_path)


def test_photos_without_drawings_are_learned_from_their_lines(tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        photograph(tmp_path / f"{name}.png", seed)
    assert pairs_in(tmp_path, paper("edges")) == (PairFiles(tmp_path / "a.png"), PairFiles(tmp_path / "b.png"))
    with pytest.raises(ConfigError, match="give drawings, or use --primitive edges"):
        names(tmp_path)


def test_the_painter_learns_one_photo(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("train", pairs, "-o", tmp_path / "run", "-p", "segments", "--steps", 0) == 2
    assert "add --preset paper, or give one photo" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()
    file = ["--segments", pairs / "a.drawing.png"]
    assert command("train", pairs, "-o", tmp_path / "run", *options("paper"), "-p", "segments", *file) == 2
    assert "belongs to one photo" in " ".join(capsys.readouterr().err.split())


# --- labels


def test_labels_of_all_drawings_are_shared(pairs: Path) -> None:
    prepared = prepare(pairs, paper())
    primitives = [prepared.primitive, *(pair.primitive for pair in prepared.more)]
    palette = prepared.record.spec.palette
    assert palette is not None
    assert {label.colour for label in palette.labels} == {SAND, RED, GREEN, BLUE}
    for primitive, colour in zip(primitives, (RED, GREEN, BLUE), strict=True):
        assert primitive.segments is not None
        assert primitive.segments.palette == palette
        assert palette.labels[primitive.segments.index[12, 15]].colour == colour
    assert [primitive.size for primitive in primitives] == [(32, 48), (32, 48), (32, 40)]


def test_labels_with_ids_and_names_are_identified_by_these() -> None:
    def one(source: str, *labels: Label) -> LabelMap:
        index = np.arange(len(labels), dtype=np.uint8)[None]
        return LabelMap(index, Palette(labels=labels, source=source))  # type: ignore[arg-type]

    grey = [one("grey", Label(id=i, colour=(i,) * 3), Label(id=j, colour=(j,) * 3)) for i, j in ((7, 9), (9, 200))]
    first, other = shared_labels(grey, ["one", "other"])
    assert [label.id for label in first.palette.labels] == [7, 9, 200]
    assert (first.index.tolist(), other.index.tolist()) == ([[0, 1]], [[1, 2]])
    named = [one("coco", Label(id=0, colour=RED, name=name)) for name in ("cat", "dog")]
    assert [label.name for label in shared_labels(named, ["one", "other"])[1].palette.labels] == ["cat", "dog"]
    with pytest.raises(LabelError, match="other: its labels are of another kind than those of one"):
        shared_labels([grey[0], named[0]], ["one", "other"])


# --- training


def go(pairs: Path, folder: Path, stop_after: int | None = None, steps: int = 4) -> None:
    with opened_run(folder, prepare(pairs, paper(steps=steps))) as run:
        for progress in (iterator := training.training(run)):
            if progress.step == stop_after:
                iterator.close()
                return


def test_a_stopped_and_resumed_training_ends_with_the_same_weights(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_LOG_SEC", 0.0)
    go(pairs, tmp_path / "whole")
    go(pairs, tmp_path / "parts", stop_after=2)
    go(pairs, tmp_path / "parts")
    whole, parts = (load_tensors(tmp_path / name / "checkpoint.safetensors")[0] for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert [name for name in whole if not torch.equal(whole[name], parts[name])] == []
    model = load(tmp_path / "whole")
    np.testing.assert_array_equal(model.photo, read_image(pairs / "a.png"))
    assert model.render(pairs / "c.drawing.png", size_px=32).shape == (32, 40, 3)


def test_every_pair_is_drawn(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(
        training, "train_step", lambda state, _config, stage, *_: drawn.append(width(state, stage)) or {}
    )

    def width(state: training.State, stage: training.Stage) -> int:
        photo = stage.draw(state.rng).photo
        return photo.shape[3] * 1000 + round(float(photo.mean()) * 100)

    go(pairs, tmp_path / "run", steps=30)
    assert {number // 1000 for number in drawn} == {48, 40}
    assert 4 < sum(number // 1000 == 40 for number in drawn) < 18


def test_the_run_knows_its_pairs(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    go(pairs, run, steps=1)
    assert [pair.name for pair in Run(run).record.more_pairs] == ["b.png", "c.png"]
    assert command("info", run, "--json") == 0
    shown = json.loads(capsys.readouterr().out)["further_pairs"]
    assert [line.split()[0] for line in shown] == ["b.png", "c.png"]
    photograph(pairs / "b.png", 9)
    with pytest.raises(RunError, match="other pairs"):
        go(pairs, run, steps=1)
    kept = (run / "pairs" / "0002" / "photo.png").read_bytes()
    (run / "pairs" / "0002" / "photo.png").write_bytes((run / "photo.png").read_bytes())
    assert command("train", "--continue", "-o", run, "--steps", 1) == 2
    assert "was changed since the run was made" in " ".join(capsys.readouterr().err.split())
    (run / "pairs" / "0002" / "photo.png").write_bytes(kept)
    assert command("train", "--continue", "-o", run, "--steps", 1, "--quiet") == 0
    assert load(run).record.steps == 2
    assert command("render", run, pairs / "b.drawing.png", "-o", run / "pairs" / "0001" / "photo.png") == 2
