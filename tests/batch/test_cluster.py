"""The same batch on Ray: on a cluster of two nodes, and on one that the command starts itself."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from primage.batch.plan import planned
from primage.batch.running import backend, run_batch
from primage.errors import ConfigError
from tests.batch.conftest import LONG, command_line, hashes, options
from tests.tiny import command

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed (the extra 'ray')", allow_module_level=True)

# Ray leaves its log files and sockets to the garbage collector, and warns of its own future.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
ROOT = Path(__file__).parents[2]
_END_SEC = 300.0


def wait_for(what: Callable[[], bool], seconds: float = _END_SEC) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(autouse=True, scope="module")
def _private() -> Iterator[None]:
    """All clusters of the tests have a folder and a token of their own, and listen on the loopback interface."""
    with (
        # Directly in /tmp, since the names of sockets have a limit.
        tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("RAY_TMPDIR", folder)
        environment.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # read when Ray is imported
        environment.setenv("RAY_AUTH_MODE", "token")
        environment.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        yield
        gc.collect()  # now, while what Ray leaves is not an error


@pytest.fixture(scope="module")
def two_nodes(_private: None) -> Iterator[str]:
    """The address of a cluster of two nodes with a processor each."""
    line = [sys.executable, "-m", "tests.batch.two_nodes"]
    with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cluster:
        assert cluster.stdin is not None
        assert cluster.stdout is not None
        try:
            address = cluster.stdout.readline().strip()
            assert address.startswith("127.0.0.1:")
            yield address
        finally:
            cluster.stdin.close()  # it shuts down, and the block waits for it


def start(*words: object) -> subprocess.Popen[bytes]:
    """A batch in a process group of its own, like that of a terminal."""
    line = [sys.executable, "-m", "primage.cli.main", "batch", *map(str, words), *map(str, command_line())]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, text = process.communicate(timeout=_END_SEC)
    return process.returncode, text.decode()


def has_checkpoint(out: Path) -> bool:
    return (out / "runs" / LONG / "checkpoint.safetensors").exists()


def test_killed_workers_change_nothing(two_nodes: str, photos: Path, reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    jobs = planned([str(photos / "all.jsonl")], options(out, retries=9))
    processes: set[int] = set()
    killed: set[int] = set()
    again = 0
    with backend(jobs, serial=False, address=two_nodes) as work:
        for update in run_batch(jobs, work):
            again += update.retried
            if update.stage is None:
                continue
            processes.add(update.stage.process)
            # What is told was true a moment ago, so a kill may hit the next photo, or none.
            if not again and update.stage.name in ("reading", "training") and update.stage.process not in killed:
                killed.add(update.stage.process)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(update.stage.process, signal.SIGKILL)
    summary = json.loads((out / "summary.json").read_text())
    assert killed
    assert again >= 1
    assert processes - killed
    assert summary["counts"] == {"photos": 9, "done": 8, "skipped": 0, "failed": 1, "stopped": 0}
    assert [photo["name"] for photo in summary["photos"] if photo["status"] == "failed"] == ["bad"]
    assert hashes(out) == hashes(reference)


def test_a_killed_driver_is_followed_by_another(two_nodes: str, photos: Path, reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = (photos / "all.jsonl", "-o", out, "--address", two_nodes)
    first = start(*words)
    wait_for(lambda: has_checkpoint(out) or first.poll() is not None)
    first.kill()
    assert ended(first)[0] == -signal.SIGKILL
    assert not (out / "summary.json").exists()
    code, text = ended(start(*words, "--retries", 9))
    assert code == 1, text
    assert "8 of 9 done, 1 failed" in " ".join(text.split())
    assert hashes(out) == hashes(reference)


def test_results_at_a_url_are_uploaded_by_the_workers(
    two_nodes: str, photos: Path, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (tmp_path / "some.csv").write_text(f"photo,seed,edits\nfile://{photos}/p1.png,1,file://{photos}/edits.json\n")
    code, text = ended(start(tmp_path / "some.csv", "-o", f"file://{out}", "--address", two_nodes))
    assert code == 0, text
    assert hashes(out) == {"p1": hashes(reference)["p1"]}
    assert (out / "runs" / "p1" / "checkpoint.safetensors").is_file()


def test_ctrl_c_stops_a_cluster_of_its_own(photos: Path, reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "one.csv").write_text(f"photo,seed,steps\n{photos}/{LONG}.png,2,500\n")
    process = start(tmp_path / "one.csv", "-o", out, "--workers", 1)
    wait_for(lambda: has_checkpoint(out) or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)
    code, text = ended(process)
    assert code == 130, text
    assert "repeat the command to go on" in " ".join(text.split())
    record = json.loads((out / "summary.json").read_text())
    assert record["counts"] == {"photos": 1, "done": 0, "skipped": 0, "failed": 0, "stopped": 1}
    # The run has a model, and goes on.
    assert (out / "runs" / LONG / "model.safetensors").is_file()
    assert not (out / "records").exists()


def test_sigterm_stops_the_plain_loop(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "one.csv").write_text(f"photo,seed,steps\n{photos}/{LONG}.png,2,500\n")
    process = start(tmp_path / "one.csv", "-o", out, "--serial")
    wait_for(lambda: has_checkpoint(out) or process.poll() is not None)
    process.terminate()
    code, text = ended(process)
    assert code == 143, text
    assert (out / "runs" / LONG / "model.safetensors").is_file()


def test_photos_that_never_fit_on_this_machine_are_refused(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (photos / "p0.png", "-o", tmp_path / "out", "--workers", 1, "--memory", 99_000, *command_line())
    assert command("batch", *words) == 2
    assert "a photo needs 1 thread, 99000 GB of memory, but Ray has 1 processors" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not (tmp_path / "out").exists()


def test_a_cluster_without_room_may_grow(
    photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    from primage.batch.cluster import _check_room

    nodes = [{"Alive": True, "Resources": {"CPU": 8.0, "memory": 4e9}}, {"Alive": False, "Resources": {"GPU": 1.0}}]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    small, large = (
        planned([str(photos / "p0.png")], options(tmp_path, threads=8, device=device))[0] for device in ("cpu", "cuda")
    )
    _check_room(small, "a:1")
    assert not caplog.records
    _check_room(large, "a:1")
    assert "no machine of the cluster at a:1 has what a photo needs (8 threads, a GPU)" in caplog.text
    with pytest.raises(ConfigError, match=r"Ray has 8 processors, 4.0 GB and 0 GPUs on this machine; choose"):
        _check_room(large, None)


def test_a_cluster_that_is_not_there_is_named(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def refused(**_: object) -> None:
        raise ConnectionError("Failed to connect to Ray cluster at 127.0.0.1:1")

    monkeypatch.setattr(ray, "init", refused)  # which tries for a minute
    words = (photos / "p0.png", "-o", tmp_path / "out", "--address", "127.0.0.1:1", *command_line())
    assert command("batch", *words) == 1
    assert "the Ray cluster at 127.0.0.1:1 cannot be reached" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()
