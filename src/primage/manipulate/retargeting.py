"""Retargeting: the scene in other proportions, without squeezing what matters in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, UInt8
from scipy import ndimage
from scipy.optimize import lsq_linear
from skimage.measure import label

from primage.detection.regions import NAMES
from primage.errors import ConfigError
from primage.image import write_png
from primage.labels.label_map import LabelMap
from primage.model import Model, load
from primage.outputs import check_outputs
from primage.primitive.primitive import Primitive, draw
from primage.render.files import provenance
from primage.render.masks import read_mask
from primage.render.original import PROVENANCE
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions
from primage.warp.augment import PrimitiveWarper

#: Rows and columns of the grid whose lines are moved.
_CELLS = 32
#: No row or column shrinks to less than this share of its size.
_SHORTEST = 0.1
#: Weights: of cells without anything in them, of keeping the size (against keeping the proportions), of neighbours
#: changing alike, and of the sizes adding up.
_EMPTY, _SIZE, _SMOOTH, _SUM = 0.01, 0.2, 0.3, 100.0
#: Blur of the importance, as a share of the short side, and the importance of lines where things are known by labels.
_SIGMA, _LINES = 0.03, 0.15
#: Largest share of the picture that a thing covers, and of its outline that is on the picture's border.
_LARGEST, _TOUCHING = 0.5, 0.15
_SHORTEST_SIDE_PX, _LONGEST_SIDE_PX = 32, 4096
#: Largest factor of a side.
_MOST = 100


def importance(model: Model, keep: Bool[np.ndarray, "h w"] | None = None) -> Float64[np.ndarray, "h w"]:
    """How much is lost where the photo is squeezed or stretched.

    Args:
        model: the trained model.
        keep: (H, W), things that must keep their proportions; the only ones if given.

    Returns:
        (H, W) in [0, 1]: 1 in things, a fraction where the drawing has lines or borders of labels. A thing is an area
        of one label that hardly touches the photo's border, as ground, walls and sky do, or a named part of a person.
        Without labels, lines alone count.

    Raises:
        ConfigError: the drawing has neither labels nor lines.
    """
    sigma = _SIGMA * min(model.size)
    if keep is not None:
        return np.asarray(ndimage.gaussian_filter(keep.astype(float), sigma / 3))
    if model.primitive.edges is None and model.primitive.segments is None:
        raise ConfigError(
            f"a drawing of kind '{model.primitive.kind}' does not tell things from ground; mark them with --keep MASK"
        )
    drawn, share = np.zeros(model.size), 1.0
    things = np.zeros(model.size, bool)
    if model.primitive.edges is not None:
        drawn = drawn + model.primitive.edges
    if model.primitive.segments is not None:
        index, share = model.primitive.segments.index, _LINES
        drawn = drawn + (ndimage.maximum_filter(index, 3) != ndimage.minimum_filter(index, 3))
        things = _things(model.primitive.segments)
    dense = ndimage.gaussian_filter(drawn, sigma)
    dense = (dense / max(float(np.quantile(dense, 0.95)), 1e-9)).clip(0, 1)
    return np.asarray(np.maximum(ndimage.gaussian_filter(things.astype(float), sigma / 3), share * dense))


def _things(segments: LabelMap) -> Bool[np.ndarray, "h w"]:
    """(H, W), areas that are seen whole, and people."""
    areas, count = label(segments.index + 1, return_num=True, connectivity=1)
    rim = np.ones(areas.shape, bool)
    rim[1:-1, 1:-1] = False
    inside = np.pad(areas, 1)
    beside = [inside[1:-1, :-2], inside[1:-1, 2:], inside[:-2, 1:-1], inside[2:, 1:-1]]
    outline = np.any([side != areas for side in beside], axis=0)
    sizes, lengths, touching = (
        np.bincount(areas[mask], minlength=count + 1) for mask in (np.ones_like(rim), outline, rim)
    )
    whole = (sizes <= _LARGEST * areas.size) & (touching <= _TOUCHING * np.maximum(lengths, 1))
    named = [number for number, each in enumerate(segments.palette.labels) if each.name.rstrip(" 0123456789") in NAMES]
    return np.asarray(whole[areas] | np.isin(segments.index, named))


def axis_aligned_map(
    weight: Float64[np.ndarray, "h w"], size: tuple[int, int]
) -> tuple[Float64[np.ndarray, " h2"], Float64[np.ndarray, " w2"]]:
    """Where rows and columns of a picture of another size come from.

    Each row and each column of a grid gets a size of its own, so straight lines along the axes stay straight, and
    nothing folds. Cells of large weight keep proportions and size; the others give way.

    Args:
        weight: (H, W), of each pixel.
        size: (H', W'), the size wanted.

    Returns:
        (H',) and (W',): the source of each row's and column's centre, in pixels; strictly increasing.

    Source:
        Panozzo, Weber & Sorkine 2012, §3 (axis-aligned deformation, "as similar as possible"). Deviation: a part of
        the energy keeps the cells' size.
    """
    old = weight.shape
    rows, columns = (min(_CELLS, side) for side in old)
    cells = np.array(
        [[part.mean() for part in np.array_split(strip, columns, axis=1)] for strip in np.array_split(weight, rows)]
    )
    root = np.sqrt(_EMPTY + cells)
    of_row = np.kron(np.eye(rows), np.ones((columns, 1))) * root.reshape(-1, 1)
    of_column = np.kron(np.ones((rows, 1)), np.eye(columns)) * root.reshape(-1, 1)
    scales = np.block(  # unknown: the scale of each row, then of each column
        [
            [of_row, -of_column],
            [np.sqrt(_SIZE) * of_row, np.zeros_like(of_column)],
            [np.zeros_like(of_row), np.sqrt(_SIZE) * of_column],
            [_SMOOTH * np.diff(np.eye(rows), axis=0), np.zeros((rows - 1, columns))],
            [np.zeros((columns - 1, rows)), _SMOOTH * np.diff(np.eye(columns), axis=0)],
            [_SUM * np.ones((1, rows)) / rows, np.zeros((1, columns))],
            [np.zeros((1, rows)), _SUM * np.ones((1, columns)) / columns],
        ]
    )
    count, factors = rows * columns, (size[0] / old[0], size[1] / old[1])
    wanted = np.concatenate(
        [np.zeros(count), np.sqrt(_SIZE) * root.ravel(), np.sqrt(_SIZE) * root.ravel(), np.zeros(rows + columns - 2)]
    )
    wanted = np.append(wanted, _SUM * np.array(factors))
    shortest = np.repeat([min(_SHORTEST, 0.5 * factor) for factor in factors], (rows, columns))
    found = lsq_linear(scales, wanted, (shortest, np.inf)).x
    sources = []
    for part, side, target in ((found[:rows], old[0], size[0]), (found[rows:], old[1], size[1])):
        before = np.concatenate([[0.0], np.cumsum([len(x) for x in np.array_split(np.arange(side), len(part))])])
        after = np.concatenate([[0.0], np.cumsum(part * np.diff(before))])
        sources.append(np.interp(np.arange(target) + 0.5, after * (target / after[-1]), before) - 0.5)
    return sources[0], sources[1]


def retargeted(
    model: Model,
    size: tuple[int, int],
    keep: Bool[np.ndarray, "h w"] | None = None,
    options: RenderOptions = DEFAULT_OPTIONS,
) -> tuple[UInt8[np.ndarray, "h2 w2 3"], Primitive]:
    """Paint the scene in other proportions.

    Args:
        model: the trained model.
        size: (height, width) of the result, in pixels of the model's working size: things that are kept have the same
            size in both.
        keep: (H, W), of the working size: things that must keep their proportions.
        options: how it is rendered.

    Returns:
        The picture, (H', W', 3) uint8 sRGB, and its drawing.

    Raises:
        ConfigError: the size is out of range.
        PrimitiveError: the mask does not fit.

    Source:
        Avidan & Shamir 2007 (seam carving), Shocher et al. 2019 (InGAN) for the task; `axis_aligned_map` for the
        drawing's deformation.
    """
    _check(size)
    rows, columns = axis_aligned_map(importance(model, keep), size)
    primitive = PrimitiveWarper(model.primitive).warp(_grid(rows, columns, model.size))
    return replace(model, rescales=False).picture(primitive, options), primitive


def write_retargeted(
    path: Path,
    out: Path,
    size: tuple[int, int] | None = None,
    share: tuple[float, float] | None = None,
    keep: Path | None = None,
    options: RenderOptions = DEFAULT_OPTIONS,
    device: str = "cpu",
    overwrite: bool = False,
) -> list[Path]:
    """Paint a run's scene in other proportions into a file, with its drawing beside it.

    Args:
        path: a run folder or a model file.
        out: a PNG file; the drawing is NAME.drawing.png.
        size: (height, width) in pixels of the working size.
        share: or as factors of the working size.
        keep: a picture of the photo's proportions, white over what must keep its proportions.
        options: how it is rendered.
        device: torch device to compute on.
        overwrite: allow to replace files that Primage did not make.

    Returns:
        The files written.

    Raises:
        UserError: an input is invalid; nothing was written.
    """
    if out.suffix.lower() != ".png":
        raise ConfigError(f"{out}: the result is a PNG file; name it {out.stem}.png")
    drawing = out.with_name(f"{out.stem}.drawing.png")
    check_outputs([out, drawing], [path, keep], overwrite)
    if size is not None:
        _check(size)
    model = load(path, device)
    if share is not None:
        size = round(share[0] * model.size[0]), round(share[1] * model.size[1])
    assert size is not None
    mask = None if keep is None else read_mask(keep, model.size)
    picture, primitive = retargeted(model, size, mask, options)
    write_png(out, picture, text={PROVENANCE: provenance(model)})
    write_png(drawing, draw(primitive, model.record.spec.line_colour))
    return [out, drawing]


def parse_size(text: str) -> tuple[tuple[int, int] | None, tuple[float, float] | None]:
    """Read "WIDTHxHEIGHT".

    Args:
        text: pixels, "320x256", or per cent of the working size, "60%x100%".

    Returns:
        (height, width) in pixels, or as factors; the other is None.

    Raises:
        ConfigError: it is neither.

    Example:
        >>> parse_size("320x256"), parse_size("60%x100%")
        (((256, 320), None), (None, (1.0, 0.6)))
    """
    parts = text.lower().replace("×", "x").split("x")
    try:
        if len(parts) == 2 and all(part.endswith("%") for part in parts):
            width, height = (float(part[:-1]) / 100 for part in parts)
            if 0 < width <= _MOST and 0 < height <= _MOST:
                return None, (height, width)
        elif len(parts) == 2:
            return (int(parts[1]), int(parts[0])), None
    except ValueError:
        pass
    raise ConfigError(f"--size {text}: write WIDTHxHEIGHT in pixels, 320x256, or in per cent, 60%x100%")


def _check(size: tuple[int, int]) -> None:
    if not all(_SHORTEST_SIDE_PX <= side <= _LONGEST_SIDE_PX for side in size):
        raise ConfigError(
            f"a picture of {size[1]}×{size[0]} px cannot be painted; choose sides of {_SHORTEST_SIDE_PX} to "
            f"{_LONGEST_SIDE_PX} px"
        )


def _grid(
    rows: Float64[np.ndarray, " h"], columns: Float64[np.ndarray, " w"], size: tuple[int, int]
) -> Float[torch.Tensor, "1 h w 2"]:
    """The sampling grid of sources given in pixels, within the picture."""
    y, x = (
        torch.from_numpy(2 * at.clip(0, side - 1) / max(1, side - 1) - 1).float()
        for at, side in zip((rows, columns), size, strict=True)
    )
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)[None]
