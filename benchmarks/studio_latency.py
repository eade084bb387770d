"""Latency of the studio, measured in a real browser.

``python benchmarks/studio_latency.py [--strokes N] [--only KEY …] [--name studio_latency]``

Measures the time from pen up to the new picture on the screen at 256², idle and during training, with each stroke
interrupting the synthesis that follows the one before; the time from pen up to the polished picture; the frame rate
while the pencil is dragged over a 1024² drawing; how long it takes at 100 % until what is visible of a photo of
4000×3000 is its own pixels; and the time from opening a saved project on a freshly started server
to its first picture.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import machine
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from skimage import data

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.launch import Studio, build_editor, running_browser, running_studio
from tests.browser.person import Person


def astronaut(folder: Path, side: int) -> Path:
    """A square photo with this side."""
    path = folder / f"astronaut-{side}.png"
    Image.fromarray(data.astronaut()).resize((side, side), Image.Resampling.LANCZOS).save(path)
    return path


def spread(values: list[float]) -> dict[str, float]:
    """Median, 10th and 90th percentile."""
    ranked = sorted(values)
    return {
        "median": statistics.median(ranked),
        "p10": ranked[len(ranked) // 10],
        "p90": ranked[-1 - len(ranked) // 10],
        "count": len(ranked),
    }


def strokes(person: Person, count: int, shift: float, polished: bool = False) -> dict[str, float]:
    """Short pencil strokes at different positions, each drawn after the previous one's picture has arrived.

    ``shift`` separates them from those of an earlier round: a stroke over an identical one changes nothing, so no new
    picture is rendered. ``polished`` waits for the polished picture instead of the first.
    """
    person.take("Pencil")
    times = []
    for i in range(count + 2):
        x, y = 0.1 + 0.13 * (i % 6) + shift, 0.15 + 0.11 * (i % 7) + 0.05 * (i // 42) + shift
        person.drag([(x, y), (x + 0.06, y + 0.03)], steps=3)
        person.page.wait_for_timeout(30)
        times.append(person.polished() if polished else person.painted())
        person.page.wait_for_timeout(120)
    return spread(times[2:])  # the first two warm up the worker


def frame_rate(page: Page, person: Person) -> dict[str, float]:
    """Drag the pencil for three seconds with one event per frame, as a mouse does; frame intervals in ms."""
    person.take("Pencil")
    start, end = person.at((0.15, 0.2)), person.at((0.85, 0.8))
    intervals = page.evaluate(
        """async ([x0, y0, x1, y1]) => {
          const pane = document.querySelector('.drawing-pane');
          pane.setPointerCapture = () => {};
          const fire = (type, x, y) => pane.dispatchEvent(new PointerEvent(type, {
            bubbles: true, pointerId: 1, pointerType: 'mouse', button: 0, clientX: x, clientY: y, pressure: 0.5 }));
          fire('pointerdown', x0, y0);
          const times = [];
          const begun = performance.now();
          await new Promise((done) => {
            const tick = (now) => {
              times.push(now);
              const t = (performance.now() - begun) / 3000;
              if (t >= 1) return done();
              const wave = Math.sin(40 * t) * 30;
              fire('pointermove', x0 + (x1 - x0) * t + wave, y0 + (y1 - y0) * t - wave);
              requestAnimationFrame(tick);
            };
            requestAnimationFrame(tick);
          });
          fire('pointerup', x1, y1);
          return times.slice(1).map((t, i) => t - times[i]);
        }""",
        [*start, *end],
    )
    found = spread(intervals)
    return {"fps": 1000 * len(intervals) / sum(intervals), **{f"interval_{k}": v for k, v in found.items()}}


def arrive(browser: Browser, url: str, photo: Path, learn: bool = False) -> Person:
    """Create a project from a photo and open it for editing."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    person = Person(page, url)
    person.arrive()
    person.drop_photo(photo)
    if photo.stem.endswith("1024"):
        page.get_by_label("Drawing size (short side)").select_option("1024")
        page.wait_for_timeout(500)
        expect(page.get_by_role("button", name="Learn and edit")).to_be_enabled(timeout=120_000)
    person.edit(learn)
    return person


def processor_ms(studio: Studio) -> dict[int, float]:
    """Processor time of each of the studio's workers so far (Linux)."""
    found = {}
    for pid in studio.workers():
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        found[pid] = 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def photo_pixels(browser: Browser, studio: Studio, folder: Path, count: int) -> dict[str, object]:
    """A disc of a twentieth of a photo of 4000×3000 is moved: the time until what is visible is the photo's own pixels.

    From zooming in, and, at 100 %, from the small picture, and from the key that repeats the edit.
    """
    path = folder / "coffee.jpg"
    coffee = Image.fromarray(data.coffee()).crop((33, 0, 566, 400))
    coffee.resize((4000, 3000), Image.Resampling.LANCZOS).save(path, quality=92)
    person = arrive(browser, studio.url, path)
    person.take("Lasso")
    angles = [2 * math.pi * i / 24 for i in range(25)]
    person.drag([(0.4 + 0.109 * math.cos(a), 0.42 + 0.146 * math.sin(a)) for a in angles], steps=2)
    person.drag([(0.4, 0.42), (0.55, 0.5)])
    person.keys("Enter")
    person.polished()
    person.look_at_result()
    shown = person.page.locator("[data-layer=photo-pixels][data-complete=true]")
    begun = time.monotonic()
    person.keys("9")
    expect(shown).to_have_count(1, timeout=60_000)
    zoomed = 1000 * (time.monotonic() - begun)
    from_final, from_key, processor = [], [], []
    for _ in range(count):
        person.undo()
        person.polished()
        expect(shown).to_have_count(1, timeout=60_000)
        begun = time.monotonic()
        person.redo()
        person.polished()
        final, used = time.monotonic(), processor_ms(studio)
        expect(shown).to_have_count(1, timeout=60_000)
        from_final.append(1000 * (time.monotonic() - final))
        processor.append(sum(ms - used[pid] for pid, ms in processor_ms(studio).items() if pid in used))
        from_key.append(1000 * (time.monotonic() - begun))
    pane = person.page.locator(".result-pane").bounding_box()
    assert pane is not None
    return {
        "pane": [round(pane["width"]), round(pane["height"])],
        "zoom_to_photo_pixels_ms": zoomed,
        "picture_to_photo_pixels_ms": spread(from_final),
        "picture_to_photo_pixels_processor_ms": spread(processor),
        "edit_to_photo_pixels_ms": spread(from_key),
    }


def main(options: argparse.Namespace) -> None:
    build_editor()
    latencies: dict[str, object] = {}
    selected = options.only or ["idle", "polished", "training", "full_size", "drawing", "first"]
    with tempfile.TemporaryDirectory() as scratch, running_browser() as browser:
        folder = Path(scratch)
        with running_studio(folder / "projects") as studio:
            person = arrive(browser, studio.url, astronaut(folder, 256))
            address = person.page.url.removeprefix(studio.origin)
            if "idle" in selected:
                latencies["pen_up_to_picture_idle_ms"] = strokes(person, options.strokes, 0)
            if "polished" in selected:
                # At the first start after an installation, the synthesis is still being compiled.
                person.polished()
                latencies["pen_up_to_polished_picture_ms"] = strokes(person, options.strokes, 0.0125, polished=True)
            if "training" in selected:
                panel = person.page.get_by_role("region", name="Learn this photo")
                panel.get_by_role("button", name="Learn", exact=True).click()
                expect(panel).to_contain_text("Step 1", timeout=120_000)
                latencies["pen_up_to_picture_training_ms"] = strokes(person, options.strokes, 0.025)
                panel.get_by_role("button", name="Stop").click()
                expect(panel.get_by_role("button", name="Learn more")).to_be_visible(timeout=120_000)
            if "full_size" in selected:
                latencies["full_size_4000x3000"] = photo_pixels(browser, studio, folder, options.strokes)
            if "drawing" in selected:
                large = arrive(browser, studio.url, astronaut(folder, 1024))
                latencies["drawing_1024"] = frame_rate(large.page, large)
        if "first" in selected:
            with running_studio(folder / "projects") as studio:
                page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
                begun = time.monotonic()
                page.goto(studio.url)
                page.goto(studio.origin + address)
                Person(page, studio.url).ready()
                latencies["first_picture_after_start_sec"] = time.monotonic() - begun
    machine.write(options.name, latencies)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=20)
    parser.add_argument("--only", nargs="*", choices=["idle", "polished", "training", "full_size", "drawing", "first"])
    parser.add_argument("--name", default="studio_latency")
    main(parser.parse_args())
