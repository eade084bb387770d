"""Pictures other than the photo that were pasted into a drawing: pieces of its origin come from them.

They are PNG files in sRGB with 8 bits, named by the hash of their content, so a file never changes, and is the same in
every project that has it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from PIL import Image

from primage.decoding.decode import decode
from primage.decoding.flatten import with_opacity
from primage.errors import ImageError
from primage.files import sha256_file, write_atomically
from primage.image import encode_png, from_nearest_outside
from primage.origin.transforms import Piece

#: An opacity of 8 bits at which nothing shines through.
OPAQUE = 255


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that parts of a drawing come from.

    Attributes:
        pixels: (H, W, 3) sRGB, or (H, W, 4) with opacity. What is transparent has the colour of the nearest pixel that
            is not, so that no other colour gets into its border when it is resampled.
    """

    pixels: UInt8[np.ndarray, "h w c"]

    @property
    def colours(self) -> UInt8[np.ndarray, "h w 3"]:
        """(H, W, 3), without opacity."""
        return self.pixels[..., :3]

    def at(
        self, piece: Piece, points: Float64[np.ndarray, "n 2"], size: tuple[int, int]
    ) -> tuple[Float32[np.ndarray, "n 3"], Float32[np.ndarray, " n"]]:
        """Colours and opacity of pixels of a piece; see `piece_colours`.

        Args:
            piece: where the pixels come from.
            points: (N, 2), (x, y) of the pixels' centres in the drawing, in shares of width and height.
            size: (height, width) of the result that the pixels belong to.

        Returns:
            (N, 3), grey levels; (N,) in [0, 1], 0 outside the picture.
        """
        from primage.origin.sampling import piece_colours  # loads PyTorch, which the studio's server does without

        if not len(points):
            return np.zeros((0, 3), np.float32), np.zeros(0, np.float32)
        places = piece(points)
        height, width = size
        right, below = (np.abs(piece(points + step) - places) for step in ((1 / width, 0), (0, 1 / height)))
        footprint = np.maximum(right + below, 1e-12)
        # The sides of the picture are straight, so what a pixel has of it is exact.
        share = np.clip(np.minimum(places, 1 - places) / footprint + 0.5, 0, 1).prod(axis=1).astype(np.float32)
        shape = np.array(self.pixels.shape[1::-1])
        shrinks = min(float(np.median(np.hypot(*(step * shape).T))) for step in (right, below))
        found = piece_colours(self._reduced(int(np.log2(max(shrinks / 2, 1.0)))), piece, points, size)
        if found.shape[1] == 4:
            share *= found[:, 3] / OPAQUE
        return found[:, :3], share

    @cached_property
    def _levels(self) -> list[UInt8[np.ndarray, "h2 w2 c"]]:
        return [self.pixels]

    def _reduced(self, times: int) -> UInt8[np.ndarray, "h2 w2 c"]:
        """The picture at half of its size, some times: what shrinks is sampled there, which is much faster."""
        while len(self._levels) <= times:
            last = self._levels[-1]
            size = max(1, round(last.shape[1] / 2)), max(1, round(last.shape[0] / 2))
            # Colours apart from the opacity, so that hidden ones stay.
            halves = [Image.fromarray(last[..., :3]), *(Image.fromarray(last[..., 3]) for _ in last[0, 0, 3:])]
            parts = [np.asarray(half.resize(size, Image.Resampling.BOX)) for half in halves]
            self._levels.append(np.dstack(parts))
        return self._levels[times]


def read_picture(path: Path) -> Picture:
    """Read a picture of any kind.

    Args:
        path: a file as for `primage.image.read_image`.

    Raises:
        ImageError: as there, or all of it is transparent.
    """
    pixels = with_opacity(decode(path))
    if pixels.shape[2] == 4:
        hidden = pixels[..., 3] == 0
        if hidden.all():
            raise ImageError(f"{path} is transparent everywhere, so there is nothing to paste; copy another picture")
        if hidden.any():
            pixels[..., :3] = from_nearest_outside(pixels[..., :3], hidden)
    return Picture(pixels)


def write_picture(folder: Path, picture: Picture) -> str:
    """Keep a picture.

    Args:
        folder: of a project's pictures; created if it does not exist.
        picture: the picture.

    Returns:
        Its id, the SHA-256 of its file.
    """
    data = encode_png(picture.pixels, compress_level=1)
    name = hashlib.sha256(data).hexdigest()
    folder.mkdir(exist_ok=True)
    write_atomically(picture_path(folder, name), data)
    return name


def load_picture(folder: Path, name: str) -> Picture:
    """Read a picture that was kept.

    Args:
        folder: of a project's pictures.
        name: its id.

    Raises:
        ImageError: it is missing or was changed.
    """
    path = picture_path(folder, name)
    if sha256_file(path) != name:
        raise ImageError(f"{path} is not the picture that was pasted; paste it again")
    return Picture(with_opacity(decode(path)))


def picture_path(folder: Path, name: str) -> Path:
    """The file of a picture.

    Args:
        folder: of a project's pictures.
        name: its id.
    """
    return folder / f"{name}.png"
