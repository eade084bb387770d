"""Label maps as drawings, and what other programs do to them: palettes, scaling, JPEG, profiles."""

from __future__ import annotations

import io
import struct

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageCms
from scipy import ndimage

from primage.labels.label_map import Label, LabelMap, Palette, colourise

SIZE = (120, 160)
#: Matrix columns (adapted to D50) and gamma of two common profiles.
PROFILES = {
    "Display P3": (((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)), 2.2),
    "Adobe RGB": (((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), 2.2),
}


def voronoi(count: int, seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Cells of nearest points, in the labels 0 to ``count`` - 1, each of which occurs."""
    rng = np.random.default_rng(seed)
    # A jittered grid, so that no cell is tiny.
    cells = np.indices((3, 4)).reshape(2, -1).T + 0.5 + rng.uniform(-0.25, 0.25, (12, 2))
    points = cells * (size[0] / 3, size[1] / 4)
    labels = rng.permutation(np.arange(12) % count)
    grid = np.indices(size).reshape(2, -1).T
    nearest = ((grid[:, None] - points) ** 2).sum(axis=2).argmin(axis=1)
    return labels[nearest].reshape(size).astype(np.uint8)


@st.composite
def palettes(draw: st.DrawFn, least: int = 80, most: int = 6) -> tuple[tuple[int, int, int], ...]:
    """Colours whose distances are at least ``least``."""
    colours: list[tuple[int, int, int]] = []
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    for _ in range(200):
        colour = rng.integers(0, 256, 3)
        if all(np.linalg.norm(colour - other) >= least for other in colours):
            colours.append((int(colour[0]), int(colour[1]), int(colour[2])))
    return tuple(colours[: draw(st.integers(2, most))])


@st.composite
def label_maps(draw: st.DrawFn, least: int = 80) -> LabelMap:
    """Cells in clearly different colours."""
    colours = draw(palettes(least))
    labels = tuple(Label(id=i, colour=colour) for i, colour in enumerate(colours))
    return LabelMap(voronoi(len(colours), draw(st.integers(0, 999))), Palette(labels=labels, source="rgb"))


def picture(label_map: LabelMap) -> Image.Image:
    return Image.fromarray(colourise(label_map))


def jpeg(image: Image.Image, quality: int, subsampling: int) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality, subsampling=subsampling)
    return data.getvalue()


def profile(name: str) -> bytes:
    """A matrix profile (ICC version 2)."""
    columns, gamma = PROFILES[name]

    def xyz(values: tuple[float, float, float]) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        **{name: xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)},
        **{
            name: b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) for name in (b"rTRC", b"gTRC", b"bTRC")
        },
    }
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + body


def converted(image: Image.Image, name: str) -> Image.Image:
    """A picture converted from sRGB to a profile, as programs with another working space save it."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(profile(name)))
    found = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), target)
    assert found is not None
    return found


def inside(index: np.ndarray, margin: int) -> np.ndarray:
    """The pixels that are farther than a margin from any other label."""
    return np.asarray(ndimage.minimum_filter(index, 2 * margin + 1) == ndimage.maximum_filter(index, 2 * margin + 1))
