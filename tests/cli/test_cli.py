"""The command line, with output for people and for programs."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage import __version__
from primage.image import read_image, read_png_text
from primage.model import load
from tests.tiny import command, contents, need_weights, options, write_photo

VERBS = ("train", "render", "primitive", "edit", "remove", "risk", "demo", "info", "weights", "doctor")
REGION = {"shape": "rectangle", "top_left": [0.1, 0.2], "bottom_right": [0.5, 0.7]}
EDITS = json.dumps([{"op": "move", "region": REGION, "by": [0.2, 0]}])
Out = pytest.CaptureFixture[str]


def printed_json(capsys: Out) -> dict[str, Any]:
    """The one JSON object on standard output."""
    data = json.loads(capsys.readouterr().out)
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help(verb: str, capsys: Out) -> None:
    assert command(verb, "--help") == 0
    printed = capsys.readouterr()
    assert f"primage {verb}" in re.sub(r"\x1b\[[0-9;]*m", "", printed.out)
    assert "--quiet" in re.sub(r"\x1b\[[0-9;]*m", "", printed.out)
    assert printed.err == ""


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_every_verb_and_the_exit_codes(arguments: tuple[str, ...], capsys: Out) -> None:
    assert command(*arguments) == 0
    text = capsys.readouterr().out
    assert all(verb in text for verb in VERBS)
    assert "130" in text


def test_the_version_is_one_line(capsys: Out) -> None:
    assert command("--version") == 0
    assert capsys.readouterr().out == f"primage {__version__}\n"


def test_the_paper_preset_is_described_with_its_published_size(capsys: Out) -> None:
    assert command("info", "--preset", "paper", "--json") == 0
    facts = printed_json(capsys)
    assert facts["generator_parameters"] == 182_443_267
    assert facts["discriminator_parameters"] == 5_535_618
    assert facts["steps"] == 16_000
    assert facts["config"]["loss"]["lambda_feat"] == 10


@pytest.mark.parametrize("what", ["run", "run/model.safetensors"])
def test_a_run_is_described(what: str, folder: Path, capsys: Out) -> None:
    assert command("info", what, "--json") == 0
    facts = printed_json(capsys)
    assert facts["weights_sha256"] == load(folder / "run").weights_sha256
    assert facts["steps"] == facts["steps_planned"] == 2
    assert facts["seconds"] > 0
    assert facts["config"]["preset"] == "draft"
    assert facts["size"] == [48, 64]
    assert command("info", what) == 0
    assert facts["weights_sha256"] in capsys.readouterr().out


def test_training_as_json_prints_one_object(tmp_path: Path, capsys: Out) -> None:
    run = tmp_path / "run"
    assert command("train", write_photo(tmp_path), "--out", run, *options(steps=2), "--json") == 0
    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert printed.err == ""
    assert (facts["steps"], facts["of"], facts["stopped"]) == (2, 2, False)
    assert facts["weights_sha256"] == load(run).weights_sha256
    assert Path(facts["model"]) == run / "model.safetensors"


def test_training_shows_progress_on_standard_error(tmp_path: Path, capsys: Out) -> None:
    assert command("train", write_photo(tmp_path), "--out", tmp_path / "run", *options(steps=2)) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "step 2/2" in printed.err
    assert "G_L1" in printed.err
    assert "model.safetensors" in printed.err


def test_tensorboard_gets_the_losses(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run = tmp_path / "run"
    assert command("train", write_photo(tmp_path), "--out", run, *options(steps=2), "--tensorboard", "--quiet") == 0
    assert list((run / "tensorboard").glob("events.*"))


def test_one_mask_for_each_label(tmp_path: Path) -> None:
    photo, masks = write_photo(tmp_path), tmp_path / "masks"
    height, width = read_image(photo).shape[:2]
    masks.mkdir()
    for number, name in enumerate(("cat", "eye", "nose")):
        mask = np.zeros((height, width), np.uint8)
        mask[number * 8 : 40, number * 8 : 50] = 255
        Image.fromarray(mask).save(masks / f"tag-{name}-0.png")
    each = [option for path in sorted(masks.iterdir()) for option in ("--segments", path)]
    for run, given in (("each", each), ("folder", ["--segments", masks])):
        chosen = options(steps=0, primitive="segments")
        assert command("train", photo, *given, *chosen, "--out", tmp_path / run, "--quiet") == 0
        labels = load(tmp_path / run).record.spec.palette
        assert labels is not None
        assert [label.name for label in labels.labels] == ["background", "cat", "eye", "nose"]
    assert command("render", tmp_path / "each", *each, "--out", tmp_path / "out.png", "--quiet") == 0
    recorded = json.loads(read_png_text(tmp_path / "out.png")["primage"])["inputs"]
    assert [file["name"] for file in recorded.values()] == [f"tag-{name}-0.png" for name in ("cat", "eye", "nose")]


def test_rendering_as_json_lists_what_was_written(folder: Path, capsys: Out) -> None:
    assert command("render", "run", "primitive.png", "--out", "a/b.png", "--json") == 0
    (entry,) = printed_json(capsys)["renders"]
    assert (entry["path"], entry["source"], entry["size"]) == ("a/b.png", "primitive.png", [48, 64])
    assert read_image(folder / "a" / "b.png").shape == (48, 64, 3)
    assert "weights_sha256" in read_png_text(folder / "a" / "b.png")["primage"]


def test_rendering_prints_the_paths_it_wrote(folder: Path, capsys: Out) -> None:
    arguments = ("--segments", "primitive.segments.png", "--edges-from", "photo.png", "--size", "32", "-o", "out.png")
    assert command("render", "run/model.safetensors", *arguments) == 0
    assert capsys.readouterr().out == "out.png\n"
    assert min(read_image(folder / "out.png").shape[:2]) == 32


@pytest.mark.parametrize("name", ["out.jpg", "out.webp", "out.tif", "out.png"])
def test_rendering_at_the_size_of_the_photo(folder: Path, capsys: Out, name: str) -> None:
    arguments = ("--photo", "photo.png", "--quality", "90", "-o", name, "--json")
    assert command("render", "run", "run/primitive.png", *arguments) == 0
    (entry,) = printed_json(capsys)["renders"]
    assert (entry["path"], entry["size"]) == (name, [48, 64])
    found, photo = (read_image(folder / each) for each in (name, "photo.png"))
    # The drawing is the training drawing, so the result is the photo itself.
    assert np.array_equal(found, photo) == (name in ("out.tif", "out.png"))
    assert np.abs(found.astype(int) - photo).mean() < 8


@pytest.mark.parametrize("photo", [(), ("--photo", "photo.png")])
def test_rendering_to_files_with_layers_and_patches(folder: Path, capsys: Out, photo: tuple[str, ...]) -> None:
    (folder / "edits.json").write_text(EDITS)
    arguments = ("render", "run", "--edits", "edits.json", *photo, "-o")
    names = ("out.psd", "out.ora", "out.png", "patch.png")
    assert [command(*arguments, name, *(["--patch"] if name == "patch.png" else [])) for name in names] == [0] * 4
    assert capsys.readouterr().out.split() == list(names)
    with Image.open(folder / "out.psd") as image:
        psd = np.array(image)
    with zipfile.ZipFile(folder / "out.ora") as file, Image.open(file.open("mergedimage.png")) as image:
        assert "weights_sha256" in image.text["primage"]  # type: ignore[attr-defined]
        assert np.array_equal(np.array(image), psd)
    with Image.open(folder / "patch.png") as image:
        patch = np.array(image)
    before = read_image(folder / "photo.png")
    assert patch.shape == (*before.shape[:2], 4)
    assert 0 < (patch[..., 3] > 0).mean() < 1
    assert np.array_equal(np.where(patch[..., 3:] > 0, patch[..., :3], before), psd)
    if photo:
        assert np.array_equal(read_image(folder / "out.png"), psd)


def test_the_whole_workflow(folder: Path, capsys: Out) -> None:
    (folder / "edits.json").write_text(EDITS)
    assert command("edit", "run", "edits.json", "--out", "edited.png", "--json") == 0
    assert printed_json(capsys) == {"files": ["edited.png", "edited.origin.png"], "edits": 1}
    assert not np.array_equal(read_image(folder / "edited.png"), read_image(folder / "run" / "primitive.png"))
    assert command("render", "run", "edited.png", "run/primitive.png", "--out", "renders", "--quiet") == 0
    assert sorted(os.listdir("renders")) == ["edited.png", "primitive.png"]


def test_edits_are_rendered_with_their_origin(folder: Path, capsys: Out) -> None:
    (folder / "edits.json").write_text(EDITS)
    assert command("render", "run", "--edits", "edits.json", "--out", "at_once.png", "--json") == 0
    (entry,) = printed_json(capsys)["renders"]
    assert (entry["path"], entry["source"]) == ("at_once.png", "edits.json")
    assert command("edit", "run", "edits.json", "--out", "edited.png", "--quiet") == 0
    arguments = ("--origin", "edited.origin.png", "--out", "in_two.png", "--quiet")
    assert command("render", "run", "edited.png", *arguments) == 0
    # The picture of a super primitive does not show the labels below its lines, which may differ by a pixel.
    at_once, in_two = (read_image(folder / name).astype(int) for name in ("at_once.png", "in_two.png"))
    assert np.abs(at_once - in_two).mean() < 3
    assert not np.array_equal(read_image(folder / "at_once.png"), read_image(folder / "photo.png"))


def test_the_origin_of_a_drawing_edited_elsewhere_is_inferred(folder: Path, capsys: Out) -> None:
    (folder / "edits.json").write_text(EDITS)
    assert command("edit", "run", "edits.json", "--out", "edited.png", "--quiet") == 0
    (folder / "edited.origin.png").unlink()
    assert command("render", "run", "edited.png", "--out", "inferred.png", "--json") == 0
    (entry,) = printed_json(capsys)["renders"]
    assert entry["origin"]["moved"] == 1
    assert command("render", "run", "edited.png", "--out", "plain.png", "--no-infer-origin", "--json") == 0
    (entry,) = printed_json(capsys)["renders"]
    assert entry["origin"] is None
    assert command("render", "run", "edited.png", "--out", "inferred.png") == 0
    printed = capsys.readouterr()
    assert printed.out == "inferred.png\n"
    assert "note: inferred.png: origin: 1 moved piece" in printed.err
    inferred, plain = (read_image(folder / name) for name in ("inferred.png", "plain.png"))
    assert not np.array_equal(inferred, plain)


def test_something_is_removed(folder: Path, capsys: Out) -> None:
    mask = np.zeros((96, 128, 3), np.uint8)
    mask[30:60, 50:80] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    assert command("remove", "run", "--mask", "mask.png", "--out", "removed.png", "--json") == 0
    facts = printed_json(capsys)
    assert facts["path"] == "removed.png"
    assert 0 < facts["synthesised"] < 0.9
    after, photo = read_image(folder / "removed.png"), read_image(folder / "photo.png")
    assert np.array_equal(after[:8], photo[:8])
    assert not np.array_equal(after[15:30, 25:40], photo[15:30, 25:40])
    assert "mask.png" in read_png_text(folder / "removed.png")["primage"]
    assert command("remove", "run", "--mask", "mask.png", "--out", "removed.psd", "--quiet") == 0
    assert command("remove", "run", "--mask", "mask.png", "--patch", "--out", "patch.webp", "--quiet") == 0
    with Image.open(folder / "removed.psd") as image, Image.open(folder / "patch.webp") as patch:
        found, alone = np.array(image), np.array(patch)
    assert np.array_equal(found[alone[..., 3] == 0], photo[alone[..., 3] == 0])
    assert np.array_equal(found[alone[..., 3] > 0], alone[..., :3][alone[..., 3] > 0])


def test_variants_are_written_beside_each_other(folder: Path, capsys: Out) -> None:
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[12:34, 26:50] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    remove = ("remove", "run", "--mask", "mask.png", "--out")
    assert command(*remove, "plain.png", "--seed", "8", "--strength", "0.5", "--quiet") == 0
    assert command(*remove, "out.png", "--seed", "7", "--variants", "2", "--json") == 0
    entries = printed_json(capsys)["renders"]
    assert [(entry["path"], entry["seed"]) for entry in entries] == [("out-1.png", 7), ("out-2.png", 8)]
    first, second, plain = (read_image(folder / name) for name in ("out-1.png", "out-2.png", "plain.png"))
    assert not np.array_equal(first, second)
    assert np.array_equal(second, plain)
    assert not (folder / "out.png").exists()
    options = ("--strength", "0", "--sample", "mask.png", "--variants", "2", "--quiet", "--out", "new/r.png")
    assert command("render", "run", "primitive.png", *options) == 0
    assert sorted(path.name for path in (folder / "new").iterdir()) == ["r-1.png", "r-2.png"]


def test_what_fills_a_hole_can_be_chosen(folder: Path) -> None:
    masks = {"mask": np.s_[15:28, 30:44], "left": np.s_[:, :24], "top": np.s_[:12]}
    for name, where in masks.items():
        mask = np.zeros((48, 64, 3), np.uint8)
        mask[where] = 255
        Image.fromarray(mask).save(folder / f"{name}.png")
    remove = ("remove", "run", "--mask", "mask.png", "--quiet", "--out")
    assert command(*remove, "plain.png") == 0
    assert command(*remove, "left_only.png", "--sample", "left.png") == 0
    assert command(*remove, "not_top.png", "--exclude", "top.png", "--primitive-file", "primitive.png") == 0
    plain, left_only = (read_image(folder / name) for name in ("plain.png", "left_only.png"))
    assert not np.array_equal(plain, left_only)
    (folder / "nowhere.png").write_bytes((folder / "mask.png").read_bytes())
    assert command(*remove, "nothing.png", "--sample", "nowhere.png") == 2  # only the thing itself
    assert not (folder / "nothing.png").exists()


@pytest.mark.parametrize("kind", ["super", "edges", "segments", "paint"])
def test_a_primitive_is_extracted_with_its_layers(kind: str, folder: Path, capsys: Out) -> None:
    assert command("primitive", "photo.png", "--kind", kind, "--out", "p/p.png", "--layers", "--json") == 0
    facts = printed_json(capsys)
    assert facts["kind"] == kind
    assert facts["size"] == [48, 64]
    layers = {"super": ["segments", "edges"], "edges": ["edges"], "segments": ["segments"], "paint": ["colours"]}[kind]
    assert facts["files"] == ["p/p.png", *(f"p/p.{layer}.png" for layer in layers)]
    assert all(read_image(folder / file).shape == (48, 64, 3) for file in facts["files"])
    assert len(facts["labels"]) > 1 if "segments" in layers else facts["labels"] == []


def test_lines_that_are_not_found_are_no_secret(folder: Path, capsys: Out) -> None:
    labels = np.zeros((48, 64, 3), np.uint8)
    labels[:, :30], labels[:, 30:] = (40, 80, 160), (200, 140, 60)
    labels[5:40, 12:14] = (153, 153, 153)
    Image.fromarray(labels).save("drawing.png")
    drawing = ("primitive", "photo.png", "--primitive-file", "drawing.png", "--json", "--out", "out.png")
    assert command(*drawing) == 0
    found = capsys.readouterr()
    assert not json.loads(found.out)["edges_given"]
    assert "warning: drawing.png: no lines are found over its labels" in found.err
    assert "--line-colour" in found.err
    assert command(*drawing, "--line-colour", "#999999") == 0
    found = capsys.readouterr()
    assert json.loads(found.out)["edges_given"]
    assert json.loads(found.out)["line_colour"] == [153, 153, 153]
    assert not found.err


def test_quiet_prints_nothing(folder: Path, capsys: Out) -> None:
    (folder / "edits.json").write_text(EDITS)
    for arguments in (
        ("train", "photo.png", "--out", "run", *options(steps=2)),
        ("train", "photo.png", "--out", "new", *options(steps=1)),
        ("primitive", "photo.png", "--out", "p.png"),
        ("edit", "run", "edits.json", "--out", "e.png"),
        ("render", "run", "primitive.png", "--out", "r.png"),
        ("info", "run"),
        ("weights",),
        ("doctor",),
    ):
        assert command(*arguments, "--quiet") == 0
        assert capsys.readouterr() == ("", ""), arguments


def test_quiet_does_not_silence_errors(capsys: Out) -> None:
    assert command("info", "nowhere", "--quiet") == 2
    assert capsys.readouterr().err.startswith("primage: nowhere")


def test_warnings_leave_standard_output_to_the_json(folder: Path, capsys: Out) -> None:
    assert command("train", "photo.png", "--out", "large", *options(steps=0, size=64), "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["steps"] == 0
    assert printed.err.startswith("warning: photo.png: enlarged from 64×48 px to 85×64 px")


def test_weights_are_listed_as_json(capsys: Out) -> None:
    assert command("weights", "--json") == 0
    facts = printed_json(capsys)
    assert {"vgg16", "vgg19", "alexnet", "face_mesh", "hand_landmarks"} <= {entry["name"] for entry in facts["weights"]}
    assert all({"present", "verified", "size_bytes", "source"} <= entry.keys() for entry in facts["weights"])


def test_the_weights_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path))
    assert command("weights", "--json") == 0
    facts = printed_json(capsys)
    assert facts["folder"] == str(tmp_path)
    assert not any(entry["present"] for entry in facts["weights"])
    assert contents(tmp_path) == {}


def test_the_doctor_reports_as_json(capsys: Out) -> None:
    assert command("doctor", "--json") == 0
    facts = printed_json(capsys)
    assert facts["ok"] is True
    names = {check["name"] for check in facts["checks"]}
    assert {
        "python",
        "torch",
        "cores",
        "disk",
        "ai-edge-litert",
        "onnxruntime",
        "weights: vgg16",
        "weights: face_mesh",
    } <= names


def test_the_doctor_knows_the_package_of_every_extra(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def missing(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", missing)
    assert command("doctor", "--json") == 1
    found = {check["name"]: check for check in printed_json(capsys)["checks"]}
    extras: dict[str, set[str]] = {}
    for extra, packages in project["optional-dependencies"].items():
        for requirement in packages:
            extras.setdefault(requirement.split(">=")[0], set()).add(extra)
    for package, of in extras.items():
        assert not found[package]["needed"]
        assert found[package]["found"] in {f"not installed (pip install 'primage[{extra}]')" for extra in of}
    assert found["torch"]["needed"]
    assert command("doctor") == 1
    assert "'primage[onnx]'" in capsys.readouterr().out


def test_the_doctor_tells_damaged_weights(tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path))
    (tmp_path / "face_mesh.tflite").write_bytes(b"half")
    assert command("doctor", "--json") == 0
    found = {check["name"]: check for check in printed_json(capsys)["checks"]}
    assert not found["weights: face_mesh"]["ok"]
    assert found["weights: face_mesh"]["found"].startswith(f"{tmp_path / 'face_mesh.tflite'} is damaged")
    assert found["weights: hand_landmarks"]["found"].startswith("not downloaded yet")


def test_the_demo_writes_a_contact_sheet(tmp_path: Path, capsys: Out) -> None:
    need_weights("vgg16")
    arguments = ("demo", "--out", tmp_path / "demo", "--steps", 1, "--size", 32)
    assert command(*arguments, "--json") == 0
    facts = printed_json(capsys)
    sheet = read_image(facts["contact_sheet"])
    assert sheet.shape[0] > 2 * 32
    assert sheet.shape[1] > 4 * 48
    assert {"contact-sheet.png", "edit-1.png", "edit-2.png", "edit-1.json", "run"} <= set(contents(tmp_path / "demo"))
    assert load(facts["run"]).record.steps == 1
    before = contents(tmp_path / "demo" / "run")
    assert command(*arguments, "--quiet") == 0  # a demo that was stopped can be started again
    assert contents(tmp_path / "demo" / "run") == before


def coloured(*arguments: str, **environment: str) -> str:
    """What a command writes to a terminal."""
    master, slave = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "primage.cli.main", *arguments],
        stdout=slave,
        stderr=slave,
        env=kept | {"TERM": "xterm-256color"} | environment,
    )
    os.close(slave)
    text = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the terminal's other end is closed
            piece = b""
        if not piece:
            break
        text += piece
    os.close(master)
    process.wait()
    return text.decode()


def test_a_terminal_gets_colour_unless_no_color_is_set() -> None:
    colour = re.compile(r"\x1b\[(?:[0-9;]*;)?[39][0-7]m")
    assert colour.search(coloured("no-such-verb"))
    plain = coloured("no-such-verb", NO_COLOR="1")
    assert "no-such-verb" in plain
    assert not colour.search(plain)


def test_an_unexpected_failure_is_one_line_and_exit_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.delenv("PRIMAGE_DEBUG", raising=False)

    def broken(*_arguments: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("primage.render.files.render_files", broken)
    assert command("render", "run", "primitive.png") == 1
    assert capsys.readouterr().err == "primage: RuntimeError: two lines (set PRIMAGE_DEBUG=1 for a traceback)\n"
    monkeypatch.setenv("PRIMAGE_DEBUG", "1")
    with pytest.raises(RuntimeError):
        command("render", "run", "primitive.png")


def test_ctrl_c_outside_the_training_is_exit_130(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("primage.render.files.render_files", interrupted)
    assert command("render", "run", "primitive.png") == 130
    assert "Traceback" not in capsys.readouterr().err


def test_messages_can_contain_brackets(capsys: Out) -> None:
    assert command("info", "[bold]none[/]") == 2
    assert "[bold]none[/]" in capsys.readouterr().err
