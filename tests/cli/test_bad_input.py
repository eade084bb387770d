"""Users' mistakes: a one-line message, exit code 2, and nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.files import sha256_file
from primage.origin.files import write_origin
from primage.origin.plane import Origin
from tests.tiny import command, contents, options, picture

TRAIN = ("--steps", "1", "--out", "new")
OK = ("photo.png", *TRAIN)
SUPER = ("--segments", "primitive.segments.png", "--edges", "primitive.edges.png")
MOVE = {"op": "move", "region": {"shape": "ellipse", "centre": [0.5, 0.5], "radii": [0.2, 0.2]}, "by": [0.1, 0]}


@pytest.fixture(scope="module")
def kept_bad_files(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `made`, with files that are not what their names say; not to be changed."""
    folder = tmp_path_factory.mktemp("bad") / "folder"
    shutil.copytree(made, folder)
    whole = (folder / "photo.png").read_bytes()
    (folder / "text.png").write_text("a picture is worth a thousand words")
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "folder.png").mkdir()
    later = Image.fromarray(255 - picture())
    Image.fromarray(picture()).save(folder / "film.gif", save_all=True, append_images=[later])
    Image.fromarray(picture()).save(folder / "labels.jpg", quality=60)
    Image.fromarray(picture()[:8, :8]).save(folder / "stamp.png")
    Image.fromarray(np.zeros((16_000, 40, 3), np.uint8)).save(folder / "strip.png")
    Image.fromarray(np.zeros((4000, 40, 3), np.uint8)).save(folder / "long.png")
    Image.fromarray(picture().swapaxes(0, 1) // 64 * 64).save(folder / "turned.png")
    Image.fromarray(picture(size=(48, 48))).save(folder / "square.png")
    pixels = np.array(Image.open(folder / "primitive.png").convert("RGB"))
    Image.fromarray(np.repeat(pixels, 2, axis=1)).save(folder / "wide.png")
    pixels[5:25, 5:25] = (1, 254, 3)
    Image.fromarray(pixels).save(folder / "odd.png")
    Image.fromarray(np.full((48, 64, 3), 255, np.uint8)).save(folder / "blank.png")
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(folder / "black.png")
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(folder / "taken.origin.png")
    write_origin(folder / "other.origin.png", Origin.unmoved((48, 64)), "0" * 64)
    write_origin(folder / "square.origin.png", Origin.unmoved((48, 48)), sha256_file(folder / "photo.png"))
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(folder / "taken-2.png")
    Image.fromarray(np.repeat([[[255]], [[0]]], [24, 24], axis=0).repeat(64, 1).repeat(3, 2).astype(np.uint8)).save(
        folder / "half.png"
    )
    (folder / "points.json").write_text(json.dumps({"points": [[1, 2]], "connections": [[0, 7]]}))
    (folder / "model.txt").write_text("weights")
    (folder / "model.safetensors").write_text("weights")
    (folder / "letters").mkdir()
    (folder / "letters" / "dear.txt").write_text("dear")
    (folder / "broken").mkdir()
    (folder / "broken" / "run.json").write_bytes(b"\xff\xfe\x00")
    (folder / "malformed.json").write_text('[{"op": "move",')
    (folder / "unknown.json").write_text(json.dumps([MOVE | {"op": "explode"}]))
    (folder / "extra.json").write_text(json.dumps([MOVE | {"colour": "red"}]))
    (folder / "object.json").write_text(json.dumps(MOVE))
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00\x80")
    (folder / "nowhere.json").write_text(
        json.dumps([MOVE | {"region": {"shape": "ellipse", "centre": [5, 5], "radii": [0.1, 0.1]}}])
    )
    (folder / "label.json").write_text(json.dumps([{"op": "fill", "region": MOVE["region"], "label": 99}]))
    (folder / "good.json").write_text(json.dumps([MOVE]))
    return folder


@pytest.fixture
def bad_files(kept_bad_files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; what is tested here changes nothing in it."""
    monkeypatch.chdir(kept_bad_files)
    return kept_bad_files


CASES: dict[str, tuple[tuple[str, ...], str]] = {
    # the photo
    "missing photo": (("train", "none.png", *TRAIN), "none.png does not exist"),
    "folder as photo": (("train", "folder.png", *TRAIN), "is a folder"),
    "text as photo": (("train", "text.png", *TRAIN), "text.png"),
    "truncated photo": (("train", "truncated.png", *TRAIN), "truncated.png"),
    "empty photo": (("train", "empty.png", *TRAIN), "0 bytes"),
    "animated gif": (("train", "film.gif", *TRAIN), "2 frames or pages"),
    "stamp": (
        ("train", "stamp.png", *TRAIN),
        "(32 to 8192 px a side); choose another with --size, for example --size 256",
    ),
    "strip": (("train", "strip.png", *TRAIN), "crop the photo"),
    "long": (("train", "long.png", *TRAIN, "--size", "256"), "for example --size 81"),
    # what to do with it
    "unknown preset": (("train", *OK, "--preset", "best"), "'best'; choose one of"),
    "unknown primitive": (("train", *OK, "--primitive", "sketch"), "'super'"),
    "minutes and steps": (("train", *OK, "--minutes", "1"), "minutes or steps, not both"),
    "negative steps": (("train", "photo.png", "--out", "new", "--steps", "-1"), "steps"),
    "steps not whole": (("train", "photo.png", "--out", "new", "--steps", "1.5"), "integer"),
    "no minutes": (("train", "photo.png", "--out", "new", "--minutes", "0"), "minutes"),
    "minutes not a number": (("train", "photo.png", "--out", "new", "--minutes", "nan"), "finite"),
    "endless": (("train", "photo.png", "--out", "new", "--set", "minutes=null"), "how long"),
    "size 0": (("train", *OK, "--size", "0"), "size_px"),
    "size 31": (("train", *OK, "--size", "31"), "size_px"),
    "size 5000": (("train", *OK, "--size", "5000"), "size_px"),
    "negative seed": (("train", *OK, "--seed", "-1"), "seed"),
    "unknown setting": (("train", *OK, "--set", "augment.cutmx=true"), "augment.cutmx=true"),
    "setting without value": (("train", *OK, "--set", "augment.cutmix"), "KEY=VALUE"),
    "setting out of range": (("train", *OK, "--set", "loss.lambda_L1=-1"), "lambda_L1"),
    "setting of another type": (("train", *OK, "--set", "optim.lr=fast"), "optim.lr"),
    "no loss layer of that name": (
        ("train", *OK, "--set", 'loss.perceptual_layers=["relu1_1","relu9_9","relu3_3"]'),
        "relu9_9",
    ),
    "no photo named": (("train", "--out", "new", "--steps", "1"), "no photo given"),
    "no folder named": (("train", "photo.png", "--steps", "1"), "--out RUN"),
    "nothing to continue": (("train", "--continue", "--out", "new", "--steps", "1"), "is not a run folder"),
    "something else to continue": (("train", "--continue", "--out", "letters", "--steps", "1"), "not a run"),
    "unknown matcher": (("train", *OK, "--matcher", "best"), "matcher"),
    "widths that the matcher does not fit": (("train", *OK, "--set", "generator.descriptor=32"), "matcher none"),
    "a matcher for the paper": (("train", *OK, "--preset", "paper", "--matcher", "universal"), "matcher none"),
    "unknown device": (("train", *OK, "--device", "tpu"), "unknown device 'tpu'"),
    "absent device": (("train", *OK, "--device", "cuda"), "'cuda'"),
    # its primitive
    "missing primitive": (("train", *OK, "--primitive-file", "none.png"), "none.png"),
    "primitive of another shape": (("train", *OK, "--primitive-file", "wide.png"), "shape"),
    "labels of another shape": (("train", *OK, "--segments", "square.png"), "square.png"),
    "labels on their side": (("train", *OK, "--edges", "turned.png"), "lies on its side; photos are read upright"),
    "mask on its side": (("remove", "run", "--mask", "turned.png"), "lies on its side; photos are read upright"),
    "jpeg as labels": (("train", *OK, "--segments", "labels.jpg"), "labels.jpg"),
    "photo as labels": (("train", *OK, "--segments", "photo.png"), "photo.png"),
    "edges for segments": (
        ("train", *OK, "-p", "segments", "--edges", "primitive.edges.png"),
        "'segments' has no layer 'edges'",
    ),
    "blank sheet as lines": (("train", *OK, "-p", "edges", "--primitive-file", "blank.png"), "no lines are found"),
    "not a colour": (
        ("train", *OK, "--primitive-file", "primitive.png", "--line-colour", "blackish"),
        "write #rrggbb",
    ),
    "line colour of no drawing": (("train", *OK, "--line-colour", "black"), "give the drawing"),
    "line colour that is not there": (
        ("train", *OK, "--primitive-file", "blank.png", "--line-colour", "#008000"),
        "no lines have the colour #008000",
    ),
    "manual without file": (("train", *OK, "-p", "manual"), "--primitive-file"),
    "landmarks that name no point": (
        ("train", *OK, "-p", "landmarks", "--primitive-file", "points.json"),
        "a point that does not exist",
    ),
    # where to
    "no out": (("train", "photo.png", "--steps", "1"), "--out"),
    "out is a file": (("train", "photo.png", "--steps", "1", "--out", "model.txt"), "is a file"),
    "out below a file": (("train", "photo.png", "--steps", "1", "--out", "model.txt/run"), "model.txt"),
    "out is foreign": (("train", "photo.png", "--steps", "1", "--out", "letters"), "dear.txt"),
    "out is another run": (("train", "photo.png", "--steps", "1", "--out", "run"), "other settings"),
    "out is broken": (("train", "photo.png", "--steps", "1", "--out", "broken"), "run.json"),
    # rendering
    "no model": (("render", "none", "primitive.png"), "none"),
    "text as model": (("render", "model.txt", "primitive.png"), "model.txt"),
    "text as safetensors": (("render", "model.safetensors", "primitive.png"), "model.safetensors"),
    "photo as model": (("render", "photo.png", "primitive.png"), "photo.png"),
    "folder as model": (("render", "letters", "primitive.png"), "not a run folder"),
    "no primitive": (("render", "run"), "there is no primitive"),
    "edits and a primitive": (("render", "run", "primitive.png", "--edits", "good.json"), "leave out"),
    "edits and a line colour": (("render", "run", "--edits", "good.json", "--line-colour", "black"), "leave out"),
    "edits that are missing": (("render", "run", "--edits", "none.json"), "none.json"),
    "edits as origin": (("render", "run", "primitive.png", "--origin", "good.json"), "good.json"),
    "photo as origin": (("render", "run", "primitive.png", "--origin", "photo.png"), "is not an origin"),
    "origin of another run": (("render", "run", "primitive.png", "--origin", "other.origin.png"), "another photo"),
    "an origin and none": (
        ("render", "run", "primitive.png", "--origin", "other.origin.png", "--no-origin"),
        "--no-origin",
    ),
    "origin of another size": (("render", "run", "primitive.png", "--origin", "square.origin.png"), "48×48 px"),
    "an origin for two": (("render", "run", "primitive.png", "wide.png", "--origin", "photo.png"), "one by one"),
    "remove without a mask": (("remove", "run"), "--mask"),
    "remove with a missing mask": (("remove", "run", "--mask", "none.png"), "none.png"),
    "remove nothing": (("remove", "run", "--mask", "black.png"), "the mask is empty"),
    "remove everything": (("remove", "run", "--mask", "blank.png"), "nothing would be left"),
    "remove with a mask of other proportions": (("remove", "run", "--mask", "wide.png"), "other proportions"),
    "remove onto the mask": (("remove", "run", "--mask", "half.png", "--out", "half.png"), "would be overwritten"),
    "strength out of range": (("render", "run", "primitive.png", "--strength", "1.5"), "--strength"),
    "no variants": (("render", "run", "primitive.png", "--variants", "0"), "--variants"),
    "a variant with the name of another picture": (
        ("render", "run", "primitive.png", "--variants", "2", "--out", "taken.png"),
        "taken-2.png: was not made by Primage",
    ),
    "all excluded": (("render", "run", "primitive.png", "--exclude", "blank.png"), "nothing of the photo is left"),
    "no sample": (("render", "run", "primitive.png", "--sample", "black.png"), "nothing of the photo is left"),
    "a missing mask of places": (("render", "run", "primitive.png", "--exclude", "none.png"), "none.png"),
    "a mask of places as target": (
        ("render", "run", "primitive.png", "--sample", "half.png", "--out", "half.png"),
        "would be overwritten",
    ),
    "missing edited primitive": (("render", "run", "none.png"), "none.png"),
    "unknown colour": (("render", "run", "odd.png"), "#01fe03"),
    "photo as primitive": (("render", "run", "photo.png"), "photo.png"),
    "one of several bad": (("render", "run", "primitive.png", "odd.png", "--out", "renders"), "odd.png"),
    "several into a file": (("render", "run", "primitive.png", "odd.png", "--out", "r.png"), "folder"),
    "render to jpg": (("render", "run", "primitive.png", "--out", "r.jpg"), "r.png"),
    "render over its input": (("render", "run", "primitive.png", "--out", "primitive.png"), "overwritten"),
    "render below a file": (("render", "run", "primitive.png", "--out", "model.txt/r.png"), "model.txt"),
    "render size 0": (("render", "run", "primitive.png", "--size", "0"), "32 to 4096 px"),
    "render too large": (("render", "run", "primitive.png", "--size", "5000"), "32 to 4096 px"),
    "render on nothing": (("render", "run", "primitive.png", "--device", "abacus"), "abacus"),
    "another original": (("render", "run", "primitive.png", "--photo", "square.png", "-o", "r.png"), "not the photo"),
    "no original": (("render", "run", "primitive.png", "--photo", "none.png", "-o", "r.png"), "none.png"),
    "original and size": (
        ("render", "run", "primitive.png", "--photo", "photo.png", "--size", "64"),
        "leave out --size",
    ),
    "layers and size": (("render", "run", "primitive.png", "--size", "64", "-o", "r.psd"), "leave out --size"),
    "layers of another size": (("render", "run", "wide.png", "--snap", "-o", "r.ora"), "other proportions"),
    "a patch as jpeg": (("render", "run", "primitive.png", "--patch", "-o", "r.jpg"), "no transparency"),
    "a patch with layers": (("render", "run", "primitive.png", "--patch", "-o", "r.psd"), "patch alone r.png"),
    "patches of several": (("render", "run", "primitive.png", "wide.png", "--patch", "-o", "r"), "one by one"),
    "layers over the original": (
        ("remove", "run", "--mask", "half.png", "--photo", "photo.png", "-o", "photo.png", "--patch"),
        "overwritten",
    ),
    "over the original": (("render", "run", "primitive.png", "--photo", "photo.png", "-o", "photo.png"), "overwritten"),
    "original as gif": (("render", "run", "primitive.png", "--photo", "photo.png", "-o", "r.gif"), "TIFF"),
    "two at full size": (
        ("render", "run", "primitive.png", "primitive.png", "--photo", "photo.png", "-o", "r.png"),
        "one by one",
    ),
    "quality 0": (("render", "run", "primitive.png", "--photo", "photo.png", "--quality", "0"), "quality"),
    "edges twice": (("render", "run", *SUPER, "--edges-from", "photo.png"), "not both"),
    "a layer missing": (("render", "run", "--segments", "primitive.segments.png"), "--edges"),
    "layers of two shapes": (
        ("render", "run", "--segments", "primitive.segments.png", "--edges-from", "square.png"),
        "shape",
    ),
    # extracting and editing
    "primitive to jpg": (("primitive", "photo.png", "--out", "p.jpg"), "p.png"),
    "primitive of nothing": (("primitive", "none.png", "--out", "p.png"), "none.png"),
    "primitive of no kind": (("primitive", "photo.png", "--out", "p.png", "--kind", "sketch"), "'super'"),
    "malformed edits": (("edit", "run", "malformed.json", "--out", "e.png"), "malformed.json"),
    "unknown edit": (("edit", "run", "unknown.json", "--out", "e.png"), "explode"),
    "edit with a typing slip": (("edit", "run", "extra.json", "--out", "e.png"), "colour"),
    "edits not a list": (("edit", "run", "object.json", "--out", "e.png"), "object.json"),
    "edits not text": (("edit", "run", "binary.json", "--out", "e.png"), "binary.json"),
    "missing edits": (("edit", "run", "none.json", "--out", "e.png"), "none.json"),
    "edit outside": (("edit", "run", "nowhere.json", "--out", "e.png"), "empty"),
    "edit with no such label": (("edit", "run", "label.json", "--out", "e.png"), "99"),
    "edit beside another picture": (("edit", "run", "good.json", "--out", "taken.png"), "would be overwritten"),
    "edit to jpg": (("edit", "run", "good.json", "--out", "e.jpg"), "e.png"),
    "edit of text": (("edit", "model.txt", "good.json", "--out", "e.png"), "model.txt"),
    # the rest
    "info of nothing": (("info",), "--preset NAME"),
    "info of two things": (("info", "run", "--preset", "draft"), "--preset NAME"),
    "info of a missing run": (("info", "none"), "none"),
    "info of a folder": (("info", "letters"), "not a run folder"),
    "info of no preset": (("info", "--preset", "best"), "choose one of"),
    "unknown weights": (("weights", "resnet"), "resnet"),
    "demo of size 0": (("demo", "--out", "new", "--size", "0"), "size_px"),
    "demo into a file": (("demo", "--out", "model.txt", "--steps", "1"), "model.txt"),
    "unknown verb": (("paint",), "paint"),
    "unknown option": (("info", "run", "--colour"), "--colour"),
    "unknown flag": (("--colour",), "--colour"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_one_line_and_exit_2_and_changes_nothing(
    case: str, bad_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, hint = CASES[case]
    if arguments[0] == "train" and "--preset" not in arguments and "loss" not in str(arguments):
        arguments = (*arguments, "--set", "loss.lambda_perc=0")  # no download for a test
    before = contents(bad_files)
    code = command(*arguments)
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = [line for line in printed.err.splitlines() if not line.startswith(("note: ", "warning: "))]
    assert len(lines) == 1, printed.err
    assert lines[0].startswith("primage: "), lines
    assert hint in lines[0]
    assert "Error:" not in lines[0]
    assert contents(bad_files) == before
    assert code == 2


def test_the_same_command_lines_work_without_the_mistake(
    kept_bad_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(kept_bad_files, tmp_path / "folder")
    monkeypatch.chdir(tmp_path / "folder")
    assert command("train", "photo.png", "--out", "new", *options(steps=1), "--quiet") == 0
    assert command("train", "photo.png", "--out", "run", *options(steps=2), "--quiet") == 0
    assert command("render", "run", "primitive.png", *SUPER, "--out", "r.png", "--device", "cpu", "--quiet") == 0
    assert command("edit", "run", "good.json", "--out", "e.png", "--quiet") == 0
    assert command("primitive", "photo.png", "--out", "p.png", "--kind", "edges", "--quiet") == 0
