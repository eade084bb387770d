"""Reading, resizing and writing pictures."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from primage import image as im
from primage import tensors
from primage.errors import ImageError

pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


def noise(*shape: int, dtype: type = np.uint8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def rounded(v: np.ndarray) -> np.ndarray:
    return np.rint(v.astype(np.float64) * 255 / 65535).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(pixels: np.ndarray, colour_type: int, extra: bytes = b"", filters: bool = True) -> bytes:
    """A 16-bit PNG, written here since Pillow cannot; rows use the filters None, Sub and Up in turn."""
    height, width = pixels.shape[:2]
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    step = rows.shape[1] // width
    raw = b""
    for y, row in enumerate(rows):
        kind = y % 3 if filters else 0
        before = np.zeros_like(row)
        if kind == 1:
            before[step:] = row[:-step]
        elif kind == 2:
            before = rows[y - 1]
        raw += bytes([kind]) + (row - before).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# --- reading


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_lossless_formats_by_content_whatever_the_suffix(tmp_path: Path, kind: str, options: dict[str, bool]) -> None:
    pixels = noise(7, 5, 3)
    path = tmp_path / "picture.gif"
    Image.fromarray(pixels).save(path, kind, **options)
    read = im.read_image(path)
    np.testing.assert_array_equal(read, pixels)
    assert read.flags.writeable


def test_jpeg(tmp_path: Path) -> None:
    Image.new("RGB", (16, 8), (200, 30, 60)).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(im.read_image(tmp_path / "a.jpg").astype(int) - (200, 30, 60)).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, kind: str, orientation: int) -> None:
    upright = np.kron(noise(4, 6, 3) // 128 * 255, np.ones((16, 16, 1), np.uint8))
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    stored.save(tmp_path / "a", kind, exif=exif, **options)
    read = im.read_image(tmp_path / "a")
    assert read.shape == upright.shape
    assert np.abs(read.astype(int) - upright).max() <= (8 if kind == "JPEG" else 0)


def test_a_damaged_exif_block_is_ignored(tmp_path: Path) -> None:
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "a.png", exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff")
    np.testing.assert_array_equal(im.read_image(tmp_path / "a.png"), noise(4, 4, 3))


@pytest.mark.parametrize("filters", [True, False])
def test_16_bit_png(tmp_path: Path, filters: bool) -> None:
    for channels, colour_type in ((1, 0), (3, 2)):
        pixels = noise(12, 9, channels, dtype=np.uint16)
        (tmp_path / "a.png").write_bytes(png16(pixels, colour_type, filters=filters))
        expected = np.broadcast_to(rounded(pixels), (12, 9, 3))
        np.testing.assert_array_equal(im.read_image(tmp_path / "a.png"), expected)


@pytest.mark.parametrize(("channels", "colour_type"), [(2, 4), (4, 6)])
def test_16_bit_png_with_alpha(tmp_path: Path, channels: int, colour_type: int) -> None:
    pixels = noise(12, 9, channels, dtype=np.uint16)
    pixels[:6, :, -1] = 65535
    pixels[6:9, :, -1] = 0
    (tmp_path / "a.png").write_bytes(png16(pixels, colour_type))
    read = im.read_image(tmp_path / "a.png", background=(10, 20, 30))
    np.testing.assert_array_equal(read[:6], np.broadcast_to(rounded(pixels[:6, :, :-1]), (6, 9, 3)))
    np.testing.assert_array_equal(read[6:9], np.broadcast_to(np.uint8([10, 20, 30]), (3, 9, 3)))
    alpha = pixels[9:, :, -1:].astype(float) / 65535
    mixed = rounded(pixels[9:, :, :-1]) * alpha + np.array([10, 20, 30]) * (1 - alpha)
    assert np.abs(read[9:] - mixed).max() <= 0.5001


@pytest.mark.parametrize(("channels", "colour_type"), [(1, 0), (3, 2)])
def test_16_bit_png_with_a_transparent_colour(tmp_path: Path, channels: int, colour_type: int) -> None:
    pixels = noise(4, 5, channels, dtype=np.uint16)
    extra = chunk(b"tRNS", pixels[2, 3].astype(">u2").tobytes())
    (tmp_path / "a.png").write_bytes(png16(pixels, colour_type, extra))
    expected = np.broadcast_to(rounded(pixels), (4, 5, 3)).copy()
    expected[2, 3] = (1, 2, 3)
    np.testing.assert_array_equal(im.read_image(tmp_path / "a.png", (1, 2, 3)), expected)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("order", "photometric"),
    [("<", "minisblack"), (">", "minisblack"), ("<", "miniswhite"), ("<", "rgb"), (">", "rgb")],
)
def test_16_bit_tiff(tmp_path: Path, order: str, compression: str | None, photometric: str) -> None:
    pixels = noise(12, 9, 3, dtype=np.uint16) if photometric == "rgb" else noise(12, 9, dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, byteorder=order, photometric=photometric, compression=compression)
    pixels = np.atleast_3d(65535 - pixels if photometric == "miniswhite" else pixels)
    np.testing.assert_array_equal(im.read_image(tmp_path / "a.tif"), np.broadcast_to(rounded(pixels), (12, 9, 3)))


def test_16_bit_tiff_with_alpha_and_orientation(tmp_path: Path) -> None:
    pixels = noise(6, 4, 4, dtype=np.uint16)
    pixels[..., 3] = 65535
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        photometric="rgb",
        extrasamples=["unassalpha"],
        extratags=[(274, 3, 1, 3, True)],
    )
    np.testing.assert_array_equal(im.read_image(tmp_path / "a.tif"), rounded(pixels[::-1, ::-1, :3]))


def test_16_bit_tiff_with_separate_planes_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 8, 8, dtype=np.uint16), photometric="rgb", planarconfig="separate")
    with pytest.raises(ImageError, match="interleaved"):
        im.read_image(tmp_path / "a.tif")


def test_grey_one_bit_and_palette(tmp_path: Path) -> None:
    grey = noise(5, 6)
    Image.fromarray(grey).save(tmp_path / "l.png")
    np.testing.assert_array_equal(im.read_image(tmp_path / "l.png"), np.dstack([grey] * 3))
    bits = grey > 127
    Image.fromarray(bits).save(tmp_path / "1.png")
    np.testing.assert_array_equal(im.read_image(tmp_path / "1.png"), np.dstack([bits.astype(np.uint8) * 255] * 3))
    colours = ((1, 2, 3), (200, 100, 50))
    im.write_png(tmp_path / "p.png", bits.astype(np.uint8), palette=colours)
    np.testing.assert_array_equal(im.read_image(tmp_path / "p.png"), np.array(colours, np.uint8)[bits.astype(int)])
    with Image.open(tmp_path / "p.png") as stored:
        assert stored.mode == "P"


def test_palette_with_transparency(tmp_path: Path) -> None:
    picture = Image.frombytes("P", (2, 1), b"\x00\x01")
    picture.putpalette([1, 2, 3, 200, 100, 50])
    picture.save(tmp_path / "a.png", transparency=b"\x00\xff")
    assert im.read_image(tmp_path / "a.png", (9, 8, 7)).tolist() == [[[9, 8, 7], [200, 100, 50]]]


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (12, 200, 99)])
def test_alpha_is_composited(tmp_path: Path, background: tuple[int, int, int]) -> None:
    pixels = noise(8, 8, 4)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    alpha = pixels[..., 3:] / 255
    expected = pixels[..., :3] * alpha + np.array(background) * (1 - alpha)
    assert np.abs(im.read_image(tmp_path / "a.png", background) - expected).max() <= 0.5001


def test_grey_with_alpha(tmp_path: Path) -> None:
    Image.merge("LA", [Image.new("L", (2, 2), 100), Image.new("L", (2, 2), 0)]).save(tmp_path / "a.png")
    assert (im.read_image(tmp_path / "a.png", (1, 2, 3)) == (1, 2, 3)).all()


def test_cmyk_jpeg_is_not_inverted(tmp_path: Path) -> None:
    # Pillow writes CMYK JPEGs as Adobe does, inverted and with the Adobe marker.
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    assert b"Adobe" in (tmp_path / "a.jpg").read_bytes()
    assert np.abs(im.read_image(tmp_path / "a.jpg").astype(int) - (255, 0, 0)).max() <= 4
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.tif")
    assert (im.read_image(tmp_path / "a.tif") == (255, 0, 0)).all()


def test_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(noise(32, 32, 3)).save(tmp_path / "a.png", icc_profile=profile)
    assert np.abs(im.read_image(tmp_path / "a.png").astype(int) - noise(32, 32, 3)).max() <= 1


def test_a_profile_with_red_and_blue_swapped_is_applied(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # In the tag table of an ICC profile, exchanging the names of two colorants exchanges the channels.
    swapped = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    assert swapped != profile
    pixels = noise(16, 16, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=swapped)
    assert np.abs(im.read_image(tmp_path / "a.png").astype(int) - pixels[..., ::-1]).max() <= 2
    # A grey picture may carry it too, and its greys stay what they are.
    Image.fromarray(pixels[..., 0]).save(tmp_path / "g.png", icc_profile=swapped)
    assert np.abs(im.read_image(tmp_path / "g.png").astype(int) - pixels[..., :1]).max() <= 2


def test_a_broken_profile_is_ignored_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "a.png", icc_profile=b"no profile at all")
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(im.read_image(tmp_path / "a.png"), noise(4, 4, 3))
    assert "colour profile" in caplog.text


def test_mpo_gives_the_main_picture(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (8, 8), "blue")
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    read = im.read_image(tmp_path / "a.jpg")
    assert read.shape == (16, 16, 3)
    assert read[..., 0].min() > 240


def test_the_authors_photo(deepsim: Path) -> None:
    assert im.read_image(deepsim / "face_video" / "train" / "image.png").shape == (480, 480, 3)


# --- refusals


def test_refuses_what_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    for path, word in (
        (tmp_path, "folder"),
        (tmp_path / "no.png", "not exist"),
        (tmp_path / "empty.png", "0 bytes"),
    ):
        with pytest.raises(ImageError, match=word) as caught:
            im.read_image(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello, world", "a text file.*a PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP picture is needed"),
        (b"\0\1\2\3", "an unknown kind; a PNG, JPEG"),
        (b"GIF89a" + b"\0" * 50, "a GIF picture, but it is damaged"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture, but it is damaged"),
        (b"BM", "a BMP picture, but it is damaged"),
        (b"II*\0", "a TIFF picture, but it is damaged"),
    ],
)
def test_refuses_other_content(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImageError, match=message):
        im.read_image(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_refuses_truncated_files(tmp_path: Path, kind: str, part: float) -> None:
    encoded = io.BytesIO()
    Image.fromarray(noise(40, 40, 3)).save(encoded, kind)
    (tmp_path / "a").write_bytes(encoded.getvalue()[: int(len(encoded.getvalue()) * part)])
    with pytest.raises(ImageError):
        im.read_image(tmp_path / "a")


def test_refuses_truncated_16_bit_files(tmp_path: Path) -> None:
    whole = png16(noise(40, 40, 3, dtype=np.uint16), 2)
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match="damaged"):
        im.read_image(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_refuses_several_frames(tmp_path: Path, kind: str) -> None:
    frames = [Image.fromarray(noise(8, 8, 3, seed=i)) for i in range(3)]
    frames[0].save(tmp_path / "a", kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="3 frames or pages"):
        im.read_image(tmp_path / "a")


@pytest.mark.parametrize("size", [(16_385, 1), (10_001, 10_000), (12_000, 12_000), (2**20, 2**20)])
def test_refuses_bombs_without_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    with pytest.raises(ImageError, match="16384 px per side and 100 megapixels"):
        im.read_image(tmp_path / "a.png")


def test_refuses_floats_and_signed_samples(tmp_path: Path) -> None:
    for name, dtype in (("f.tif", np.float32), ("i.tif", np.int32), ("s.tif", np.int16)):
        tifffile.imwrite(tmp_path / name, np.ones((4, 4), dtype), photometric="minisblack")
        with pytest.raises(ImageError, match="8 or 16 bits"):
            im.read_image(tmp_path / name)


# --- sizes and tensors


def test_resize() -> None:
    pixels = noise(20, 30, 3)
    assert im.resize_image(pixels, (20, 30)) is pixels
    assert im.resize_image(pixels, (7, 45)).shape == (7, 45, 3)
    # A fine chequer board becomes even grey, and not a moiré.
    board = np.indices((64, 64)).sum(0)[..., None].repeat(3, 2) % 2 * 255
    assert np.ptp(im.resize_image(board.astype(np.uint8), (8, 8))[1:-1, 1:-1]) <= 2
    with pytest.raises(ValueError, match="> 0"):
        im.resize_image(pixels, (0, 3))


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000))
def test_working_size(height: int, width: int, short: int) -> None:
    h, w = im.working_size((height, width), short)
    assert min(h, w) == short
    assert abs(h * width - w * height) <= max(height, width) / 2 + 1
    assert im.working_size((width, height), short) == (w, h)


def test_working_size_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        im.working_size((10, 10), 0)


@settings(deadline=None)
@given(pictures)
def test_tensor_round_trip(pixels: np.ndarray) -> None:
    x = tensors.to_tensor(pixels)
    assert x.dtype == torch.float32
    assert x.shape == (1, 3, *pixels.shape[:2])
    assert x.min() >= -1
    assert x.max() <= 1
    np.testing.assert_array_equal(tensors.to_image(x), pixels)


def test_tensors_from_read_only_and_flipped_arrays_and_clamping() -> None:
    pixels = noise(4, 5, 3)[::-1, ::-1]
    pixels.flags.writeable = False
    np.testing.assert_array_equal(tensors.to_image(tensors.to_tensor(pixels)), pixels)
    x = torch.tensor([-7.0, 0.0, 7.0]).view(1, 3, 1, 1).requires_grad_()
    assert tensors.to_image(x).tolist() == [[[0, 128, 255]]]


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 40))
def test_padding_is_undone_by_slicing(height: int, width: int, multiple: int) -> None:
    x = torch.arange(2 * height * width, dtype=torch.float32).view(1, 2, height, width)
    padded, (h, w) = tensors.pad_to_multiple(x, multiple)
    assert padded.shape[2] % multiple == padded.shape[3] % multiple == 0
    assert padded.shape[2] - height < multiple
    assert padded.shape[3] - width < multiple
    torch.testing.assert_close(padded[..., :h, :w], x, rtol=0, atol=0)
    bottom, right = padded.shape[2] - h, padded.shape[3] - w
    if bottom < height and right < width:
        expected = torch.nn.functional.pad(x, (0, right, 0, bottom), mode="reflect")
        torch.testing.assert_close(padded, expected, rtol=0, atol=0)


def test_padding_edge_cases() -> None:
    x = torch.zeros(1, 1, 8, 8)
    assert tensors.pad_to_multiple(x, 4)[0] is x
    line = torch.arange(3.0).view(1, 1, 1, 3)
    assert tensors.pad_to_multiple(line, 8)[0][0, 0].tolist() == [[0, 1, 2, 1, 0, 1, 2, 1]] * 8
    with pytest.raises(ValueError, match="at least 1"):
        tensors.pad_to_multiple(x, 0)


# --- writing


@settings(deadline=None)
@given(
    pixels=pictures,
    text=st.dictionaries(st.from_regex(r"[a-z.]{1,20}", fullmatch=True), st.text(max_size=50)),
)
def test_png_round_trip(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray, text: dict[str, str]) -> None:
    text = {k: v.replace("\0", "") for k, v in text.items()}
    path = tmp_path_factory.getbasetemp() / "png" / "deep" / "er.png"
    im.write_png(path, pixels, text)
    np.testing.assert_array_equal(im.read_image(path), pixels)
    assert im.read_png_text(path) == text
    assert [p.name for p in path.parent.iterdir()] == ["er.png"]


def test_text_of_other_pictures_is_empty(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg")
    assert im.read_png_text(tmp_path / "a.jpg") == {}


def test_write_refusals_leave_nothing_behind(tmp_path: Path) -> None:
    pixels = noise(3, 3, 3)
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file" / "a.png", tmp_path / ("n" * 300 + ".png")):
        with pytest.raises(ImageError):
            im.write_png(path, pixels)
    with pytest.raises(ImageError, match="empty"):
        im.write_png(tmp_path / "a.png", pixels[:0])
    for key in ("", "n" * 80, "日本", "a\0b"):
        with pytest.raises(ImageError, match="Latin-1"):
            im.write_png(tmp_path / "a.png", pixels, {key: "value"})
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_encoded_pngs_keep_pixels_text_and_palette() -> None:
    for pixels in (noise(5, 4), noise(5, 4, 3), noise(5, 4, 4)):
        for level in (0, 6, 9):
            encoded = im.encode_png(pixels, {"Title": "ß"}, compress_level=level)
            with Image.open(io.BytesIO(encoded)) as picture:
                np.testing.assert_array_equal(np.asarray(picture), pixels)
                assert picture.text == {"Title": "ß"}  # type: ignore[attr-defined]
    plain = io.BytesIO()
    Image.fromarray(pixels).save(plain, "PNG")
    assert im.encode_png(pixels) == plain.getvalue()  # Pillow's own compression unless another is given


def test_a_png_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, old = tmp_path / "a.png", noise(3, 3, 3)
    im.write_png(path, old)

    def full(_path: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(ImageError, match="No space left"):
        im.write_png(path, noise(3, 3, 3, seed=1))
    np.testing.assert_array_equal(im.read_image(path), old)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_resized_mask_covers_every_pixel_that_it_covers_a_part_of() -> None:
    mask = np.zeros((6, 9), bool)
    mask[2, 4] = True
    assert np.argwhere(im.resize_mask(mask, (2, 3))).tolist() == [[0, 1]]
    assert im.resize_mask(mask, (12, 18))[4:6, 8:10].all()
    assert im.resize_mask(mask, (12, 18)).sum() == 4
    assert im.resize_mask(mask, mask.shape) is mask
