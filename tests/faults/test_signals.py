"""Signals in commands and servers: one sentence, the shell's exit code, what can be saved is saved."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from primage import model, training
from primage.cli.signals import exit_code, stoppable
from primage.files import is_scratch
from primage.http.server import Server
from primage.model import load
from primage.state import State
from tests.tiny import command, one_thread, options, run_alone, write_photo

SIGNALS = {name: getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where the process would leave its terminal, which is that of the tests, too."""
    left: list[int] = []
    monkeypatch.setattr("primage.cli.signals._leave_terminal", lambda: left.append(1))
    return left


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signals")
    assert command("train", write_photo(folder), "-o", folder / "run", "-q", *options(steps=0, size=32)) == 0
    return folder / "run"


def raising(number: int, then: Callable[..., Any]) -> Callable[..., Any]:
    """A function that receives a signal before it does what it does."""

    def called(*given: Any, **named: Any) -> Any:
        signal.raise_signal(number)
        return then(*given, **named)

    return called


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_ends_a_command_in_one_sentence(
    run: Path,
    name: str,
    terminal: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {number: signal.getsignal(number) for number in SIGNALS.values()}
    monkeypatch.setattr(model, "load_tensors", raising(SIGNALS[name], model.load_tensors))
    code = command("render", run, run / "primitive.png", "-o", tmp_path / "out.png")
    assert code == 128 + SIGNALS[name]
    assert capsys.readouterr() == ("", "primage: stopped; repeat the command to go on\n")
    assert list(tmp_path.iterdir()) == []
    assert {number: signal.getsignal(number) for number in SIGNALS.values()} == before
    assert len(terminal) == (name == "SIGHUP")


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_saves_a_training(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    true, told = training.train_step, []

    def step(state: State, *others: Any) -> dict[str, float]:
        if state.step == 1:
            told.append(signal.raise_signal(SIGNALS[name]))
        return true(state, *others)

    monkeypatch.setattr(training, "train_step", step)
    monkeypatch.setattr(training, "_LOG_SEC", 0.0)  # it asks whether to stop as often as it tells its progress
    arguments = ("train", write_photo(tmp_path), "-o", tmp_path / "run", *options(steps=3, size=32))
    assert command(*arguments) == 128 + SIGNALS[name]
    said = capsys.readouterr().err
    assert "stopping after this step" in said
    assert "Stopped after 2 of 3 steps; repeat the command to resume" in said
    assert load(tmp_path / "run").record.steps == 2
    assert command(*arguments, "-q") == 0
    assert load(tmp_path / "run").record.steps == 3


def test_a_second_signal_ends_a_training_at_once_and_keeps_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("train", write_photo(tmp_path), "-o", tmp_path / "run", *options(steps=3, size=32))
    with monkeypatch.context() as patch:
        patch.setattr(training, "train_step", raising(signal.SIGINT, raising(signal.SIGTERM, training.train_step)))
        assert command(*arguments) == 130  # the first one counts
    assert capsys.readouterr().err.splitlines()[-1] == "primage: stopped; repeat the command to go on"
    assert not any(is_scratch(path.name) for path in tmp_path.rglob("*"))
    assert command(*arguments, "-q") == 0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="has no SIGHUP")
def test_what_is_started_with_nohup_goes_on(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "load_tensors", raising(signal.SIGHUP, model.load_tensors))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert command("render", run, run / "primitive.png", "-o", tmp_path / "out.png", "-q", "--no-polish") == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_request_to_stop_is_seen_by_what_asks() -> None:
    with stoppable(quiet=True) as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGTERM)
        assert stopped()
    assert exit_code(signal.SIGTERM) in (130, 143)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_server_ends_its_application_whatever_comes(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    ended = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.sleep(0.05)  # saves something
        ended.append(True)
        await send({"type": "lifespan.shutdown.complete"})

    async def serve() -> Server:
        server = Server(uvicorn.Config(app, port=0, log_level="warning"))
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        for _ in range(count):
            server.handle_exit(signal.SIGTERM, None)
            await asyncio.sleep(0.01)
        await running
        return server

    assert run_alone(serve()).received == signal.SIGTERM
    assert ended == [True]
    assert "Traceback" not in capsys.readouterr().err
