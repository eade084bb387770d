"""OpenRaster documents whose layers are damaged, lie, or unpack to far more than a picture."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from primage.errors import ImageError
from primage.primitive.open_raster import write_layers
from tests.faults.other_files import ORA, PNG, Member, deflated, member, zipped
from tests.faults.samples import raw_zeros

MOST_BYTES = 128 << 20
SWOLLEN = 1 << 29


def stack(height: int = 32, width: int = 64, source: str = "mergedimage.png") -> Member:
    layer = f'<stack><layer name="Labels" src="{source}" x="0" y="0"/></stack>'
    return member(f'<image w="{width}" h="{height}">{layer}</image>'.encode(), name=b"stack.xml")


DAMAGED = "is an OpenRaster document, but it is damaged"
BAD = {
    "a layer is missing": ((stack(source="data/7.png"), member(PNG)), DAMAGED),
    "a layer outside": ((stack(source="/etc/hostname"), member(PNG)), DAMAGED),
    "a layer that is no PNG": ((stack(), member(b"GIF89a" + bytes(60))), DAMAGED),
    "a layer that is cut": ((stack(), member(PNG[:-40])), "is a PNG picture, but it is damaged"),
    "a layer of zeros": ((stack(), deflated(b"", SWOLLEN)), DAMAGED),
    "a layer packed by method 99": ((stack(), member(PNG, method=99)), DAMAGED),
    "a layer too large": ((stack(), member(PNG[:16] + b"\0\1\0\0" * 2 + PNG[24:])), "the limits are"),
    "a list of zeros": ((member(raw_zeros(SWOLLEN), SWOLLEN, 0, 8, b"stack.xml"), member(PNG)), DAMAGED),
    "a list that is no XML": ((member(b"<image", name=b"stack.xml"), member(PNG)), DAMAGED),
    "a list without sizes": ((member(b"<image/>", name=b"stack.xml"), member(PNG)), DAMAGED),
    "sizes below zero": ((stack(-5, -5), member(PNG)), DAMAGED),
}


def tried(path: Path, folder: Path) -> dict[str, Path]:
    """Read the layers in little time and memory."""
    begin = time.perf_counter()
    tracemalloc.start()
    try:
        return write_layers(path, ["segments"], folder)
    finally:
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
        tracemalloc.stop()
        assert time.perf_counter() - begin < 2


@pytest.mark.parametrize("name", BAD)
def test_bad_layers_are_one_sentence(tmp_path: Path, name: str) -> None:
    members, told = BAD[name]
    path, folder = tmp_path / "a.ora", tmp_path / "layers"
    folder.mkdir()
    path.write_bytes(zipped(ORA, *members))
    with pytest.raises(ImageError, match=told) as caught:
        tried(path, folder)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert not list(folder.iterdir())


def test_layers_that_are_right_or_swollen_are_read(tmp_path: Path) -> None:
    for picture in (member(PNG), deflated(PNG, SWOLLEN)):
        (tmp_path / "a.ora").write_bytes(zipped(ORA, stack(), picture))
        assert list(tried(tmp_path / "a.ora", tmp_path)) == ["segments"]


def test_a_drawing_of_a_size_that_is_never_painted_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.ora").write_bytes(zipped(ORA, stack(10**6, 10**6), member(PNG)))
    assert tried(tmp_path / "a.ora", tmp_path) == {}
