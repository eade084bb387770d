"""Every tool, on a project with a render."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from tests.browser.person import Person, box_of


def _colour(label: np.ndarray, spot: tuple[float, float]) -> tuple[int, ...]:
    height, width = label.shape[:2]
    return tuple(int(v) for v in label[int(spot[1] * height), int(spot[0] * width)])


def test_selection_moves_with_its_labels_and_lines(editor: Person) -> None:
    labels, lines = editor.labels(), editor.lines()
    side = labels.shape[0]
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.5, 0.5)])
    editor.drag([(0.4, 0.4), (0.6, 0.45)])
    expect(editor.page.get_by_role("toolbar", name="Floating selection")).to_be_visible()
    editor.page.get_by_role("button", name=re.compile("^Apply")).click()
    editor.painted()

    dx, dy = round(0.2 * side), round(0.05 * side)
    x0, y0 = int(0.3 * side) + 2, int(0.3 * side) + 2
    x1, y1 = int(0.5 * side) - 2, int(0.5 * side) - 2
    now, lines_now = editor.labels(), editor.lines()
    shifts = [(dx + i, dy + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    kept = [
        (now[y0 + v : y1 + v, x0 + u : x1 + u] == labels[y0:y1, x0:x1]).all()
        and (lines_now[y0 + v : y1 + v, x0 + u : x1 + u] == lines[y0:y1, x0:x1]).mean() > 0.98
        for u, v in shifts
    ]
    assert any(kept), "labels and lines did not move together"
    # The hole has no lines, is filled from its surroundings, and is marked until accepted.
    assert not lines_now[y0:y1, x0 : x0 + dx - 5].any()
    marks = editor.layer("marks")[..., 3] > 0
    assert marks[y0:y1, x0 : x0 + dx - 5].any()
    editor.page.get_by_role("button", name="Accept filled holes", exact=True).click()
    expect(editor.page.get_by_role("button", name="Accept filled holes", exact=True)).to_have_count(0)
    assert not (editor.layer("marks")[..., 3] > 0).any()

    editor.undo()
    editor.undo()
    editor.painted()
    assert (editor.labels() == labels).all()
    assert (editor.lines() == lines).all()


def test_flip_scale_warp_duplicate_delete(editor: Person) -> None:
    page = editor.page
    labels, lines = editor.labels(), editor.lines()
    editor.take("Select rectangle")
    editor.drag([(0.35, 0.35), (0.65, 0.65)])
    for action in ("Flip horizontally", "Flip horizontally"):
        page.get_by_role("button", name=action).click()
        editor.painted()
    assert (editor.labels() == labels).all()

    page.get_by_role("button", name="Duplicate", exact=True).click()
    expect(page.get_by_role("toolbar", name="Floating selection")).to_be_visible()
    editor.keys("Escape")
    editor.painted()
    assert (editor.labels() == labels).all()

    page.get_by_role("button", name="Warp", exact=True).click()
    editor.drag([(0.5, 0.5), (0.56, 0.44)])
    editor.keys("Enter")
    editor.painted()
    warped = box_of((editor.labels() != labels).any(axis=2) | (editor.lines() != lines))
    assert warped is not None
    colours = {tuple(colour) for colour in labels.reshape(-1, 3)}
    assert {tuple(colour) for colour in editor.labels().reshape(-1, 3)} <= colours

    page.get_by_role("button", name="Delete", exact=True).click()
    editor.painted()
    side = labels.shape[0]
    middle = slice(int(0.4 * side), int(0.6 * side))
    assert not editor.lines()[middle, middle].any()


def test_transform_box_scales(editor: Person) -> None:
    labels = editor.labels()
    editor.take("Select rectangle")
    editor.drag([(0.4, 0.4), (0.6, 0.6)])
    editor.keys("Control+t")
    before = box_of(editor.layer("marks")[..., 3] > 0)
    editor.drag([(0.604, 0.604), (0.75, 0.75)], steps=10)
    editor.keys("Enter")
    editor.painted()
    changed = box_of((editor.labels() != labels).any(axis=2))
    assert before is None
    assert changed is not None
    assert changed[2] > 0.66 * labels.shape[1]


def test_a_near_miss_keeps_the_warp(editor: Person) -> None:
    labels, lines = editor.labels(), editor.lines()
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.7, 0.7)])
    editor.keys("Control+Shift+t")
    editor.drag([(0.5, 0.5), (0.56, 0.44)])
    warped, warped_lines = editor.labels(), editor.lines()
    # Twice between the handles: this neither ends the warp nor moves the selection.
    editor.drag([(0.41, 0.58), (0.6, 0.8)])
    editor.drag([(0.41, 0.58), (0.6, 0.8)])
    expect(editor.page.get_by_role("toolbar", name="Floating selection")).to_contain_text("Warp")
    assert (editor.labels() == warped).all()
    assert (editor.lines() == warped_lines).all()
    editor.keys("Escape")
    editor.sees_lines(lines)  # the canvas follows in its next frame
    assert (editor.labels() == labels).all()


def test_escape_keeps_the_move_before_a_transform(editor: Person) -> None:
    labels = editor.labels()
    bar = editor.page.get_by_role("toolbar", name="Floating selection")
    editor.take("Move")
    editor.keys("m")
    editor.drag([(0.4, 0.4), (0.6, 0.6)])
    editor.keys("v")
    editor.drag([(0.5, 0.5), (0.55, 0.5)])
    moved, lines = editor.labels(), editor.lines()
    assert (moved != labels).any()
    editor.drag([(0.654, 0.604), (0.8, 0.75)], steps=10)
    expect(bar).to_contain_text("Transform")
    assert (editor.labels() != moved).any()
    editor.keys("Escape")
    expect(bar).to_contain_text("Move")
    editor.page.wait_for_timeout(100)
    assert (editor.labels() == moved).all()
    assert (editor.lines() == lines).all()
    editor.keys("Enter")
    editor.painted()
    expect(bar).to_have_count(0)
    assert (editor.labels() == moved).all()


def test_escape_ends_the_drag_of_the_transform_box(editor: Person) -> None:
    mouse = editor.page.mouse
    bar = editor.page.get_by_role("toolbar", name="Floating selection")
    editor.take("Select rectangle")
    editor.drag([(0.4, 0.4), (0.6, 0.6)])
    editor.keys("v")
    editor.drag([(0.5, 0.5), (0.55, 0.5)])
    moved, lines = editor.labels(), editor.lines()
    mouse.move(*editor.at((0.654, 0.604)))
    mouse.down()
    mouse.move(*editor.at((0.75, 0.7)), steps=5)
    expect(bar).to_contain_text("Transform")
    editor.keys("Escape")
    mouse.move(*editor.at((0.8, 0.75)), steps=5)
    mouse.up()
    expect(bar).to_contain_text("Move")
    editor.page.wait_for_timeout(100)
    assert (editor.labels() == moved).all()
    assert (editor.lines() == lines).all()
    # The box is back around the selection: its corner can be dragged again.
    editor.drag([(0.654, 0.604), (0.75, 0.7)])
    expect(bar).to_contain_text("Transform")
    editor.keys("Escape")
    editor.keys("Enter")
    editor.painted()


def test_the_tool_comes_back_after_duplicating(editor: Person) -> None:
    tools = editor.page.get_by_role("navigation", name="Tools")
    editor.take("Select rectangle")
    for end in ("Enter", "Escape"):
        editor.drag([(0.35, 0.35), (0.6, 0.6)])
        editor.keys("Control+j")
        expect(tools.get_by_role("button", name="Move", exact=True)).to_have_attribute("aria-pressed", "true")
        editor.keys(end)
        chosen = tools.get_by_role("button", name="Select rectangle", exact=True)
        expect(chosen).to_have_attribute("aria-pressed", "true")
        editor.keys("Control+d")
        editor.painted()


def test_drawing_anchors_a_nudged_selection(editor: Person) -> None:
    """The floating selection is applied before a stroke: cancelling it later must not erase the stroke."""
    editor.take("Select rectangle")
    editor.drag([(0.6, 0.6), (0.8, 0.8)])
    editor.take("Pencil")
    editor.keys("ArrowRight")
    expect(editor.page.get_by_role("toolbar", name="Floating selection")).to_be_visible()
    editor.drag([(0.62, 0.7), (0.78, 0.7)])
    editor.painted()
    lines = editor.lines()
    editor.keys("Escape")
    editor.painted()
    assert (editor.lines() == lines).all()


def test_default_options(editor: Person) -> None:
    page = editor.page
    for tool, option, initial in (
        ("Label brush", "Pen pressure", True),
        ("Label brush", "Erase lines below", False),
        ("Select area", "Everything with the label", False),
        ("Bucket", "Stop at lines", False),
    ):
        editor.take(tool)
        switch = page.get_by_role("switch", name=option)
        page.get_by_text(option, exact=True).click()
        expect(switch).to_be_checked(checked=not initial)
        editor.keys("d")
        expect(switch).to_be_checked(checked=initial)


def test_bucket_eyedropper_brush(editor: Person) -> None:
    page = editor.page
    labels = editor.labels()
    target, source = (0.5, 0.5), (0.04, 0.04)
    if _colour(labels, target) == _colour(labels, source):
        source = (0.96, 0.96)
    expected = _colour(labels, source)
    editor.take("Eyedropper")
    editor.press(source)
    editor.take("Bucket")
    editor.press(target)
    editor.painted()
    filled = editor.labels()
    assert _colour(filled, target) == expected
    area = (filled != labels).any(axis=2)
    assert {tuple(c) for c in labels[area]} == {_colour(labels, target)}, "the bucket ran over into another label"
    editor.undo()
    editor.painted()

    editor.take("Label brush")
    page.get_by_label("Size", exact=True).fill("16")
    editor.drag([(0.4, 0.55), (0.6, 0.55)])
    editor.painted()
    stroke = (editor.labels() != labels).any(axis=2)
    box = box_of(stroke)
    assert box is not None
    assert box[3] - box[1] <= 17
    assert {tuple(c) for c in editor.labels()[stroke]} == {expected}


def test_lines_are_one_pixel_thin(editor: Person) -> None:
    lines = editor.lines()
    editor.take("Pencil")
    editor.drag([(0.1, 0.1), (0.4, 0.2), (0.15, 0.35), (0.4, 0.4)], steps=12)
    editor.painted()
    new = editor.lines() & ~lines
    blocks = new[1:, 1:] & new[:-1, 1:] & new[1:, :-1] & new[:-1, :-1]
    assert new.any()
    assert not blocks.any()
    editor.take("Eraser")
    editor.drag([(0.1, 0.1), (0.4, 0.2)], steps=12)
    editor.painted()
    assert (editor.lines() & new).sum() < new.sum()
    editor.take("Curve")
    editor.drag([(0.6, 0.8), (0.9, 0.8)])
    editor.page.mouse.move(*editor.at((0.75, 0.65)), steps=5)
    editor.press((0.75, 0.65))
    editor.painted()
    side = lines.shape[0]
    assert editor.lines()[int(0.62 * side) : int(0.7 * side), int(0.7 * side) : int(0.8 * side)].any()


def test_strokes_are_mirrored_at_an_axis_that_can_be_moved(editor: Person) -> None:
    page = editor.page
    side = editor.labels().shape[1]
    lines = editor.lines()
    editor.take("Pencil")
    expect(page.get_by_role("slider", name="Axis")).to_have_count(0)
    page.get_by_text("Symmetry", exact=True).click()
    axis = page.get_by_role("slider", name="Axis")
    expect(axis).to_have_value("50")
    editor.drag([(0.1, 0.12), (0.3, 0.2)])
    editor.painted()
    new = editor.lines() & ~lines
    drawn = new[:, : side // 2]
    assert drawn.any()
    assert (new[:, side // 2 :] == drawn[:, ::-1]).mean() > 0.999
    # The handle is at the top of the axis. The next stroke is mirrored where it is now.
    pane = editor.pane.bounding_box()
    assert pane is not None
    (x, _), (to, _) = editor.at((0.5, 0)), editor.at((0.25, 0))
    page.mouse.move(x, pane["y"] + 18)
    page.mouse.down()
    page.mouse.move(to, pane["y"] + 30, steps=5)
    page.mouse.up()
    assert abs(float(axis.input_value()) - 25) <= 1
    axis.fill("25")
    before = editor.lines()
    editor.drag([(0.05, 0.82), (0.2, 0.9)])
    editor.painted()
    new = editor.lines() & ~before
    assert new[:, side // 4 : side // 2].any()
    assert not new[:, side // 2 :].any()
    editor.keys("d")
    expect(axis).to_have_count(0)


def test_a_thing_is_removed_with_one_stroke(editor: Person) -> None:
    labels, photo = editor.labels(), editor.picture().astype(int)
    side = labels.shape[0]
    editor.take("Remove")
    editor.page.get_by_label("Size", exact=True).fill("30")
    editor.drag([(0.35, 0.4), (0.45, 0.42)])
    editor.polished()
    expect(editor.page.get_by_role("button", name=re.compile("^Undo Remove"))).to_be_visible()
    middle = np.s_[int(0.4 * side) : int(0.42 * side), int(0.38 * side) : int(0.42 * side)]
    assert not editor.lines()[middle].any()
    after = editor.picture().astype(int)
    assert np.abs(after - photo)[middle].mean() > 3
    # Far away nothing changes.
    assert np.abs(after - photo)[int(0.8 * side) :].mean() < 1
    editor.undo()
    editor.painted()
    assert (editor.labels() == labels).all()


def test_a_duplicate_is_copied_from_the_photo(editor: Person) -> None:
    photo = editor.picture().astype(int)
    side = photo.shape[0]
    editor.take("Select rectangle")
    editor.drag([(0.3, 0.3), (0.5, 0.5)])
    editor.page.get_by_role("button", name="Duplicate", exact=True).click()
    expect(editor.page.get_by_role("toolbar", name="Floating selection")).to_be_visible()
    for _ in range(5):
        editor.keys("Shift+ArrowDown")
    editor.keys("Enter")
    editor.polished()
    # A duplicate begins 12 px to the right and below.
    top, left = int(0.36 * side), int(0.36 * side)
    part = photo[top : top + 12, left : left + 12]
    copied = editor.picture().astype(int)[top + 62 : top + 74, left + 12 : left + 24]
    assert (copied == part).all()


def test_an_unknown_colour_is_refused_with_a_reason(editor: Person) -> None:
    page = editor.page
    page.get_by_role("button", name="Another colour…").click()
    dialog = page.get_by_role("dialog", name="Paint with another colour")
    dialog.get_by_label("Hex code").fill("#123457")
    dialog.get_by_role("button", name="Use it").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"the \d+ labels of this photo, and #123457 is not one of them"))
    dialog.get_by_role("button", name=re.compile(r"^Use ")).last.click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("toolbar", name="Options of Label brush")).to_be_visible()


def test_labels_are_named_and_merged(editor: Person) -> None:
    page = editor.page
    labels = editor.labels()
    first = page.get_by_role("list").locator(".label-pick").first
    first.click()
    name = page.get_by_label(re.compile("^Name of (?!the project)"))
    name.fill("Fur")
    name.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Undo Rename"))).to_be_visible()
    expect(first).to_contain_text("Fur")
    page.get_by_label("Merge into").select_option(index=1)
    editor.painted()
    count = len(np.unique(labels.reshape(-1, 3), axis=0))
    assert len(np.unique(editor.labels().reshape(-1, 3), axis=0)) == count - 1
    expect(first).to_contain_text("unused")
    editor.undo()
    editor.painted()
    assert (editor.labels() == labels).all()


def test_layers_hide_and_lock(editor: Person) -> None:
    page = editor.page
    lines = editor.lines()
    page.get_by_role("button", name="Lock Lines").click()
    editor.take("Pencil")
    editor.drag([(0.2, 0.2), (0.5, 0.3)])
    editor.heard("Lines. is locked")
    assert (editor.lines() == lines).all()
    page.get_by_role("button", name="Show Lines").click()
    expect(page.locator("[data-layer=edges]")).to_be_hidden()


def test_uncertainty_map(editor: Person) -> None:
    page = editor.page
    switch = page.get_by_role("switch", name="Show uncertainty")
    editor.take("Select rectangle")
    editor.drag([(0.25, 0.25), (0.5, 0.5)])
    editor.drag([(0.4, 0.4), (0.65, 0.7)])
    editor.keys("Shift+V")
    page.get_by_role("button", name=re.compile("^Apply")).click()
    editor.painted()
    editor.polished()  # the map arrives with that picture
    overlay = editor.result.get_by_role("img", name="Uncertainty")
    expect(overlay).to_have_count(0)
    page.get_by_text("Show uncertainty").click()
    expect(switch).to_be_checked()
    expect(overlay).to_be_visible()
    for _ in range(200):
        if editor.layer("uncertainty")[..., 3].any():
            break
        page.wait_for_timeout(50)
    shown = editor.layer("uncertainty")[..., 3]
    assert shown.any()
    assert not shown.all()
    # The map follows each render: without the edit it is empty.
    editor.undo()
    editor.painted()
    for _ in range(100):
        if not editor.layer("uncertainty")[..., 3].any():
            break
        page.wait_for_timeout(50)
    assert not editor.layer("uncertainty")[..., 3].any()
    editor.keys("q")
    expect(overlay).to_have_count(0)


def test_the_polished_picture_replaces_the_first(editor: Person) -> None:
    page = editor.page
    switch = page.get_by_role("switch", name="Synthesis")
    expect(switch).to_be_checked()
    editor.take("Select rectangle")
    editor.drag([(0.25, 0.25), (0.5, 0.5)])
    editor.drag([(0.4, 0.4), (0.65, 0.7)])
    editor.keys("Shift+V")
    page.get_by_role("button", name=re.compile("^Apply")).click()
    editor.painted()
    assert editor.polished() > 0
    expect(editor.status).to_have_text(re.compile(r"Rendered in \d+ ms · synthesised after \d+ ms"))
    polished = editor.picture()
    page.get_by_text("Synthesis", exact=True).click()
    expect(switch).not_to_be_checked()
    for _ in range(200):
        if (editor.picture() != polished).any():
            break
        page.wait_for_timeout(50)
    first = editor.picture()
    assert (first != polished).any()
    page.get_by_text("Synthesis", exact=True).click()
    for _ in range(200):
        if (editor.picture() != first).any():
            break
        page.wait_for_timeout(50)
    assert (editor.picture() != first).any()


def test_pen_pressure_and_pinch(editor: Person) -> None:
    """Synthetic pen and touch events, as there is no such device."""
    labels = editor.labels()
    editor.take("Label brush")
    editor.page.get_by_label("Size", exact=True).fill("24")
    editor.page.locator(".label-pick").nth(1).click()
    (x0, y), (x1, _) = editor.at((0.3, 0.5)), editor.at((0.7, 0.5))
    editor.page.evaluate(
        """([x0, x1, y]) => {
          const pane = document.querySelector('.drawing-pane');
          pane.setPointerCapture = () => {};
          const fire = (type, x, pressure) => pane.dispatchEvent(new PointerEvent(type, {
            bubbles: true, pointerId: 7, pointerType: 'pen', button: 0, clientX: x, clientY: y, pressure }));
          fire('pointerdown', x0, 0.1);
          for (let i = 1; i <= 20; i++) fire('pointermove', x0 + (x1 - x0) * i / 20, 0.1 + 0.9 * i / 20);
          fire('pointerup', x1, 0);
        }""",
        [x0, x1, y],
    )
    editor.painted()
    changed = (editor.labels() != labels).any(axis=2)
    heights = changed.sum(axis=0)
    side = labels.shape[1]
    assert heights[int(0.33 * side)] <= heights[int(0.66 * side)]

    zoom = editor.page.locator(".status .zoom")
    first = zoom.text_content()
    editor.page.evaluate(
        """([x, y]) => {
          const pane = document.querySelector('.drawing-pane');
          const fire = (type, id, dx) => pane.dispatchEvent(new PointerEvent(type, {
            bubbles: true, pointerId: id, pointerType: 'touch', button: 0, clientX: x + dx, clientY: y }));
          fire('pointerdown', 1, -40); fire('pointerdown', 2, 40);
          for (let i = 1; i <= 10; i++) { fire('pointermove', 1, -40 - 4 * i); fire('pointermove', 2, 40 + 4 * i); }
          fire('pointerup', 1, -80); fire('pointerup', 2, 80);
        }""",
        list(editor.at((0.5, 0.5))),
    )
    expect(zoom).not_to_have_text(first or "")
