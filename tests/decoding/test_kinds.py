"""Kinds of files by their content: what is read, and what is refused with the way out."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from primage.decoding.decode import decode, stored_size
from primage.decoding.kinds import kind_of
from primage.errors import ImageError
from primage.image import read_image


def smooth(height: int = 40, width: int = 56) -> np.ndarray:
    """A smooth picture, which lossy compression hardly changes."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([x * 4, y * 5, 200 - x * 2]).astype(np.uint8)


def encoded(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(smooth()).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "JXL"])
def test_pictures_of_phones_and_browsers_whatever_the_suffix(tmp_path: Path, kind: str) -> None:
    if kind == "HEIF":
        from pillow_heif import HeifImagePlugin  # noqa: F401
    if kind == "JXL":
        import pillow_jxl  # noqa: F401
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(kind, quality=95))
    assert np.abs(read_image(path).astype(int) - smooth()).mean() <= 4
    assert stored_size(path) == (40, 56)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ImageError, match=r"photo\.jpg is an? .*(AVIF|HEIC|JPEG XL).*, but it is damaged"):
        read_image(path)


@pytest.mark.parametrize(("module", "kind"), [("pillow_heif", "HEIF"), ("pillow_jxl", "JXL")])
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, kind: str) -> None:
    content = {"HEIF": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "JXL": b"\xff\x0a" + bytes(9)}[kind]
    (tmp_path / "IMG_1.HEIC").write_bytes(content)
    for name in [name for name in sys.modules if name.startswith(module)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ImageError, match=r"IMG_1\.HEIC is a .* needs one more package: pip install 'primage\[(heic|jxl)\]'"
    ):
        read_image(tmp_path / "IMG_1.HEIC")


def test_a_gif_with_one_frame(tmp_path: Path) -> None:
    flat = np.kron(np.array([[0, 1], [2, 3]], np.uint8), np.ones((9, 9), np.uint8))
    picture = Image.frombytes("P", (18, 18), flat.tobytes())
    picture.putpalette([255, 0, 0, 0, 200, 0, 0, 0, 250, 9, 9, 9])
    picture.save(tmp_path / "a.gif")
    assert read_image(tmp_path / "a.gif")[[0, 0, 17, 17], [0, 17, 0, 17]].tolist() == [
        *([255, 0, 0], [0, 200, 0], [0, 0, 250], [9, 9, 9])
    ]
    picture.save(tmp_path / "b.gif", save_all=True, append_images=[Image.new("P", (18, 18), 1)])
    with pytest.raises(ImageError, match=r"2 frames or pages; a single picture is needed: export one as PNG"):
        read_image(tmp_path / "b.gif")


def document(path: Path, mimetype: str, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", mimetype)
        file.writestr("stack.xml", "<image/>")
        for name, data in members.items():
            file.writestr(f"{name}.png", data)
    return path


@pytest.mark.parametrize("mimetype", ["image/openraster", "application/x-krita"])
def test_documents_show_their_merged_picture(tmp_path: Path, mimetype: str) -> None:
    path = document(tmp_path / "drawing.png", mimetype, mergedimage=encoded("PNG"))
    np.testing.assert_array_equal(read_image(path), smooth())
    assert stored_size(path) == (40, 56)
    assert decode(path).format == "PNG"
    with pytest.raises(ImageError, match=r"document without mergedimage\.png; save it again, or export it as PNG"):
        read_image(document(tmp_path / "none.ora", mimetype))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match="document, but it is damaged"):
        read_image(path)


#: Beginnings of files that are no pictures, the words that name them, and the way out.
OTHERS = {
    "page.jpg": (
        b"<!DOCTYPE html><html><body>403 Forbidden</body></html>",
        r"a web page \(HTML\).*download the picture",
    ),
    "icon.png": (
        b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        r"\(SVG\).*export it as PNG",
    ),
    "figure.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", r"PostScript file \(EPS\).*export it as PNG"),
    "paper.pdf": (b"%PDF-1.5\n%\xd0\xd4\xc5\xd8", "a PDF document.*page or figure as PNG"),
    "a.xcf": (b"gimp xcf v011\0" + bytes(50), r"a GIMP document \(XCF\).*PNG or OpenRaster"),
    "a.psb": (b"8BPS\0\2" + bytes(20), r"\(PSB\).*save it as PSD or PNG"),
    "a.afphoto": (b"\0\xffKA" + bytes(20), "an Affinity document.*export it as PNG"),
    "a.cr2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(20), "a camera's raw file.*develop it"),
    "a.cr3": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "a camera's raw file"),
    "a.raf": (b"FUJIFILMCCD-RAW 0201", "a camera's raw file"),
    "a.mp4": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a video.*ffmpeg"),
    "a.mov": (b"\0\0\0\x14ftypqt  \0\0\2\0qt  ", "a video"),
    "a.webm": (b"\x1aE\xdf\xa3" + bytes(20), "a video"),
    "a.avi": (b"RIFF\1\0\0\0AVI LIST", "a video"),
    "photos.zip": (b"PK\3\4\x14\0\0\0\0\0" + bytes(16) + b"\5\0\0\0a.png", "a zip archive.*unpack it"),
    "a.docx": (b"PK\3\4\x14\0\0\0\0\0" + bytes(16) + b"\x13\0\0\0[Content_Types].xml", "an office document"),
    "a.jp2": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(9), "a JPEG 2000 picture.*convert it"),
    "a.exr": (b"\x76\x2f\x31\1\2\0\0\0", "high dynamic range.*16 bits"),
    "a.npy": (b"\x93NUMPY\1\0", "measured data"),
    "._a.png": (b"\0\5\x16\7\0\2\0\0Mac OS X", r"macOS resource file.*without \._"),
    "lfs.png": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS.*git lfs pull"),
    "a.txt": ("Straße".encode(), "a text file"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_are_named_with_the_way_out(tmp_path: Path, name: str) -> None:
    content, message = OTHERS[name]
    (tmp_path / name).write_bytes(content)
    for read in (read_image, stored_size):
        with pytest.raises(ImageError, match=f"is .*{message}") as caught:
            read(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("tags", [{50706: b"\1\4\0\0"}, {254: 1, 330: 8}])
def test_raw_files_that_are_tiff_files(tmp_path: Path, tags: dict[int, object]) -> None:
    Image.fromarray(smooth()).save(tmp_path / "a.dng", "TIFF", tiffinfo=tags)
    with pytest.raises(ImageError, match=r"a camera's raw file.*develop it"):
        read_image(tmp_path / "a.dng")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_anything_has_a_kind_or_none(head: bytes) -> None:
    kind = kind_of(head)
    assert kind is None or kind.pillow is not None or kind.way_out
