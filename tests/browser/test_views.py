"""How the drawing is shown: colours of its labels, selections, one pane above the other, one picture over the other."""

from __future__ import annotations

import io
import itertools

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.browser.person import Person

VIVID = "Vivid colours instead of the photo’s"


def _oklab(colours: np.ndarray) -> np.ndarray:
    """From sRGB levels, (N, 3)."""
    share = colours / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(
        light @ np.array([[0.41222, 0.21190, 0.08830], [0.53633, 0.68070, 0.28172], [0.05145, 0.10740, 0.62998]])
    )
    return cones @ np.array([[0.21045, 1.97800, 0.02590], [0.79362, -2.42859, 0.78277], [-0.00407, 0.45059, -0.80868]])


def test_labels_have_the_colours_of_the_photo(editor: Person) -> None:
    page = editor.page
    toggle = page.get_by_role("button", name=VIVID)
    expect(toggle).to_have_attribute("aria-pressed", "false")
    labels, photo = editor.labels(), editor.picture().astype(float)
    colours, of = np.unique(labels.reshape(-1, 3), axis=0, return_inverse=True)
    means = np.array([photo.reshape(-1, 3)[of == i].mean(axis=0) for i in range(len(colours))])
    shown, meant = _oklab(colours.astype(float)), _oklab(means)
    # Their hues are kept; all are lighter, so that black lines are seen.
    assert np.abs(shown[:, 1:] - meant[:, 1:]).max() < 0.05
    assert shown[:, 0].min() > 0.46
    # Neighbours can be told apart.
    of = of.reshape(labels.shape[:2])
    for one, other in ((of[:, 1:], of[:, :-1]), (of[1:], of[:-1])):
        pairs = np.stack([one[one != other], other[one != other]])
        assert np.linalg.norm(shown[pairs[0]] - shown[pairs[1]], axis=1).min() > 0.079
    swatch = page.locator(".label-pick i").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert tuple(int(v) for v in swatch[4:-1].split(",")) in {tuple(c) for c in colours.tolist()}

    toggle.click()
    page.wait_for_timeout(200)
    vivid = editor.labels()
    assert (vivid != labels).any(axis=2).mean() > 0.9
    expect(page.get_by_label("Colour of region 1")).to_be_visible()
    page.reload()
    editor.ready()
    assert (editor.labels() == vivid).all()
    page.get_by_role("button", name=VIVID).click()
    page.wait_for_timeout(200)  # the canvas follows in its next frame
    assert (editor.labels() == labels).all()


def test_selections_are_seen_on_dark_and_on_light(editor: Person) -> None:
    """Along each side of the outline, slanted ones too, there are dark and light pixels beside each other."""
    page = editor.page
    editor.take("Lasso")
    corners = [(0.2, 0.2), (0.8, 0.25), (0.5, 0.8), (0.2, 0.2)]
    editor.drag(corners, steps=20)
    page.evaluate("document.querySelectorAll('.sheet-layer').forEach(e => e.style.visibility = 'hidden')")
    sheet = page.locator(".drawing-pane .sheet")
    for ground in ("#000", "#fff"):
        sheet.evaluate("(e, ground) => { e.style.background = ground; }", ground)
        seen = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L")).astype(int)
        for (x0, y0), (x1, y1) in itertools.pairwise(corners):
            along = [editor.at((x0 + t * (x1 - x0), y0 + t * (y1 - y0))) for t in np.linspace(0.1, 0.9, 40)]
            around = [seen[int(y) - 5 : int(y) + 6, int(x) - 5 : int(x) + 6] for x, y in along]
            marked = [part.min() < 60 and part.max() > 195 for part in around]
            assert np.mean(marked) > 0.95, (ground, x0, y0)


def test_panes_are_stacked_where_that_is_larger(editor: Person) -> None:
    page = editor.page
    panes = page.locator(".panes")
    stacked = page.get_by_role("button", name="Drawing above result")
    expect(panes).to_have_attribute("data-stacked", "false")
    page.set_viewport_size({"width": 760, "height": 1000})
    expect(panes).to_have_attribute("data-stacked", "true")
    expect(stacked).to_have_attribute("aria-pressed", "true")
    drawing, result = editor.pane.bounding_box(), editor.result.bounding_box()
    assert drawing is not None
    assert result is not None
    assert result["y"] >= drawing["y"] + drawing["height"]
    # The other way, until that is taken back.
    editor.keys("5")
    expect(panes).to_have_attribute("data-stacked", "false")
    stacked.click()
    expect(panes).to_have_attribute("data-stacked", "true")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(panes).to_have_attribute("data-stacked", "false")


def test_one_key_puts_the_photo_over_the_drawing_and_the_drawing_over_the_result(editor: Person) -> None:
    page = editor.page
    photo = editor.pane.locator("img")
    over = editor.result.locator(".drawing-overlay")
    for key, shown, name in (("t", photo, "Opacity of Photo"), ("f", over, "Opacity of Drawing over the result")):
        expect(shown).to_have_count(0)
        editor.keys(key)
        expect(shown).to_have_count(1)
        page.get_by_role("slider", name=name).fill("30")
        expect(shown).to_have_css("opacity", "0.3")
        editor.keys(key)
        expect(shown).to_have_count(0)
        # Held, it is there for as long as the key is.
        page.keyboard.down(key)
        expect(shown).to_have_count(1)
        page.wait_for_timeout(500)
        page.keyboard.up(key)
        expect(shown).to_have_count(0)
    # Where its picture is not shown, a key does nothing.
    editor.keys("4")
    editor.keys("t")
    editor.keys("1")
    expect(photo).to_have_count(0)


def test_the_divider_compares_photo_and_result_in_stacked_panes(editor: Person) -> None:
    page = editor.page
    page.set_viewport_size({"width": 760, "height": 1000})
    editor.keys("x")
    divider = page.get_by_role("slider", name="Divider between before and after")
    divider.focus()
    editor.keys("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    editor.keys("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    expect(page.locator(".pane-tag")).to_have_text(["Before", "After"])
