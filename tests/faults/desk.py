"""A folder with a trained run of tiny networks, and what commands on it need."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.evaluate.tiny_clips import write_frames
from tests.tiny import command, one_thread, options, write_photo

MOVE = {"op": "move", "region": {"shape": "ellipse", "centre": [0.5, 0.5], "radii": [0.2, 0.2]}, "by": [0.1, 0]}


def write_desk(folder: Path) -> Path:
    """Write run/, photo.png, drawing.png, mask.png, edits.json, keys.json, and the frames walk/."""
    photo = write_photo(folder)
    with one_thread():
        assert command("train", photo, "--out", folder / "run", *options(steps=2), "--quiet") == 0
    assert command("primitive", photo, "--out", folder / "drawing.png", "--quiet") == 0
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[12:24, 26:40] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    (folder / "edits.json").write_text(json.dumps([MOVE]))
    (folder / "keys.json").write_text(json.dumps({"fps": 2, "keys": [{"at": 0}, {"at": 1, "edits": [MOVE]}]}))
    write_frames(folder / "walk", 2)
    return folder
