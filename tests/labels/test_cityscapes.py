"""Labels of Cityscapes: meaning, categories, and the nearest of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.errors import LabelError
from primage.labels.cityscapes import category_of, cityscapes_table, nearest_in_meaning
from primage.labels.files import read_labels
from primage.labels.label_map import colourise
from primage.primitive.label_layer import LabelLayer
from primage.primitive.layer import ReadOptions

NAMES = [name for _, _, name, _ in cityscapes_table()]


def saved(path: Path, ids: list[list[int]]) -> Path:
    Image.fromarray(np.array(ids, np.uint8)).save(path)
    return path


def test_every_label_has_its_official_category() -> None:
    ranges = {"void": 7, "flat": 4, "construction": 6, "object": 4, "nature": 2, "sky": 1, "human": 2, "vehicle": 9}
    expected = [category for category, count in ranges.items() for _ in range(count)]
    assert [category_of(name) for name in NAMES] == expected
    assert category_of("ignored") == "void"
    assert category_of("cat") is None


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("person", ["road", "rider", "car"], "rider"),
        ("motorcycle", ["train", "car", "bicycle"], "bicycle"),
        ("motorcycle", ["train", "car"], "car"),
        ("truck", ["train", "bicycle"], "train"),
        ("traffic light", ["pole", "traffic sign"], "traffic sign"),
        ("traffic sign", ["building", "pole"], "pole"),
        ("guard rail", ["building", "fence"], "fence"),
        ("bridge", ["wall", "building"], "building"),
        ("terrain", ["vegetation", "road"], "vegetation"),
        ("parking", ["sidewalk", "road"], "road"),
        ("rider", ["bicycle", "building"], "bicycle"),  # no human at all: the next category
        ("sky", ["road", "car"], "road"),
        ("license plate", ["bicycle", "car"], "car"),
        ("cat", ["car"], None),
        ("car", ["cat"], None),
    ],
)
def test_the_nearest_in_meaning(name: str, known: list[str], nearest: str | None) -> None:
    assert nearest_in_meaning(name, known) == nearest


def test_a_label_is_nearest_to_itself_and_stays_in_its_category() -> None:
    for name in NAMES:
        assert nearest_in_meaning(name, NAMES) == name
        others = [other for other in NAMES if other != name]
        found = nearest_in_meaning(name, others)
        assert found is not None
        if any(category_of(other) == category_of(name) for other in others):
            assert category_of(found) == category_of(name)


def test_ids_are_named_where_the_file_name_does_not_tell(tmp_path: Path) -> None:
    path = saved(tmp_path / "aachen_000000_000000_leftImg8bit.png", [[7, 26, 255]])
    assert read_labels(path).palette.source == "grey"
    read = read_labels(path, ids="cityscapes")
    assert [(label.id, label.name) for label in read.palette.labels] == [
        (7, "road"),
        (26, "car"),
        (-1, "license plate"),
    ]
    trained = read_labels(saved(tmp_path / "t.png", [[0, 13]]), ids="cityscapes_train")
    assert [label.name for label in trained.palette.labels] == ["road", "car"]
    with pytest.raises(LabelError, match=r"\[77\] are not ids"):
        read_labels(saved(tmp_path / "bad.png", [[7, 77]]), ids="cityscapes")


def test_an_unknown_id_becomes_the_nearest_in_meaning_not_in_grey(tmp_path: Path) -> None:
    palette = read_labels(saved(tmp_path / "train.png", [[7, 21, 23, 26, 33]]), ids="cityscapes").palette
    path = saved(tmp_path / "test.png", [[32, 22, 24, 9]])
    with pytest.raises(LabelError, match=r"the id 32, .*nearest is #770b20 'bicycle' \(id 33"):
        read_labels(saved(tmp_path / "one.png", [[32, 32]]), palette, ids="cityscapes")
    read = read_labels(path, palette, snap=True, ids="cityscapes")
    names = [palette.labels[i].name for i in read.index[0]]
    # By grey level, the motorcycle (32) is as near to the train as to the bicycle, and the person (24) is sky (23).
    assert names == ["bicycle", "vegetation", "car", "road"]


def test_labels_that_share_a_colour_stay_different(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", [[0, 1, 2, 3, 4, 17, 18]])
    read = read_labels(path, ids="cityscapes")
    assert len({tuple(colour) for colour in colourise(read)[0]}) == 7
    again = read_labels(saved(tmp_path / "b.png", [[18, 17, 4, 3, 2, 1, 0]]), read.palette, snap=True, ids="cityscapes")
    assert again.index[0].tolist() == [6, 5, 4, 3, 2, 1, 0]
    layer = LabelLayer()
    layer.write(tmp_path / "c.png", read)
    kept = layer.read(tmp_path / "c.png", ReadOptions(read.palette))
    assert kept.index.tolist() == read.index.tolist()
    assert len(np.unique(layer.encode(kept)[:, 0].T, axis=0)) == 7
