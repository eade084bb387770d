"""A part that floats: placed, sized and turned by numbers, handles, keys, and by what it snaps to."""

from __future__ import annotations

import json

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.desk import affine_pieces
from tests.browser.person import Person


def _bar(editor: Person) -> Locator:
    return editor.page.get_by_role("toolbar", name="Floating selection")


def _number(editor: Person, name: str) -> Locator:
    return _bar(editor).get_by_role("spinbutton", name=name)


def _type(editor: Person, name: str, value: str) -> None:
    field = _number(editor, name)
    field.focus()
    field.fill(value)
    field.press("Enter")


def _value(editor: Person, name: str) -> float:
    return float(_number(editor, name).get_attribute("aria-valuenow") or "nan")


def _reads(editor: Person, **numbers: str) -> None:
    for name, value in numbers.items():
        expect(_number(editor, f"{name}, px")).to_have_attribute("aria-valuenow", value)


def test_numbers_place_size_and_turn_a_part(editor: Person) -> None:
    side = editor.labels().shape[0]
    x0 = int(0.3 * side)
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.5, 0.5)])
    editor.keys("Control+t")
    bar = _bar(editor)
    bar.get_by_role("radio", name="Top left").check(force=True)
    width = int(_value(editor, "Width, px"))
    _reads(editor, X=str(x0), Y=str(x0), Height=str(width))

    # A move by whole pixels is one, to the last bit.
    _type(editor, "X, px", str(x0 + 17))
    _number(editor, "Y, px").focus()
    for _ in range(3):
        editor.keys("ArrowUp")
    editor.keys("Shift+ArrowUp")
    _reads(editor, X=str(x0 + 17), Y=str(x0 + 13))
    editor.keys("Enter")
    editor.keys("Enter")  # the first leaves the field
    expect(bar).to_have_count(0)
    editor.painted()
    assert np.allclose(affine_pieces(editor), [[1, 0, 0, 1, -17, -13]], atol=1e-9), json.dumps(affine_pieces(editor))
    editor.undo()
    editor.painted()

    # Width and height are linked until they are not; percent are of the part.
    editor.keys("Control+t")
    _type(editor, "Width, px", str(2 * width))
    _reads(editor, Width=str(2 * width), Height=str(2 * width))
    bar.get_by_role("button", name="Link width and height").click()
    _type(editor, "Height, px", str(width))
    _reads(editor, Width=str(2 * width), Height=str(width))
    bar.get_by_role("radio", name="%").check(force=True)
    expect(_number(editor, "Width, %")).to_have_attribute("aria-valuenow", "200")
    _type(editor, "Width, %", "50")
    _type(editor, "Angle", "30,5")
    expect(_number(editor, "Angle")).to_have_attribute("aria-valuenow", "30.5")
    _type(editor, "Angle", "nonsense")
    expect(_number(editor, "Angle")).to_have_attribute("aria-valuenow", "30.5")
    editor.keys("Escape")
    editor.keys("Escape")
    editor.keys("d")
    editor.painted()


def test_the_pivot_is_what_a_part_turns_about(editor: Person) -> None:
    editor.take("Select rectangle")
    editor.drag([(0.4, 0.4), (0.6, 0.6)])
    editor.keys("Control+t")
    bar = _bar(editor)
    expect(bar.get_by_role("radio", name="Centre")).to_be_checked()
    x = _value(editor, "X, px")
    # The cross in the middle is dragged near the bottom right corner, and pulled there.
    editor.drag([(0.503, 0.503), (0.6, 0.6)])
    expect(bar.get_by_role("radio", name="Bottom right")).to_be_checked()
    corner = _value(editor, "X, px")
    assert corner > x + 10
    _type(editor, "Angle", "90")
    _reads(editor, X=f"{corner:g}")
    # A quarter turn about its corner puts it to the right of where it was.
    bar.get_by_role("radio", name="Centre").check(force=True)
    _reads(editor, X=f"{2 * corner - x:g}", Y=f"{x:g}")
    for _ in range(2):
        editor.keys("Escape")
    editor.painted()


@pytest.mark.parametrize("shift", [True, False])
def test_shift_keeps_the_ratio_and_turns_in_steps(editor: Person, shift: bool) -> None:
    editor.take("Select rectangle")
    editor.drag([(0.4, 0.4), (0.6, 0.5)])
    editor.keys("Control+t")
    bar = _bar(editor)
    bar.get_by_role("button", name="Link width and height").click()
    ratio = _value(editor, "Width, px") / _value(editor, "Height, px")
    keyboard, mouse = editor.page.keyboard, editor.page.mouse
    if shift:
        keyboard.down("Shift")
    editor.drag([(0.604, 0.504), (0.7, 0.9)])
    assert (abs(_value(editor, "Width, px") / _value(editor, "Height, px") - ratio) < 0.05) == shift
    # The handle that turns is above the middle of the upper side.
    x, y = editor.at((_value(editor, "X, px") / editor.labels().shape[1], 0.4))
    mouse.move(x, y - 28)
    mouse.down()
    mouse.move(x + 60, y - 10, steps=5)
    mouse.up()
    if shift:
        keyboard.up("Shift")
    angle = _value(editor, "Angle")
    assert angle > 0
    assert (angle % 15 == 0) == shift
    for _ in range(3):
        editor.keys("Escape")
    editor.keys("d")
    editor.painted()


def test_arrow_keys_move_a_selection_that_does_not_float(editor: Person) -> None:
    lines = editor.lines()
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.5, 0.5)])
    editor.keys("ArrowRight")
    editor.keys("Shift+ArrowDown")
    editor.keys("Enter")
    editor.painted()
    assert np.allclose(affine_pieces(editor), [[1, 0, 0, 1, -1, -10]], atol=1e-9)
    editor.undo()
    editor.sees_lines(lines)


def test_parts_snap_to_the_picture_unless_ctrl_is_held(editor: Person) -> None:
    side = editor.labels().shape[0]
    for keys, expected in (("", 0.0), ("Control", 1.0)):
        editor.take("Select rectangle")
        editor.drag([(0.3, 0.3), (0.5, 0.5)])
        if keys:
            editor.page.keyboard.down(keys)
        mouse = editor.page.mouse
        mouse.move(*editor.at((0.4, 0.4)))
        mouse.down()
        mouse.move(*editor.at((0.4 - (int(0.3 * side) - 1) / side, 0.42)), steps=8)
        mouse.up()
        if keys:
            editor.page.keyboard.up(keys)
        _bar(editor).get_by_role("radio", name="Top left").check(force=True)
        _reads(editor, X=f"{expected:g}")
        editor.keys("Escape")
        editor.keys("Control+d")
    # The same without any key, once the switch is off.
    editor.take("Move")
    switch = editor.page.get_by_role("switch", name="Snap")
    expect(switch).to_be_checked()
    editor.page.get_by_text("Snap", exact=True).click()
    expect(switch).not_to_be_checked()
    editor.keys("d")
    expect(switch).to_be_checked()
