"""Label maps from pictures in flat colours: finds the label colours, and the pixels that are blends of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8, UInt32

from primage.errors import LabelError
from primage.labels.colours import give_nearest, is_blend, junction_colours, pack, positions
from primage.labels.distinct_colours import RGB
from primage.labels.label_map import Label, LabelMap, Palette, palette_colours

log = logging.getLogger(__name__)

MAX_FOUND_COLOURS = 64


def labels_from_rgb(
    rgb: UInt8[np.ndarray, "h w 3"],
    palette: Palette | None = None,
    snap: bool = False,
    *,
    where: str = "the label map",
    ignore: Bool[np.ndarray, "h w"] | None = None,
    extra_colours: Sequence[RGB] = (),
) -> LabelMap:
    """Recognise labels by colour. Blended pixels at borders get the nearest label.

    Args:
        rgb: (H, W, 3) uint8.
        palette: the model's labels. If None, labels are the colours that fill a 3×3 block somewhere, and cover at
            least 9 pixels and 0.02 % of the picture, in the order of their first pixels.
        snap: accept any unknown colour, not only blends of known ones.
        where: name of the picture in messages.
        ignore: pixels without a label (lines drawn over them); they take the label of the nearest pixel with one.
        extra_colours: colours of such lines; their pixels are ignored too, and blends of them with labels are accepted.

    Returns:
        The map, with ``palette`` or with the palette found.

    Raises:
        LabelError: the picture is a photo, not a label map, or contains a colour that is not in ``palette``.

    Example:
        >>> picture = np.zeros((4, 8, 3), np.uint8)
        >>> picture[:, 4:] = (255, 0, 0)
        >>> labels_from_rgb(picture).index[0].tolist()
        [0, 0, 0, 0, 1, 1, 1, 1]
    """
    code = pack(rgb)
    extras = np.array(extra_colours, np.int32).reshape(-1, 3)
    live = np.ones(code.shape, bool) if ignore is None else ~ignore
    shown = live & ~np.isin(code, pack(extras)) if len(extras) else live
    if not shown.any():
        raise LabelError(f"{where} contains no labels: every pixel is a line; fill the areas between the lines")
    census = _Census(code, shown, *np.unique(code[shown], return_counts=True), where)
    known = palette or _find_palette(census)
    anchors = np.concatenate([palette_colours(known), extras])
    index = positions(code, pack(anchors))
    index[~live] = -1
    unknown = live & (index < 0)
    if unknown.any():
        unknown_colours = positions(census.colours, pack(anchors)) < 0
        if palette is not None and not snap:
            junctions = junction_colours(rgb, index, unknown, anchors)
            _refuse_unknown(census, unknown_colours, anchors, junctions, known)
        log.warning(
            "%s: %s pixels in %s colours are not one of the %d labels (antialiasing?); "
            "each was given the nearest label",
            *(where, f"{int(unknown.sum()):,}", f"{int(unknown_colours.sum()):,}", len(known.labels)),
        )
        give_nearest(rgb, index, unknown, anchors)
    unlabelled = (index < 0) | (index >= len(known.labels))
    if unlabelled.all():
        raise LabelError(f"{where} contains only lines and no labels; fill the areas between the lines")
    if unlabelled.any():
        from scipy import ndimage  # imported lazily: reading the table of kinds must not load SciPy

        y, x = ndimage.distance_transform_edt(unlabelled, return_distances=False, return_indices=True)
        index = index[y, x]
    return LabelMap(index.astype(np.uint8), known)


@dataclass(frozen=True)
class _Census:
    """The packed colours of a picture, the pixels considered, and the number of pixels of each colour."""

    code: UInt32[np.ndarray, "h w"]
    shown: Bool[np.ndarray, "h w"]
    colours: UInt32[np.ndarray, " n"]
    counts: Int64[np.ndarray, " n"]
    where: str


def _solid_colours(census: _Census) -> UInt32[np.ndarray, " n"]:
    """The colours that fill a 3×3 block somewhere."""
    code, shown = census.code, census.shown
    pair = (code[:, 1:] == code[:, :-1]) & shown[:, 1:] & shown[:, :-1]
    triple = pair[:, 1:] & pair[:, :-1]
    middle = code[:, 1:-1]
    block = triple[2:] & triple[1:-1] & triple[:-2]
    block = block & (middle[1:-1] == middle[:-2]) & (middle[1:-1] == middle[2:])
    return np.unique(middle[1:-1][block])


def _find_palette(census: _Census) -> Palette:
    colours, total = census.colours, int(census.counts.sum())
    chosen = np.isin(colours, _solid_colours(census)) & (census.counts >= max(9, 0.0002 * total))
    exact = int(census.counts[chosen].sum()) / total
    if not 1 <= chosen.sum() <= MAX_FOUND_COLOURS or exact < 0.5:
        raise LabelError(
            f"{census.where} looks like a photo, not a label map: {chosen.sum()} colours form areas, covering "
            f"{exact:.0%} of it; draw 1 to {MAX_FOUND_COLOURS} labels in flat colours and save them as PNG"
        )
    position = np.where(census.shown, positions(census.code, colours[chosen]), np.int16(-1))
    seen, first = np.unique(position, return_index=True)
    order = seen[np.argsort(first)]
    found = [int(colours[chosen][i]) for i in order if i >= 0]
    labels = (Label(id=i, colour=(c >> 16, c >> 8 & 255, c & 255)) for i, c in enumerate(found))
    return Palette(labels=tuple(labels), source="rgb")


def _refuse_unknown(
    census: _Census,
    unknown: Bool[np.ndarray, " n"],
    anchors: Int32[np.ndarray, " p 3"],
    junctions: UInt32[np.ndarray, " j"],
    palette: Palette,
) -> None:
    """Raise for the most frequent unknown colour that is not just a blend at borders."""
    solid = _solid_colours(census)
    order = np.flatnonzero(unknown)[np.argsort(-census.counts[unknown], kind="stable")]
    for start in range(0, len(order), 4096):
        codes = census.colours[order[start : start + 4096]]
        rgb = (codes[:, None] >> np.array([16, 8, 0], np.uint32) & 255).astype(np.int32)
        bad = np.flatnonzero(np.isin(codes, solid) | (~is_blend(rgb, anchors) & ~np.isin(codes, junctions)))
        if len(bad):
            nearest = int(((palette_colours(palette) - rgb[bad[0]]) ** 2).sum(axis=1).argmin())
            mask = (census.code == codes[bad[0]]) & census.shown
            y, x = divmod(int(mask.argmax()), mask.shape[1])
            pixels = f"{mask.sum():,} pixels have the colour #{codes[bad[0]]:06x}"
            raise unknown_label_error(census.where, pixels, (x, y), palette, nearest)


def unknown_label_error(where: str, pixels: str, first: tuple[int, int], palette: Palette, nearest: int) -> LabelError:
    """The error for pixels with an unknown label; it names the nearest known one.

    Args:
        where: name of the file in the message.
        pixels: description of the pixels and their value.
        first: (x, y) of the first of these pixels.
        palette: the known labels.
        nearest: index of the nearest one.
    """
    label = palette.labels[nearest]
    name = f" {label.name!r}" if label.name else ""
    r, g, b = label.colour
    return LabelError(
        f"{where}: {pixels}, first at (x, y) = {first}, which is not a known label; the nearest is "
        f"#{r:02x}{g:02x}{b:02x}{name} (id {label.id}, position {nearest}): use that one, or --snap"
    )
