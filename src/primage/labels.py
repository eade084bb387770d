"""Label maps: an index array and its palette ⇄ palette PNG, RGB PNG, CVAT, labelme, Cityscapes ids."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8, UInt32
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from primage.errors import LabelError
from primage.image import write_png
from primage.labelcolours import give_nearest, is_blend, junction_colours, pack, positions
from primage.labelformats import PALETTE_KEY, RGB, RawLabels, Source, distinct_colours, read_raw_labels

__all__ = ["Label", "LabelMap", "Palette", "colourise", "distinct_colours", "labels_from_rgb", "read_labels"]
__all__ += ["resize_labels", "write_labels"]
log = logging.getLogger(__name__)

MAX_LABELS = 255
MAX_FOUND_COLOURS = 64
_ID_SOURCES = ("palette", "grey", "cityscapes")
_Channel = Annotated[int, Field(ge=0, le=255)]


class Label(BaseModel):
    """One label: the number its file format knows it by, its colour, and its name if it has one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    colour: tuple[_Channel, _Channel, _Channel]
    name: str = ""


class Palette(BaseModel):
    """The labels of a map, by position, and the kind of file they came from ("made": found in the photo)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=MAX_LABELS)]
    source: Source

    @model_validator(mode="after")
    def _ids_differ(self) -> Palette:
        if len({label.id for label in self.labels}) < len(self.labels):
            raise ValueError("two labels have the same id")
        return self


@dataclass(frozen=True)
class LabelMap:
    """A label for each pixel: ``index`` holds positions in ``palette.labels``, not ids."""

    index: UInt8[np.ndarray, "h w"]
    palette: Palette

    def __post_init__(self) -> None:
        if self.index.size and int(self.index.max()) >= len(self.palette.labels):
            count = len(self.palette.labels)
            raise LabelError(f"a label map holds index {self.index.max()}, but its palette ends before {count}")


def read_labels(path: str | Path, palette: Palette | None = None, snap: bool = False) -> LabelMap:
    """Read a label map; the format is told by the content.

    Args:
        path: a palette, grey or RGB picture (lossless), a CVAT "Segmentation mask 1.1" zip, folder or mask,
            ``export.zip/mask.png`` for one of several, or a labelme JSON.
        palette: the labels a model knows. Files of ids are matched to it by id if it came from such a file,
            labelme's by name, all others by colour.
        snap: give pixels that are no label of ``palette`` the nearest one.

    Returns:
        The map, with ``palette`` if given, else with the labels that occur in the file.

    Raises:
        LabelError: the file is no label map, or holds what ``palette`` does not.
        ImageError: the picture cannot be read.
    """
    raw = read_raw_labels(Path(path))
    if raw.values.ndim == 3:
        if palette is not None or not raw.entries:
            return labels_from_rgb(raw.values, palette, snap, where=raw.where)
        listed = labels_from_rgb(raw.values, _palette_of(raw, sorted(raw.entries)), snap, where=raw.where)
        return _without_unused(listed)
    own = _embedded(raw) or _from_entries(raw)
    if palette is None or own.palette == palette:
        return own
    if own.palette.source == "labelme":
        return _match(own, palette, "name", snap, raw.where)
    # Grey levels are colours as well as ids; taken as colours, antialiased borders can be recognised.
    levels = all(label.colour == (label.id,) * 3 for label in (*palette.labels, *own.palette.labels))
    if own.palette.source in _ID_SOURCES and palette.source in _ID_SOURCES and not levels:
        return _match(own, palette, "id", snap, raw.where)
    if raw.values.dtype == np.uint16:
        raise LabelError(f"{raw.where} holds 16-bit ids, but colours are needed to match; save it as RGB")
    return labels_from_rgb(colourise(own), palette, snap, where=raw.where)


def write_labels(path: str | Path, label_map: LabelMap) -> None:
    """Write a palette PNG whose pixel values are positions in the palette, with the palette's JSON inside.

    Args:
        path: where; missing folders are made.
        label_map: read back by ``read_labels`` exactly as it is.

    Raises:
        ImageError: the file cannot be written.
    """
    colours = [label.colour for label in label_map.palette.labels]
    text = {PALETTE_KEY: label_map.palette.model_dump_json()}
    write_png(path, label_map.index, text, palette=colours)


def colourise(label_map: LabelMap) -> UInt8[np.ndarray, "h w 3"]:
    """Paint each pixel in its label's colour.

    Args:
        label_map: any.

    Returns:
        (H, W, 3) uint8.
    """
    colours: UInt8[np.ndarray, "n 3"] = palette_colours(label_map.palette).astype(np.uint8)
    return np.take(colours, label_map.index, axis=0)


def resize_labels(label_map: LabelMap, size: tuple[int, int]) -> LabelMap:
    """Resize by taking the pixel at the centre of each new one, so that no label appears that was not there.

    Args:
        label_map: any.
        size: (height, width), each at least 1.

    Returns:
        A map of that size with the same palette; ``label_map`` itself if nothing changes.
    """
    if label_map.index.shape == size:
        return label_map
    sides = zip(size, label_map.index.shape, strict=True)
    rows, columns = ((2 * np.arange(new) + 1) * old // (2 * new) for new, old in sides)
    return LabelMap(np.ascontiguousarray(label_map.index[rows][:, columns]), label_map.palette)


def _palette_of(raw: RawLabels, values: list[int]) -> Palette:
    """The labels that ``values`` stand for."""
    if len(values) > MAX_LABELS:
        raise LabelError(f"{raw.where} holds {len(values)} labels (a photo?); at most {MAX_LABELS} work")
    if raw.source == "grey" and len(values) > MAX_FOUND_COLOURS:
        log.warning("%s: %d grey levels are %d labels; is this a photo?", raw.where, len(values), len(values))
    entries = [raw.entries[value] for value in values]
    labels = tuple(Label(id=entry.id, colour=entry.colour, name=entry.name) for entry in entries)
    return Palette(labels=labels, source=raw.source)


def _from_entries(raw: RawLabels) -> LabelMap:
    used = [int(value) for value in np.flatnonzero(np.bincount(raw.values.ravel()))]
    palette = _palette_of(raw, used)
    place = np.zeros(used[-1] + 1, np.uint8)
    place[used] = np.arange(len(used), dtype=np.uint8)
    return LabelMap(place[raw.values], palette)


def _embedded(raw: RawLabels) -> LabelMap | None:
    """The map as ``write_labels`` wrote it, unless another program has changed the palette since."""
    if raw.embedded is None:
        return None
    try:
        palette = Palette.model_validate_json(raw.embedded)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"])
        raise LabelError(f"{raw.where}: its {PALETTE_KEY} text is damaged ({reason}); save anew") from error
    used = [int(value) for value in np.flatnonzero(np.bincount(raw.values.ravel()))]
    kept = used[-1] < len(palette.labels)
    if kept and all(palette.labels[value].colour == raw.entries[value].colour for value in used):
        return LabelMap(raw.values, palette)
    log.warning("%s: its palette was changed after Primage wrote it; ids and names are lost", raw.where)
    return None


def _without_unused(label_map: LabelMap) -> LabelMap:
    used = np.flatnonzero(np.bincount(label_map.index.ravel()))
    place = np.zeros(MAX_LABELS + 1, np.uint8)
    place[used] = np.arange(len(used), dtype=np.uint8)
    labels = tuple(label_map.palette.labels[i] for i in used)
    return LabelMap(place[label_map.index], Palette(labels=labels, source=label_map.palette.source))


def _match(own: LabelMap, palette: Palette, key: str, snap: bool, where: str) -> LabelMap:
    """Translate a file's labels into ``palette`` by id or by name."""
    keys = [getattr(label, key) for label in own.palette.labels]
    known = {getattr(label, key): i for i, label in reversed(list(enumerate(palette.labels)))}
    place = np.zeros(len(keys), np.uint8)
    for i, value in enumerate(keys):
        if value in known:
            place[i] = known[value]
            continue
        here = own.index == i
        place[i] = ((palette_colours(palette) - palette_colours(own.palette)[i]) ** 2).sum(axis=1).argmin()
        if not snap:
            y, x = divmod(int(here.argmax()), here.shape[1])
            what = f"{here.sum():,} pixels have the {key} {value!r}"
            raise _foreign(where, what, (x, y), palette, int(place[i]))
        label = palette.labels[place[i]]
        log.warning("%s: %s %r is not known; its %d pixels became %r", where, key, value, here.sum(), label)
    return LabelMap(place[own.index], palette)


def labels_from_rgb(
    rgb: UInt8[np.ndarray, "h w 3"],
    palette: Palette | None = None,
    snap: bool = False,
    *,
    where: str = "the label map",
    ignore: Bool[np.ndarray, "h w"] | None = None,
    extra_colours: Sequence[RGB] = (),
) -> LabelMap:
    """Tell labels by colour, and give the blended pixels at borders the nearest label.

    Args:
        rgb: (H, W, 3) uint8.
        palette: the labels a model knows; if None, they are the colours that fill a 3×3 block somewhere and
            at least 9 pixels and 0.02 % of the picture, in the order of their first pixels.
        snap: accept every unknown colour instead of blends between known ones only.
        where: what messages call the picture.
        ignore: pixels that show no label (lines drawn over them); the nearest pixel that does lends them its.
        extra_colours: colours of such lines; their pixels are ignored too, and may blend with the labels.

    Returns:
        The map, with ``palette`` or with the one found.

    Raises:
        LabelError: the picture is a photo, not a label map, or holds a colour that ``palette`` does not.

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
        raise LabelError(f"{where} shows no label at all: every pixel is a line; fill the areas between them")
    census = _Census(code, shown, *np.unique(code[shown], return_counts=True), where)
    known = palette or _find_palette(census)
    anchors = np.concatenate([palette_colours(known), extras])
    index = positions(code, pack(anchors))
    index[~live] = -1
    unknown = live & (index < 0)
    if unknown.any():
        foreign = positions(census.colours, pack(anchors)) < 0
        if palette is not None and not snap:
            junctions = junction_colours(rgb, index, unknown, anchors)
            _refuse_foreign(census, foreign, anchors, junctions, known)
        log.warning(
            "%s: %s pixels in %s colours are not one of the %d labels (antialiasing?); "
            "each was given the nearest label",
            *(where, f"{int(unknown.sum()):,}", f"{int(foreign.sum()):,}", len(known.labels)),
        )
        give_nearest(rgb, index, unknown, anchors)
    unlabelled = (index < 0) | (index >= len(known.labels))
    if unlabelled.all():
        raise LabelError(f"{where} shows lines only and no label; fill the areas between the lines")
    if unlabelled.any():
        from scipy import ndimage  # here, since what reads the table of kinds should not load SciPy

        y, x = ndimage.distance_transform_edt(unlabelled, return_distances=False, return_indices=True)
        index = index[y, x]
    return LabelMap(index.astype(np.uint8), known)


def palette_colours(palette: Palette) -> Int32[np.ndarray, " n 3"]:
    """The colours of all labels, in their order."""
    return np.array([label.colour for label in palette.labels], np.int32)


@dataclass(frozen=True)
class _Census:
    """A picture's colours as numbers: where they are, which count, how many pixels each has."""

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
            f"{census.where} looks like a photo, not a label map: {chosen.sum()} colours fill areas, in all "
            f"{exact:.0%} of it; draw 1 to {MAX_FOUND_COLOURS} labels in flat colours and save them as PNG"
        )
    position = np.where(census.shown, positions(census.code, colours[chosen]), np.int16(-1))
    seen, first = np.unique(position, return_index=True)
    order = seen[np.argsort(first)]
    found = [int(colours[chosen][i]) for i in order if i >= 0]
    labels = (Label(id=i, colour=(c >> 16, c >> 8 & 255, c & 255)) for i, c in enumerate(found))
    return Palette(labels=tuple(labels), source="rgb")


def _refuse_foreign(
    census: _Census,
    foreign: Bool[np.ndarray, " n"],
    anchors: Int32[np.ndarray, " p 3"],
    junctions: UInt32[np.ndarray, " j"],
    palette: Palette,
) -> None:
    """Raise for the commonest foreign colour that is more than a fringe of known ones."""
    solid = _solid_colours(census)
    order = np.flatnonzero(foreign)[np.argsort(-census.counts[foreign], kind="stable")]
    for start in range(0, len(order), 4096):
        codes = census.colours[order[start : start + 4096]]
        rgb = (codes[:, None] >> np.array([16, 8, 0], np.uint32) & 255).astype(np.int32)
        bad = np.flatnonzero(np.isin(codes, solid) | (~is_blend(rgb, anchors) & ~np.isin(codes, junctions)))
        if len(bad):
            near = int(((palette_colours(palette) - rgb[bad[0]]) ** 2).sum(axis=1).argmin())
            here = (census.code == codes[bad[0]]) & census.shown
            y, x = divmod(int(here.argmax()), here.shape[1])
            what = f"{here.sum():,} pixels have the colour #{codes[bad[0]]:06x}"
            raise _foreign(census.where, what, (x, y), palette, near)


def _foreign(where: str, what: str, first: tuple[int, int], palette: Palette, near: int) -> LabelError:
    label = palette.labels[near]
    name = f" {label.name!r}" if label.name else ""
    r, g, b = label.colour
    return LabelError(
        f"{where}: {what}, first at (x, y) = {first}, which is no known label; the nearest is "
        f"#{r:02x}{g:02x}{b:02x}{name} (id {label.id}, position {near}): use that, or let --snap take it"
    )
