"""Three kinds of primitive on one photo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from primage.edit.records import Fill, Move, Rectangle, edits_to_json, read_edits
from primage.errors import ConfigError, PrimitiveError, UserError
from primage.evaluate.commands.primitives import evaluate_primitives
from primage.image import read_image
from tests.evaluate.conftest import finish
from tests.evaluate.tiny_clips import TINY
from tests.tiny import write_photo

BOX = Rectangle(top_left=(0.1, 0.15), bottom_right=(0.5, 0.75))


def test_the_same_edit_through_each(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)
    edits = {"lower": (Move(region=BOX, by=(0.0, 0.1)),), "right": (Move(region=BOX, by=(0.1, 0.0)),)}
    found, sheet = finish(evaluate_primitives(photo, edits, tmp_path / "out", "draft", steps=1, settings=TINY))
    assert [each.kind for each in found] == ["edges", "segments", "super"]
    for each in found:
        assert list(each.results) == ["lower", "right"]
        assert each.model.primitive.kind == each.kind
        assert (read_image(tmp_path / "out" / each.kind / "lower.png") == each.results["lower"]).all()
    assert read_image(sheet).shape[1] > 7 * 64
    facts = json.loads((tmp_path / "out/primitives.json").read_text())
    assert [fact["steps"] for fact in facts] == [1, 1, 1]


def test_mistakes(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)
    with pytest.raises(ConfigError, match="at least one edit"):
        finish(evaluate_primitives(photo, {}, tmp_path / "out"))
    with pytest.raises(ConfigError, match="'paint' cannot be compared"):
        finish(evaluate_primitives(photo, {"x": (Move(region=BOX, by=(0.1, 0.0)),)}, tmp_path / "out", kinds=["paint"]))
    edits = {"red": (Fill(region=BOX, label=0),)}
    with pytest.raises(PrimitiveError, match="'red' does not apply to a primitive of kind 'edges'"):
        finish(evaluate_primitives(photo, edits, tmp_path / "out", "draft", steps=1))
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="cannot be read"):
        read_edits(tmp_path / "missing.json")
    (tmp_path / "e.json").write_text(edits_to_json(edits["red"]))
    assert read_edits(tmp_path / "e.json") == edits["red"]
