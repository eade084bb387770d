"""Maps from places of an edited drawing to places of the photo, in shares of width and height.

They are kept as formulas instead of sampled values, so that they are exact at any size. Importing this module does not
load PyTorch, so that the studio's server can check what editors send.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from jaxtyping import Float64
from pydantic import Field, model_validator

from primage.settings import Frozen

if TYPE_CHECKING:
    from torch import Tensor

#: A share of the width or height; 0, 0 is the top left corner. The limit keeps products of maps finite.
Share = Annotated[float, Field(ge=-1e8, le=1e8)]
Point = tuple[Share, Share]
Coords = Float64[np.ndarray, "n 2"]

#: Entries that differ by less than this are equal: a ten-thousandth of a pixel of a 10,000 px photo.
_SAME = 1e-8
#: Linear parts that differ from the identity by less move no pixel of a 100,000 px photo.
_UNTURNED = 1e-6
#: Points closer to a line, or to each other, than this share of their spread do not define a spline.
_DEGENERATE = 1e-6
#: Number of points at which a spline is evaluated at once.
_STRIP = 1 << 16


class Affine(Frozen):
    """An affine map: x' = a·x + c·y + e, y' = b·x + d·y + f.

    Attributes:
        matrix: a, b, c, d, e, f, in the order of CSS.
    """

    kind: Literal["affine"] = "affine"
    matrix: tuple[Share, Share, Share, Share, Share, Share]

    @classmethod
    def of_pixels(
        cls, linear: Float64[np.ndarray, "2 2"], offset: Float64[np.ndarray, 2], size: tuple[int, int]
    ) -> Affine:
        """The map p ↦ linear · p + offset between (row, column) of pixels.

        Args:
            linear: (2, 2), by (row, column).
            offset: (row, column).
            size: (height, width) of the picture in pixels.

        Example:
            >>> Affine.of_pixels(np.eye(2), np.array([0.0, -10.0]), (50, 100)).matrix
            (1.0, 0.0, 0.0, 1.0, -0.1, 0.0)
        """
        height, width = size
        # The centre of the first pixel is at 0 in pixels, but at half a pixel's share of the width.
        row, column = offset + 0.5 - linear @ np.array([0.5, 0.5])
        (d, b), (c, a) = linear
        matrix = (a, b * width / height, c * height / width, d, column / width, row / height)
        return cls(matrix=tuple(map(float, matrix)))

    def __call__(self, points: Coords) -> Coords:
        """Map (N, 2) points, (x, y)."""
        a, b, c, d, e, f = self.matrix
        out: Coords = points @ np.array([[a, b], [c, d]]) + np.array([e, f])
        return out

    def after(self, first: Affine) -> Affine:
        """The map that applies ``first``, then this one."""
        a, b, c, d, e, f = self.matrix
        p, q, r, s, t, u = first.matrix
        matrix = a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f
        return Affine(matrix=matrix)

    @property
    def inverse(self) -> Affine:
        """The inverse map.

        Raises:
            numpy.linalg.LinAlgError: there is none.
        """
        a, b, c, d, e, f = self.matrix
        linear = np.linalg.inv(np.array([[a, c], [b, d]]))
        x, y = -linear @ np.array([e, f])
        return Affine(matrix=(*map(float, linear.T.ravel()), float(x), float(y)))

    @property
    def is_identity(self) -> bool:
        """Whether it moves nothing."""
        return bool(np.abs(np.subtract(self.matrix, (1, 0, 0, 1, 0, 0))).max() < _SAME)


class Spline(Frozen):
    """A thin-plate spline through pairs of points.

    Attributes:
        points: in the edited drawing; at least three, not on one line.
        sources: where each of them comes from.
        aspect: width over height of the picture: bending costs the same in both directions.
    """

    kind: Literal["spline"] = "spline"
    points: tuple[Point, ...] = Field(min_length=3, max_length=512)
    sources: tuple[Point, ...] = Field(max_length=512)
    aspect: float = Field(ge=1e-3, le=1e3)

    @model_validator(mode="after")
    def _is_defined(self) -> Spline:
        if len(self.points) != len(self.sources):
            raise ValueError(f"{len(self.points)} points cannot come from {len(self.sources)} sources")
        centred = np.array(self.points) * (self.aspect, 1.0)
        centred = centred - centred.mean(axis=0)
        spread = np.linalg.svd(centred, compute_uv=False)
        if spread[1] <= _DEGENERATE * spread[0]:
            raise ValueError("the points lie on one line")
        gaps = np.abs(centred[:, None] - centred[None]).max(axis=2) + spread[0] * np.eye(len(centred))
        if gaps.min() <= _DEGENERATE * spread[0]:
            raise ValueError("two of the points coincide")
        return self

    def __call__(self, points: Coords) -> Coords:
        """Map (N, 2) points, (x, y). Outside the photo, its border is repeated."""
        out: Coords = np.clip(self.beyond(points), 0, 1)
        return out

    def beyond(self, points: Coords) -> Coords:
        """Map (N, 2) points, (x, y), also to places outside the photo."""
        import torch

        from primage.warp.tps import evaluate

        centres, weights = _weights(self)
        at = torch.from_numpy(points * (self.aspect, 1.0))
        shift = torch.cat([evaluate(centres, weights, part) for part in at.split(_STRIP)])
        out: Coords = (at + shift).numpy() / (self.aspect, 1.0)
        return out


@lru_cache(maxsize=64)
def _weights(spline: Spline) -> tuple[Tensor, Tensor]:
    import torch

    from primage.warp.tps import fit

    scale = torch.tensor([spline.aspect, 1.0], dtype=torch.float64)
    points, sources = (torch.tensor(x, dtype=torch.float64) * scale for x in (spline.points, spline.sources))
    return points, fit(points, sources - points)


Transform = Annotated[Affine | Spline, Field(discriminator="kind")]


#: Pictures are called by the hash of their file.
PictureId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the picture's file")]


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class Piece(Frozen):
    """The map of pixels that moved together: transforms, applied one after the other.

    Attributes:
        transforms: the first maps a place of the drawing; the last leads to the photo, or to the picture.
        picture: the picture that the pixels come from, if that is not the photo.
    """

    transforms: tuple[Transform, ...] = Field(max_length=256)
    # Left out where there is none, also in the editor's types: files without pictures are as those of earlier versions.
    picture: PictureId | None = Field(
        None, exclude_if=lambda picture: picture is None, json_schema_extra=_without_default
    )

    def __call__(self, points: Coords) -> Coords:
        """Map (N, 2) points of the drawing, (x, y), to the photo or the picture, outside of which there is nothing."""
        for transform in self.transforms:
            if self.picture is not None and isinstance(transform, Spline):
                points = transform.beyond(points)
            else:
                points = transform(points)
        return points

    def after(self, first: Affine | Spline) -> Piece:
        """The map of pixels of this piece that were moved once more.

        Args:
            first: from their new places to where they were.
        """
        rest = self.transforms
        if rest and isinstance(first, Affine) and isinstance(rest[0], Affine):
            first, rest = rest[0].after(first), rest[1:]
        whole = (first, *rest)
        still = isinstance(first, Affine) and first.is_identity
        return Piece(transforms=rest if still else whole, picture=self.picture)

    def seen_from(self, place: Affine) -> Piece:
        """The same map in other coordinates, of the drawing and of the photo.

        Args:
            place: from the other coordinates to these.
        """
        turned = self.after(place)
        if self.picture is not None:  # whose places stay what they are
            return turned
        back, last = place.inverse, turned.transforms[-1] if turned.transforms else None
        if isinstance(last, Affine):
            whole = back.after(last)
            rest = turned.transforms[:-1]
            return Piece(transforms=rest if whole.is_identity else (*rest, whole))
        return Piece(transforms=(*turned.transforms, back))

    @property
    def shift(self) -> tuple[float, float] | None:
        """(x, y), in shares, by which the piece was only shifted; None if it is turned, scaled or bent, too."""
        affine = self.affine
        if affine is None or np.abs(np.subtract(affine.matrix[:4], (1, 0, 0, 1))).max() > _UNTURNED:
            return None
        return affine.matrix[4:]

    @property
    def affine(self) -> Affine | None:
        """The piece as one affine map; None if it bends."""
        match self.transforms:
            case ():
                return IDENTITY
            case (Affine() as only,):
                return only
        return None


def pictures_of(pieces: Iterable[Piece]) -> frozenset[str]:
    """The pictures that pieces come from.

    Args:
        pieces: any.
    """
    return frozenset(piece.picture for piece in pieces if piece.picture is not None)


IDENTITY = Affine(matrix=(1, 0, 0, 1, 0, 0))
