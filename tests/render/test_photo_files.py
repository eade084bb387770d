"""Photos with their profile, EXIF data and 16 bits."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage.io import imread

from primage.errors import ImageError
from primage.image import read_image, read_png_text
from primage.render.photo_files import PhotoFile, read_photo, write_photo
from tests.tiny import contents, picture

NAMES = ("out.png", "out.jpg", "out.webp", "out.tif")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation: int = 1) -> Image.Exif:
    out = Image.Exif()
    out[0x010F], out[0x0110], out[0x0112], out[0x8298] = "Maker", "Model 7", orientation, "somebody"
    out[0x8769] = {0x9003: "2024:05:06 07:08:09", 0xA002: 64, 0xA003: 48, 0x829A: 0.004}
    out[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    return out


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(picture()).save(path, quality=95, exif=exif(6), icc_profile=SRGB)
    return path


def deep(seed: int = 0) -> np.ndarray:
    low = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint16)
    return picture(seed).astype(np.uint16) * np.uint16(256) + low


def test_the_pixels_are_those_of_the_file_upright(photo: Path) -> None:
    found = read_photo(photo)
    with Image.open(photo) as stored:
        np.testing.assert_array_equal(found.pixels, np.rot90(np.array(stored), -1))
    assert found.profile == SRGB
    assert not found.grey


@pytest.mark.parametrize("name", NAMES)
def test_profile_and_exif_are_kept(photo: Path, tmp_path: Path, name: str) -> None:
    source = read_photo(photo)
    write_photo(tmp_path / name, source.pixels, source, text={"primage": "{}"})
    with Image.open(tmp_path / name) as image:
        assert image.info["icc_profile"] == SRGB
        kept = image.getexif()
        assert (kept[0x010F], kept[0x0110], kept[0x8298]) == ("Maker", "Model 7", "somebody")
        assert kept.get(0x0112, 1) == 1
        block = kept.get_ifd(0x8769)
        assert block[0x9003] == "2024:05:06 07:08:09"
        assert float(block[0x829A]) == pytest.approx(0.004)
        assert (block[0xA002], block[0xA003]) == (48, 64)
        assert kept.get_ifd(0x8825)[1] == "N"
        difference = np.abs(np.array(image.convert("RGB")).astype(int) - source.pixels)
        assert difference.max() == 0 if name in ("out.png", "out.tif") else difference.mean() < 6
    assert read_image(tmp_path / name).shape == (64, 48, 3)


@pytest.mark.parametrize("name", ["out.png", "out.tif"])
@pytest.mark.parametrize("grey", [False, True])
def test_sixteen_bits_are_kept(tmp_path: Path, name: str, grey: bool) -> None:
    pixels = np.repeat(deep()[..., :1], 3, axis=2) if grey else deep()
    write_photo(tmp_path / name, pixels, PhotoFile(pixels, None, None, grey), text={"primage": "é"})
    independent = tifffile.imread(tmp_path / name) if name == "out.tif" else imread(tmp_path / name)
    if name == "out.tif" or grey:
        np.testing.assert_array_equal(independent, pixels[..., 0] if grey else pixels)
    again = read_photo(tmp_path / name)
    assert again.pixels.dtype == np.uint16
    assert again.grey == grey
    np.testing.assert_array_equal(again.pixels, pixels)
    if name == "out.png":
        assert read_png_text(tmp_path / name) == {"primage": "é"}


def test_formats_of_8_bits_get_the_nearest_value(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 3), 257 * 100 + 129, np.uint16)
    write_photo(tmp_path / "out.jpg", pixels, PhotoFile(pixels), quality=100)
    assert np.abs(read_image(tmp_path / "out.jpg").astype(int) - 101).max() <= 1


def test_quality_changes_the_size(tmp_path: Path) -> None:
    pixels = picture()
    for quality in (40, 95):
        write_photo(tmp_path / f"{quality}.jpg", pixels, PhotoFile(pixels), quality)
    assert (tmp_path / "40.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size


def test_colours_are_converted_to_the_space_of_the_photo() -> None:
    image = picture()
    assert PhotoFile(image).from_srgb(image) is image
    same = PhotoFile(image, SRGB).from_srgb(image)
    assert np.abs(same.astype(int) - image).max() <= 1
    np.testing.assert_array_equal(PhotoFile(image, b"no profile").from_srgb(image), image)


def test_transparent_photos_are_read_as_for_training(tmp_path: Path) -> None:
    rgba = np.dstack([picture(), np.full((48, 64), 128, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "clear.png", icc_profile=SRGB)
    found = read_photo(tmp_path / "clear.png")
    np.testing.assert_array_equal(found.pixels, read_image(tmp_path / "clear.png"))
    assert found.profile is None


def test_a_failure_leaves_the_old_file(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_photo(photo)
    write_photo(tmp_path / "out.png", source.pixels, source)
    before = contents(tmp_path)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ImageError, match="No space left on device"):
        write_photo(tmp_path / "out.png", source.pixels[::-1].copy(), source)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["out.gif", "out", "folder.png"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match=r"PNG, JPEG, WebP or TIFF|is a folder"):
        write_photo(tmp_path / name, picture(), PhotoFile(picture()))


def test_a_damaged_exif_block_is_dropped(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.fromarray(picture()).save(out, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    (tmp_path / "photo.jpg").write_bytes(out.getvalue())
    assert read_photo(tmp_path / "photo.jpg").exif is None
