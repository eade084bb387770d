"""The example client gets a drawing, and has it rendered by a server, which SIGTERM then stops."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from primage.image import read_image
from tests.tiny import command, one_thread, options, write_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
TOKEN = "a token that nobody can guess"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    monkeypatch.setenv("PRIMAGE_TOKEN", TOKEN)
    with one_thread():
        photo = write_photo(tmp_path)
        assert command("train", photo, "-o", tmp_path / "tiny", *options(steps=1, size=32), "--quiet") == 0
    arguments = [sys.executable, "-m", "primage.cli.main", "serve", str(tmp_path / "tiny"), "--port", "0"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


def test_a_drawing_is_fetched_and_rendered(
    server: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    client = importlib.import_module("serve_client")
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    drawing, photo, edits = (tmp_path / name for name in ("drawing.png", "photo.jpg", "edits.json"))
    assert client.main([url, "--get", "-o", str(drawing)]) == 0
    assert client.main([url, str(drawing), "-o", str(photo)]) == 0
    assert read_image(photo).shape == read_image(drawing).shape == (32, 43, 3)
    assert '"width": 43' in capsys.readouterr().out
    edits.write_text(json.dumps([{"op": "explode"}]))
    with pytest.raises(SystemExit, match="explode"):
        client.main([url, str(edits), "-o", str(photo)])
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0
