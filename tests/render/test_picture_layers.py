"""Results as a patch alone, and as files with layers."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms

from primage.decoding.decode import decode
from primage.errors import ImageError
from primage.labels.label_map import Label, Palette
from primage.primitive.primitive import Primitive
from primage.render.original import write_result
from primage.render.photo_files import PhotoFile
from primage.render.picture_layers import changed_pixels, layered, patch_alone
from primage.render.psd import pack_bits
from tests.tiny import contents, picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SIZE = (96, 128)
RED = (200, 10, 10)


def drawing() -> Primitive:
    """Two labels and a line, at half the size."""
    index = np.zeros((48, 64), np.uint8)
    index[20:, 30:] = 1
    edges = np.zeros((48, 64), bool)
    edges[10, 5:50] = True
    labels = Label(id=0, colour=(9, 8, 7)), Label(id=1, colour=(90, 180, 40))
    return Primitive.from_arrays("super", {"segments": index, "edges": edges}, Palette(labels=labels, source="made"))


def edited(photo: np.ndarray) -> np.ndarray:
    """A square that differs, except for one pixel inside."""
    out = photo.copy()
    out[30:50, 40:70] = np.iinfo(photo.dtype).max - out[30:50, 40:70] // 2
    out[40, 55] = photo[40, 55]
    return out


def a_photo(deep: bool, grey: bool = False, profile: bytes | None = SRGB) -> PhotoFile:
    pixels = picture(size=SIZE)
    if grey:
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
    if deep:
        pixels = pixels.astype(np.uint16) * 256 + np.arange(128, dtype=np.uint16)[:, None]
    return PhotoFile(pixels, profile, None, grey)


def write(path: Path, photo: PhotoFile, patch: bool = False) -> np.ndarray:
    result = edited(photo.pixels)
    write_result(path, photo, result, (drawing(), RED), {"primage": "{}"}, patch=patch)
    return result


def test_what_lies_between_changed_pixels_belongs_to_the_patch() -> None:
    photo = picture(size=SIZE)
    changed = changed_pixels(edited(photo), photo)
    expected = np.zeros(SIZE, bool)
    expected[30:50, 40:70] = True
    np.testing.assert_array_equal(changed, expected)
    assert not changed_pixels(photo, photo).any()


@pytest.mark.parametrize("name", ["out.png", "out.webp", "out.tif"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("grey", [False, True])
def test_a_patch_over_the_photo_is_the_result(tmp_path: Path, name: str, deep: bool, grey: bool) -> None:
    photo = a_photo(deep, grey, None if grey else SRGB)
    result = write(tmp_path / name, photo, patch=True)
    if name == "out.tif":
        samples = tifffile.imread(tmp_path / name)
    else:
        found = decode(tmp_path / name)
        samples = np.array(found.image) if found.samples is None else found.samples
        assert found.image.info.get("icc_profile") == photo.profile
    if samples.shape[2] == 2:
        samples = samples[..., [0, 0, 0, 1]]
    whole, below = result, photo.pixels
    if deep and name == "out.webp":
        whole, below = (((x.astype(np.uint32) + 128) // 257).astype(np.uint8) for x in (result, photo.pixels))
    limit = np.iinfo(whole.dtype).max
    assert samples.dtype == whole.dtype
    assert set(np.unique(samples[..., 3])) == {0, limit}
    over = np.where(samples[..., 3:] == limit, samples[..., :3], below)
    np.testing.assert_array_equal(over, whole)
    assert not samples[..., :3][samples[..., 3] == 0].any()
    assert (samples[..., 3] > 0).sum() == 20 * 30


def test_without_a_change_the_patch_is_transparent() -> None:
    photo = picture(size=SIZE)
    assert not patch_alone(photo, photo).any()


@pytest.mark.parametrize(("name", "reason"), [("out.jpg", r"no transparency; name it out\.png"), ("out.psd", "layers")])
def test_patches_need_a_format_with_transparency(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        write(tmp_path / name, a_photo(False), patch=True)
    assert not list(tmp_path.iterdir())


# OpenRaster


@pytest.mark.parametrize("deep", [False, True])
def test_an_open_raster_file_has_all_layers(tmp_path: Path, deep: bool) -> None:
    photo = a_photo(deep)
    result = write(tmp_path / "out.ora", photo)
    with zipfile.ZipFile(tmp_path / "out.ora") as file:
        assert file.testzip() is None
        first = file.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
        assert file.read("mimetype") == b"image/openraster"
        image = ElementTree.fromstring(file.read("stack.xml"))
        assert (image.tag, image.get("w"), image.get("h")) == ("image", "128", "96")
        layers = image.findall("stack/layer")
        names = ["Lines", "Labels", "Mask", "Result", "Original"]
        assert [layer.get("name") for layer in layers] == names
        assert [layer.get("visibility") for layer in layers] == ["hidden"] * 3 + ["visible"] * 2

        canvas = np.zeros_like(result)
        pictures = {}
        for layer in reversed(layers):
            found = decode("layer", file.read(str(layer.get("src"))))
            assert found.image.info["icc_profile"] == SRGB
            samples = np.array(found.image) if found.samples is None else found.samples
            pictures[layer.get("name")] = samples
            if layer.get("visibility") == "visible":
                x, y = int(layer.get("x", 0)), int(layer.get("y", 0))
                part = canvas[y : y + samples.shape[0], x : x + samples.shape[1]]
                opaque = samples[..., 3] > 0 if samples.shape[2] == 4 else np.ones(samples.shape[:2], bool)
                part[opaque] = samples[..., :3][opaque]
        np.testing.assert_array_equal(canvas, result)
        merged = decode("merged", file.read("mergedimage.png"))
        assert merged.text == {"primage": "{}"}
        np.testing.assert_array_equal(np.array(merged.image) if merged.samples is None else merged.samples, result)
        thumbnail = Image.open(io.BytesIO(file.read("Thumbnails/thumbnail.png")))
        assert (thumbnail.size, thumbnail.mode) == ((128, 96), "RGB")
    check_drawing(pictures["Labels"], pictures["Lines"])
    assert (pictures["Mask"] == 255).all()


def check_drawing(labels: np.ndarray, lines: np.ndarray) -> None:
    """The drawing of `drawing`, twice as large, in its own colours only."""
    small = drawing()
    index = small.segments.index.repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(labels, np.array([(9, 8, 7), (90, 180, 40)], np.uint8)[index])
    edges = small.edges.repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(lines[..., 3] > 0, edges)
    assert (lines[..., :3][edges] == RED).all()


# Photoshop


@dataclass
class Read:
    """What an independent reader of the format finds."""

    depth: int
    resources: dict[int, bytes]
    layers: dict[str, dict[int, np.ndarray]]
    boxes: dict[str, tuple[int, ...]]
    hidden: set[str]
    mask_box: tuple[int, ...]
    merged: np.ndarray


def unpacked(data: bytes, lengths: np.ndarray) -> bytes:
    out, at = bytearray(), 0
    for length in lengths:
        end = at + int(length)
        while at < end:
            code = data[at]
            if code < 128:
                out += data[at + 1 : at + 2 + code]
                at += 2 + code
            else:
                out += data[at + 1 : at + 2] * (257 - code)
                at += 2
        assert at == end
    assert at == len(data)
    return bytes(out)


def read_channel(data: bytes, height: int, width: int, depth: int) -> np.ndarray:
    kind = struct.unpack_from(">H", data)[0]
    if kind == 1:
        lengths = np.frombuffer(data, ">u2", height, 2)
        return np.frombuffer(unpacked(data[2 + 2 * height :], lengths), np.uint8).reshape(height, width)
    assert (kind, depth) == (3, 16)
    difference = np.frombuffer(zlib.decompress(data[2:]), ">u2").reshape(height, width)
    return np.cumsum(difference, axis=1, dtype=np.uint16)


def read_psd(data: bytes) -> Read:
    signature, version, channels, height, width, depth, mode = struct.unpack_from(">4sH6xHIIHH", data)
    assert (signature, version, channels, mode) == (b"8BPS", 1, 3, 3)
    at = 26 + 4 + struct.unpack_from(">I", data, 26)[0]
    end = at + 4 + struct.unpack_from(">I", data, at)[0]
    at, resources = at + 4, {}
    while at < end:
        head, number, name, length = struct.unpack_from(">4sHHI", data, at)
        assert (head, name) == (b"8BIM", 0)
        resources[number] = data[at + 12 : at + 12 + length]
        at += 12 + length + length % 2
    assert at == end
    section, length = struct.unpack_from(">II", data, at)
    merged_at, at = at + 4 + section, at + 8
    if depth == 16:
        assert struct.unpack_from(">I4s4s", data, at)[:3] == (0, b"8BIM", b"Lr16")
        assert length == 0
        at, length = at + 16, struct.unpack_from(">I", data, at + 12)[0]
        assert at + length == merged_at
    else:
        assert at + length + 4 == merged_at
    out = Read(depth, resources, {}, {}, set(), (), np.zeros(0))
    end = at + length
    (count,) = struct.unpack_from(">h", data, at)
    at, records = at + 2, []
    for _ in range(count):
        *box, number = struct.unpack_from(">4iH", data, at)
        listed = [struct.unpack_from(">hI", data, at + 18 + 6 * i) for i in range(number)]
        at += 18 + 6 * number
        head, blend, opacity, clipping, flags, extra = struct.unpack_from(">4s4sBBBxI", data, at)
        assert (head, blend, opacity, clipping) == (b"8BIM", b"norm", 255, 0)
        mask = struct.unpack_from(">I", data, at + 16)[0]
        if mask:
            assert mask == 20
            *mask_box, default, mask_flags = struct.unpack_from(">4iBB", data, at + 20)
            assert (default, mask_flags) == (0, 0)
            out.mask_box = tuple(mask_box)
        name_at = at + 16 + 4 + mask + 4
        name = data[name_at + 1 : name_at + 1 + data[name_at]].decode()
        records.append((name, tuple(box), listed))
        if flags & 2:
            out.hidden.add(name)
        at += 16 + extra
    for name, box, listed in records:
        out.boxes[name] = box
        size = box[2] - box[0], box[3] - box[1]
        out.layers[name] = {}
        for number, length in listed:
            out.layers[name][number] = read_channel(data[at : at + length], *size, depth)
            at += length
    assert 0 <= end - at < 4
    assert struct.unpack_from(">H", data, merged_at)[0] == 1
    lengths = np.frombuffer(data, ">u2", 3 * height, merged_at + 2)
    raw = unpacked(data[merged_at + 2 + 6 * height :], lengths)
    planes = np.frombuffer(raw, ">u2" if depth == 16 else np.uint8).reshape(3, height, width)
    out.merged = np.moveaxis(planes, 0, 2)
    return out


def rgb(layer: dict[int, np.ndarray]) -> np.ndarray:
    return np.dstack([layer[channel] for channel in range(3)])


@pytest.mark.parametrize("deep", [False, True])
def test_a_photoshop_file_has_all_layers(tmp_path: Path, deep: bool) -> None:
    photo = a_photo(deep)
    result = write(tmp_path / "out.psd", photo)
    found = read_psd((tmp_path / "out.psd").read_bytes())
    assert found.depth == (16 if deep else 8)
    assert found.resources[1039] == SRGB
    np.testing.assert_array_equal(found.merged, result)
    # From back to front.
    assert list(found.layers) == ["Original", "Result", "Labels", "Lines"]
    assert found.hidden == {"Labels", "Lines"}
    np.testing.assert_array_equal(rgb(found.layers["Original"]), photo.pixels)
    patch, box = found.layers["Result"], found.boxes["Result"]
    assert box == found.mask_box == (30, 40, 50, 70)
    np.testing.assert_array_equal(rgb(patch), result[30:50, 40:70])
    assert patch.keys() == {0, 1, 2, -2}
    assert (patch[-2] == np.iinfo(result.dtype).max).all()
    lines = np.dstack([found.layers["Lines"][channel] for channel in (0, 1, 2, -1)])
    scale = 257 if deep else 1
    check_drawing(rgb(found.layers["Labels"]) // scale, lines // scale)


def test_pillow_reads_the_photoshop_file(tmp_path: Path) -> None:
    result = write(tmp_path / "out.psd", a_photo(False))
    with Image.open(tmp_path / "out.psd") as image:
        assert (image.format, image.mode, image.info["icc_profile"]) == ("PSD", "RGB", SRGB)
        assert [layer[2] for layer in image.layers] == [(0, 0, 128, 96), (40, 30, 70, 50), *[(0, 0, 128, 96)] * 2]
        np.testing.assert_array_equal(np.array(image), result)


@pytest.mark.parametrize("name", ["out.psd", "out.ora"])
def test_without_a_change_there_are_layers_all_the_same(tmp_path: Path, name: str) -> None:
    photo = a_photo(False)
    write_result(tmp_path / name, photo, photo.pixels, (drawing(), RED), {})
    if name == "out.psd":
        assert not read_psd((tmp_path / name).read_bytes()).layers["Result"][-2].any()


@pytest.mark.parametrize("deep", [False, True])
def test_layers_of_a_grey_photo_are_in_colour(deep: bool) -> None:
    # A linear grey profile: middle grey is lighter in sRGB.
    profile = ImageCms.ImageCmsProfile(io.BytesIO(grey_profile()))
    photo = a_photo(deep, grey=True, profile=profile.tobytes())
    found = layered(photo, edited(photo.pixels), drawing(), RED)
    assert found.photo.profile is None
    assert found.photo.pixels.dtype == photo.pixels.dtype
    eight = photo.pixels if not deep else (photo.pixels // 257).astype(np.uint8)
    expected = photo.to_srgb(eight)
    ours = found.photo.pixels if not deep else found.photo.pixels // 257
    assert np.abs(ours.astype(int) - expected).max() <= (0 if not deep else 8)
    assert (found.photo.pixels.astype(int) > photo.pixels).mean() > 0.9
    assert (found.drawing[1].colours()[20, 20] == RED).all()


def grey_profile() -> bytes:
    """A grey ICC profile with a linear curve."""
    curve = b"curv" + bytes(8)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"text" + bytes(4) + b"none\0\0\0\0"
    words = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(78 + 3)
    parts = [(b"desc", words), (b"wtpt", white), (b"kTRC", curve), (b"cprt", text)]
    at, table, body = 128 + 4 + 12 * len(parts), struct.pack(">I", len(parts)), b""
    for name, data in parts:
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, at, len(data))
        at, body = at + len(padded), body + padded
    head = struct.pack(">I4sI4s4s4s12x4s", at, b"none", 0x02100000, b"mntr", b"GRAY", b"XYZ ", b"acsp")
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


@pytest.mark.parametrize("name", ["out.psd", "out.ora"])
def test_a_failure_leaves_the_old_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = a_photo(False)
    write(tmp_path / name, photo)
    before = contents(tmp_path)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ImageError, match="No space left on device"):
        write_result(tmp_path / name, photo, photo.pixels, (drawing(), RED), {})
    assert contents(tmp_path) == before


def test_a_photoshop_file_is_not_larger_than_the_format_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("primage.render.psd.MAX_BYTES", 10_000)
    with pytest.raises(ImageError, match="at most 2 GB"):
        write(tmp_path / "out.psd", a_photo(False))
    assert not list(tmp_path.iterdir())


@given(arrays(np.uint8, st.tuples(st.integers(1, 3), st.integers(1, 300)), elements=st.integers(0, 2)))
def test_pack_bits_can_be_undone(rows: np.ndarray) -> None:
    lengths, data = pack_bits(rows)
    assert unpacked(data, lengths) == rows.tobytes()
    assert (lengths <= rows.shape[1] + -(-rows.shape[1] // 128)).all()
