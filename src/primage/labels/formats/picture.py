"""Pictures whose pixels are labels: palette, grey and RGB; Cityscapes' ids."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from PIL import Image

from primage.decoding.decode import decode
from primage.errors import LabelError
from primage.labels.cityscapes import cityscapes_table
from primage.labels.colours import RGB
from primage.labels.distinct_colours import distinct_colours
from primage.labels.drawn_colours import drawn_colours
from primage.labels.formats.raw import GREY_LEVELS, Entry, Ids, RawLabels

log = logging.getLogger(__name__)

PALETTE_KEY = "primage.palette"
_IDS_BY_NAME: dict[str, Ids] = {"_labelIds.png": "cityscapes", "_labelTrainIds.png": "cityscapes_train"}


def entries_of(ids: Ids) -> dict[int, Entry]:
    """The meaning of grey levels.

    Args:
        ids: the list of ids.

    Returns:
        Meanings by grey level. 255 is the license plate (id -1) among Cityscapes' own ids, and everything the benchmark
        ignores among those it trains on.
    """
    if ids == "cityscapes":
        return {i % 256: Entry(i, colour, name) for i, _, name, colour in cityscapes_table()}
    trained = {t: Entry(t, colour, name) for _, t, name, colour in cityscapes_table() if t is not None}
    return trained | {255: Entry(255, (0, 0, 0), "ignored")}


def stored_palette(image: Image.Image) -> list[RGB]:
    """The 256 colours of a palette picture, without regard to transparency; black where it has fewer."""
    flat = (image.getpalette("RGB") or []) + [0] * 768
    return [(flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]) for i in range(256)]


def read_picture(path: Path, ids: Ids | None = None) -> RawLabels:
    """Read a picture whose pixels are labels.

    Args:
        path: a palette, grey or RGB picture.
        ids: what grey levels stand for; if None, the picture's name tells.

    Returns:
        The stored values and their meaning.

    Raises:
        LabelError: it contains other ids.
        ImageError: it cannot be read.
    """
    where = str(path)
    decoded = decode(where)
    image, samples = decoded.image, decoded.samples
    if image.mode == "P":
        entries = {i: Entry(i, colour) for i, colour in enumerate(stored_palette(image))}
        text = decoded.text.get(PALETTE_KEY)
        return RawLabels(np.array(image), "palette", where, entries, text, drawn_colours(decoded))
    if samples is not None and samples.shape[2] == 1:
        levels = np.flatnonzero(np.bincount(samples.ravel()))
        made = zip(levels.tolist(), distinct_colours(min(len(levels), 256)), strict=False)
        return RawLabels(samples[..., 0], "grey", where, {v: Entry(v, colour) for v, colour in made})
    drawn = drawn_colours(decoded)
    if image.mode not in ("1", "L") or drawn.lossy is not None:
        return RawLabels(drawn.srgb, "rgb", where, drawn=drawn)
    values = np.array(image.convert("L"))
    stated = ids or next((each for end, each in _IDS_BY_NAME.items() if path.name.endswith(end)), None)
    if stated is not None:
        table = entries_of(stated)
        unknown = sorted({int(v) for v in np.unique(values)} - set(table))
        if not unknown:
            return RawLabels(values, "cityscapes", where, table, drawn=drawn)
        if ids is not None:
            raise LabelError(f"{where}: {unknown} are not ids of Cityscapes, which are 0 to 33 and 255")
        log.warning("%s: %s are not Cityscapes ids; the grey levels are read as plain ids", where, unknown)
    return RawLabels(values, "grey", where, GREY_LEVELS, drawn=drawn)
