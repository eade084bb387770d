"""Which commands read which hostile files, what came of it, and what the system saw of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults import hostile_models, hostile_texts
from tests.faults.attacked import BEGIN, COMPILED

MODEL = "bad.safetensors"
OUT = ("-o", "out.png")
#: Commands that read a model; the first ones are tried by the tests.
ON_MODELS: tuple[tuple[str, ...], ...] = (
    ("info", MODEL),
    ("render", MODEL, "drawing.png", *OUT),
    ("export", MODEL, "-o", "out.ora"),
    ("export", MODEL, "-o", "out"),
    ("edit", MODEL, "edits.json", *OUT),
    ("remove", MODEL, "--mask", "mask.png", *OUT),
    ("animate", MODEL, "keys.json", "-o", "out.gif"),
    ("propagate", MODEL, "walk", "edits.json", "-o", "out.gif"),
    ("retarget", MODEL, "--size", "60%x100%", *OUT),
    ("vary", MODEL, "-n", "1", "--metric", "", "-o", "out"),
)
ON_TEXTS: tuple[tuple[str, ...], ...] = (
    ("edit", "run", "x.json", *OUT),
    ("animate", "run", "x.json", "-o", "out.gif"),
    ("train", "--pairs", "x.json", "-o", "new", "--steps", "0"),
    ("batch", "x.jsonl", "-o", "out", "--dry-run", "--serial"),
    ("primitive", "photo.png", "-k", "landmarks", "--landmarks", "x.json", *OUT),
    ("primitive", "photo.png", "-k", "segments", "--segments", "x.json", *OUT),
    ("render", "run", "--edits", "x.json", *OUT),
    ("propagate", "run", "walk", "x.json", "-o", "out.gif"),
    ("train", "--pairs", "x.csv", "-o", "new", "--steps", "0"),
    ("batch", "x.csv", "-o", "out", "--dry-run", "--serial"),
    ("primitive", "photo.png", "-k", "landmarks", "--landmarks", "x.csv", *OUT),
    ("evaluate", "primitives", "photo.png", "--edits", "x.json", "--kinds", "edges", "-o", "out", "--steps", "0"),
    ("render", "run", "x.json", *OUT),
    ("train", "x.json", "-o", "new", "--steps", "0"),
)
ON_DOCUMENTS: tuple[tuple[str, ...], ...] = (
    ("render", "run", "x.ora", *OUT),
    ("edit", "run", "edits.json", "--primitive-file", "x.ora", *OUT),
    ("train", "photo.png", "--primitive-file", "x.ora", "-o", "new", "--steps", "0"),
    ("train", "x.ora", "-o", "new", "--steps", "0"),
)
CONTINUE = (("train", "--continue", "-o", "run", "--steps", "1"),)
#: Files of which nothing that these commands read is wrong, or which only paint nonsense: they may succeed.
USABLE = {
    ("edit", "out.ora"): (
        "other architecture",
        *(f"weights of {what}" for what in ("NaN", "infinity", "whole numbers", "another shape")),
        "no weights",
    ),
    (): ("weights of 10^30", "hashes of other files"),
}
_TRACED = (
    "execve,execveat,connect,bind,openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,"
    "symlinkat,mkdir,mkdirat,truncate,chmod,fchmodat"
)


@dataclass(frozen=True)
class Trial:
    """One command on one file, in a folder of its own."""

    title: str
    folder: Path
    arguments: tuple[str, ...]

    def may_succeed(self) -> bool:
        found = [titles for words, titles in USABLE.items() if not words or set(words) & set(self.arguments)]
        return any(self.title == title for titles in found for title in titles)


def made_trials(desk: Path, root: Path, every: bool) -> list[Trial]:
    """Write the hostile files.

    Args:
        desk: a folder with a run, drawing.png, mask.png, photo.png, edits.json, keys.json and the frames "walk".
        root: the folder to write to.
        every: try every command that reads such a file, and pickles in all containers.
    """
    model, png = (desk / "run/model.safetensors").read_bytes(), (desk / "drawing.png").read_bytes()
    lies = hostile_models.lying_heads() | hostile_models.lying_records(model)
    pickles = hostile_models.pickles(str(root / "proof"))
    models = lies | {f"pickle {title}": data for title, data in pickles.items()}
    found: list[Trial] = []

    def add(title: str, files: dict[str, bytes], commands: tuple[tuple[str, ...], ...], run: bool = True) -> None:
        folder = root / str(len(list(root.iterdir())))
        folder.mkdir()
        for name in ("drawing.png", "mask.png", "photo.png", "edits.json", "keys.json"):
            os.link(desk / name, folder / name)
        for name in ("run", "walk") if run or every else ():
            shutil.copytree(desk / name, folder / name)
        (folder / "run/checkpoint.previous.safetensors").unlink(missing_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        found.extend(Trial(title, folder, arguments) for arguments in commands)

    root.mkdir()
    for title, data in models.items():
        add(title, {MODEL: data}, ON_MODELS if every else ON_MODELS[:2], run=False)
    if every:
        for ending in ("pt", "pth", "safetensors"):
            for title, data in pickles.items():
                name = f"bad.{ending}"
                commands = tuple(tuple(name if word == MODEL else word for word in c) for c in ON_MODELS[:2])
                add(f"torch {title}", {name: hostile_models.torch_zip(data)}, commands)
    for title, data in (lies if every else dict(list(lies.items())[::4])).items():
        add(title, {"run/checkpoint.safetensors": data}, CONTINUE)
    record = (desk / "run/run.json").read_bytes()
    texts = hostile_texts.texts()
    for title, data in (hostile_texts.records(record) | (texts if every else {})).items():
        add(title, {"run/run.json": data}, (*CONTINUE, ("info", "run")))
    for title, data in texts.items():
        add(title, dict.fromkeys(("x.json", "x.csv", "x.jsonl"), data), ON_TEXTS if every else ON_TEXTS[:6])
    for title, data in hostile_texts.documents(png).items():
        add(title, {"x.ora": data}, ON_DOCUMENTS if every else ON_DOCUMENTS[:1])
    return found


def run_trials(trials: list[Trial], root: Path, timeout: float) -> tuple[list[dict[str, Any]], list[str] | None]:
    """Run them in a process of its own.

    Returns:
        What came of each, as far as the process got, and the calls to the system that are not allowed; None for these
        if there is no ``strace``.
    """
    scratch, listed, log = root / "scratch", root / "trials.json", root / "strace.txt"
    scratch.mkdir()
    listed.write_text(json.dumps([(str(trial.folder), trial.arguments) for trial in trials]))
    command = [sys.executable, str(Path(__file__).with_name("attacked.py")), str(listed)]
    strace = shutil.which("strace")
    if strace is not None:
        command = [
            strace,
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-s",
            "300",
            "-e",
            f"trace={_TRACED}",
            "-o",
            str(log),
            *command,
        ]
    own = {"TMPDIR": str(scratch), "TORCHINDUCTOR_CACHE_DIR": str(scratch)}
    own |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=timeout, check=False)
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(outcomes) == len(trials), f"{trials[len(outcomes)]} ended the process: {done.stderr[-2000:]}"
    return outcomes, None if strace is None else forbidden(log, root)


def forbidden(log: Path, root: Path) -> list[str]:
    """The calls in a log of strace that start a program, open a connection, or change what is outside a folder."""
    found, begun = [], False
    for line in log.read_text(errors="replace").splitlines():
        begun = begun or BEGIN in line
        call = re.match(r"\d+ +(?:<\.\.\. )?(\w+)", line)
        if not begun or call is None or "resumed>" in line:
            continue
        name, paths = call[1], re.findall(r'"((?:[^"\\]|\\.)*)"', line)
        if name in ("execve", "execveat", "connect", "bind"):
            found.append(line)
        elif name not in ("openat", "open") or re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", line):
            outside = [path for path in paths if path.startswith("/") or ".." in path]
            found += [line for path in outside if not _allowed(path, root)]
    return found


def _allowed(path: str, root: Path) -> bool:
    real = os.path.realpath(path)
    compiled = COMPILED in real and f"{os.sep}primage{os.sep}" in real
    # Locks between threads of one process are files there.
    return real.startswith((f"{root.resolve()}/", "/dev/shm/sem.")) or real == os.devnull or compiled


def wrong(trials: list[Trial], outcomes: list[dict[str, Any]], seconds: float) -> list[str]:
    """What is not as promised: one sentence, exit code 2, and nothing else."""
    found = []
    for trial, outcome in zip(trials, outcomes, strict=True):
        lines = outcome["said"].splitlines()
        refused = outcome["code"] == 2 and len(lines) == 1 and lines[0].startswith("primage: ")
        if not (refused or (outcome["code"] == 0 and trial.may_succeed())):
            found.append(f"{trial.title}: {' '.join(trial.arguments)}: {outcome['code']}, {lines}")
        if outcome["seen"] or outcome["seconds"] > seconds:
            found.append(f"{trial.title}: {' '.join(trial.arguments)}: {outcome['seconds']} s, {outcome['seen']}")
    return found
