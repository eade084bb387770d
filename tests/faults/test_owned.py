"""Every command with everything that a person has as its output: inputs and files of runs never change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.owned import FOREIGN, commands, write_owned
from tests.tiny import command, contents


def test_nothing_of_a_person_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = write_owned(tmp_path)
    monkeypatch.chdir(desk)
    before, wrong, tried = contents(desk), [], 0
    for number, (verb, arguments) in enumerate(commands(desk)):
        replaces = "--overwrite" in arguments and arguments[-2] in FOREIGN  # what that is for
        if replaces or number % 8:  # benchmarks/faults/owned.py tries them all
            continue
        capsys.readouterr()
        begin = contents(desk)
        code = command(*arguments)
        tried += 1
        said, after = capsys.readouterr().err, contents(desk)
        if code != 2 or len(said.splitlines()) != 1 or after != begin:
            wrong.append((verb, arguments, code, said, {k: v for k, v in after.items() if begin.get(k) != v}))
    assert wrong == []
    assert contents(desk) == before
    assert tried > 100
