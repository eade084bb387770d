"""Keyframes of edits, and what lies between them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from primage.edit.records import Edit, edits_from_json
from primage.errors import PrimitiveError
from primage.manipulate.timeline import Timeline, blended, eased, read_timeline

THING = {"shape": "rectangle", "top_left": [0.1, 0.1], "bottom_right": [0.5, 0.5]}
MOVE = {"op": "move", "region": THING, "by": [0.2, -0.1]}
SCALE = {"op": "scale", "region": THING, "factor": 4.0}
WARP = {"op": "warp", "handles": [{"source": [0.5, 0.5], "target": [0.7, 0.5]}]}
BROWS = {"op": "landmarks", "part": "brows", "by": [0, -0.1], "scale": 4.0, "turn": 10}
FILL = {"op": "fill", "region": THING, "label": 1}


def edits(*records: dict[str, object]) -> tuple[Edit, ...]:
    return edits_from_json(json.dumps(records))


def test_edits_grow_from_nothing_to_their_full_size() -> None:
    target = edits(MOVE, SCALE, WARP, BROWS)
    move, scale, warp, brows = (edit.model_dump() for edit in blended((), target, 0.5))
    assert move["by"] == pytest.approx((0.1, -0.05))
    assert scale["factor"] == pytest.approx(2.0)
    assert warp["handles"][0]["target"] == pytest.approx((0.6, 0.5))
    assert (brows["by"], brows["turn"]) == (pytest.approx((0.0, -0.05)), pytest.approx(5.0))
    assert brows["scale"] == pytest.approx(2.0)
    assert blended((), target, 1.0)[0] == target[0]
    (end,) = blended(edits(MOVE), (), 1.0)
    assert end.model_dump()["by"] == (0.0, 0.0)


def test_what_cannot_be_blended_changes_at_the_second_key() -> None:
    assert blended((), edits(FILL), 0.9) == ()
    assert blended((), edits(FILL), 1.0) == edits(FILL)
    assert blended(edits(FILL), (), 0.9) == edits(FILL)


@pytest.mark.parametrize("other", [SCALE, {**MOVE, "region": {"shape": "labels", "labels": [1]}}])
def test_edits_of_different_things_are_refused(other: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the same edits in the same order"):
        blended(edits(MOVE), edits(other), 0.5)


def test_warps_need_the_same_handles() -> None:
    two = {"op": "warp", "handles": [{"source": [0.4, 0.5], "target": [0.7, 0.5]}]}
    with pytest.raises(ValueError, match="the same sources"):
        blended(edits(WARP), edits(two), 0.5)


@pytest.mark.parametrize("ease", ["linear", "in", "out", "in-out", "hold"])
def test_motion_goes_from_start_to_end(ease: str) -> None:
    values = [eased(share / 20, ease) for share in range(21)]  # type: ignore[arg-type]
    assert values[0] == pytest.approx(0)
    assert values[-1] == pytest.approx(1)
    assert values == sorted(values)


def test_the_edits_at_a_moment() -> None:
    keys = [{"at": 1}, {"at": 2, "edits": [MOVE], "ease": "linear"}, {"at": 3, "edits": [MOVE]}]
    timeline = Timeline.model_validate({"fps": 10, "keys": keys})
    assert timeline.frame_count == 31
    assert timeline.edits_at(0.5) == ()
    assert timeline.edits_at(1.25)[0].model_dump()["by"] == pytest.approx((0.05, -0.025))
    assert timeline.edits_at(2.5) == edits(MOVE)
    assert timeline.edits_at(99.0) == edits(MOVE)


@pytest.mark.parametrize(("field", "limit"), [("yaw", 40), ("yaw", -40), ("turn", 180), ("open", 4), ("scale", 5)])
def test_rounding_does_not_leave_the_range(field: str, limit: float) -> None:
    part = "lips" if field == "open" else "face"
    held = edits({"op": "landmarks", "part": part, field: limit})
    for number in range(1000):
        (edit,) = blended(held, held, number / 999)
        assert edit == held[0]


def test_the_last_key_is_reached() -> None:
    keys = [{"at": 0}, {"at": 1.03, "edits": [FILL], "ease": "hold"}]
    timeline = Timeline.model_validate({"fps": 12, "keys": keys})
    assert timeline.edits_at((timeline.frame_count - 1) / timeline.fps) == edits(FILL)
    assert timeline.edits_at((timeline.frame_count - 2) / timeline.fps) == ()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[]", "Input should be"),
        ('{"keys": []}', "keys"),
        ('{"keys": [{"at": 1}, {"at": 1}]}', "in the order of their times"),
        ('{"keys": [{"at": 36000}], "fps": 120}', "at most 100000"),
        ('{"keys": [{"at": 0, "edit": []}]}', "edit"),
        ('{"keys": [{"at": 0}], "fps": 0.01}', "greater than or equal to 0.1"),
        ('{"keys": [{"at": -1}]}', "greater than or equal to 0"),
        (json.dumps({"keys": [{"at": 0, "edits": [MOVE]}, {"at": 1, "edits": [SCALE]}]}), "different things"),
    ],
)
def test_files_that_are_no_keyframes(text: str, match: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(PrimitiveError, match=match):
        read_timeline(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PrimitiveError, match="give a JSON file of keyframes"):
        read_timeline(tmp_path / "none.json")
