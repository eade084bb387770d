"""The sources of patches: the photo, and resampled copies of it, in one array per level.

A part that was scaled, rotated or mirrored has no equal in the photo. So the photo is also resampled by the transforms
that the matcher's field contains. Patches of these planes are used as they are, as sharp as bicubic sampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int32, UInt8
from scipy.ndimage import distance_transform_edt, maximum_filter
from torch.nn import functional as F

from primage.primitive.primitive import PrimitiveSpec
from primage.synthesis.guides import GuideWeights, guide_channels
from primage.synthesis.pyramid import halve, padded
from primage.synthesis.search import CHANNELS, RADIUS, UNIT, Sources, features
from primage.warp.augment import PrimitiveWarper

#: Planes leave room of this many pixels around the part of the photo that the field refers to.
_MARGIN_PX = 24
#: Channel for the penalty on sources, the last one; guides may use those before it.
PENALTY = CHANNELS - 1
#: Integer value of the full penalty there.
_FULL_PENALTY = 1.5 * UNIT
IDENTITY = np.array([[1, 0, 0], [0, 1, 0]], np.float32)


@dataclass(frozen=True)
class Plane:
    """The photo, or a resampled copy of a part of it, with its guides.

    Attributes:
        to_photo: (2, 3), affine map from (y, x) in the plane to (y, x) in the photo, in pixels.
        image: (H, W, 3), in [0, 1].
        guides: (H, W, C), of the training primitive, resampled likewise.
        allowed: (H, W) in [0, 1], 0 where patches may not be taken from.
        size: (height, width) without the padding, which may be part of a patch, but not its centre.
        penalty: (H, W) in [0, 1], 1 where pixels do not suit what is unknown of a target; None for nowhere.
    """

    to_photo: Float32[np.ndarray, "2 3"]
    image: Float32[np.ndarray, "h w 3"]
    guides: Float32[np.ndarray, "h w c"]
    allowed: Float32[np.ndarray, "h w"]
    size: tuple[int, int]
    penalty: Float32[np.ndarray, "h w"] | None = None

    def marked(self, value: float) -> Plane:
        """The plane with one more guide of the same value everywhere."""
        mark = np.full((*self.guides.shape[:2], 1), value, np.float32)
        return replace(self, guides=np.concatenate([self.guides, mark], axis=2))

    def avoiding(self, penalty: Float32[np.ndarray, "h w"]) -> Plane:
        """The plane with a penalty on the photo's pixels, (H, W) in [0, 1]."""
        y, x = np.mgrid[0 : self.image.shape[0], 0 : self.image.shape[1]].astype(np.float32)
        rows, columns = (np.rint(line[0] * y + line[1] * x + line[2]).astype(np.int32) for line in self.to_photo)
        last = penalty.shape[0] - 1, penalty.shape[1] - 1
        return replace(self, penalty=penalty[rows.clip(0, last[0]), columns.clip(0, last[1])])

    def padded(self, multiple: int) -> Plane:
        """The plane with sides that are multiples of a number; itself if they are."""
        if not any(side % multiple for side in self.image.shape[:2]):
            return self
        image, guides, allowed = (padded(each, multiple) for each in (self.image, self.guides, self.allowed))
        penalty = None if self.penalty is None else padded(self.penalty, multiple)
        return replace(self, image=image, guides=guides, allowed=allowed, penalty=penalty)

    def halved(self) -> Plane:
        """The plane at half the size; positions in the photo are in pixels of the photo at half the size. Cached."""
        return self._half

    @cached_property
    def _half(self) -> Plane:
        matrix = self.to_photo.copy()
        # A pixel's centre i is at 2 i + ½ before; the same holds for the photo.
        matrix[:, 2] = 0.5 * (self.to_photo @ np.array([0.5, 0.5, 1], np.float32) - 0.5)
        size = (self.size[0] + 1) // 2, (self.size[1] + 1) // 2
        penalty = None if self.penalty is None else halve(self.penalty)
        return Plane(matrix, halve(self.image), halve(self.guides), halve(self.allowed), size, penalty)

    @cached_property
    def atlas(self) -> Atlas:
        """An atlas of this plane alone. Cached: most syntheses of a photo read the same ones."""
        pad = RADIUS
        height, width = self.image.shape[:2]
        border, inner = ((pad, pad), (pad, pad), (0, 0)), np.s_[pad : pad + height, pad : pad + width]
        # Every pixel of a patch may be copied, so none may be forbidden.
        forbidden = self.allowed < 0.99
        allowed = np.pad(~maximum_filter(forbidden, 2 * pad + 1, mode="constant"), pad)
        allowed[pad + self.size[0] :] = False
        allowed[:, pad + self.size[1] :] = False
        index = np.full(allowed.shape, -1, np.int32)
        index[inner] = 0
        to_photo = np.zeros((*allowed.shape, 2), np.float32)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        to_photo[inner] = np.stack([row[0] * y + row[1] * x + row[2] for row in self.to_photo], -1)
        compared = np.pad(features(self.image, self.guides), border, mode="edge")
        if self.penalty is not None:
            # The repeated pixels beyond the borders get the penalty, too: they would become streaks.
            compared[..., PENALTY] = _FULL_PENALTY
            usual = np.s_[pad : pad + self.size[0], pad : pad + self.size[1]]
            compared[(*usual, PENALTY)] = np.rint(_FULL_PENALTY * self.penalty[: self.size[0], : self.size[1]])
        origin = np.array((pad, pad), np.int32)
        sources = Sources(compared, allowed, to_photo, self.from_photo(origin)[None])
        return Atlas(sources, np.pad(self.image, border, mode="edge"), index, origin[None])

    def from_photo(self, origin: Int32[np.ndarray, " 2"]) -> Float32[np.ndarray, "2 3"]:
        """The affine map from the photo to an array in which the plane's first pixel is at ``origin``, (y, x)."""
        inverse = np.linalg.inv(self.to_photo[:, :2])
        shift = origin.astype(np.float32) - inverse @ self.to_photo[:, 2]
        return np.concatenate([inverse, shift[:, None]], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Atlas:
    """All planes of one level, one below the other, bordered.

    Attributes:
        sources: what `search` reads.
        colours: (H, W, 3), in [0, 1].
        plane: (H, W), number of the plane at each pixel.
        origins: (P, 2), (y, x) of each plane's first pixel.
    """

    sources: Sources
    colours: Float32[np.ndarray, "h w 3"]
    plane: Int32[np.ndarray, "h w"]
    origins: Int32[np.ndarray, "p 2"]

    def nearest(
        self, position: Float32[np.ndarray, "h w 2"], plane: Int32[np.ndarray, "h w"]
    ) -> Int32[np.ndarray, "h w 2"]:
        """The allowed pixel of a plane that is nearest to a position in the photo, roughly.

        Args:
            position: (H, W, 2), (y, x) in pixels of the photo.
            plane: (H, W), number of the plane to use.

        Returns:
            (H, W, 2), (y, x) in the array; in plane 0 if the chosen plane does not contain the position, and at the
            nearest allowed place where that is not allowed.
        """
        matrices = self.sources.from_photo[plane]
        out = np.rint(np.einsum("hwij,hwj->hwi", matrices[..., :2], position) + matrices[..., 2]).astype(np.int32)
        rows, columns = self.sources.allowed.shape
        inside = (out >= 0).all(-1) & (out[..., 0] < rows) & (out[..., 1] < columns)
        clipped = np.stack([out[..., 0].clip(0, rows - 1), out[..., 1].clip(0, columns - 1)], -1)
        inside &= self.plane[clipped[..., 0], clipped[..., 1]] == plane
        first = self.origins[0]
        sides = [np.count_nonzero(line == 0) for line in (self.plane[:, first[1]], self.plane[first[0]])]
        last = first + np.array(sides, np.int32) - 1
        in_photo = np.clip(np.rint(position).astype(np.int32) + first, first, last)
        return self.allow(np.where(inside[..., None], clipped, in_photo))

    def allow(self, field: Int32[np.ndarray, "h w 2"]) -> Int32[np.ndarray, "h w 2"]:
        """Replace positions that are not allowed by the nearest ones that are."""
        wrong = ~self.sources.allowed[field[..., 0], field[..., 1]]
        if not wrong.any():
            return field
        out = field.copy()
        out[wrong] = self._nearest_allowed[:, field[wrong][:, 0], field[wrong][:, 1]].T
        return out

    @cached_property
    def _nearest_allowed(self) -> Int32[np.ndarray, "2 h w"]:
        nearest: Int32[np.ndarray, "2 h w"] = distance_transform_edt(
            ~self.sources.allowed, return_distances=False, return_indices=True
        )
        return nearest


def photo_plane(
    photo: UInt8[np.ndarray, "h w 3"],
    guides: Float32[np.ndarray, "h w c"],
    allowed: Bool[np.ndarray, "h w"],
    multiple: int,
) -> Plane:
    """The photo itself as a plane, padded.

    Args:
        photo: (H, W, 3).
        guides: of the training primitive.
        allowed: (H, W), where patches may be taken from.
        multiple: sides are multiples of this.
    """
    image = padded(photo.astype(np.float32) / 255, multiple)
    return Plane(IDENTITY, image, padded(guides, multiple), padded(allowed.astype(np.float32), multiple), allowed.shape)


def resampled_plane(
    photo: UInt8[np.ndarray, "h w 3"],
    warper: PrimitiveWarper,
    spec: PrimitiveSpec,
    weights: GuideWeights,
    allowed: Bool[np.ndarray, "h w"],
    matrix: Float32[np.ndarray, "2 2"],
    box: tuple[np.ndarray, np.ndarray],
    multiple: int,
) -> Plane:
    """Resample a part of the photo.

    Args:
        photo: (H, W, 3).
        warper: of the training primitive, of the photo's size.
        spec: the model's description of its primitives.
        weights: of the guides.
        allowed: (H, W), where patches may be taken from.
        matrix: (2, 2), derivative of (y, x) in the photo by (y, x) in the plane.
        box: (y, x) of the first and the last pixel of the part of the photo.
        multiple: sides are multiples of this.

    Returns:
        A plane that contains the part and a margin.
    """
    height, width = photo.shape[:2]
    low = np.maximum(box[0] - _MARGIN_PX, 0)
    high = np.minimum(box[1] + _MARGIN_PX, (height - 1, width - 1))
    corners = np.array([(y, x) for y in (low[0], high[0]) for x in (low[1], high[1])]) @ np.linalg.inv(matrix).T
    start = corners.min(0)
    size = np.ceil((corners.max(0) - start + 1) / multiple).astype(int) * multiple
    to_photo = np.concatenate([matrix, (matrix @ start)[:, None]], axis=1).astype(np.float32)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    source_y, source_x = (row[0] * y + row[1] * x + row[2] for row in to_photo)
    grid = torch.from_numpy(
        np.stack([2 * source_x / max(1, width - 1) - 1, 2 * source_y / max(1, height - 1) - 1], -1)[None]
    )
    inside = (np.abs(grid[0].numpy()) <= 1).all(-1)
    grid = grid.clamp(-1, 1)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
    scale = float(np.sqrt(abs(np.linalg.det(matrix))))
    reach = 2  # of bicubic interpolation
    if scale > 1.2:  # shrinking: average the pixels that fall into one
        reach = int(np.ceil(3 * scale)) + 1
        smaller = (max(1, round(height / scale)), max(1, round(width / scale)))
        image = F.interpolate(image, smaller, mode="bilinear", antialias=True, align_corners=False)
    image = F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=True).clamp(0, 1)
    # No pixel may contain a share of a forbidden one.
    clean = torch.from_numpy(~maximum_filter(~allowed, 2 * reach + 1, mode="constant"))
    usable = F.grid_sample(clean[None, None].float(), grid, mode="nearest", align_corners=True)
    return Plane(
        to_photo,
        np.ascontiguousarray(image[0].permute(1, 2, 0).numpy()),
        guide_channels(warper.warp(grid), spec, weights),
        (usable[0, 0].numpy() * inside).astype(np.float32),
        inside.shape,
    )


def atlas(planes: Sequence[Plane]) -> Atlas:
    """Put planes into one array.

    Args:
        planes: the photo first.

    Returns:
        The array; centres of patches are allowed where the whole patch is.
    """
    alone = [plane.atlas for plane in planes]
    if len(alone) == 1:
        return alone[0]
    width = max(each.plane.shape[1] for each in alone)
    tops = np.cumsum([0, *(len(each.plane) for each in alone[:-1])])

    def stacked(arrays: Sequence[np.ndarray], fill: int = 0) -> np.ndarray:
        out = np.full((sum(map(len, arrays)), width, *arrays[0].shape[2:]), fill, arrays[0].dtype)
        for top, array in zip(tops, arrays, strict=True):
            out[top : top + len(array), : array.shape[1]] = array
        return out

    origins = np.array([each.origins[0] + (top, 0) for top, each in zip(tops, alone, strict=True)], np.int32)
    index = [np.where(each.plane < 0, np.int32(-1), np.int32(number)) for number, each in enumerate(alone)]
    sources = Sources(
        stacked([each.sources.features for each in alone]),
        stacked([each.sources.allowed for each in alone]),
        stacked([each.sources.to_photo for each in alone]),
        np.stack([plane.from_photo(origin) for plane, origin in zip(planes, origins, strict=True)]),
    )
    return Atlas(sources, stacked([each.colours for each in alone]), stacked(index, -1), origins)
