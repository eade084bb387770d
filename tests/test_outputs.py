"""The rule for outputs: inputs, files of runs and what Primage did not make are never replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from primage.errors import OutputError
from primage.image import write_png
from primage.outputs import check_folder, check_model, check_outputs, mark_folder
from primage.run_folder import PAIR, run_files, run_of
from primage.tensor_files import save_tensors
from tests.tiny import contents, picture, write_photo


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a run folder looks like."""
    folder = tmp_path / "run"
    (folder / "previews").mkdir(parents=True)
    for name in (*PAIR, "previews/000000.png"):
        write_png(folder / name, picture())
    for name in ("run.json", "model.safetensors", "checkpoint.safetensors", "log.jsonl"):
        (folder / name).write_text("{}")
    return folder


def test_new_names_and_what_primage_made_are_allowed(tmp_path: Path) -> None:
    write_png(tmp_path / "made.png", picture())
    (tmp_path / "made-by-mktemp.png").touch()
    photo = write_photo(tmp_path)
    check_outputs([tmp_path / name for name in ("made.png", "made-by-mktemp.png", "new/folder/a.png")], [photo, None])


@pytest.mark.parametrize("how", ["the same", "relative", "link", "hard link", "link to its folder", "input is a link"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_input_is_never_an_output(
    how: str, overwrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    source = output = tmp_path / "folder" / "photo.png"
    write_png(source, picture())  # even if Primage made it
    if how == "relative":
        monkeypatch.chdir(tmp_path / "folder")
        output = Path("../folder/photo.png")
    elif how == "link":
        output = tmp_path / "link.png"
        output.symlink_to(source)
    elif how == "hard link":
        output = tmp_path / "link.png"
        os.link(source, output)
    elif how == "link to its folder":
        (tmp_path / "other").symlink_to(tmp_path / "folder")
        output = tmp_path / "other" / "photo.png"
    elif how == "input is a link":
        source = tmp_path / "link.png"
        source.symlink_to(output)
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=rf"{output.name}: is an input and would be overwritten; choose another name"):
        check_outputs([tmp_path / "new.png", output], [source], overwrite)
    assert contents(tmp_path) == before


def test_of_a_folder_that_is_read_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "export" / "masks").mkdir(parents=True)
    write_png(tmp_path / "export/masks/a.png", picture())
    with pytest.raises(OutputError, match="is an input"):
        check_outputs([tmp_path / "export/masks/a.png"], [tmp_path / "export"])
    check_outputs([tmp_path / "export/b.png"], [tmp_path / "export"])


@pytest.mark.parametrize(
    "name",
    [
        *PAIR,
        "Photo.PNG",
        "run.json",
        "model.safetensors",
        "checkpoint.safetensors",
        "log.jsonl",
        ".lock",
        "previews/000000.png",
        "previews/mine.png",
        "tensorboard/mine.png",
    ],
)
def test_a_file_of_a_run_is_never_an_output(name: str, run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run)
    for folder in (run, tmp_path / "link"):
        with pytest.raises(OutputError, match=r"is a file of the run .*; choose another name"):
            check_outputs([folder / name], overwrite=True)
    assert run_of(run / name) == run


def test_a_link_to_a_file_of_the_run_that_is_read_is_refused(run: Path, tmp_path: Path) -> None:
    os.link(run / "photo.png", tmp_path / "hard.png")
    (tmp_path / "soft.png").symlink_to(run / "photo.png")
    with pytest.raises(OutputError, match="is an input"):
        check_outputs([tmp_path / "hard.png"], [run], overwrite=True)
    with pytest.raises(OutputError, match="is a file of the run"):
        check_outputs([tmp_path / "soft.png"], overwrite=True)
    assert len(run_files(run)) == len(PAIR) + 4


def test_other_names_in_a_run_folder_are_free(run: Path) -> None:
    check_outputs([run / "render.png", run / "renders" / "photo.png"], [run])
    write_png(run / "render.png", picture())
    check_outputs([run / "render.png"], [run])


def test_what_primage_did_not_make_is_replaced_on_request_only(tmp_path: Path) -> None:
    photo, made, link = write_photo(tmp_path), tmp_path / "made.png", tmp_path / "link.png"
    write_png(made, picture())
    link.symlink_to(made)
    changed = tmp_path / "changed.png"
    changed.write_bytes(made.read_bytes() + b"more")
    for path, why in ((photo, "was not made by Primage"), (changed, "was changed since"), (link, "is a link")):
        with pytest.raises(OutputError, match=rf"{path.name}: {why}.* choose another name, or add --overwrite"):
            check_outputs([path])
        check_outputs([path], overwrite=True)


def test_two_outputs_have_two_names(tmp_path: Path) -> None:
    for names in (("a.png", "a.png"), ("a.png", "A.PNG"), ("é.png", "é.png"), ("a.png", "x/../a.png")):
        with pytest.raises(OutputError, match="the same name"):
            check_outputs([tmp_path / name for name in names], overwrite=True)


def test_there_must_be_a_place_for_an_output(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a folder"):
        check_outputs([tmp_path / "folder.png"], overwrite=True)
    with pytest.raises(OutputError, match=r"because .*file is a file"):
        check_outputs([tmp_path / "file" / "new" / "a.png"], overwrite=True)


def test_a_folder_of_results_is_new_empty_or_marked(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    check_folder(folder)
    mark_folder(folder)
    (folder / "report.html").write_text("page")
    check_folder(folder)
    mark_folder(folder)
    (tmp_path / "finder").mkdir()
    (tmp_path / "finder" / ".DS_Store").touch()
    check_folder(tmp_path / "finder")
    (tmp_path / "mine").mkdir()
    write_photo(tmp_path / "mine")
    with pytest.raises(
        OutputError, match=r"mine: is not empty, .*photo\.png.* choose a new folder, or add --overwrite"
    ):
        check_folder(tmp_path / "mine")
    check_folder(tmp_path / "mine", overwrite=True)
    for inside in (run, run / "previews"):
        with pytest.raises(OutputError, match="is the folder of a run"):
            check_folder(inside, overwrite=True)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file"):
        check_folder(tmp_path / "file", overwrite=True)


def test_a_model_replaces_models_alone(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("run.json", "photo.png", "checkpoint.safetensors"):
        (run / name).write_bytes(b"kept")
    save_tensors(run / "model.safetensors", {"x": torch.ones(1)}, {"some": "record"})
    save_file({"x": torch.ones(1)}, tmp_path / "foreign.safetensors")
    (tmp_path / "text.txt").write_text("mine")
    check_model(run / "model.safetensors")
    check_model(tmp_path / "new.safetensors")
    for name in ("run/photo.png", "run/run.json", "run/checkpoint.safetensors"):
        with pytest.raises(OutputError, match="is a file of the run"):
            check_model(tmp_path / name)
    for name in ("foreign.safetensors", "text.txt"):
        with pytest.raises(OutputError, match="is no model of Primage and would be overwritten"):
            check_model(tmp_path / name)
    with pytest.raises(OutputError, match="is a folder"):
        check_model(run)
