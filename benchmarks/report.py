"""Makes docs/benchmarks.md, docs/ablations.md, the plot and README's table from the JSONs in results/.

``python benchmarks/report.py [--check]``: with --check nothing is written, and it fails if something would change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from plot import chart

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- benchmarks: made by benchmarks/report.py -->", "<!-- /benchmarks -->"
VIDEO = "python benchmarks/face_video.py FOLDER"


def result(name: str) -> dict[str, Any] | None:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def lpips(name: str, field: str = "lpips_alexnet_mean") -> Callable[[], str | None]:
    def read() -> str | None:
        found = result(name)
        return None if found is None else f"{found[field]:.3f}"

    return read


def of(name: str, show: Callable[[dict[str, Any]], str]) -> Callable[[], str | None]:
    def read() -> str | None:
        found = result(name)
        return None if found is None else show(found)

    return read


def no_tps() -> str | None:
    names = ("no_tps", "no_matcher", "")
    theirs, strict, ours = (result("_".join(filter(None, ("face_video_standard_10min", name)))) for name in names)
    if theirs is None or strict is None or ours is None:
        return None
    less = [1 - r["lpips_alexnet_mean"] / theirs["lpips_alexnet_mean"] for r in (ours, strict)]
    return f"{theirs['lpips_alexnet_mean']:.3f}; ours is {less[0]:.0%} lower with the matcher, {less[1]:.0%} without"


def larger() -> str | None:
    small, large = result("face_video_standard_10min"), result("face_video_standard_20min_480px")
    if small is None or large is None:
        return None
    ratio = large["lpips_alexnet_mean"] / small["lpips_alexnet_mean"]
    copy = large["copy_of_training_frame"]
    seen = f"; seen at 256²: {large['lpips_at_256']:.3f}" if "lpips_at_256" in large else ""
    return f"{ratio:.2f}× ({large['lpips_alexnet_mean']:.3f}{seen}; a copy at that size: {copy:.3f})"


def oracle(found: dict[str, Any]) -> str:
    small, large = (found["sizes"][size] for size in ("256", "480"))
    a, b = small["lpips_moved_by_true_flow"], large["lpips_moved_by_true_flow"]
    return f"{a:.3f} / {b:.3f}, {b / a:.2f}× ({small['frames']} frames whose copies score {small['lpips_copy']:.3f})"


def less_time(found: dict[str, Any]) -> str:
    times = found["times_less_than_paper"]
    return f"standard {times['standard']:.0f}×, draft {times['draft']:.0f}× (paper: {found['paper_hours']:.1f} h)"


def matcher_size() -> str:
    size = (ROOT / "src/primage/nets/matcher.safetensors").stat().st_size
    return f"{size / 1e6:.1f} MB"


#: What, target, stretch, what was measured, the command.
TABLE: tuple[tuple[str, str, str, Callable[[], str | None], str], ...] = (
    (
        "later frames of a face (20), super, 256², **0 s** of training (with the matcher)",
        "≤ 0.08",
        "≤ 0.065",
        lpips("face_video_standard_zero"),
        f"{VIDEO} --minutes 0",
    ),
    (
        "the same after 1 minute, `draft`",
        "≤ 0.07",
        "≤ 0.06",
        lpips("face_video_draft_1min"),
        f"{VIDEO} --preset draft --minutes 1",
    ),
    (
        "the same after 10 minutes, `standard`",
        "≤ 0.06",
        "≤ 0.045",
        lpips("face_video_standard_10min"),
        f"{VIDEO} --minutes 10",
    ),
    (
        "the same after 10 minutes, `--matcher none`",
        "≤ 0.085",
        "≤ 0.065",
        lpips("face_video_standard_10min_no_matcher"),
        f"{VIDEO} --minutes 10 --matcher none",
    ),
    (
        "a copy of the training frame",
        "",
        "",
        lpips("face_video_standard_zero", "copy_of_training_frame"),
        f"{VIDEO} --minutes 0",
    ),
    (
        "frames where 10 minutes beat the copy",
        "≥ 17 of 20",
        "19",
        of("face_video_standard_10min", lambda r: f"{r['frames_better_than_copy']} of {r['frames']}"),
        f"{VIDEO} --minutes 10",
    ),
    (
        "the unedited drawing gives the photo back, at 0 s",
        "≤ 0.02",
        "≤ 0.005",
        lpips("face_video_standard_zero", "unedited_primitive"),
        f"{VIDEO} --minutes 0",
    ),
    (
        "the same after 10 minutes",
        "≤ 0.02",
        "≤ 0.005",
        lpips("face_video_standard_10min", "unedited_primitive"),
        f"{VIDEO} --minutes 10",
    ),
    (
        "carphone, edges only, 10 minutes: LPIPS over the copy's",
        "≤ 0.75",
        "≤ 0.6",
        of("carphone_10min", lambda r: f"{r['relative_to_copy']:.2f} ({r['lpips_alexnet_mean']:.3f})"),
        "python benchmarks/carphone.py --minutes 10",
    ),
    (
        "the same network without TPS (crop and flip, no matcher)",
        "ours ≥ 35 % lower",
        "",
        no_tps,
        f"{VIDEO} --minutes 10 --no-tps",
    ),
    (
        "480², 20 minutes: LPIPS over our own at 256²",
        "≤ 1.25×",
        "",
        larger,
        f"{VIDEO} --minutes 20 --size 480",
    ),
    (
        "training frame moved by the **true** optical flow, 256² / 480²: what copying could reach",
        "",
        "",
        of("oracle", oracle),
        "python benchmarks/oracle.py FOLDER",
    ),
    (
        "render, file in, array out, 256²",
        "≤ 150 ms",
        "60",
        of("render_speed", lambda r: f"{r['sizes']['256']['median_ms']:.0f} ms"),
        "python benchmarks/render_speed.py",
    ),
    (
        "the same at 512²",
        "≤ 400 ms",
        "150",
        of("render_speed", lambda r: f"{r['sizes']['512']['median_ms']:.0f} ms"),
        "python benchmarks/render_speed.py",
    ),
    (
        "training memory, 256² / 512²",
        "≤ 1.5 / 3 GB",
        "",
        of("scaling", lambda r: f"{r['peak_rss_gb']['256']:.2f} / {r['peak_rss_gb']['512']:.2f} GB"),
        "python benchmarks/scaling.py",
    ),
    (
        "a step's time from 128² to 1024², over the pixels'",
        "≤ 1.2×",
        "",
        of("scaling", lambda r: f"{r['growth_over_pixels_128_to_1024']:.2f}×"),
        "python benchmarks/scaling.py",
    ),
    (
        "time a photo against `paper`, same run",
        "≥ 200× less",
        "400×",
        of("scaling", less_time),
        "python benchmarks/scaling.py",
    ),
    ("the matcher's file", "≤ 5 MB", "", matcher_size, "make matcher"),
    (
        "studio, 256²: pen up to new picture, idle / while training (median)",
        "≤ 300 / 1000 ms",
        "",
        of(
            "studio_latency",
            lambda r: (
                f"{r['pen_up_to_picture_idle_ms']['median']:.0f} / "
                f"{r['pen_up_to_picture_training_ms']['median']:.0f} ms"
            ),
        ),
        "python benchmarks/studio_latency.py",
    ),
    (
        "studio: drawing on 1024²",
        "60 frames/s",
        "",
        of("studio_latency", lambda r: f"{r['drawing_1024']['fps']:.0f} frames/s"),
        "python benchmarks/studio_latency.py",
    ),
    (
        "studio: first picture of a saved project after the start",
        "≤ 3 s",
        "",
        of("studio_latency", lambda r: f"{r['first_picture_after_start_sec']:.1f} s"),
        "python benchmarks/studio_latency.py",
    ),
)
SHORT = (0, 1, 2, 3, 4, 6, 8, 12, 13, 18)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)])


def machine_line(names: list[str]) -> str:
    seen = sorted({(f["cpu"], f["threads"], f["commit"]) for n in names if (r := result(n)) for f in [r["machine"]]})
    return "; ".join(f"{cpu}, {threads} thread(s), commit {commit}" for cpu, threads, commit in seen)


def table(rows: tuple[int, ...] | range, full: bool) -> str:
    lines = []
    for number in rows:
        what, target, stretch, read, command = TABLE[number]
        found = read() or "not measured"
        lines.append([what, *([target, stretch, f"**{found}**"] if full else [found]), f"`{command}`"])
    return markdown(["what", *(["target", "stretch"] if full else []), "measured", "command"], lines)


def quality_plot() -> str:
    series = {}
    for label, name in (
        ("standard", "face_video_standard_10min"),
        ("draft", "face_video_draft_1min"),
        ("standard, no matcher", "face_video_standard_10min_no_matcher"),
        ("standard, no TPS", "face_video_standard_10min_no_tps"),
        ("paper", "face_video_paper_10min_no_matcher"),
    ):
        if found := result(name):
            series[label] = [(max(5.0, point["seconds"]), point["lpips"]) for point in found["curve"]]
    copy = result("face_video_standard_zero")
    level = copy["copy_of_training_frame"] if copy else 0.12
    labels = ("time since the photo was dropped (256², one thread)", "LPIPS (AlexNet), 20 later frames")
    return chart("Quality over time", series, ("a copy of the training frame", level), labels)


def edits_text() -> str:
    found = result("edits")
    if found is None:
        return "Not measured."
    labels = list(found["edits"][0]["lpips_to_pasted"])
    rows = [
        [entry["photo"], entry["kind"], entry["title"], *(f"{entry['lpips_to_pasted'][label]:.3f}" for label in labels)]
        for entry in found["edits"]
    ]
    means = [f"**{found['mean_lpips_to_pasted'][label]:.3f}**" for label in labels]
    return markdown(["photo", "kind", "edit", *labels], [*rows, ["", "", "mean", *means]])


def benchmarks_page() -> str:
    names = [path.stem for path in sorted(RESULTS.glob("*.json"))]
    notes = (ROOT / "benchmarks" / "edits" / "notes.md").read_text(encoding="utf-8").strip()
    paper = result("face_video_paper_10min_no_matcher") or {"steps": 0}
    return f"""# Benchmarks

This page is made by `python benchmarks/report.py` from the JSONs in `benchmarks/results/`: each one command, with
commit, versions and processor. LPIPS is the real one with AlexNet; the losses see VGG16 only. FOLDER is the authors'
example video, which the project does not ship and the matcher has never seen. A machine's speed drifts: compare within
one file, not between files.

{table(range(len(TABLE)), full=True)}

Measured on: {machine_line(names)}.

## Quality over time

![LPIPS over time for each preset](images/quality.svg)

The presets `standard` and `draft` start from the shipped matcher; "no matcher" and "no TPS" are strict single image.
`paper` is the published network and schedule, given the same ten minutes: {paper["steps"]} of its 16,000 steps. The row
"true optical flow" says what copying could reach if it knew the true motion, which no drawing shows. It grows from 256²
to 480² as much as ours does, and as the plain copy: LPIPS sees finer things there.

## Edits that a smooth warp cannot reach

`python benchmarks/edits.py` trains each photo once and writes a contact sheet a photo. The figure is LPIPS to the photo
cut and pasted by the same edit, inside the box of what the edit changed: no truth, since what is left open has none and
pasting has hard seams; but a copied part that is missing shows.

{edits_text()}

{notes}

## Others

| command | what it says |
|---|---|
| `python benchmarks/ablations.py FOLDER` | what each idea is worth: [Ablations](ablations.md) |
| `python benchmarks/paper_steps.py` | seconds and memory of a step of the published configuration |
| `python benchmarks/warp_speed.py` | a fresh warp of photo and super primitive at several sizes |
"""


def sources() -> str:
    rows = []
    for title, name in (("photos and drawn ones", "both"), ("drawn ones", "drawn"), ("photos", "photos")):
        video, edits = result(f"src_video_{name}"), result(f"src_edits_{name}")
        if video and edits:
            cells = video["lpips_alexnet_mean"], video["unedited_primitive"], edits["mean_lpips_to_pasted"]["0 s"]
            rows.append([title, *(str(x) for x in cells)])
    return markdown(["pictures", "LPIPS, video", "unedited drawing", "edits, LPIPS to pasted"], rows)


def ablations_page() -> str:
    found, longer = (result(name) or {"rows": [], "seconds": 0} for name in ("ablations", "ablations_60"))
    notes = (ROOT / "benchmarks" / "ablations.md").read_text(encoding="utf-8").strip()

    def section(rows: list[dict[str, Any]], kind: str, columns: tuple[tuple[str, str], ...]) -> str:
        cells = [[row["idea"], *(str(row.get(key, "")) for key, _ in columns)] for row in rows if row["kind"] == kind]
        return markdown(["idea", *(title for _, title in columns)], cells)

    work = (("lpips", "LPIPS, video"), ("unedited", "unedited drawing"), ("edits", "edits, LPIPS to pasted"))
    training = (
        ("lpips", "LPIPS, video"),
        ("lpips_spread", "spread over seeds"),
        ("seeds", "seeds"),
        ("unedited", "unedited drawing"),
        ("steps", "steps"),
    )
    return f"""# Ablations

This page is made by `python benchmarks/report.py`; the figures come from `python benchmarks/ablations.py FOLDER`. One
thing is changed at a time; lower is better. One seed where none are named: differences below 0.002 say nothing.

## At work: the shipped matcher, no training on the photo

{section(found["rows"], "at work", work)}

## What the matcher learns from

The same training, a fifth of the steps of each stage, on one kind of picture alone; then no training on the photo.

{sources()}

## In training: {longer["seconds"]:g} seconds on the photo

{section(longer["rows"], "in training", training)}

## In training: {found["seconds"]:g} seconds, more ideas

Measured before borders between copies were softened (0.0658 to 0.0613 with no training) and normalisations had better
statistics: compare within this table.

{section(found["rows"], "in training", training)}

{notes}
"""


def main(check: bool) -> int:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    pages = {
        ROOT / "docs/benchmarks.md": benchmarks_page(),
        ROOT / "docs/ablations.md": ablations_page(),
        ROOT / "docs/images/quality.svg": quality_plot(),
        readme: f"{before}{BEGIN}\n{table(SHORT, full=False)}\n{END}{after}",
    }
    changed = [path for path, new in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != new]
    for path in changed:
        if check:
            print(f"{path.relative_to(ROOT)} is not what the results say: run python benchmarks/report.py")
        else:
            path.write_text(pages[path], encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    sys.exit(main(parser.parse_args().check))
