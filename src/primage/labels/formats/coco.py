"""COCO's JSON files: polygons and run lengths for the objects of one or more pictures.

Source:
    Lin et al. 2014, and the data published with it: run lengths go down the columns, and count 0 and 1 in turn.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Bool

from primage.errors import LabelError
from primage.labels.formats.canvas import Canvas
from primage.labels.formats.raw import PhotoFacts, RawLabels

log = logging.getLogger(__name__)


def read_coco(content: dict[str, Any], where: str, requested: str, photo: PhotoFacts) -> RawLabels:
    """Read the objects of one picture. Where objects overlap, the smaller one lies on top.

    Args:
        content: of the file.
        where: its name, for messages.
        requested: the picture that the user named; empty for nothing.
        photo: the photo that the file belongs to.

    Returns:
        The labels, by the names of the categories; "background" is what no object covers.

    Raises:
        LabelError: the file is damaged, or it is not clear which picture is meant.
    """
    try:
        image = _image(content["images"], where, requested, photo)
        names = {category["id"]: category["name"] for category in content["categories"]}
        own = [each for each in content["annotations"] if each["image_id"] == image["id"]]
        canvas = Canvas(_size(image, own, photo), where)
        height, width = canvas.size
        outlined = [each for each in own if each.get("segmentation")]
        for each in sorted(outlined, key=_area, reverse=True):
            name, shape = names[each["category_id"]], each["segmentation"]
            if not isinstance(name, str):
                raise ValueError(f"the name of category {each['category_id']} is not a string")
            value = canvas.value(name)
            if isinstance(shape, dict):
                canvas.stamp(run_length_mask(shape["counts"], (height, width)), value)
                continue
            for flat in shape:
                points = [(float(x), float(y)) for x, y in zip(flat[::2], flat[1::2], strict=True)]
                if len(points) < 3 or not np.isfinite(points).all() or np.abs(points).max() > 1e6:
                    raise ValueError(f"a polygon of {name!r} has unusable points")
                canvas.polygon(points, value)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelError(f"{where} is not a valid COCO file ({reason}); export it again") from error
    if len(outlined) < len(own):
        log.warning(
            "%s: %d objects have a box alone and no outline; they were skipped", where, len(own) - len(outlined)
        )
    if not outlined:
        raise LabelError(f"{where} outlines nothing in {image.get('file_name')}; export it with segmentations")
    return canvas.labels("coco")


def run_length_mask(counts: str | Sequence[int], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Decode run lengths.

    Args:
        counts: lengths of runs of 0 and 1 in turn, column by column; compressed if it is a text.
        size: (height, width).

    Returns:
        (height, width) bool.

    Raises:
        ValueError: the runs are not as long as the picture has pixels.

    Example:
        >>> run_length_mask([1, 2, 3], (2, 3)).astype(int)
        array([[0, 1, 0],
               [1, 0, 0]])
    """
    runs = np.array(_uncompressed(counts) if isinstance(counts, str) else counts, np.int64)
    if runs.ndim != 1 or (runs < 0).any() or runs.sum() != size[0] * size[1]:
        raise ValueError(f"the runs of a mask do not add up to {size[1]}×{size[0]} pixels")
    inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.ascontiguousarray(inside.reshape(size[1], size[0]).T)


def _uncompressed(text: str) -> list[int]:
    """Numbers in characters of five bits, low ones first; from the fourth on, each is a difference to that two before.

    The sixth bit of a character says that another one follows, and the fifth of the last one is the sign.
    """
    runs: list[int] = []
    value, shift = 0, 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError("the compressed runs of a mask are damaged")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, shift = 0, 0
    return runs


def _image(images: list[dict[str, Any]], where: str, requested: str, photo: PhotoFacts) -> dict[str, Any]:
    """The picture that is meant. Programs put a folder or a number before the names of photos."""
    if not images:
        raise ValueError("it lists no images")
    by_name = {str(image["file_name"]).replace("\\", "/"): image for image in images}
    base = {name: PurePosixPath(name).name for name in by_name}
    if requested:
        found = [name for name in by_name if name == requested] or [n for n in by_name if base[n] == requested]
        if not found:
            raise LabelError(f"{where} has no picture {requested}; name one, as in {where}/{next(iter(base.values()))}")
        return by_name[found[0]]
    if len(images) == 1:
        return images[0]
    stem = PurePosixPath(photo.name).stem
    for alike in (
        lambda name: name == photo.name,
        lambda name: PurePosixPath(name).stem == stem,
        lambda name: PurePosixPath(name).stem.endswith(f"-{stem}"),  # Label Studio
        lambda name: name.startswith(f"{photo.name.replace('.', '_')}.rf."),  # Roboflow
    ):
        found = [name for name in by_name if alike(base[name])] if stem else []
        if len(found) == 1:
            return by_name[found[0]]
    some = ", ".join(list(base.values())[:5]) + (", …" if len(base) > 5 else "")
    raise LabelError(
        f"{where} annotates {len(images)} pictures ({some}), and none is surely {photo.name or 'the one meant'}; "
        f"name one, as in {where}/{next(iter(base.values()))}"
    )


def _size(image: dict[str, Any], own: list[dict[str, Any]], photo: PhotoFacts) -> tuple[object, object]:
    if image.get("height") and image.get("width"):
        return image["height"], image["width"]
    for shape in (each.get("segmentation") for each in own):
        if isinstance(shape, dict):
            height, width = shape["size"]
            return height, width
    if photo.size is None:
        raise ValueError("its image has no height and width")
    return photo.size


def _area(annotation: dict[str, Any]) -> float:
    shape = annotation["segmentation"]
    if isinstance(shape, dict):
        counts = shape["counts"]
        return float(sum((_uncompressed(counts) if isinstance(counts, str) else counts)[1::2]))
    return sum(_polygon_area(np.array(flat[: len(flat) // 2 * 2], float).reshape(-1, 2)) for flat in shape)


def _polygon_area(points: np.ndarray) -> float:
    x, y = points.T
    return abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
