"""Generate docs/benchmarks.md, docs/ablations.md, the plot and the README's table from the JSON files in results/.

``python benchmarks/report.py [--check]``: with --check nothing is written, and it fails if something would change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from batch_plan import batch_tables
from headline import ROOT, headline_table, readme_table
from plot import chart
from tables import RESULTS, markdown, result

BEGIN, END = "<!-- benchmarks: made by benchmarks/report.py -->", "<!-- /benchmarks -->"
CURVES = {
    "standard": "face_video_standard_10min",
    "draft": "face_video_draft_1min",
    "standard, no matcher": "face_video_standard_10min_no_matcher",
    "standard, no TPS": "face_video_standard_10min_no_tps",
    "paper": "face_video_paper_10min_no_matcher",
}


def machines() -> str:
    found = [result(path.stem) for path in sorted(RESULTS.glob("*.json"))]
    facts = sorted({(r["machine"]["cpu"], r["machine"]["threads"], r["machine"]["commit"]) for r in found if r})
    return "; ".join(f"{cpu}, {threads} thread(s), commit {commit}" for cpu, threads, commit in facts)


def quality_plot() -> str:
    series = {}
    for label, name in CURVES.items():
        if found := result(name):
            series[label] = [(max(5.0, point["seconds"]), point["lpips"]) for point in found["curve"]]
    copy = result("face_video_standard_zero")
    level = copy["copy_of_training_frame"] if copy else 0.12
    titles = ("training time (256², one thread)", "LPIPS (AlexNet), 20 test frames")
    return chart("Quality over training time", series, ("a copy of the training frame", level), titles)


def edits_table() -> str:
    found = result("edits_zero")
    if found is None:
        return "Not measured."
    labels = list(found["edits"][0]["lpips_to_pasted"])
    mean = {"photo": "", "kind": "", "title": "mean", "lpips_to_pasted": found["mean_lpips_to_pasted"]}

    def score(label: str, entry: dict[str, Any]) -> str:
        text = f"{entry['lpips_to_pasted'][label]:.3f}"
        return f"**{text}**" if entry is mean else text

    return markdown(
        {
            "photo": lambda entry: entry["photo"],
            "kind": lambda entry: entry["kind"],
            "edit": lambda entry: entry["title"],
            **{label: lambda entry, label=label: score(label, entry) for label in labels},
        },
        [*found["edits"], mean],
    )


def harm_table() -> str:
    found = result("training_harm")
    if found is None:
        return "Not measured."
    names = {"origin": "made by hand, origin known", "drawn": "made by hand", "extracted": "extracted from the truth"}
    rows = [(half, form, found[half][form]) for half in ("dev", "held-out") for form in names if form in found[half]]
    return markdown(
        {
            "half": lambda row: row[0],
            "drawings": lambda row: names[row[1]],
            "edits": lambda row: row[2]["edits"],
            "0 s": lambda row: row[2]["mean"]["0 s"],
            "trained": lambda row: row[2]["mean"]["trained"],
            "worse": lambda row: row[2]["worse"],
            "better": lambda row: row[2]["better"],
            "most worse": lambda row: f"{row[2]['largest_change']:+.3f}",
        },
        rows,
    )


def truth_tables() -> str:
    found = result("truth")
    if found is None:
        return "Not measured."
    titles = {"lpips": "LPIPS in the boxes", "lpips_whole": "whole picture", "psnr": "PSNR (dB)", "line_f1": "line F1"}
    tables = []
    for half, kinds in found["mean"].items():
        columns = list(kinds["all"])
        count = {kind: sum(e["half"] == half and kind in ("all", e["kind"]) for e in found["edits"]) for kind in kinds}
        by_kind = markdown(
            {
                f"{half}: LPIPS in the boxes": lambda kind: kind,
                "edits": lambda kind, count=count: count[kind],
                **{c: lambda kind, c=c, kinds=kinds: f"{kinds[kind][c][0]:.3f}" for c in columns},
            },
            kinds,
        )
        figures = markdown(
            {
                f"{half}: mean": lambda column: column,
                **{
                    titles.get(figure, figure): lambda column, i=i, rows=kinds["all"]: f"{rows[column][i]:.3f}"
                    for i, figure in enumerate(found["figures"])
                },
            },
            columns,
        )
        tables += [by_kind, figures]
    return "\n\n".join(tables)


def uncertainty_table() -> str:
    found = result("uncertainty")
    if found is None:
        return "Not measured."
    maps = ("incoherence", "1 - confidence", "disagreement")
    return markdown(
        {
            "AUROC": lambda row: row[0],
            "pictures": lambda row: row[1]["pictures"],
            "wrong pixels": lambda row: f"{row[1]['wrong_share']:.0%}",
            **{name.replace("-", "−"): lambda row, name=name: f"{row[1][name]:.3f}" for name in maps},
        },
        found["auroc"].items(),
    )


def serve_table() -> str:
    found = result("serve")
    if found is None:
        return "Not measured."
    table = markdown(
        {
            "workers": lambda row: row["workers"],
            "synthesis": lambda row: "yes" if row["polish"] else "no (`polish=false`)",
            "requests per second": lambda row: row["requests_per_second"],
            "median": lambda row: f"{row['median_ms']} ms",
            "slowest": lambda row: f"{row['slowest_ms']} ms",
        },
        found["rows"],
    )
    load, cores = found["load"], found["machine"]["cores"]
    busy = "; **the machine was busy with other work**, so all times are too long" if load["before"] > 1 else ""
    return f"{table}\n\n{found['size_px']} px, {cores} cores, load {load['before']} before{busy}."


def sources_table() -> str:
    names = {"both": "photos and synthetic images", "drawn": "synthetic images", "photos": "photos"}
    rows = [(title, result(f"src_video_{name}"), result(f"src_edits_{name}")) for name, title in names.items()]
    return markdown(
        {
            "pretraining images": lambda row: row[0],
            "LPIPS, video": lambda row: row[1]["lpips_alexnet_mean"],
            "unedited primitive": lambda row: row[1]["unedited_primitive"],
            "edits, LPIPS to pasted": lambda row: row[2]["mean_lpips_to_pasted"]["0 s"],
        },
        [row for row in rows if row[1] and row[2]],
    )


def ablation_table(rows: list[dict[str, Any]], kind: str, columns: dict[str, str]) -> str:
    return markdown(
        {"variant": lambda row: row["variant"]}
        | {title: lambda row, key=key: row.get(key, "") for title, key in columns.items()},
        [row for row in rows if row["kind"] == kind],
    )


COMMANDS = {
    "benchmarks/truth.py --against CHECKOUT --minutes 0 2": "hard edits, compared with another checkout",
    "benchmarks/synthesis_ablations.py": "the effect of each part of the synthesis: [Ablations](ablations.md)",
    "benchmarks/training_harm.py FOLDER": "what training changes in the hard edits: [Ablations](ablations.md)",
    "benchmarks/ablations.py FOLDER": "the effect of each component: [Ablations](ablations.md)",
    "benchmarks/paper_steps.py": "time and memory of a training step of the published configuration",
    "benchmarks/warp_speed.py": "time of a random warp of photo and super primitive at several sizes",
    "benchmarks/gpu.py": "training steps per second and render times on a GPU; not measured yet, for lack of one",
    "benchmarks/super_resolution.py": "photos enlarged again: [super-resolution](classics.md#super-resolution)",
    "benchmarks/web_page.py RUN": "an exported page's pictures against the studio's: [Export](export.md)",
    "benchmarks/full_size.py": "moved pieces at the photo's own size: their pixels, outlines, time and memory",
    "benchmarks/compare_commits.py OLD NEW FOLDER": "render time and quality at 0 s of two checkouts, alternated",
    "benchmarks/claim.py REPORTS": "warps against crop and flip in the published network: [Evaluation](evaluation.md)",
    "benchmarks/clean_plate.py": "the background of moving things: [Animation](animation.md)",
    "benchmarks/seamless_clone.py": "moved and duplicated things beside Poisson cloning: [Classics](classics.md)",
    "benchmarks/faults/kills.py": "SIGKILL in trainings and saves: resumed bit for bit, with negative controls",
    "benchmarks/faults/projects.py": "SIGKILL while a project is edited in the studio: what is lost",
    "benchmarks/faults/endings.py": "signals in commands, and too little memory for them: sentences and exit codes",
    "benchmarks/faults/mutations.py": "damaged pictures of every format: no crash, no error but the one sentence",
    "benchmarks/faults/hostile.py": "hostile models, records, JSON and documents under strace: nothing runs or leaks",
    "benchmarks/faults/owned.py": "every command on a person's files, write-protected folders and full disks",
    "benchmarks/faults/drawings.py": "drawings saved by random tools, as the command line and the studio read them",
    "benchmarks/faults/load.py": "50 clients of the studio, and 200 jobs of primage serve: nothing lost",
    "benchmarks/faults/fuzz.py": "coverage-guided fuzzing of every reader, with atheris",
}


def benchmarks_page() -> str:
    notes = (ROOT / "benchmarks" / "edits" / "notes.md").read_text(encoding="utf-8").strip()
    truth_notes = (ROOT / "benchmarks" / "truth" / "notes.md").read_text(encoding="utf-8").strip()
    paper = result("face_video_paper_10min_no_matcher") or {"steps": 0}
    commands = markdown(
        {"command": lambda row: f"`python {row[0]}`", "what it measures": lambda row: row[1]}, COMMANDS.items()
    )
    return f"""# Benchmarks

This page is generated by `python benchmarks/report.py` from the JSON files in `benchmarks/results/`; each comes from
one command and records commit, versions and processor. LPIPS uses AlexNet with the published weights; the training
losses use VGG16 only. FOLDER is the authors' example video and CITYSCAPES a folder of Cityscapes sequences
([Evaluation](evaluation.md)); neither is shipped with the project or used in pretraining. The speed of a machine varies
over time: compare numbers within one file, not between files.

{headline_table()}

Measured on: {machines()}.

## Quality over training time

![LPIPS over training time for each preset](images/quality.svg)

The presets `standard` and `draft` start from the shipped matcher; "no matcher" and "no TPS" use nothing but the single
image. `paper` is the published network and schedule, given the same ten minutes: {paper["steps"]} of its 16,000 steps.
The row "true optical flow" shows what copying could achieve if the true motion were known, which no primitive shows.
From 256² to 480² its LPIPS grows as much as ours and as that of the plain copy: LPIPS is more sensitive at the higher
resolution.

## Edits that a smooth warp cannot produce

`python benchmarks/edits.py --minutes 0 --name edits_zero` writes one contact sheet per photo. The score is the LPIPS to
the photo cut and pasted with the same edit, inside the bounding box of the edit's changes. This is not a ground truth,
because uncovered areas have none and pasting leaves hard seams; but it shows whether a copied part is missing.

{edits_table()}

{notes}

## Hard edits with a true picture

`python benchmarks/truth.py` composes scenes of known objects over a known background, so that the picture of the edited
arrangement is the truth: 14 scenes of 256² to 512², each with six or seven edits of ten kinds. Half of the scenes are
*held out*: settings are chosen on the others alone. Objects are cut out of photos from scikit-image or drawn with
texture and shading, have antialiased borders, and take their soft shadows along. Each edit is given as two drawings:
*extracted* from the true picture, and *drawn*, the training drawing with its objects moved in all layers and the
uncovered labels filled as in the editor. Some scenes are drawn with labels alone, others with lines over labels.

LPIPS is measured to the truth in boxes around the connected parts of what the edit changes, at least 64 px a side,
weighted by the number of changed pixels. Line F1 compares the Canny edges of the render with those of the truth in
these boxes, with a tolerance of 2 px. Columns: a *copy* of the unedited photo; the photo cut and *pasted* with the
edit, uncovered areas smeared; and ours.

{truth_tables()}

{truth_notes}

## Where a render is wrong

`python benchmarks/uncertainty.py FOLDER` renders every fourth frame of the two videos and all edits of the truth suite
with the shipped matcher, without training on the photo and without synthesis. A pixel is wrong if it differs from the
truth by more than 20 grey levels (mean of the channels, smoothed by 2 px). AUROC is the probability that a wrong pixel
has a higher value than one that is not: 0.5 for a map that knows nothing. In the truth suite, only the boxes of what an
edit changes count.

{uncertainty_table()}

## Rendering as a service

`python benchmarks/serve.py` sends recorded edits to [`primage serve`](serving.md) by twice as many clients as there are
workers, each of which has one thread. Half of the median is waiting for the other client.

{serve_table()}

## Other benchmarks

{commands}
"""


def ablations_page() -> str:
    found, longer = (result(name) or {"rows": [], "seconds": 0} for name in ("ablations", "ablations_60"))
    notes = (ROOT / "benchmarks" / "ablations.md").read_text(encoding="utf-8").strip()
    inference = {"LPIPS, video": "lpips", "unedited primitive": "unedited", "edits, LPIPS to pasted": "edits"}
    synthesis = result("synthesis_ablations") or {"rows": [], "edits": 0, "form": "", "scenes": []}
    truth = {"LPIPS, all edits": "lpips", "LPIPS, removals": "removals", "processor time, s": "processor_sec"}
    training = {
        "LPIPS, video": "lpips",
        "spread over seeds": "lpips_spread",
        "seeds": "seeds",
        "unedited primitive": "unedited",
        "steps": "steps",
    }
    return f"""# Ablations

This page is generated by `python benchmarks/report.py`; the numbers come from `python benchmarks/ablations.py FOLDER`
unless another command is named. One component is changed at a time; lower is better. Rows without a number of seeds use
one; differences below 0.002 are not significant.

## Inference: the shipped matcher, without training on the photo

{ablation_table(found["rows"], "inference", inference)}

## Synthesis, without training on the photo

`python benchmarks/synthesis_ablations.py`: the {synthesis["edits"]} edits of {", ".join(synthesis["scenes"])}, scenes
of the truth suite's development half, with drawings *{synthesis["form"]}* ([Benchmarks](benchmarks.md)); LPIPS to the
truth in the boxes of the edit. With other seeds of the random search, the mean over the removals changes by up to
0.006.

{ablation_table(synthesis["rows"], "synthesis", truth)}

## Does training make an edit worse?

`python benchmarks/training_harm.py FOLDER` paints each edit of the truth suite before and after 200 steps of `standard`
at 256² (larger scenes get fewer in proportion; 2 minutes on one quiet thread): LPIPS in the changed boxes. "Worse" and
"better" count edits that differ by more than 0.005.

{harm_table()}

## Images used in pretraining

Pretraining with a fifth of the steps of each stage, on one kind of image only, then no training on the photo.

{sources_table()}

## Training: {longer["seconds"]:g} seconds on the photo

{ablation_table(longer["rows"], "training", training)}

## Training: {found["seconds"]:g} seconds, more variants

Measured before discontinuities were antialiased (LPIPS 0.0658, now 0.0613, without training) and before normalisation
statistics were improved: compare within this table only.

{ablation_table(found["rows"], "training", training)}

{notes}
"""


def filled(page: Path, tables: str) -> str:
    """A page that is written by hand, with the tables in it made anew."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n{tables}\n{END}{rest.split(END)[1]}"


def main(check: bool) -> int:
    readme, scaling = ROOT / "README.md", ROOT / "docs" / "scaling.md"
    pages: dict[Path, str] = {
        ROOT / "docs/benchmarks.md": benchmarks_page(),
        ROOT / "docs/ablations.md": ablations_page(),
        ROOT / "docs/images/quality.svg": quality_plot(),
        readme: filled(readme, readme_table()),
        scaling: filled(scaling, batch_tables()),
    }
    changed = [path for path, new in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != new]
    for path in changed:
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run python benchmarks/report.py")
        else:
            path.write_text(pages[path], encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    sys.exit(main(parser.parse_args().check))
