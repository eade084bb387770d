"""A new kind of primitive is one line in the table: everything else follows from its layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from primage.api import train
from primage.errors import PrimitiveError
from primage.model import load
from primage.primitive.colour_layer import PaintLayer
from primage.primitive.kinds import KINDS, Kind
from primage.primitive.line_layer import LineLayer
from primage.primitive.read import LayerFiles, read_primitive
from tests.tiny import SETTINGS, command, one_thread, write_photo


def test_lines_over_a_painting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "comic", Kind((PaintLayer(), LineLayer()), "lines over flat colours"))
    photo, run = write_photo(tmp_path), tmp_path / "run"
    with one_thread():
        model = train(photo, run, primitive="comic", preset="draft", steps=2, settings=SETTINGS["draft"])
        assert model.record.spec.channels == 5
        assert {"colours.png", "edges.png", "primitive.png"} <= {path.name for path in run.iterdir()}
        again = load(run)
        np.testing.assert_array_equal(again.render(again.primitive), model.render(model.primitive))

        files = LayerFiles(colours=run / "colours.png", edges=run / "edges.png")
        np.testing.assert_array_equal(
            model.render(read_primitive(files, model.record.spec)), model.render(model.primitive)
        )
        with pytest.raises(PrimitiveError, match="not read from one file; give --colours, --edges"):
            model.render(run / "primitive.png")

        edits = tmp_path / "edits.json"
        region = '{"shape": "rectangle", "top_left": [0.1, 0.1], "bottom_right": [0.4, 0.5]}'
        edits.write_text(f'[{{"op": "move", "region": {region}, "by": [0.2, 0.1]}}]')
        assert command("edit", run, edits, "-o", tmp_path / "edited.png") == 0
        assert command("info", run) == 0
    assert command("train", photo, "-o", tmp_path / "other", "--primitive", "cartoon") == 2
