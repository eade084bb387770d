"""The protocol on a clip of four tiny frames."""

from __future__ import annotations

import csv
import json
import math
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from primage.config import PRESETS
from primage.errors import ConfigError, ImageError, OutputError, RunError
from primage.evaluate.commands.video import evaluate_video
from primage.evaluate.metrics.pixels import PSNR, Flicker
from primage.evaluate.protocol.baselines import baseline, ours
from primage.evaluate.protocol.evaluation import TrainingPlan, evaluate
from primage.evaluate.protocol.frames import read_clip
from primage.evaluate.protocol.progress import Event
from primage.evaluate.protocol.results import Results
from primage.evaluate.reports.video_report import write_report
from primage.image import read_image
from primage.model import load
from primage.run import Run
from primage.tensors import to_tensor
from tests.evaluate.conftest import finish, tiny_options
from tests.evaluate.tiny_clips import PIXELS, TINY, moved, write_cityscapes, write_frames, write_video
from tests.tiny import contents


def test_every_frame_except_the_training_frame_is_evaluated(evaluated: tuple[Path, Results]) -> None:
    out, results = evaluated
    (clip,) = results.clips
    assert (clip.name, clip.train_frame, clip.frames, clip.size) == ("walk", "0", ("1", "2", "3"), (48, 64))
    assert clip.kind == "super"
    assert list(clip.scores) == ["ours", "copy", "no-tps"]
    for name in clip.scores:
        assert [path.name for path in sorted((out / "walk" / name).glob("*.png"))] == ["1.png", "2.png", "3.png"]


def test_scores_are_computed_from_the_written_images(evaluated: tuple[Path, Results]) -> None:
    out, results = evaluated
    clip = results.clips[0]
    real = [to_tensor(moved(i)) for i in (1, 2, 3)]
    for method, scores in clip.scores.items():
        fake = [to_tensor(read_image(out / "walk" / method / f"{i}.png")) for i in (1, 2, 3)]
        assert scores["psnr"] == pytest.approx([float(PSNR()(a, b)) for a, b in zip(fake, real, strict=True)])
        assert math.isnan(scores["flicker"][0])
        assert scores["flicker"][1] == pytest.approx(float(Flicker()(fake[1], real[1], fake[0], real[0])))
    # The copy baseline outputs the training frame.
    assert torch.equal(to_tensor(read_image(out / "walk/copy/2.png")), to_tensor(moved(0)))
    assert (out / "walk/truth/2.png").read_bytes()
    assert (read_image(out / "walk/truth/2.png") == moved(2)).all()


def test_training_uses_the_requested_settings(evaluated: tuple[Path, Results]) -> None:
    out, results = evaluated
    trained = {method.name: method for method in results.clips[0].methods}
    assert trained["copy"].preset is None
    for name in ("ours", "no-tps"):
        record = Run(out / "walk" / name / "run").record
        assert (record.config.steps, trained[name].steps) == (2, 2)
        assert trained[name].weights_sha256 == load(out / "walk" / name / "run").weights_sha256
    warps = Run(out / "walk/no-tps/run").record.config.augment
    assert (warps.crop, warps.flip) == (True, True)
    assert not any((warps.tps, warps.local, warps.parts, warps.cutmix, warps.redraw, warps.rotation, warps.shear))
    assert Run(out / "walk/ours/run").record.config.augment.tps


@pytest.mark.parametrize("preset", ["paper", "standard"])
def test_the_no_tps_baseline_of_each_preset(preset: str) -> None:
    judged, plain = (TrainingPlan(minutes=1.0).config(m) for m in (ours(preset), baseline("no-tps", preset)))
    assert judged.augment.tps
    assert not plain.augment.tps
    assert (plain.augment.crop, plain.augment.flip, plain.matcher) == (True, True, "none")
    assert plain.generator == judged.generator
    assert plain.preset == preset
    for name in ("paper", "paper-no-tps"):
        assert TrainingPlan(minutes=1.0).config(baseline(name, preset)).generator.architecture == "pix2pixhd"


def test_files(evaluated: tuple[Path, Results]) -> None:
    out, results = evaluated
    data = json.loads((out / "results.json").read_text())
    assert data["clips"][0]["scores"]["ours"]["flicker"][0] is None
    assert data["summary"]["mean"]["ours"]["psnr"] == pytest.approx(results.mean("ours", "psnr"), abs=1e-5)
    assert "not measured by Primage" in data["published_elsewhere"]["source"]
    assert data["metrics"][0] == {
        **{"name": "psnr", "title": "PSNR (dB)", "network": None, "weights_sha256": None, "higher_is_better": True},
        "stand_in": "",
    }
    rows = list(csv.DictReader((out / "frames.csv").read_text().splitlines()))
    assert len(rows) == 9
    assert float(rows[0]["psnr"]) == pytest.approx(results.clips[0].scores["ours"]["psnr"][0], abs=1e-5)
    assert rows[0]["flicker"] == ""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.unnamed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.append(tag)
        self.sources += [value for name in ("src", "href") if (value := known.get(name))]
        if tag == "img" and not known.get("alt"):
            self.unnamed.append(tag)


def test_the_page_is_self_contained(evaluated: tuple[Path, Results]) -> None:
    text = (evaluated[0] / "report.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.sources
    assert all(source.startswith("data:") for source in page.sources)
    assert "script" not in page.tags
    assert page.unnamed == []
    # For each of the three frames: primitive and truth, and each method with its map.
    assert page.tags.count("img") == 3 * (2 + 3 * 2)
    assert page.tags.count("h1") == 1
    for start in (i for i in range(len(text)) if text.startswith('<svg class="chart"', i)):
        ElementTree.fromstring(text[start : text.index("</svg>", start) + 6])
    assert "primage evaluate video" in text
    assert "the paper&#x27;s method †" in text


def test_the_title_names_a_network_that_stands_in(evaluated: tuple[Path, Results], tmp_path: Path) -> None:
    folder, results = evaluated
    assert results.stand_ins == ""
    shutil.copytree(folder, tmp_path / "report")
    phrase = "SIFID (VGG16 features stand in for Inception)"
    metrics = tuple(replace(d, stand_in=phrase) if d.name in ("psnr", "ssim") else d for d in results.metrics)
    page = write_report(tmp_path / "report", replace(results, metrics=metrics), ()).read_text()
    assert f"<title>Evaluation: walk. {phrase}</title>" in page
    assert f"<h1>Single-image evaluation: walk. {phrase}</h1>" in page
    assert phrase not in (folder / "report.html").read_text()


def test_repeating_the_command_trains_nothing(evaluated: tuple[Path, Results], walk: Path) -> None:
    out, results = evaluated
    before = contents(out / "walk/ours/run")
    events: list[object] = []
    found, _ = finish(evaluate_video(tiny_options(walk, out)), events)
    assert found.clips[0].scores["ours"]["psnr"] == results.clips[0].scores["ours"]["psnr"]
    assert contents(out / "walk/ours/run") == before
    assert [e.detail for e in events if isinstance(e, Event) and ": training" in e.task] == ["already trained"] * 2
    with pytest.raises(RunError, match="other settings"):
        finish(evaluate_video(tiny_options(walk, out, steps=3)))


def test_a_stopped_evaluation_resumes(walk: Path, tmp_path: Path) -> None:
    options = tiny_options(walk, tmp_path / "out", steps=4, baselines=())
    events = evaluate_video(options)
    for event in events:
        if event.done == 0 and event.total == 0:
            break
    run = tmp_path / "out/walk/ours/run"
    events.close()
    assert not run.exists() or Run(run).record.config.steps == 4
    results, page = finish(evaluate_video(options))
    assert results.clips[0].methods[0].steps == 4
    assert page.is_file()


def test_a_finished_run(evaluated: tuple[Path, Results], walk: Path, tmp_path: Path) -> None:
    run = evaluated[0] / "walk/ours/run"
    results, _ = finish(evaluate_video(tiny_options(walk, tmp_path / "out", run=run, baselines=("copy",), steps=None)))
    for name, values in evaluated[1].clips[0].scores["ours"].items():
        assert results.clips[0].scores["ours"][name] == pytest.approx(values, nan_ok=True)
    assert not (tmp_path / "out/walk/ours/run").exists()
    with pytest.raises(ConfigError, match="was not trained on frame 2"):
        finish(evaluate_video(tiny_options(walk, tmp_path / "out", run=run, train_frame=2, baselines=())))


@pytest.mark.parametrize("kind", ["edges", "segments", "super", "paint"])
def test_missing_layers_are_extracted(walk: Path, tmp_path: Path, kind: str) -> None:
    clip = read_clip(walk / "walk", tmp_path, train=1, limit=3)
    plan = TrainingPlan(kind, steps=1)
    results = finish(evaluate([clip], [ours("draft", TINY)], plan, tmp_path, [PSNR()]))
    assert results.clips[0].frames == ("0", "2")
    assert all(math.isfinite(value) for value in results.clips[0].scores["ours"]["psnr"])


def test_mistakes_are_reported_before_the_first_training(walk: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for changes, message in (
        ({"baselines": ("nothing",)}, "no baseline 'nothing'"),
        ({"kind": "shapes"}, "no primitive 'shapes'"),
        ({"metrics": ("fid",)}, "no metric 'fid'"),
        ({"metrics": ("flicker",)}, "cannot rank frames"),
        ({"minutes": 1.0}, "minutes or steps"),
        ({"settings": ("augment.nothing=1",)}, "no such setting"),
        ({"sources": (walk / "walk", walk / "nowhere")}, "no such video"),
        ({"sources": (walk / "walk", walk / "walk"), "segments": None}, "two clips are called walk"),
    ):
        with pytest.raises(ConfigError, match=message):
            finish(evaluate_video(tiny_options(walk, out, **changes)))
    assert not list(out.glob("*/*/run/*"))
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match="is a file"):
        finish(evaluate_video(tiny_options(walk, file)))


def test_a_damaged_frame_is_reported_before_training(tmp_path: Path) -> None:
    (write_frames(tmp_path / "walk", 3) / "2.png").write_text("no picture")
    options = tiny_options(tmp_path, tmp_path / "out", segments=None, kind="edges")
    with pytest.raises(ImageError, match=r"2\.png"):
        finish(evaluate_video(options))
    assert not (tmp_path / "out/walk").exists()


def test_the_papers_data_sets_from_end_to_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    city = write_cityscapes(tmp_path / "city", 2, 3)
    speaker = tmp_path / "lrs2/main/55"
    speaker.mkdir(parents=True)
    write_video(speaker / "1.mp4", 3)
    for name, root, kind, clips in (
        ("cityscapes", city, "segments", ["aachen_000000", "aachen_000001"]),
        ("lrs2", tmp_path / "lrs2", "edges", ["Seq1"]),
    ):
        options = tiny_options(
            *(tmp_path, tmp_path / f"{name}-report"),
            sources=(root,),
            dataset=name,
            segments=None,
            steps=1,
            baselines=("copy",),
        )
        results, _ = finish(evaluate_video(options))
        assert [clip.name for clip in results.clips] == clips
        assert {clip.kind for clip in results.clips} == {kind}
        assert {len(clip.frames) for clip in results.clips} == {2}
    # A person who is not in the first frame gets one of its labels.
    palette = load(tmp_path / "cityscapes-report/aachen_000000/ours/run").record.spec.palette
    assert palette is not None
    assert [label.id for label in palette.labels] == [7, 11, 26]
    assert caplog.records == []


def test_vid2vids_samples_are_labels_with_a_meaning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = write_cityscapes(tmp_path / "city", 1, 3, vid2vid=True)
    out = tmp_path / "out"
    options = tiny_options(
        *(tmp_path, out), sources=(root,), dataset="cityscapes", segments=None, steps=1, baselines=("copy",)
    )
    events: list[object] = []
    results, page = finish(evaluate_video(options), events)
    model = load(out / "aachen_000000/ours/run")
    palette = model.record.spec.palette
    assert palette is not None
    assert [label.name for label in palette.labels] == ["road", "building", "car"]
    # The person of the last frame is a car: neither a human nor an object is there, and a vehicle comes next.
    image = read_image(out / "aachen_000000/primitives/000002.png")
    assert image[30, 54].tolist() == [0, 0, 142]
    assert image[5, 5].tolist() == [70, 70, 70]
    said = "1 of the paper's 16 videos, 2 of its 464 test frames; not evaluated: 15 videos (aachen_000001,"
    assert any(isinstance(event, Event) and said in event.task for event in events)
    assert said.replace("'", "&#x27;") in page.read_text()
    data = json.loads((out / "results.json").read_text())
    assert (data["extent"]["videos"], data["extent"]["missing_frames"]) == (1, {"aachen_000000": 27})
    assert results.extent is not None
    assert caplog.records == []


def test_baselines_are_trained_for_their_own_steps_and_size(walk: Path, tmp_path: Path) -> None:
    plan = TrainingPlan("segments", minutes=1.0, size_px=48, baseline_steps=3000, baseline_size_px=32)
    judged = plan.config(ours("standard"))
    assert (judged.minutes, judged.steps, judged.size_px) == (1.0, None, 48)
    published, plain = (plan.config(baseline(name, "standard")) for name in ("paper", "paper-no-tps"))
    for config in (published, plain):
        assert (config.minutes, config.steps, config.size_px) == (None, 3000, 32)
    # The same published network, optimiser and losses; the warps differ, and only they do.
    assert plain.model_dump(exclude={"augment"}) == published.model_dump(exclude={"augment"})
    warps = ("tps", "rotation", "shear", "translation", "cutmix", "local", "parts", "redraw", "canny_sigma")
    assert published.augment.tps
    assert not any(getattr(plain.augment, name) for name in warps)
    assert (plain.augment.crop, plain.augment.flip) == (True, True)
    # Settings for all trained baselines come last.
    faster = baseline("paper-no-tps", "standard").changed(("optim.precision=bfloat16", "augment.tps=true"))
    assert (plan.config(faster).optim.precision, plan.config(faster).augment.tps) == ("bfloat16", True)
    assert baseline("copy", "standard").changed(("optim.precision=bfloat16",)) == baseline("copy", "standard")
    # Without a requested size, all methods are trained at the evaluated preset's.
    sizes = {TrainingPlan().config(m).size_px for m in (ours("standard"), baseline("paper", "standard"))}
    assert sizes == {PRESETS["standard"].size_px}
    options = tiny_options(walk, tmp_path, baselines=("copy", "no-tps"), baseline_steps=1, baseline_size_px=32)
    options = replace(options, baseline_settings=("optim.precision=bfloat16",))
    results, _ = finish(evaluate_video(options))
    trained = {method.name: method.steps for method in results.clips[0].methods}
    assert trained == {"ours": 2, "copy": 0, "no-tps": 1}
    assert load(tmp_path / "walk/no-tps/run").size == (32, 43)
    assert load(tmp_path / "walk/no-tps/run").record.config.optim.precision == "bfloat16"
    assert results.clips[0].size == (48, 64)
    assert all(math.isfinite(value) for value in results.clips[0].scores["no-tps"]["psnr"])


def test_several_clips(walk: Path, tmp_path: Path) -> None:
    write_frames(tmp_path / "run", 3)
    options = tiny_options(
        walk, tmp_path / "out", sources=(walk / "walk", tmp_path / "run"), segments=None, kind="edges"
    )
    results, _ = finish(evaluate_video(options))
    assert [clip.name for clip in results.clips] == ["walk", "run"]
    means = [clip.mean("copy", "psnr") for clip in results.clips]
    assert results.mean("copy", "psnr") == pytest.approx(sum(means) / 2)
    assert results.better_than("copy", "copy", PIXELS[0]) == (0, 5)
    rows = (tmp_path / "out/tables.csv").read_text()
    assert "Metric,Method,walk,run,Seq1 †" in rows
