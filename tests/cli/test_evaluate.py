"""`primage evaluate …` and `primage risk` from the command line."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from primage.image import read_image
from primage.model import load
from primage.run import Run
from tests.evaluate.tiny_clips import write_frames, write_labels_of
from tests.tiny import command, contents, need_weights, options, start

Out = pytest.CaptureFixture[str]
PIXELS = ("--metrics", "psnr,ssim,flicker")


def printed_json(capsys: Out) -> dict[str, Any]:
    """The one JSON object on standard output."""
    data = json.loads(capsys.readouterr().out)
    assert isinstance(data, dict)
    return data


def complaint(capsys: Out) -> str:
    """The one line on standard error."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    return captured.err


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_frames(tmp_path / "walk", 3)
    write_labels_of(tmp_path / "labels", 3)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("verb", ["video", "coverage", "primitives", "gaps", "ablation"])
def test_each_verb_has_help(verb: str, capsys: Out) -> None:
    assert command("evaluate", verb, "--help") == 0
    assert "--quiet" in capsys.readouterr().out.replace("\x1b", "")
    assert command("evaluate", "--help") == 0
    assert verb in capsys.readouterr().out


def test_video(walk: Path, capsys: Out) -> None:
    order = ("evaluate", "video", "walk", "--segments", "labels", "-o", "report", *PIXELS, *options(steps=1))
    assert command(*order) == 0
    text = capsys.readouterr()
    assert "PSNR (dB)" in text.err
    assert "report.html" in text.err
    assert command(*order, "--json") == 0
    data = printed_json(capsys)
    assert set(data["mean"]) == {"ours", "copy"}
    assert Path(data["report"]).is_file()
    more = ("--baselines", "no-tps", "--baseline-steps", 2, "--baseline-size", 32)
    assert command(*order[:6], "other", *order[7:], *more) == 0
    assert "other/report.html" in capsys.readouterr().err
    assert (Run(Path("other/walk/no-tps/run")).record.config.steps, load("other/walk/no-tps/run").size) == (2, (32, 43))
    run = "report/walk/ours/run"
    more = ("--run", run, "--segments", "labels", "--baselines", "", "-o", "again", *PIXELS)
    assert command("evaluate", "video", "walk", *more, "--json") == 0
    assert printed_json(capsys)["mean"]["ours"]["psnr"] == pytest.approx(data["mean"]["ours"]["psnr"])


def test_a_missing_data_set(walk: Path, capsys: Out) -> None:
    hints = {"cityscapes": "cityscapes-dataset.com", "lrs2": "from the BBC", "coco": "choose one of"}
    for name, message in hints.items():
        assert command("evaluate", "video", "walk", "--dataset", name, "-o", "report", *PIXELS) == 2
        assert message in complaint(capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("video", "nowhere", "-o", "report"), "no such video"),
        (("video", "walk", "-o", "report", "--train-frame", "9", "--metrics", "psnr"), "its frames are 0 to 2"),
        (("video", "walk", "-o", "report", "--baselines", "magic"), "no baseline 'magic'"),
        (("video", "walk", "-o", "walk/0.png"), "is a file"),
        (("video", "walk"), "--out"),
        (("coverage", "nothing", "walk", "-o", "out"), "no such file"),
        (("primitives", "walk/0.png", "--edits", "none.json", "-o", "out"), "cannot be read"),
        (("gaps", "nothing", "--region", "square", "-o", "out"), "is not a region"),
        (("gaps", "nothing", "--region", "labels:1", "--towards", "down", "-o", "out"), "write X,Y"),
        (("ablation", "walk", "--tps", "often", "-o", "out"), "not a list of numbers"),
        (("ablation", "walk", "--shear", "3", "-o", "out"), "levels must be from"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(
    walk: Path, capsys: Out, arguments: tuple[str, ...], message: str
) -> None:
    before = contents(walk)
    assert command("evaluate", *arguments) == 2
    assert message in complaint(capsys)
    after = {name: digest for name, digest in contents(walk).items() if not name.startswith("report")}
    assert after == before


def test_risk(folder: Path, capsys: Out) -> None:
    need_weights("vgg16")
    order = ("risk", "run", "run/primitive.png", "--features", "vgg16", "--copies", 2)
    assert command(*order, "--out", "risk.png", "--json") == 0
    data = printed_json(capsys)
    assert data["flagged_share"] == 0  # it is the training primitive
    assert data["features"] == "vgg16 relu4_3"
    assert 0 <= data["incoherence"] <= data["greatest_incoherence"] <= 3
    assert read_image(folder / "risk.png").shape == (48, 64, 3)
    assert command(*order) == 0
    assert "incoherence of its picture before synthesis: 0." in capsys.readouterr().out
    assert command(*order, "--quiet") == 0
    assert command(*order, "--out", "run/primitive.png") == 2
    assert "would be overwritten" in complaint(capsys)
    assert command(*order, "--out", "risk.jpg") == 2
    assert "risk.png" in complaint(capsys)
    assert command("risk", "run", "photo.png", "--copies", -1) == 2
    assert "from 0 to 10000" in complaint(capsys)


def test_gaps(folder: Path, capsys: Out) -> None:
    order = ("evaluate", "gaps", "run", "--region", "ellipse:0.4,0.45,0.15,0.2", "--steps", 1, "--no-risk")
    assert command(*order, "--metric", "ssim", "-o", "gaps", "--json") == 0
    data = printed_json(capsys)
    assert [each["risk"] for each in data["series"]] == [None, None]
    assert Path(data["page"]).is_file()


def test_ctrl_c_stops_with_a_hint_how_to_resume(walk: Path) -> None:
    order = ("evaluate", "video", "walk", "-p", "edges", "-o", "report", "--metrics", "psnr", *options(steps=3000))
    process = start(*order)
    try:
        checkpoint = walk / "report/walk/ours/run/run.json"
        limit = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < limit:
            time.sleep(0.05)
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Repeat the command to resume" in err
    assert "Traceback" not in err
    assert not (walk / "report/report.html").exists()
