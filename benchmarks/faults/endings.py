"""Signals at random moments of commands, and too little memory for them: one sentence, an exit code, nothing half done.

``python benchmarks/faults/endings.py [--moments 5]``: each command runs in a fork of a process that has loaded
everything, on tiny inputs. It is sent Ctrl-C once or twice, SIGTERM or SIGHUP, or may take less and less memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from tests.tiny import options, picture, write_photo  # noqa: E402

from primage.cli.main import main as primage  # noqa: E402
from primage.files import is_scratch  # noqa: E402
from primage.run import Run  # noqa: E402

#: Nothing may take longer to end.
PROMPT_SEC = 10.0
SIGNALS = {
    "Ctrl-C": (signal.SIGINT,),
    "Ctrl-C twice": (signal.SIGINT, signal.SIGINT),
    "SIGTERM": (signal.SIGTERM,),
    "SIGHUP": (signal.SIGHUP,),
}
#: Of addresses, beside those that the process has.
MEMORY_MB = (256, 32, 2)
TINY = options(size=32, settings=("checkpoint_sec=0.05", "discriminator.start=0.3"))
COMMANDS: dict[str, list[str]] = {
    "train": ["train", "photo.png", "-o", "new", *TINY, "--steps", "12"],
    "edit": ["edit", "run", "edits.json", "-o", "edited.png"],
    "render": ["render", "run", "drawing.png", "-o", "rendered.png"],
    "animate": ["animate", "run", "keys.json", "-o", "moving.webp"],
    "propagate": ["propagate", "run", "frames", "edits.json", "-o", "moving.webp", "--fps", "5"],
    "evaluate": [
        *("evaluate", "video", "frames", "-p", "edges", "-o", "report", "--metrics", "psnr"),
        *(*TINY, "--steps", "4"),
    ],
    "batch": ["batch", "photo.png", "-o", "many", "--serial", *TINY, "--steps", "8"],
}


def prepare(folder: Path) -> None:
    """The inputs of all commands."""
    write_photo(folder)
    (folder / "frames").mkdir()
    for number in range(3):
        Image.fromarray(picture(number)).save(folder / "frames" / f"{number}.png")
    box = {"shape": "rectangle", "top_left": [0.12, 0.15], "bottom_right": [0.48, 0.75]}
    (folder / "edits.json").write_text(json.dumps([{"op": "erase", "region": box}]))
    move = {"op": "move", "region": box, "by": [0.1, 0.05]}
    frames = [{"at": 0, "edits": []}, {"at": 0.6, "edits": [move]}]
    (folder / "keys.json").write_text(json.dumps({"fps": 5, "keys": frames}))
    for line in (
        ["train", "photo.png", "-o", "run", *TINY, "--steps", "1"],
        ["edit", "run", "edits.json", "-o", "drawing.png"],
    ):
        end = ended(line, folder)
        assert not end.code, end.said


@dataclass(frozen=True)
class End:
    """How a command ended, and what it said as errors.

    Attributes:
        code: its exit code.
        seconds: that it computed since it was told to end; those on the clock depend on what else the machine computes.
        clock: the seconds on the clock of all of it.
        said: on standard error.
    """

    code: int
    seconds: float
    clock: float
    said: str


def ended(
    line: list[str],
    folder: Path,
    after: float | None = None,
    signals: tuple[int, ...] = (),
    limit: Callable[[], None] = lambda: None,
) -> End:
    """Run a command in a fork, and send it signals after some seconds."""
    out = folder / "said.txt"
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setsid()
            os.chdir(folder)
            for descriptor in (1, 2):
                os.dup2(
                    os.open(out if descriptor == 2 else os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor
                )
            sys.argv = ["primage", *line]
            limit()
            primage()
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    before, begin = 0.0, time.monotonic()
    if after is not None:
        time.sleep(after)
        before = computed(child)
        for number in signals:
            os.kill(child, number)
            time.sleep(0.02)
    _, status, used = os.wait4(child, 0)
    seconds = used.ru_utime + used.ru_stime - before
    said = out.read_text(errors="replace")
    out.unlink()
    return End(os.waitstatus_to_exitcode(status), seconds, time.monotonic() - begin, said)


def computed(process: int) -> float:
    """The seconds that a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def faults(end: End, folder: Path, signals: tuple[int, ...] = ()) -> list[str]:
    """What is wrong with an end, if anything."""
    found = []
    lines = end.said.splitlines()
    codes = {0, *(128 + number for number in signals)} if signals else {0, 1, 2}
    if signals == (signal.SIGINT, signal.SIGINT):
        codes.add(-signal.SIGINT)  # while it was leaving
    if end.code not in codes:
        found.append(f"exit code {end.code}")
    if "Traceback" in end.said:
        found.append("traceback")
    if end.code > 0 and (not lines or (signals and not any("top" in line for line in lines[-2:]))):
        found.append("no sentence")
    if not signals and end.code and "memory" not in end.said:
        found.append("another sentence")
    if signals and end.seconds > PROMPT_SEC:
        found.append("slow")
    if any(is_scratch(path.name) for path in folder.rglob("*")):
        found.append("unfinished files")
    for record in folder.rglob("run.json"):
        run = Run(record.parent)
        if run.checkpoint_path.exists():
            step = run.load_checkpoint()[1]["step"]
            if (
                f"Stopped after {step} of" not in end.said
                and "Stopped after" in end.said
                and record.parent.name == "new"
            ):
                found.append("the state was not saved")
    return found


def tried(moments: int, seed: int, folder: Path, names: tuple[str, ...] = tuple(COMMANDS)) -> dict[str, Any]:
    """All figures."""
    torch.set_num_threads(1)
    rng = random.Random(seed)
    start, place = folder / "start", folder / "place"
    start.mkdir()
    prepare(start)
    wrong: list[dict[str, Any]] = []
    figures: dict[str, Any] = {}
    for name in names:
        line = COMMANDS[name]
        shutil.copytree(start, place)
        whole = ended(line, place)
        assert not whole.code, whole.said
        shutil.rmtree(place)
        codes: Counter[str] = Counter()
        slowest = 0.0
        for kind, signals in SIGNALS.items():
            for _ in range(moments):
                shutil.copytree(start, place)
                end = ended(line, place, rng.uniform(0, 0.9 * whole.clock), signals)
                codes[f"{kind}: {end.code}"] += 1
                slowest = max(slowest, end.seconds)
                if found := faults(end, place, signals):
                    print(name, kind, found, end, file=sys.stderr)
                    wrong.append({"command": name, "signal": kind, "found": found, "said": end.said[-400:]})
                shutil.rmtree(place)
        memory = {}
        for megabytes in MEMORY_MB:
            shutil.copytree(start, place)
            end = ended(line, place, limit=lambda most=megabytes << 20: limit_addresses(most))  # type: ignore[misc]
            memory[str(megabytes)] = end.code
            if found := faults(end, place):
                print(name, megabytes, found, end, file=sys.stderr)
                wrong.append({"command": name, "memory": megabytes, "found": found, "said": end.said[-400:]})
            shutil.rmtree(place)
        figures[name] = {
            "cpu_sec": round(whole.seconds, 2),
            "codes": dict(sorted(codes.items())),
            "slowest_end_cpu_sec": round(slowest, 2),
            "codes_by_mb_of_memory": memory,
        }
        print(name, figures[name], file=sys.stderr)
    return {"seed": seed, "moments": moments, "commands": figures, "wrong": wrong}


def limit_addresses(more: int) -> None:
    """Let this process take so many bytes of addresses beside those that it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(given: argparse.Namespace) -> None:
    import machine

    names = tuple(given.commands.split(",")) if given.commands else tuple(COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        machine.write(given.name, tried(given.moments, given.seed, Path(folder), names))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=5, help="of each signal and command")
    parser.add_argument("--commands", help="some of them, with commas")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--name", default="endings", help="name of the JSON")
    main(parser.parse_args())
