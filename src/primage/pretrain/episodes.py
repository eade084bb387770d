"""Training examples of the matcher: a picture's primitive, edited primitives, and the true correspondences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.ndimage import distance_transform_edt, gaussian_filter
from torch import Tensor
from torch.nn import functional as F

from primage.config import AugmentConfig
from primage.grid import resample
from primage.image import resize_image
from primage.labels.label_map import Label, LabelMap, Palette
from primage.pretrain.pictures import Picture
from primage.primitive.codes import CODE_CHANNELS, colour_codes
from primage.primitive.edges import distance_to_edges, extract_edges
from primage.primitive.extraction_config import EdgesConfig
from primage.primitive.line_layer import CLOSENESS_PX
from primage.primitive.primitive import Primitive
from primage.tensors import to_image, to_tensor
from primage.warp.augment import PrimitiveWarper, another_frame, draw_grid
from primage.warp.regions import find_regions


@dataclass(frozen=True)
class Episode:
    """One source (or S of the same size) and edited versions of it, the targets.

    Attributes:
        photo: (S, 3, H, W) in [-1, 1], photo of the source.
        primitive: (S, 10, H, W), primitive of the source in the matcher's encoding.
        photos: (B, 3, H, W), photos of the targets, B / S for each source in turn.
        primitives: (B, 10, H, W), primitives of the targets.
        grid: (B, H, W, 2), the source position of each pixel of a target.
    """

    photo: Float[Tensor, "s 3 h w"]
    primitive: Float[Tensor, "s 10 h w"]
    photos: Float[Tensor, "b 3 h w"]
    primitives: Float[Tensor, "b 10 h w"]
    grid: Float[Tensor, "b h w 2"]


def draw_episode(
    picture: Picture, side: int, targets: int, rng: np.random.Generator, parts: float = 0.55, erased: float = 0.3
) -> Episode:
    """Draw a source and targets from a picture.

    Labels are random codes, drawn for each episode and merged at random, so that only their similarity can be learned.
    The target's lines are the warped lines of the source, or extracted from the altered photo, as in a video; some of
    them are missing.

    Args:
        picture: a square picture.
        side: size of the episode's pictures in pixels.
        targets: number of targets.
        rng: random source.
        parts: share of the targets in which regions are cut out and pasted elsewhere.
        erased: share of the targets in which an area is erased.

    Returns:
        An episode with one source.
    """
    torch_rng = torch.Generator().manual_seed(int(rng.integers(2**62)))
    photo = resize_image(picture.photo, (side, side))
    step = np.arange(side) * picture.index.shape[0] // side
    index = picture.index[step[:, None], step[None]]
    colours = picture.colours
    if rng.random() < 0.5:
        photo, index = np.ascontiguousarray(photo[:, ::-1]), np.ascontiguousarray(index[:, ::-1])

    kind = rng.choice(["super", "edges", "segments", "paint"], p=[0.5, 0.28, 0.12, 0.1])
    names = len(colours)
    if kind == "paint":
        codes = torch.from_numpy(colours) @ colour_codes()
    else:
        if rng.random() < 0.5:
            merged = rng.integers(0, min(names, int(rng.integers(2, 12))), names)
            index = merged[index]
        codes = torch.from_numpy(
            (rng.choice([-0.5, 0.5], (names, CODE_CHANNELS)) + rng.normal(0, 0.05, (names, CODE_CHANNELS))).astype(
                np.float32
            )
        )
    palette = Palette(labels=tuple(Label(id=i, colour=(i, 0, 0)) for i in range(names)), source="made")
    labels = LabelMap(index.astype(np.uint8), palette)
    settings = EdgesConfig(
        sigma=float(rng.uniform(1.0, 2.4)) * (side / 256) ** 0.5,
        low=0.04,
        high=float(rng.uniform(0.07, 0.14)),
        min_length_px=int(14 * side / 256),
    )
    lines = extract_edges(photo, settings)
    warper = PrimitiveWarper(Primitive("super", segments=labels, edges=lines))
    regions = find_regions(labels) if kind != "edges" else None
    tensor = to_tensor(photo)
    source = _embed(index, lines, codes, kind)

    grids, photos, primitives = [], [], []
    for _ in range(targets):
        strong = rng.random()
        augment = AugmentConfig(
            tps_points=int(rng.integers(3, 7)),
            tps_probability=0.85,
            tps_shift=float(0.01 + 0.11 * strong),
            flip=False,
            rotation=True,
            rotation_deg=15,
            rotation_probability=0.3,
            local=True,
            local_probability=0.6,
            parts=True,
            parts_count=3,
            parts_radius=(0.05, 0.3),
            parts_probability=parts,
        )
        grid = draw_grid(augment, (side, side), torch_rng, regions)
        hole = _erase(grid, rng) if rng.random() < erased else None
        warped = resample(tensor, grid)
        primitive = warper.warp(grid)
        assert primitive.segments is not None
        assert primitive.edges is not None
        target, target_lines = primitive.segments.index.astype(np.int64), primitive.edges
        if rng.random() < 0.5:
            altered = settings.model_copy(update={"sigma": settings.sigma * float(np.exp(rng.normal(0, 0.06)))})
            target_lines = extract_edges(another_frame(to_image(warped), rng), altered)
        if rng.random() < 0.4:
            target = _jittered(target, rng)
        if rng.random() < 0.35:
            target_lines = target_lines & ~_blobs(side, rng)
        if hole is not None:
            nearest = distance_transform_edt(hole, return_distances=False, return_indices=True)
            target, target_lines = target[nearest[0], nearest[1]], target_lines & ~hole
        grids.append(grid)
        photos.append(warped)
        primitives.append(_embed(target, target_lines, codes, kind))
    return Episode(tensor, source, torch.cat(photos), torch.cat(primitives), torch.cat(grids))


def _embed(index: np.ndarray, lines: Bool[np.ndarray, "h w"], codes: Tensor, kind: str) -> Float[Tensor, "1 10 h w"]:
    height, width = index.shape
    out = torch.zeros(1, CODE_CHANNELS + 2, height, width)
    if kind != "edges":
        out[0, :CODE_CHANNELS] = codes[torch.from_numpy(index.astype(np.int64))].permute(2, 0, 1)
    if kind in ("super", "edges"):
        out[0, CODE_CHANNELS] = torch.from_numpy(lines.astype(np.float32))
        out[0, CODE_CHANNELS + 1] = torch.from_numpy(np.exp(distance_to_edges(lines) / -CLOSENESS_PX))
    return out


def _jittered(index: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels with borders shifted by a pixel or two, as in segmentations of other frames."""
    height, width = index.shape
    coarse = torch.from_numpy(rng.normal(0, rng.uniform(0.5, 2.0), (1, 2, 12, 12)))
    shift = F.interpolate(coarse, (height, width), mode="bicubic")[0].round().long().numpy()
    rows = (np.arange(height)[:, None] + shift[0]).clip(0, height - 1)
    columns = (np.arange(width)[None] + shift[1]).clip(0, width - 1)
    return np.asarray(index[rows, columns])


def _erase(grid: Float[Tensor, "1 h w 2"], rng: np.random.Generator) -> Bool[np.ndarray, "h w"]:
    """Cover an ellipse with the area beside it, in place, and return the mask of the ellipse.

    The caller erases its lines; the area then looks like the one beside it.
    """
    height, width = grid.shape[1:3]
    radii = np.exp(rng.uniform(np.log(0.04), np.log(0.16), 2)) * min(height, width)
    centre = rng.uniform(0.1, 0.9, 2) * (height, width)
    angle = rng.uniform(0, 2 * np.pi)
    shift = np.array([np.sin(angle), np.cos(angle)]) * 2 * radii.max() * rng.uniform(1.0, 1.8)
    inside_out = centre + shift < 0, centre + shift > (height - 1, width - 1)
    shift[inside_out[0] | inside_out[1]] *= -1
    y, x = np.mgrid[:height, :width]
    inside = ((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 <= 1
    rows = (y[inside] + round(shift[0])).clip(0, height - 1)
    columns = (x[inside] + round(shift[1])).clip(0, width - 1)
    grid[0, torch.from_numpy(inside)] = grid[0, torch.from_numpy(rows), torch.from_numpy(columns)]
    return np.asarray(inside)


def _blobs(side: int, rng: np.random.Generator) -> Bool[np.ndarray, "h w"]:
    """Random areas in which lines are missing."""
    noise = gaussian_filter(rng.standard_normal((side, side)), side / 16)
    return np.asarray(noise > np.quantile(noise, rng.uniform(0.75, 0.98)))
