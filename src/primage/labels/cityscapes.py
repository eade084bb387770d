"""The labels of Cityscapes: names, colours and categories, and which label is nearest in meaning."""

from __future__ import annotations

from collections.abc import Sequence

# The data set's id, the name, the id its benchmark trains on (- for none), the colour.
_TABLE = """
    0 unlabeled - 000000 | 1 ego_vehicle - 000000 | 2 rectification_border - 000000 |
    3 out_of_roi - 000000 | 4 static - 000000 | 5 dynamic - 6f4a00 |
    6 ground - 510051 | 7 road 0 804080 | 8 sidewalk 1 f423e8 |
    9 parking - faaaa0 | 10 rail_track - e6968c | 11 building 2 464646 |
    12 wall 3 66669c | 13 fence 4 be9999 | 14 guard_rail - b4a5b4 |
    15 bridge - 966464 | 16 tunnel - 96785a | 17 pole 5 999999 |
    18 polegroup - 999999 | 19 traffic_light 6 faaa1e | 20 traffic_sign 7 dcdc00 |
    21 vegetation 8 6b8e23 | 22 terrain 9 98fb98 | 23 sky 10 4682b4 |
    24 person 11 dc143c | 25 rider 12 ff0000 | 26 car 13 00008e |
    27 truck 14 000046 | 28 bus 15 003c64 | 29 caravan - 00005a |
    30 trailer - 00006e | 31 train 16 005064 | 32 motorcycle 17 0000e6 |
    33 bicycle 18 770b20 | -1 license_plate - 00008e
"""
#: The official categories. Bars separate groups of like labels; in a group, neighbours are most alike, and a category
#: starts with its most typical label.
_CATEGORIES = {
    "flat": "road parking rail_track | sidewalk",
    "construction": "building bridge tunnel | wall fence guard_rail",
    "object": "pole polegroup | traffic_sign traffic_light",
    "nature": "vegetation | terrain",
    "sky": "sky",
    "human": "person rider",
    "vehicle": "car truck bus caravan trailer train | motorcycle bicycle | license_plate",
    "void": "static dynamic | ground | unlabeled ego_vehicle rectification_border out_of_roi ignored",
}
#: Where a category does not occur at all, the others in this order.
_NEXT = {
    "flat": "nature construction object vehicle human void sky",
    "construction": "object nature vehicle flat human sky void",
    "object": "construction nature vehicle human flat sky void",
    "nature": "construction object flat sky vehicle human void",
    "sky": "construction nature object flat vehicle human void",
    "human": "vehicle object construction nature flat sky void",
    "vehicle": "construction object human nature flat sky void",
    "void": "construction object nature flat vehicle human sky",
}
_GROUPS = {
    category: [[name.replace("_", " ") for name in group.split()] for group in text.split("|")]
    for category, text in _CATEGORIES.items()
}


def cityscapes_table() -> list[tuple[int, int | None, str, tuple[int, int, int]]]:
    """The labels: id, the benchmark's training id (None for none), name, official colour.

    Example:
        >>> cityscapes_table()[7]
        (7, 0, 'road', (128, 64, 128))
    """
    rows = [row.split() for row in _TABLE.split("|")]
    return [
        (int(i), None if train == "-" else int(train), name.replace("_", " "), _rgb(colour))
        for i, name, train, colour in rows
    ]


def category_of(name: str) -> str | None:
    """The official category of a label, for instance "vehicle"; None for a name that Cityscapes does not have.

    Example:
        >>> category_of("bicycle"), category_of("cat")
        ('vehicle', None)
    """
    return next((category for category, groups in _GROUPS.items() if any(name in group for group in groups)), None)


def nearest_in_meaning(name: str, known: Sequence[str]) -> str | None:
    """The label that comes closest in meaning to one that is not available.

    Args:
        name: of the label that is not available.
        known: names of the available labels.

    Returns:
        An available label of the same category, if there is one: of the same group (such as two-wheelers) the closest
        in the order of ``_CATEGORIES``, else the most typical. Otherwise the most typical of the first category of
        ``_NEXT`` that is available. None if ``name`` or all of ``known`` are no labels of Cityscapes.

    Example:
        >>> nearest_in_meaning("motorcycle", ["car", "person", "bicycle"])
        'bicycle'
        >>> nearest_in_meaning("motorcycle", ["road", "car", "person"])
        'car'
        >>> nearest_in_meaning("rider", ["road", "bicycle", "building"])
        'bicycle'
    """
    category = category_of(name)
    if category is None:
        return None
    group = next(group for group in _GROUPS[category] if name in group)
    alike = [other for other in group if other in known]
    if alike:
        return min(alike, key=lambda other: (abs(group.index(other) - group.index(name)), group.index(other)))
    for each in (category, *_NEXT[category].split()):
        for other in (label for group in _GROUPS[each] for label in group):
            if other in known:
                return other
    return None


def _rgb(digits: str) -> tuple[int, int, int]:
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
