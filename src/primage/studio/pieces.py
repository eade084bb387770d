"""Pieces of an edited drawing: maps from its places to places of the photo, as messages and files contain them.

They are those of `primage.origin.transforms`, which the server does not import because they load PyTorch.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from primage.settings import Frozen

#: A share of the width or height. The limit keeps products of maps finite.
Share = Annotated[float, Field(ge=-1e6, le=1e6)]
Place = tuple[Share, Share]


class Affine(Frozen):
    """An affine map: x' = a·x + c·y + e, y' = b·x + d·y + f; x and y are shares of the width and the height."""

    kind: Literal["affine"]
    matrix: tuple[Share, Share, Share, Share, Share, Share] = Field(description="a, b, c, d, e, f, as in CSS")


class Spline(Frozen):
    """A thin-plate spline through pairs of points (x, y), each a share of the width or the height."""

    kind: Literal["spline"]
    points: tuple[Place, ...] = Field(min_length=3, max_length=512, description="in the drawing")
    sources: tuple[Place, ...] = Field(max_length=512, description="where each of them comes from")
    aspect: float = Field(ge=1e-3, le=1e3, description="width over height of the drawing")

    @model_validator(mode="after")
    def _is_defined(self) -> Spline:
        if len(self.points) != len(self.sources):
            raise ValueError(f"{len(self.points)} points cannot come from {len(self.sources)} sources")
        points = np.array(self.points) * (self.aspect, 1.0)
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        # The bounds of `primage.warp.tps.fit`, with a margin for rounding.
        if spread[1] <= 2e-6 * spread[0]:
            raise ValueError("the points of a spline lie on one line")
        distances = np.linalg.norm(points[:, None] - points, axis=2)[np.triu_indices(len(points), 1)]
        if distances.min() <= 2e-9 * spread[0]:
            raise ValueError("two points of a spline coincide")
        return self


class Piece(Frozen):
    """Where pixels that moved together come from: maps, applied one after the other; the last leads to the photo."""

    transforms: tuple[Annotated[Affine | Spline, Field(discriminator="kind")], ...] = Field(max_length=256)
