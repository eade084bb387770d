"""A bad picture is one sentence, an odd one is read; neither takes long, much memory, or anything else."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from primage.decoding.pillow import pillow
from primage.errors import ImageError
from tests.faults.pictures import PICTURES
from tests.faults.samples import Shows

MOST_SECONDS = 2.0
MOST_BYTES = 512 << 20


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each reader makes of each picture, by its name; "growth" of the memory; "written"."""
    folder, empty = tmp_path_factory.mktemp("pictures"), tmp_path_factory.mktemp("empty")
    for at, sample in enumerate(PICTURES.values()):
        (folder / f"{at}.png").write_bytes(sample.content)
    before = digests(folder)
    command = [
        sys.executable,
        "-W",
        "error",
        str(Path(__file__).with_name("reading.py")),
        str(folder),
        str(len(before)),
    ]
    done = subprocess.run(
        command,
        cwd=empty,
        env={**os.environ, "TMPDIR": str(empty)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{list(PICTURES)[len(lines)]}: {done.stderr[-2000:]}"
    changed = digests(folder) != before
    written = [str(path) for path in empty.iterdir()] + ["a sample"] * changed
    return {**dict(zip(PICTURES, lines[:-1], strict=True)), **lines[-1], "written": written, "stderr": done.stderr}


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_read_or_refused_in_one_sentence(outcome: dict[str, Any], name: str) -> None:
    expected, found = PICTURES[name].expected, outcome[name]
    for reader, result in found.items():
        assert result["seconds"] <= MOST_SECONDS, reader
        if "error" in result:
            assert result["typed"], (reader, result)
            assert "\n" not in result["message"]
            assert len(result["message"]) < 400
    first = found["read_image"]
    if isinstance(expected, str):
        assert re.search(expected, first["message"])
        assert re.match(r".*\d+\.png (is|has|holds) ", first["message"])  # which file it is
        return
    assert "error" not in first, first["message"]
    assert not any("error" in result for result in found.values())
    assert first["size"] == [expected.height, expected.width]
    for corner, colour in zip(first["corners"], expected.corners, strict=True):
        assert max(abs(a - b) for a, b in zip(corner, colour, strict=True)) <= expected.tolerance


def test_they_take_little_memory(outcome: dict[str, Any]) -> None:
    assert outcome["growth"] <= MOST_BYTES


def test_nothing_is_written_and_no_library_warns(outcome: dict[str, Any]) -> None:
    assert not outcome["written"]
    assert "Warning" not in outcome["stderr"]
    assert "Traceback" not in outcome["stderr"]


def test_there_are_many_of_both_sorts() -> None:
    read = sum(isinstance(sample.expected, Shows) for sample in PICTURES.values())
    assert len(PICTURES) >= 80
    assert 40 <= read <= len(PICTURES) - 40


def test_too_little_memory_is_said_as_such() -> None:
    told = r"^a\.png is a PNG picture for which memory does not suffice; close"
    with pytest.raises(ImageError, match=told), pillow("a.png", "a PNG picture"):
        raise MemoryError


def test_long_and_broken_words_of_decoders_are_not_repeated() -> None:
    for words, told in (("one\n  two", r"damaged \(one two\); copy"), ("very " * 99, "damaged; copy")):
        with pytest.raises(ImageError, match=told), pillow("a.png", "a PNG picture"):
            raise ValueError(words)
