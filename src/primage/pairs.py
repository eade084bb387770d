"""Several training pairs that are learned together."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import UInt8

from primage.files import sha256_file
from primage.labels.shared import shared_labels
from primage.pair_files import PairFiles
from primage.primitive.primitive import Primitive, PrimitiveSpec, free_line_colour
from primage.stored_pairs import FurtherPair, PairRecord

_log = logging.getLogger(__name__)

#: Time between two messages about how many pairs are read.
_MESSAGE_SEC = 5.0

#: A pair as it was read (H and W differ between pairs), and the description of its primitive alone.
ReadPair = tuple[UInt8[np.ndarray, "_ _ 3"], Primitive, PrimitiveSpec]


def in_progress(pairs: Sequence[PairFiles]) -> Iterator[PairFiles]:
    """Go through pairs, and say now and then how far that is.

    Args:
        pairs: the pairs.
    """
    told = time.monotonic()
    for number, pair in enumerate(pairs):
        if time.monotonic() - told > _MESSAGE_SEC:
            told = time.monotonic()
            _log.info("%d of %d pairs are read", number, len(pairs))
        yield pair


def together(files: Sequence[PairFiles], read: Sequence[ReadPair]) -> tuple[PrimitiveSpec, list[FurtherPair]]:
    """Describe the primitives of all pairs in one way: with the labels of all, and one colour of lines.

    Args:
        files: of the pairs.
        read: the same pairs, read one by one.

    Returns:
        The description, and the pairs with these labels.

    Raises:
        LabelError: their labels do not fit together.
    """
    primitives = [primitive for _, primitive, _ in read]
    spec = read[0][2]
    maps = [primitive.segments for primitive in primitives if primitive.segments is not None]
    if len(read) > 1 and maps:
        names = [str(pair.drawing) for pair in files]
        shared = shared_labels(maps, names)
        primitives = [primitive.replace(segments=labels) for primitive, labels in zip(primitives, shared, strict=True)]
        palette = shared[0].palette
        taken = {label.colour for label in palette.labels}
        colour = free_line_colour(palette) if spec.line_colour in taken else spec.line_colour
        spec = spec.model_copy(update={"palette": palette, "line_colour": colour})
    sizes = sorted({primitive.size for primitive in primitives})
    if len(sizes) > 1:
        _log.info(
            "the pairs have %d sizes, from %d×%d to %d×%d px; each is learned at its own",
            *(len(sizes), sizes[0][1], sizes[0][0], sizes[-1][1], sizes[-1][0]),
        )
    found = []
    for pair, (photo, _, _), primitive in zip(files, read, primitives, strict=True):
        record = PairRecord(
            name=pair.photo.name, photo_sha256=sha256_file(pair.photo), layers_sha256=primitive.sha256()
        )
        found.append(FurtherPair(record, photo, primitive))
    return spec, found
