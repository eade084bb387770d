"""The examples of moving pictures, of what classic methods did, and of several pairs run with --tiny."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from primage.image import read_image
from tests.tiny import one_thread

EXAMPLES = Path(__file__).parents[2] / "examples"
#: What each writes.
WRITTEN = {
    "moving_pictures": ("spoon.webp", "edited.mp4"),
    "classics": ("removed.png", "rearranged.png", "narrow.png", "variations/variations.json", "large.png"),
    "several_pairs": ("painted.png",),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr("primage.render.super_resolution.STEPS", 2)
    with one_thread():
        assert importlib.import_module(name).main(["--tiny", "--out", str(tmp_path)]) == 0
    for file in WRITTEN[name]:
        assert (tmp_path / file).stat().st_size > 0
        if file.endswith(".png"):
            assert read_image(tmp_path / file).std() > 5
