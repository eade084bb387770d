"""Seals: what Primage made and nobody changed is recognised in every format, and nothing else is."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from primage.image import write_png
from primage.labels.label_map import Label, LabelMap, Palette
from primage.origin.files import write_origin
from primage.origin.plane import Origin
from primage.primitive.primitive import Primitive
from primage.render.original import write_result
from primage.render.photo_files import PhotoFile
from primage.seal import BLANK, state
from tests.tiny import picture, write_photo

NAMES = ("out.png", "out.jpg", "out.webp", "out.tif", "out.psd", "out.ora")


def render(path: Path, deep: bool = False, patch: bool = False) -> Path:
    """A result in the format of the path."""
    pixels = picture()
    pixels = pixels.astype(np.uint16) * 257 if deep else pixels
    changed = pixels.copy()
    changed[10:20, 10:20] //= 2
    labels = LabelMap(np.zeros((48, 64), np.uint8), Palette(labels=(Label(id=0, colour=(9, 8, 7)),), source="made"))
    drawing = Primitive("segments", segments=labels)
    text = {"primage": '{"generated": true, "software": "Primage 9"}'}
    write_result(path, PhotoFile(pixels), changed, (drawing, (255, 0, 0)), text, patch=patch)
    return path


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_recognised_until_it_is_changed(name: str, deep: bool, tmp_path: Path) -> None:
    path = render(tmp_path / name, deep)
    assert state(path) == "sealed"
    data = bytearray(path.read_bytes())
    for position in (4, len(data) // 2, len(data) - 80):
        changed = bytearray(data)
        changed[position] ^= 1
        path.write_bytes(changed)
        assert state(path) == "changed"
    path.write_bytes(data + b"\0")
    assert state(path) == "changed"
    path.write_bytes(data)
    assert state(path) == "sealed"


@pytest.mark.parametrize("name", ["out.png", "out.webp", "out.tif"])
def test_patches_are_recognised(name: str, tmp_path: Path) -> None:
    assert state(render(tmp_path / name, patch=True)) == "sealed"


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.webp", "out.tif"])
def test_what_another_program_saved_is_a_persons(name: str, tmp_path: Path) -> None:
    path = render(tmp_path / name)
    with Image.open(path) as image:
        image.load()
        text = PngImagePlugin.PngInfo()
        for key, value in getattr(image, "text", {}).items():
            text.add_itxt(key, value)
        kept: dict[str, object] = {"pnginfo": text, "comment": image.info.get("comment", b"")}
        if "xmp" in image.info:
            kept["xmp"] = image.info["xmp"]
        retouched = image.copy()
    retouched.putpixel((3, 3), (255, 0, 255))
    retouched.save(path, **kept)  # type: ignore[arg-type]
    assert state(path) != "sealed"
    retouched.info.clear()
    retouched.save(path)
    assert state(path) == "foreign"


def test_drawings_label_maps_and_origins_are_recognised(tmp_path: Path) -> None:
    write_png(tmp_path / "rgb.png", picture())
    write_png(tmp_path / "labels.png", np.zeros((4, 4), np.uint8), {"x": "y"}, palette=[(1, 2, 3)])
    write_origin(tmp_path / "a.origin.png", Origin.unmoved((8, 8)), "0" * 64)
    assert {state(path) for path in tmp_path.iterdir()} == {"sealed"}


@given(st.binary(max_size=300))
def test_other_files_are_foreign(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "foreign"
    path.write_bytes(data)
    assert state(path) != "sealed"


def test_a_photo_is_foreign(tmp_path: Path) -> None:
    assert state(write_photo(tmp_path)) == "foreign"


def test_text_about_primage_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text('{"software": "Primage 0.1.0", "generated": true}')
    assert state(tmp_path / "notes.json") == "foreign"


def test_renders_of_versions_without_seals_are_recognised(tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("primage", '{"software": "Primage 0.1.0", "generated": true}')
    Image.fromarray(picture()).save(tmp_path / "old.png", pnginfo=text)
    Image.fromarray(picture()).save(tmp_path / "old.jpg", comment=b'{"software": "Primage 0.1.0", "generated": true}')
    assert {state(path) for path in tmp_path.iterdir()} == {"sealed"}


def test_a_sealed_png_has_right_checksums(tmp_path: Path) -> None:
    write_png(tmp_path / "out.png", picture())
    data = (tmp_path / "out.png").read_bytes()
    start = data.index(b"iTXtprimage-seal")
    length = int.from_bytes(data[start - 4 : start], "big")
    chunk = data[start : start + 4 + length]
    assert zlib.crc32(chunk) == int.from_bytes(data[start + 4 + length : start + 8 + length], "big")
    assert next(iter(BLANK.values())).encode() not in data
