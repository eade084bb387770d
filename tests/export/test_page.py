"""A page's folder: complete, small, its own files alone are replaced, and what cannot be a page is refused."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from primage.export import page
from primage.export.generator import Check
from primage.export.page import check_page, export_page
from primage.files import sha256_file
from primage.image import read_image
from primage.model import Model, load
from primage.tensors import to_image
from tests.tiny import command, contents, options, write_photo


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    assert command("train", write_photo(folder), "--out", folder / "cat", *options(steps=1), "--quiet") == 0
    return folder / "cat"


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page as the editor's build makes it, and a network that is written at once; the browser tests use real ones."""
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the page</title>")
    (folder / "assets" / "worker-1.js").write_text("its worker")

    def write(model: Model, path: Path, fixed: bool = False) -> tuple[Check, ...]:
        assert fixed
        path.write_bytes(b"the network")
        return (Check("the training drawing", model.size, 1e-5, 1e-6, 0),)

    monkeypatch.setattr(page, "_IN_WHEEL", folder)
    monkeypatch.setattr(page, "export_onnx", write)
    return folder


def export(run: Path, out: Path, *more: object) -> int:
    return command("export", run, "--web", "-o", out, "--quiet", *more)


def test_the_folder_has_everything(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page"
    assert export(run, out, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    files = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    made = {"manifest.json", "network.onnx.gz", "drawing.bin.gz", "photo.png", "drawing.png", "README.txt"}
    assert files.keys() == made | {"index.html", "assets/worker-1.js", ".primage"}
    assert sorted(printed["files"]) == sorted(str(path) for name, path in files.items() if name != ".primage")
    assert any("working size" in text for text in printed["differences"])
    manifest = json.loads(files["manifest.json"].read_text(encoding="utf-8"))
    assert manifest["files"] == {
        name: sha256_file(files[name]) for name in files.keys() - {"manifest.json", ".primage"}
    }
    model = load(run)
    assert manifest["name"] == "cat"
    assert manifest["weights_sha256"] == model.weights_sha256
    assert np.array_equal(read_image(files["photo.png"]), model.photo)
    assert gzip.decompress(files["network.onnx.gz"].read_bytes()) == b"the network"
    assert "python -m http.server" in files["README.txt"].read_text(encoding="utf-8")


def test_the_drawing_is_packed_with_photo_and_unedited_picture(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "page") == 0
    model, data = load(run), gzip.decompress((tmp_path / "page" / "drawing.bin.gz").read_bytes())
    length = int.from_bytes(data[:4], "little")
    header, body = json.loads(data[4 : 4 + length]), data[4 + length :]
    assert header["size"] == {"width": 64, "height": 48}
    arrays = model.primitive.to_arrays()
    assert [layer["name"] for layer in header["layers"]] == list(arrays)
    unedited = to_image(model.paint(model.primitive).image)
    assert body == b"".join(array.tobytes() for array in (*arrays.values(), model.photo, unedited))


def test_a_repeated_export_replaces_its_own_files_alone(
    run: Path, tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page"
    assert export(run, out) == 0
    before = contents(out)
    assert export(run, out) == 0
    assert contents(out) == before
    (built / "assets" / "worker-1.js").rename(built / "assets" / "worker-2.js")
    assert export(run, out) == 0
    assert [path.name for path in (out / "assets").iterdir()] == ["worker-2.js"]
    (out / "index.html").write_text("a person's own page")
    before = contents(out)
    assert export(run, out) == 2
    assert "index.html" in capsys.readouterr().err
    assert contents(out) == before
    assert export(run, out, "--overwrite") == 0
    assert (out / "index.html").read_text() == (built / "index.html").read_text()


@pytest.mark.parametrize("first", [True, False])
def test_an_interrupted_export_can_be_repeated(
    run: Path, tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    out = tmp_path / "page"
    if not first:
        assert export(run, out) == 0
        (built / "index.html").write_text("another version")
        (built / "assets" / "worker-1.js").write_text("another version")
    for written in (3, 6):
        left = iter(range(written))

        def copyfile(source: Path, target: Path, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise OSError("the disk is full")
            target.write_bytes(source.read_bytes())

        with monkeypatch.context() as patched:
            patched.setattr(shutil, "copyfile", copyfile)
            with pytest.raises(OSError, match="the disk is full"):
                export_page(load(run), out, "cat")
        check_page(out, run, overwrite=False)
    assert export(run, out) == 0
    assert export(run, tmp_path / "new") == 0
    assert contents(out) == contents(tmp_path / "new")


@pytest.mark.parametrize("model", ["", "model.safetensors"])
def test_a_page_is_called_like_its_run(run: Path, tmp_path: Path, model: str) -> None:
    assert export(run / model, tmp_path / "page") == 0
    assert json.loads((tmp_path / "page" / "manifest.json").read_text(encoding="utf-8"))["name"] == "cat"


def test_what_somebody_put_beside_it_stays(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    assert export(run, mine) == 2
    assert "thesis.txt" in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]
    before = contents(run)
    assert export(run, run) == 2
    assert contents(run) == before
    out = tmp_path / "page"
    assert export(run, out) == 0
    (out / "assets" / "notes.txt").write_text("mine")
    assert export(run, out) == 0
    assert (out / "assets" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [("page.onnx", (), "a page is a folder"), ("page.ora", (), "a page is a folder"), ("page", ("--onnx",), "already")],
)
def test_a_page_is_a_folder(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, more: tuple[str, ...], reason: str
) -> None:
    assert export(run, tmp_path / name, *more) == 2
    assert reason in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / name).exists()


def test_a_page_that_is_not_built_is_not_written(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page, "_IN_WHEEL", tmp_path / "nowhere")
    monkeypatch.setattr(page, "_IN_CHECKOUT", tmp_path / "nowhere")
    assert export(run, tmp_path / "page") == 2
    assert "make editor" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "page").exists()


def test_pictures_of_ones_own_have_no_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = write_photo(tmp_path)
    given = options(primitive="manual", primitive_file=photo, steps=0)
    assert command("train", photo, "--out", tmp_path / "run", *given, "--quiet") == 0
    assert export(tmp_path / "run", tmp_path / "page") == 2
    assert "no tools" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "page").exists()
