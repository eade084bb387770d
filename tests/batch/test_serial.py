"""The plain loop: what is done, skipped, resumed, and what fails alone."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import fsspec
import pytest

from primage.batch import photo as task
from primage.batch.outcome import Stage, Update
from primage.batch.plan import Job, planned
from primage.batch.queue import Queue
from primage.batch.records import read_record
from primage.batch.running import backend, check, run_batch, states
from primage.batch.serial import serially
from primage.batch.summary import Summary
from primage.errors import ConfigError, OutputError, UserError, WeightsError
from primage.image import read_image
from primage.model import load
from tests.batch.conftest import LONG, LONG_STEPS, command_line, hashes, options
from tests.tiny import command, contents


def loop(jobs: list[Job], stopped: Callable[[], bool] = lambda: False) -> tuple[list[Update], Summary]:
    batch, updates = run_batch(jobs, serially, stopped), []
    while True:
        try:
            updates.append(next(batch))
        except StopIteration as end:
            return updates, end.value


def only(jobs: list[Job], name: str) -> list[Job]:
    return [job for job in jobs if job.name == name]


@pytest.fixture
def out(reference: Path, tmp_path: Path) -> Path:
    """A copy of the reference's results."""
    shutil.copytree(reference, tmp_path / "out")
    return tmp_path / "out"


def test_eight_photos_are_done_and_one_fails_alone(reference: Path) -> None:
    summary = json.loads((reference / "summary.json").read_text())
    assert summary["counts"] == {"photos": 9, "done": 8, "skipped": 0, "failed": 1, "stopped": 0}
    by_name = {photo["name"]: photo for photo in summary["photos"]}
    assert "cannot be read as a picture" in by_name["bad"]["reason"]
    assert by_name["bad"]["attempts"] == 1
    assert not (reference / "runs" / "bad").exists()
    assert by_name[LONG]["steps"] == LONG_STEPS
    for number in range(8):
        photo = by_name[f"p{number}"]
        assert load(photo["run"]).weights_sha256 == photo["weights_sha256"]
        assert (photo["render"] is not None) == bool(number % 2)
        assert photo["cpu_sec"] > 0
        assert photo["run_bytes"] > 100_000
        if photo["render"]:
            assert read_image(photo["render"]).shape == (32, 43, 3)


def test_the_tables_say_the_same_as_the_json(reference: Path) -> None:
    summary = json.loads((reference / "summary.json").read_text())
    with (reference / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["status"], row["weights_sha256"]) for row in rows] == [
        (photo["name"], photo["status"], photo["weights_sha256"] or "") for photo in summary["photos"]
    ]
    page = (reference / "summary.html").read_text()
    HTMLParser().feed(page)
    assert page.count("<img ") == 8 + 4 == len(re.findall(r'<img src="data:image/webp;base64,[^"]+" alt="p\d: ', page))
    assert "8 of 9 done; 1 failed" in page
    assert "cannot be read as a picture" in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert [page.count(f'scope="{scope}"') for scope in ("col", "row")] == [3 + 8, 1 + 8]


def test_what_is_done_is_not_done_again(photos: Path, out: Path) -> None:
    jobs = planned([str(photos / "all.jsonl")], options(out))
    assert [state for _, state in states(jobs)] == ["done"] * 4 + ["open"] + ["done"] * 4
    before = contents(out / "runs") | contents(out / "renders")
    _, summary = loop(jobs)
    assert summary.counts() == {"photos": 9, "done": 8, "skipped": 8, "failed": 1, "stopped": 0}
    assert contents(out / "runs") | contents(out / "renders") == before


def test_a_missing_render_is_made_again_from_the_same_run(photos: Path, out: Path) -> None:
    expected = hashes(out)
    (out / "renders" / "p1.png").unlink()
    _, summary = loop(only(planned([str(photos / "all.jsonl")], options(out)), "p1"))
    assert summary.counts()["skipped"] == 0
    assert hashes(out) == {"p1": expected["p1"]}


def test_a_changed_photo_is_no_longer_done(photos: Path, out: Path, tmp_path: Path) -> None:
    copies = tmp_path / "photos"
    shutil.copytree(photos, copies)
    jobs = only(planned([str(copies / "all.jsonl")], options(out)), "p0")
    record = read_record(out / jobs[0].record)
    assert record is not None
    # The photo's place counts, not only its content.
    assert [state for _, state in states(jobs)] == ["open"]
    _, summary = loop(jobs)
    assert summary.counts()["done"] == 1
    assert [state for _, state in states(jobs)] == ["done"]
    (copies / "p0.png").touch()  # the same content
    assert [state for _, state in states(jobs)] == ["done"]
    shutil.copy(copies / "p3.png", copies / "p0.png")
    assert [state for _, state in states(jobs)] == ["open"]
    _, summary = loop(jobs)
    assert "was started with other settings (another photo)" in (summary.entries[0].outcome.reason or "")


def test_a_record_or_render_of_somebody_else_is_never_replaced(photos: Path, out: Path) -> None:
    record, render = out / "records" / "p0.json", out / "renders" / "p1.png"
    record.write_text(record.read_text().replace('"p0"', '"p9"'))
    (out / "records" / "p1.json").unlink()
    render.write_text("mine")
    jobs = planned([str(photos / "all.jsonl")], options(out))[:2]
    _, summary = loop(jobs)
    first, second = (entry.outcome.reason or "" for entry in summary.entries)
    assert "was changed since; move it away" in first
    assert "renders/p1.png: was not made by Primage and would be overwritten" in second
    assert render.read_text() == "mine"
    with pytest.raises(OutputError, match="holds no results of Primage"):
        check(planned([str(photos / "all.jsonl")], options(photos)))


def test_a_stopped_training_goes_on_from_its_checkpoint(photos: Path, reference: Path, tmp_path: Path) -> None:
    jobs = only(planned([str(photos / "all.jsonl")], options(tmp_path / "out")), LONG)
    stopping = False

    def stopped() -> bool:
        return stopping

    def stages() -> Iterator[Stage]:
        yield from (update.stage for update in run_batch(jobs, serially, stopped) if update.stage is not None)

    for stage in stages():
        stopping = stage.name == "reading" or stopping
    counts = json.loads((tmp_path / "out" / "summary.json").read_text())["counts"]
    assert (counts["stopped"], counts["done"]) == (1, 0)
    stopping = False
    _, summary = loop(jobs)
    assert summary.counts()["done"] == 1
    assert hashes(tmp_path / "out")[LONG] == hashes(reference)[LONG]


def test_only_failures_that_may_pass_are_tried_again(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("primage.batch.queue._FIRST_WAIT_SEC", 0.01)
    jobs = planned([str(photos / "p*.png")], options(tmp_path / "out", retries=2))[:5]
    causes = [
        WeightsError("no network"),
        OSError("the disk is full"),
        UserError("not a photo"),
        ZeroDivisionError("a mistake"),
        MemoryError(),
    ]
    tried: list[int] = []

    def failing(job: Job) -> Iterator[Stage]:
        tried.append(job.number)
        yield Stage("reading")
        raise causes[job.number]

    monkeypatch.setattr(task, "_processed", failing)
    updates, summary = loop(jobs)
    assert [tried.count(number) for number in range(5)] == [3, 3, 1, 1, 3]
    assert [entry.attempts for entry in summary.entries] == [3, 3, 1, 1, 3]
    assert [entry.outcome.reason for entry in summary.entries] == [
        "no network",
        "OSError: the disk is full",
        "not a photo",
        "ZeroDivisionError: a mistake",
        "there is not enough memory; choose a smaller size, or close other programs",
    ]
    assert sum(update.retried for update in updates) == 6


def test_retries_wait_longer_and_longer(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from primage.batch.outcome import Outcome

    now = 0.0
    monkeypatch.setattr("primage.batch.queue.time.monotonic", lambda: now)
    queue = Queue(planned([str(photos / "p0.png")], options(tmp_path)), retries=3)
    failure = Outcome("failed", reason="no network", transient=True)
    for wait in (1, 2, 4):
        attempt = queue.take()
        assert attempt is not None
        assert queue.put_back(attempt, failure)
        now += wait - 0.1
        assert (queue.take(), len(queue)) == (None, 1)
        now += 0.2
    attempt = queue.take()
    assert attempt is not None
    assert (attempt.number, queue.put_back(attempt, failure), len(queue)) == (4, False, 0)


def test_a_task_that_takes_too_much_memory_fails_alone(photos: Path, tmp_path: Path) -> None:
    _, summary = loop(planned([str(photos / "p0.png")], options(tmp_path / "out", memory_gb=0.05)))
    assert re.search(r"takes .* GB of memory, more than its limit of 0.05 GB", summary.entries[0].outcome.reason or "")


def test_results_at_a_url_are_those_of_a_folder(photos: Path, reference: Path) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("p1.png", "edits.json"):
        memory.put_file(str(photos / name), f"/inputs/{name}")
    memory.pipe("/inputs/all.csv", b"photo,seed,edits\np1.png,1,edits.json\n")
    out = "memory://results"
    jobs = planned(["memory://inputs/all.csv"], options(out))
    check(jobs)
    _, summary = loop(jobs)
    record = summary.entries[0].outcome.record
    assert record is not None
    assert (record.weights_sha256, record.render_sha256) == hashes(reference)["p1"]
    names = {name.removeprefix("/results/") for name in memory.find("/results")}
    assert {".primage", "summary.json", "summary.html", "records/p1.json", "renders/p1.png"} < names
    assert {"runs/p1/model.safetensors", "runs/p1/checkpoint.safetensors", "runs/p1/run.json"} < names
    assert not [name for name in names if name.endswith((".lock", ".partial"))]
    check(jobs)
    assert loop(jobs)[1].counts()["skipped"] == 1
    # A run that was interrupted goes on, and one whose upload was; a foreign render stays.
    for missing in ("records/p1.json", "runs/p1/run.json"):
        memory.rm(f"/results/{missing}")
    assert loop(jobs)[1].counts() == {"photos": 1, "done": 1, "skipped": 0, "failed": 0, "stopped": 0}
    memory.rm("/results/records/p1.json")
    memory.pipe("/results/renders/p1.png", b"mine")
    assert "was not made by Primage" in (loop(jobs)[1].entries[0].outcome.reason or "")
    assert memory.cat("/results/renders/p1.png") == b"mine"
    memory.pipe("/foreign/thesis.txt", b"mine")
    with pytest.raises(OutputError, match=r"memory://foreign: is not empty, .*\(but thesis.txt\)"):
        check(planned(["memory://inputs/all.csv"], options("memory://foreign")))
    with pytest.raises(ConfigError, match="use --serial"), backend(jobs, serial=False):
        pass


def test_a_missing_input_at_a_url_fails_alone(tmp_path: Path) -> None:
    _, summary = loop(planned(["memory://nothing/here.png"], options(tmp_path / "out")))
    assert summary.entries[0].outcome.reason == "memory://nothing/here.png: there is no such file; check its name"
    assert summary.entries[0].attempts == 1


def test_a_missing_photo_or_a_folder_in_its_place_fails_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    _, summary = loop(planned([str(tmp_path / "b.png")], options(tmp_path / "out")))
    assert "b.png cannot be read (No such file or directory)" in (summary.entries[0].outcome.reason or "")
    (tmp_path / "all.csv").write_text("photo\na.png\n")
    _, summary = loop(planned([str(tmp_path / "all.csv")], options(tmp_path / "out")))
    assert summary.entries[0].attempts == 1


@pytest.mark.parametrize("place", ["", "memory://changing/"])
def test_a_photo_that_changes_meanwhile_has_no_record(photos: Path, tmp_path: Path, place: str) -> None:
    base = place or f"{tmp_path}/"
    with fsspec.open(f"{base}p0.png", "wb") as file:
        file.write((photos / "p0.png").read_bytes())
    (job,) = planned([f"{base}p0.png"], options(tmp_path / "out", retries=0))
    for update in (batch := run_batch([job], serially)):
        if update.stage is not None and update.stage.name == "training":
            with fsspec.open(job.photo, "wb") as file:
                file.write((photos / "p1.png").read_bytes())
    batch.close()
    (photo,) = json.loads((tmp_path / "out" / "summary.json").read_text())["photos"]
    assert (photo["status"], photo["reason"]) == ("failed", f"{job.photo}: was changed while it was read")
    assert not (tmp_path / "out" / job.record).exists()


def test_a_summary_that_cannot_be_written_is_an_error_with_a_way_out(photos: Path, tmp_path: Path) -> None:
    jobs = planned([str(photos / "bad.png")], options(tmp_path / "out"))
    (tmp_path / "out" / "summary.csv" / "mine").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"the summary cannot be written \(.*; repeat the command"):
        loop(jobs)


def test_the_device_of_a_cluster_need_not_be_here(photos: Path, tmp_path: Path) -> None:
    words = (photos / "p0.png", "-o", tmp_path / "out", "--dry-run", "--address", "a:1", *command_line())
    assert command("batch", *words, "--device", "cuda:77") == 0
    assert command("batch", *words, "--device", "cuda:x") == 2
    assert command("batch", *words, "--device", "abacus") == 2


def test_a_folder_that_another_machine_does_not_see(photos: Path, tmp_path: Path) -> None:
    jobs = planned([str(photos / "p0.png")], options(tmp_path / "out"))
    (update,) = serially(Queue(jobs, retries=0), lambda: False)
    assert update.outcome is not None
    assert "is not seen by this machine" in (update.outcome.reason or "")


def test_the_command_has_the_exit_codes_it_promises(
    photos: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = photos / "all.jsonl"
    assert command("batch", manifest, "-o", out, "--serial", *command_line()) == 1
    assert "8 of 9 done, 1 failed" in " ".join(capsys.readouterr().err.split())
    assert command("batch", photos / "p0.png", "-o", out, "--serial", "--json", *command_line()) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["done"] == 1
    assert command("batch", manifest, "-o", out, "--dry-run", *command_line()) == 0
    assert capsys.readouterr().out.count("done\t") == 8
    nowhere = tmp_path / "nowhere"
    assert command("batch", manifest, "-o", nowhere, "--dry-run", "--json", *command_line()) == 0
    assert {photo["state"] for photo in json.loads(capsys.readouterr().out)["photos"]} == {"open"}
    assert not nowhere.exists()
    for wrong in (["--workers", "0"], ["--serial", "--workers", "2"], ["--serial", "--address", "a:1"]):
        assert command("batch", manifest, "-o", nowhere, *command_line(), *wrong) == 2
    assert command("batch", photos / "none*.png", "-o", nowhere, *command_line()) == 2
    assert command("batch", manifest, "-o", photos, "--serial", *command_line()) == 2
    assert not nowhere.exists()
