"""Drawings as OpenRaster documents: read back exactly, also after an edit of one layer."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from primage.errors import ImageError, OutputError
from primage.export.exporting import export
from primage.labels.label_map import LabelMap, colourise
from primage.model import Model, load
from primage.primitive.primitive import Primitive
from primage.primitive.read import LayerFiles, read_primitive
from primage.seal import state
from tests.tiny import command, options, write_photo

Edit = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, and its drawing as a document."""
    folder = tmp_path_factory.mktemp("exported")
    run = folder / "run"
    assert command("train", write_photo(folder), "--out", run, *options(steps=1), "--quiet") == 0
    assert command("export", run, "-o", folder / "drawing.ora", "--quiet") == 0
    return run


def read(model: Model, path: Path) -> Primitive:
    return read_primitive(LayerFiles(whole=path), model.record.spec)


def saved_again(source: Path, target: Path, name: str, edit: Edit) -> None:
    """Another program's file: layers in a group and cropped, an edited one, the merged picture and seal lost."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("mimetype", "image/openraster", zipfile.ZIP_STORED)
        image = ElementTree.fromstring(old.read("stack.xml"))
        (stack,) = image
        stack.tag = "stack"
        group = ElementTree.Element("stack")
        group.append(stack)
        image.remove(stack)
        image.append(group)
        for layer in image.iter("layer"):
            picture = Image.open(io.BytesIO(old.read(layer.attrib["src"]))).convert("RGBA")
            if layer.attrib["name"] == name:
                picture = Image.fromarray(edit(np.array(picture)))
            box = picture.getbbox()
            layer.attrib |= {"x": str(box[0]), "y": str(box[1])}
            out = io.BytesIO()
            picture.crop(box).save(out, "PNG")
            new.writestr(layer.attrib["src"], out.getvalue())
        new.writestr("mergedimage.png", out.getvalue())
        new.writestr("stack.xml", ElementTree.tostring(image))


def test_it_has_the_layers_and_the_photo(run: Path) -> None:
    path = run.parent / "drawing.ora"
    assert state(path) == "sealed"
    with zipfile.ZipFile(path) as document:
        assert document.namelist()[0] == "mimetype"
        image = ElementTree.fromstring(document.read("stack.xml"))
    layers = [(layer.attrib["name"], layer.attrib["visibility"]) for layer in image.iter("layer")]
    assert layers == [("Photo", "hidden"), ("Lines", "visible"), ("Labels", "visible")]


def test_it_is_read_exactly(run: Path) -> None:
    model = load(run)
    assert model.primitive.edges is not None
    assert model.primitive.edges.any()
    assert read(model, run.parent / "drawing.ora").sha256() == model.primitive.sha256()


def test_an_edit_of_the_labels_changes_them_alone(run: Path, tmp_path: Path) -> None:
    model = load(run)
    segments = model.primitive.segments
    assert segments is not None
    index = segments.index.copy()
    index[10:30, 5:25] = index[0, 0]
    expected = LabelMap(index, segments.palette)
    path = tmp_path / "edited.ora"
    saved_again(
        run.parent / "drawing.ora", path, "Labels", lambda x: np.dstack([colourise(expected), np.full_like(index, 255)])
    )
    found = read(model, path)
    assert found.sha256() == model.primitive.replace(segments=expected).sha256()
    assert command("render", run, path, "-o", tmp_path / "picture.png", "--quiet") == 0


def test_an_edit_of_the_lines_changes_them_alone(run: Path, tmp_path: Path) -> None:
    model = load(run)
    edges = model.primitive.edges
    assert edges is not None

    def erased(picture: np.ndarray) -> np.ndarray:
        picture[:, 32:] = 0
        return picture

    path = tmp_path / "edited.ora"
    saved_again(run.parent / "drawing.ora", path, "Lines", erased)
    kept = edges & (np.arange(edges.shape[1]) < 32)
    assert read(model, path).sha256() == model.primitive.replace(edges=kept).sha256()


def test_thick_lines_are_thinned(run: Path, tmp_path: Path) -> None:
    def painted(picture: np.ndarray) -> np.ndarray:
        picture[:] = 0
        picture[20:25, 8:50] = (255, 0, 0, 255)
        return picture

    path = tmp_path / "edited.ora"
    saved_again(run.parent / "drawing.ora", path, "Lines", painted)
    edges = read(load(run), path).edges
    assert edges is not None
    assert set(np.flatnonzero(edges.any(axis=1))) <= {21, 22, 23}
    assert edges.any()


def test_lines_alone_lie_on_paper(tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = options(steps=1, primitive="edges")
    assert command("train", write_photo(tmp_path), "--out", run, *arguments, "--quiet") == 0
    assert command("export", run, "-o", tmp_path / "drawing.ora", "--quiet") == 0
    with zipfile.ZipFile(tmp_path / "drawing.ora") as document:
        names = [x.attrib["name"] for x in ElementTree.fromstring(document.read("stack.xml")).iter("layer")]
    assert names == ["Photo", "Lines", "Paper"]
    model = load(run)
    assert read(model, tmp_path / "drawing.ora").sha256() == model.primitive.sha256()


def test_a_damaged_document_is_refused(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.ora"
    content = (run.parent / "drawing.ora").read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError, match="an OpenRaster document, but it is damaged"):
        read(load(run), path)
    assert command("export", run, "--onnx", "-o", tmp_path / "drawing.ora", "--quiet") == 2


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_disk_that_cannot_be_written_to_costs_one_sentence(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("primage.export.exporting.export_drawing", fail)
    with pytest.raises(OutputError, match=r"cannot be written .*; choose another folder"):
        export(run, tmp_path / "new.ora")
