"""Hostile models, checkpoints, records, JSON and documents, read by every command that reads such files, under strace.

``python benchmarks/faults/hostile.py``: the files of tests/faults/hostile_*.py. Started programs, connections, and
writes outside the command's own folder are counted; each command is to end with one sentence and exit code 2.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

#: A command that takes longer stalls.
SLOW_SEC = 60


def main(options: argparse.Namespace) -> None:
    import machine
    from tests.faults.desk import write_desk
    from tests.faults.hostile_trials import made_trials, run_trials, wrong

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "desk").mkdir()
        trials = made_trials(write_desk(root / "desk"), root / "trials", every=True)
        outcomes, calls = run_trials(trials, root / "trials", timeout=3600)
        proof = (root / "trials/proof").exists()
    machine.write(
        options.name,
        {
            "files": len({trial.folder for trial in trials}),
            "commands": len(trials),
            "exit_codes": {str(code): count for code, count in Counter(each["code"] for each in outcomes).items()},
            "usable": sum(each["code"] == 0 for each in outcomes),
            "wrong": wrong(trials, outcomes, SLOW_SEC),
            "forbidden_calls": calls,
            "gadgets_that_ran": int(proof),
            "slowest_sec": round(max(each["seconds"] for each in outcomes), 2),
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="hostile", help="name of the JSON")
    main(parser.parse_args())
