"""Pictures of the suite: one row per edit, and a contact sheet of thumbnails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from truth.arrange import KINDS
from truth.cases import Case
from truth.drawings import picture
from truth.scenes import HALVES

_THUMB = (126, 84)
_CAPTION_PX = 13
_MAX_BYTES = 98_000


def row(case: Case, pictures: Mapping[str, np.ndarray]) -> np.ndarray:
    """Photo, drawings, all renders and the truth, at full size, in two lines."""
    above = [case.base.picture, *(picture(each) for each in case.drawings.values()), case.truth.picture]
    below = list(pictures.values())[1:]
    count = max(len(above), len(below))
    blank = np.full_like(above[0], 255)
    lines = [np.concatenate([*line, *[blank] * (count - len(line))], axis=1) for line in (above, below)]
    return np.concatenate(lines, axis=0)


def sheet(shown: Sequence[tuple[Case, Mapping[str, np.ndarray]]], path: Path) -> None:
    """Write one edit of each kind and half: photo, drawing, our last render, and the truth; a JPEG below 100 kB."""
    halves = [_one_of_each_kind([each for each in shown if each[0].scene.half == half]) for half in HALVES]
    cell = (_THUMB[0] + 3, _THUMB[1] + _CAPTION_PX + 3)
    image = Image.new("RGB", (len(halves) * (4 * cell[0] + 9), max(map(len, halves)) * cell[1]), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=10)
    for side, group in enumerate(halves):
        for line, (case, renders) in enumerate(group):
            left, top = side * (4 * cell[0] + 9), line * cell[1]
            pen.text((left, top), f"{case.scene.half}: {case.edit.title}", fill=(40, 40, 40), font=font)
            last = [column for column in renders if column.startswith("ours")][-1]
            drawing = case.drawings[last.rsplit(", ", 1)[-1]]
            for column, pixels in enumerate((case.base.picture, picture(drawing), renders[last], case.truth.picture)):
                thumb = Image.fromarray(pixels)
                thumb.thumbnail(_THUMB, Image.Resampling.LANCZOS)
                image.paste(thumb, (left + column * cell[0], top + _CAPTION_PX))
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in range(88, 20, -4):
        image.save(path, quality=quality)
        if path.stat().st_size <= _MAX_BYTES:
            break


def _one_of_each_kind(shown: Sequence[tuple[Case, Mapping[str, np.ndarray]]]) -> list[Any]:
    """An edit of each kind, from as many scenes as possible."""
    chosen: list[Any] = []
    for kind in KINDS:
        found = [each for each in shown if each[0].edit.kind == kind]
        used = [case.scene.name for case, _ in chosen]
        chosen += sorted(found, key=lambda each: used.count(each[0].scene.name))[:1]
    return chosen
