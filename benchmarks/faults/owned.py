"""Every command with everything that a person has as its output, on whole, write-protected and full disks.

``python benchmarks/faults/owned.py``, on Linux: each command of tests/faults/owned.py; those that write, into folders
that are write-protected (without the capabilities that let root write there, by setpriv) and onto a file system of
200 KB (tmpfs, as root). No byte of an input or of another's file may change, each refusal is one sentence, and what is
left of a file that could not be written is nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

RUNNER = Path(__file__).parents[2] / "tests/faults/attacked.py"
#: What lets root write where it may not.
POWERS = "-dac_override,-dac_read_search,-fowner"


def into(folder: Path) -> Iterator[tuple[str, ...]]:
    """Every command that writes, with an output in a folder."""
    from tests.faults.owned import FILES, FOLDERS

    endings = {"animate": "gif", "propagate": "gif", "export": "ora"}
    for verb, (arguments, _) in FILES.items():
        yield (*arguments, "-o", str(folder / f"new.{endings.get(verb, 'png')}"))
    yield ("edit", "run", "edits.json", "-o", str(folder / "new.ora"))
    for arguments in FOLDERS.values():
        yield (*arguments, "-o", str(folder / "new"))


def outcomes(desk: Path, trials: list[tuple[str, ...]], *prefix: str) -> list[dict[str, Any]]:
    """Run commands in one process after the other's end; what was said and the exit code of each."""
    listed = desk.parent / "trials.json"
    listed.write_text(json.dumps([(str(desk), arguments) for arguments in trials]))
    scratch = desk.parent / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    command = [*prefix, sys.executable, str(RUNNER), str(listed)]
    done = subprocess.run(
        command, env={**os.environ, "TMPDIR": str(scratch)}, capture_output=True, text=True, check=False
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    if len(found) < len(trials):
        raise SystemExit(f"{trials[len(found)]} ended the process: {done.stderr[-2000:]}")
    return found


def judged(
    trials: list[tuple[str, ...]], found: list[dict[str, Any]], before: dict[str, str], after: dict[str, str]
) -> dict[str, Any]:
    """How many were refused, and what is wrong."""
    lines = [outcome["said"].strip().splitlines() for outcome in found]
    untold = [
        (" ".join(arguments), outcome["code"], outcome["said"])
        for arguments, outcome, said in zip(trials, found, lines, strict=True)
        if outcome["code"] not in (1, 2) or not said or not said[-1].startswith("primage: ") or "Error:" in said[-1]
    ]
    return {
        "commands": len(trials),
        "exit_codes": {str(code): count for code, count in Counter(each["code"] for each in found).items()},
        "not_one_sentence": untold,
        "changed": [name for name, digest in before.items() if after.get(name) != digest],
        "left": sorted(name for name in after if name not in before),
    }


def as_outputs(desk: Path) -> dict[str, Any]:
    """Every command with everything in the folder as its output."""
    from tests.faults.owned import FILES, commands
    from tests.tiny import contents

    before = contents(desk)
    trials = []
    for verb, arguments in commands(desk):
        # What is neither an input of this command nor a file of a run is what --overwrite is for.
        kept = ("--overwrite" not in arguments) or arguments[-2] in FILES[verb][1] or arguments[-2].startswith("run/")
        # Links are made and removed on the way: the tests try these.
        if kept and not any(word.startswith(("link", "hard")) for word in arguments):
            trials.append(arguments)
    return judged(trials, outcomes(desk, trials), before, contents(desk))


def write_protected(desk: Path) -> dict[str, Any]:
    """Every command that writes, into a folder that is write-protected."""
    from tests.tiny import contents

    (desk / "locked").mkdir()
    (desk / "locked" / "mine.txt").write_text("mine")
    (desk / "locked").chmod(0o555)
    before, trials = contents(desk), list(into(Path("locked")))
    prefix = ("setpriv", f"--bounding-set={POWERS}", f"--inh-caps={POWERS}")
    return judged(trials, outcomes(desk, trials, *prefix), before, contents(desk))


def full(desk: Path) -> dict[str, Any]:
    """Every command that writes, onto a disk that is nearly full."""
    from tests.tiny import contents

    (desk / "full").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(desk / "full")], check=True)
    try:
        (desk / "full" / "mine.bin").write_bytes(bytes(196 << 10))
        before, trials = contents(desk), list(into(Path("full")))
        return judged(trials, outcomes(desk, trials), before, contents(desk))
    finally:
        subprocess.run(["umount", str(desk / "full")], check=True)


ROWS = {row.__name__: row for row in (as_outputs, write_protected, full)}


def main(options: argparse.Namespace) -> None:
    import machine
    from tests.faults.owned import write_owned

    rows = {}
    for name in options.only:
        with tempfile.TemporaryDirectory() as scratch:
            desk = Path(scratch) / "desk"
            desk.mkdir()
            rows[name] = ROWS[name](write_owned(desk))
    machine.write(options.name, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--name", default="owned", help="name of the JSON")
    main(parser.parse_args())
