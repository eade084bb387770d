"""No command replaces what a person has: inputs, files of runs, and whatever Primage did not make."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.files import sha256_file
from primage.run import Run
from tests.evaluate.tiny_clips import write_frames
from tests.tiny import command, contents, options, picture, write_photo

Out = pytest.CaptureFixture[str]
MOVE = {"op": "move", "region": {"shape": "ellipse", "centre": [0.5, 0.5], "radii": [0.2, 0.2]}, "by": [0.1, 0]}
RENDER = ("render", "run", "drawing.png")
EDITED = ("render", "run", "--edits", "edits.json")
REMOVE = ("remove", "run", "--mask", "mask.png")
PHOTO = ("--photo", "photo.png")
#: How each verb writes a file: the command without its output, the output, and what it reads.
VERBS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "render": (RENDER, "out.png", ("drawing.png",)),
    "render from layers": (
        ("render", "run", "--segments", "primitive.segments.png", "--edges-from", "photo.png"),
        *("out.png", ("primitive.segments.png", "photo.png")),
    ),
    "render edits": (EDITED, "out.png", ()),
    "render at full size": ((*EDITED, *PHOTO), "out.png", ("photo.png",)),
    "render to JPEG": ((*EDITED, *PHOTO), "out.jpg", ()),
    "render to WebP": ((*EDITED, *PHOTO), "out.webp", ()),
    "render to TIFF": ((*EDITED, *PHOTO), "out.tif", ()),
    "render layers": (EDITED, "out.psd", ()),
    "render layers at full size": ((*EDITED, *PHOTO), "out.ora", ()),
    "render a patch": ((*EDITED, "--patch"), "out.webp", ()),
    "render with places": ((*RENDER, "--exclude", "mask.png"), "out.png", ("mask.png",)),
    "remove": (REMOVE, "out.png", ("mask.png",)),
    "remove to layers": (REMOVE, "out.ora", ()),
    "edit": (("edit", "run", "edits.json"), "out.png", ()),
    "edit another drawing": (
        ("edit", "run", "edits.json", "--primitive-file", "drawing.png"),
        *("out.png", ("drawing.png",)),
    ),
    "primitive": (("primitive", "photo.png"), "out.png", ("photo.png",)),
    "primitive from a file": (
        ("primitive", "photo.png", "-k", "segments", "--segments", "primitive.segments.png"),
        *("out.png", ("primitive.segments.png",)),
    ),
}
#: Verbs that are tested only as far as nothing is computed, because they need downloaded weights.
REFUSED = VERBS | {"risk": (("risk", "run", "drawing.png"), "out.png", ("drawing.png",))}
#: Files that are written beside the one that is named.
BESIDE = {
    "variants": ((*RENDER, "--variants", "2"), "out-2.png"),
    "variants of layers": ((*EDITED, "--variants", "2"), "out-1.psd"),
    "origin": (("edit", "run", "edits.json"), "out.origin.png"),
    "layers": (("primitive", "photo.png", "--layers"), "out.edges.png"),
}
INPUTS = [(verb, name) for verb, (_, _, names) in REFUSED.items() for name in names]
RUN_NAMES = ("photo.png", "primitive.png", "segments.png", "edges.png", "Photo.png", "previews/000002.png")


@pytest.fixture
def desk(folder: Path) -> Path:
    """The working folder, with a drawing, a mask and edits."""
    (folder / "drawing.png").write_bytes((folder / "primitive.png").read_bytes())
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[12:24, 26:40] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    (folder / "edits.json").write_text(json.dumps([MOVE]))
    return folder


def refused(capsys: Out, folder: Path, *arguments: object) -> str:
    """The one line of a command that was refused and changed nothing."""
    before = contents(folder)
    capsys.readouterr()
    assert command(*arguments) == 2
    printed = capsys.readouterr()
    assert contents(folder) == before
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1, printed.err
    return printed.err


def foreign(path: Path) -> Path:
    """A person's picture; its ending says nothing about its format."""
    Image.fromarray(picture(5)).save(path, "PNG")
    return path


@pytest.mark.parametrize("verb", REFUSED)
def test_a_foreign_file_is_replaced_on_request_only(verb: str, desk: Path, capsys: Out) -> None:
    arguments, name, _ = REFUSED[verb]
    digest = sha256_file(foreign(desk / name))
    line = refused(capsys, desk, *arguments, "-o", name)
    assert f"{name}: was not made by Primage and would be overwritten; choose another name, or add --overwrite" in line
    if verb in VERBS:
        assert command(*arguments, "-o", name, "--overwrite", "--quiet") == 0
        assert sha256_file(desk / name) != digest


@pytest.mark.parametrize("verb", VERBS)
def test_a_command_can_be_repeated_until_somebody_changed_the_result(verb: str, desk: Path, capsys: Out) -> None:
    arguments, name, _ = VERBS[verb]
    assert [command(*arguments, "-o", name, "--quiet") for _ in range(2)] == [0, 0]
    with (desk / name).open("ab") as file:
        file.write(b"\n")
    assert "was changed since Primage made it" in refused(capsys, desk, *arguments, "-o", name)


@pytest.mark.parametrize("how", ["itself", "link", "hard link"])
@pytest.mark.parametrize(("verb", "name"), INPUTS)
def test_no_output_is_an_input(verb: str, name: str, how: str, desk: Path, capsys: Out) -> None:
    output = {"itself": f"../{desk.name}/{name}", "link": "link.png", "hard link": "hard.png"}[how]
    if how == "link":
        Path(output).symlink_to(name)
    elif how == "hard link":
        os.link(name, output)
    assert "is an input" in refused(capsys, desk, *REFUSED[verb][0], "-o", output, "--overwrite")


@pytest.mark.parametrize("name", RUN_NAMES)
@pytest.mark.parametrize("verb", ["render", "render edits", "remove", "edit", "primitive", "risk"])
def test_no_output_is_a_file_of_a_run(verb: str, name: str, desk: Path, capsys: Out) -> None:
    line = refused(capsys, desk, *REFUSED[verb][0], "-o", f"run/{name}", "--overwrite")
    assert f"run/{name}: is a file of the run" in line
    assert "choose another name" in line


@pytest.mark.parametrize("what", BESIDE)
def test_what_is_written_beside_an_output_follows_the_rule(what: str, desk: Path, capsys: Out) -> None:
    arguments, name = BESIDE[what]
    target = f"out{Path(name).suffix}"
    foreign(desk / name)
    assert f"{name}: was not made by Primage" in refused(capsys, desk, *arguments, "-o", target)
    assert not (desk / target).exists()
    assert command(*arguments, "-o", target, "--overwrite", "--quiet") == 0
    assert command(*arguments, "-o", target, "--quiet") == 0


def test_renders_named_after_their_drawings_follow_the_rule(desk: Path, capsys: Out) -> None:
    for name in ("a/x.png", "b/X.png", "b/photo.png"):
        (desk / name).parent.mkdir(exist_ok=True)
        (desk / name).write_bytes((desk / "drawing.png").read_bytes())
    assert "the same name" in refused(capsys, desk, "render", "run", "a/x.png", "b/X.png", "-o", "new")
    assert "a file of the run" in refused(capsys, desk, "render", "run", "a/x.png", "b/photo.png", "-o", "run")
    assert "is an input" in refused(capsys, desk, "render", "run", "a/x.png", "b/photo.png", "-o", "a")
    foreign(desk / "a" / "photo.png")
    assert "was not made" in refused(capsys, desk, "render", "run", "b/photo.png", "drawing.png", "-o", "a")
    assert command("render", "run", "a/x.png", "-o", "run", "--quiet") == 0
    assert command("render", "run", "a/x.png", "-o", "run", "--quiet") == 0
    assert command("train", "photo.png", "-o", "run", *options(steps=2), "--quiet") == 0


@pytest.mark.parametrize("name", ["photo.png", "segments.png", "previews/1.png", "thesis.tmp", ".lock/x.png", "x.txt"])
def test_a_run_is_made_in_a_folder_of_its_own(name: str, desk: Path, capsys: Out) -> None:
    mine = desk / "mine"
    (mine / name).parent.mkdir(parents=True)
    foreign(mine / name)
    line = refused(capsys, desk, "train", "photo.png", "-o", "mine", *options(steps=0))
    assert f"(it contains {name.partition('/')[0]}); choose a new or empty folder" in line


def test_a_run_is_not_made_around_its_inputs(desk: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    # Even what Primage made, and could have been left by a run, is kept.
    (desk / "project").mkdir()
    for name in ("photo.png", "segments.png", "edges.png"):
        (desk / "project" / name).write_bytes((desk / "run" / name).read_bytes())
    monkeypatch.chdir(desk / "project")
    arguments = ("train", "photo.png", "--segments", "segments.png", "--edges", "edges.png", "-o", ".")
    assert "is not empty and not a run" in refused(capsys, desk, *arguments, *options(steps=0))
    Path(".lock").touch()
    assert "is an input" in refused(capsys, desk, *arguments, *options(steps=0))
    assert "belongs to the run" in refused(
        capsys, desk, "train", "photo.png", "-o", desk / "run" / "previews", *options(steps=0)
    )


@pytest.mark.parametrize("name", ["photo.png", "segments.png", "edges.png"])
def test_a_run_goes_on_only_with_its_own_training_pair(name: str, desk: Path, capsys: Out) -> None:
    kept = (desk / "run" / name).read_bytes()
    changed = np.array(Image.open(desk / "run" / name))
    changed[:8] = changed[-8:]
    Image.fromarray(changed).save(desk / "run" / name)
    same = ("train", "photo.png", "-o", "run", *options(steps=2))
    for arguments in (same, ("train", "--continue", "-o", "run", "--steps", "1")):
        line = refused(capsys, desk, *arguments)
        assert f"run/{name}: was changed since the run was made; put the run's own file back" in line
    (desk / "run" / name).unlink()
    assert f"run/{name}: is missing" in refused(capsys, desk, *same)
    (desk / "run" / name).write_bytes(kept)
    assert command("train", "--continue", "-o", "run", "--steps", "1", "--quiet") == 0


def test_a_checkpoint_of_another_photo_is_refused(desk: Path, capsys: Out) -> None:
    write_photo(desk, seed=1, name="other.png")
    assert command("train", "other.png", "-o", "other", *options(steps=2), "--quiet") == 0
    (desk / "run" / "checkpoint.safetensors").write_bytes((desk / "other" / "checkpoint.safetensors").read_bytes())
    line = refused(capsys, desk, "train", "--continue", "-o", "run", "--steps", "1")
    assert "run/checkpoint.safetensors: belongs to a run with another training pair; put the run's own file" in line


def test_a_run_of_an_earlier_version_goes_on_and_is_checked_from_then_on(desk: Path, capsys: Out) -> None:
    record = json.loads((desk / "run" / "run.json").read_text())
    del record["pair_sha256"]
    (desk / "run" / "run.json").write_text(json.dumps(record))
    assert command("train", "photo.png", "-o", "run", *options(steps=2), "--quiet") == 0
    assert command("train", "--continue", "-o", "run", "--steps", "1", "--quiet") == 0
    assert Run(desk / "run").record.pair_sha256.keys() == {"photo.png", "segments.png", "edges.png"}
    foreign(desk / "run" / "photo.png")
    assert "was changed since" in refused(capsys, desk, "train", "--continue", "-o", "run", "--steps", "1")


GAPS = (
    "evaluate",
    "gaps",
    "run",
    "--region",
    "ellipse:0.4,0.45,0.15,0.2",
    "--steps",
    1,
    "--no-risk",
    "--metric",
    "ssim",
)
COMPARED = ("--edits", "edits.json", "--kinds", "edges", "--segments", "primitive.segments.png")
REPORTS: dict[str, tuple[tuple[object, ...], str]] = {
    "gaps": (GAPS, "gaps.html"),
    "video": (("evaluate", "video", "walk", "-p", "edges", "--metrics", "psnr", *options(steps=1)), "report.html"),
    "primitives": (
        ("evaluate", "primitives", "photo.png", *COMPARED, *options(steps=1)),
        "primitives.json",
    ),
    "ablation": (
        ("evaluate", "ablation", "walk", "-p", "edges", "--metrics", "psnr", *options(steps=1)),
        "ablation.csv",
    ),
    "demo": (("demo", "--steps", 1, "--size", 32), "contact-sheet.png"),
    "coverage": (("evaluate", "coverage", "run", "walk"), "coverage.png"),
}


@pytest.mark.parametrize("verb", REPORTS)
def test_results_go_to_a_folder_of_their_own(verb: str, desk: Path, capsys: Out) -> None:
    arguments, name = REPORTS[verb]
    write_frames(desk / "walk", 3)
    (desk / "mine").mkdir()
    foreign(desk / "mine" / name)
    line = refused(capsys, desk, *arguments, "-o", "mine")
    assert f"but {name}); choose a new folder, or add --overwrite" in line
    assert "run" in refused(capsys, desk, *arguments, "-o", "run", "--overwrite")
    if verb in ("gaps", "primitives"):
        assert command(*arguments, "-o", "results", "--quiet") == 0
        assert command(*arguments, "-o", "results", "--quiet") == 0
        assert command(*arguments, "-o", "mine", "--overwrite", "--quiet") == 0


def test_results_never_replace_what_they_are_made_from(desk: Path, capsys: Out) -> None:
    write_frames(desk / "walk", 3)
    video = ("evaluate", "video", "walk", "--metrics", "psnr", "-p", "edges", *options(steps=1))
    assert command(*video, "-o", "report", "--quiet") == 0
    given = ("--primitives", "report/walk/primitives")
    (desk / "report/walk/primitives/0.png").write_bytes((desk / "report/walk/primitives/1.png").read_bytes())
    assert "is an input" in refused(capsys, desk, *video, *given, "-o", "report")
    (desk / "results").mkdir()
    (desk / "results" / "primitives.json").write_text(json.dumps([MOVE]))
    compare = ("evaluate", "primitives", "photo.png", "--kinds", "edges", *options(steps=0))
    edits = ("--edits", "results/primitives.json")
    assert "is an input" in refused(capsys, desk, *compare, *edits, "-o", "results", "--overwrite")
    twice = ("--edits", "edits.json", *edits[:1], "x/edits.json")
    (desk / "x").mkdir()
    (desk / "x" / "edits.json").write_text(json.dumps([MOVE]))
    assert "two files of edits are called edits" in refused(capsys, desk, *compare, *twice, "-o", "new")


def test_two_videos_of_one_name_are_refused_before_anything_is_written(desk: Path, capsys: Out) -> None:
    for name in ("a/walk", "b/Walk"):
        write_frames(desk / name, 2)
    before = contents(desk)
    assert command("evaluate", "video", "a/walk", "b/Walk", "-p", "edges", "--metrics", "psnr", "-o", "report") == 2
    assert "two clips are called" in capsys.readouterr().err
    assert {name for name in contents(desk) if not name.startswith("report")} == before.keys()
