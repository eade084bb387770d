"""A run's drawing, unedited, gives the training labels: whatever file they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from primage.errors import PrimageError
from primage.image import write_png
from primage.labels.files import write_labels
from primage.labels.label_map import Label, LabelMap, Palette, colourise
from primage.primitive.config import PrimitiveConfig
from primage.primitive.primitive import draw
from primage.primitive.read import LayerFiles, read_primitive, training_primitive
from primage.primitive.read_back import check_reads_back
from tests.labels.drawings import SIZE, jpeg, voronoi
from tests.primitive.drawings import cross

PHOTO = np.zeros((*SIZE, 3), np.uint8)
colours = st.tuples(*[st.integers(0, 255)] * 3) | st.just((0, 0, 0)) | st.integers(0, 4).map(lambda v: (v, v, v))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(colours, min_size=1, max_size=9),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["segments", "super"]),
    form=st.sampled_from(["palette", "grey", "cityscapes", "own"]),
)
def test_any_label_map_survives(
    tmp_path: Path, chosen: list[tuple[int, int, int]], seed: int, kind: str, form: str
) -> None:
    index = voronoi(len(chosen), seed)
    path = tmp_path / ("a_labelIds.png" if form == "cityscapes" else f"{form}.png")
    if form == "palette":
        write_png(path, index, palette=chosen)
    elif form == "own":
        labels = tuple(Label(id=i, colour=colour) for i, colour in enumerate(chosen))
        write_labels(path, LabelMap(index, Palette(labels=labels, source="palette")))
    else:
        Image.fromarray(index).save(path)
    files = {"segments": path}
    if kind == "super":
        lines = np.where(cross(SIZE)[..., None], np.uint8(0), np.uint8(255)).repeat(3, axis=2)
        write_png(tmp_path / "lines.png", lines)
        files["edges"] = tmp_path / "lines.png"
    config = PrimitiveConfig.model_validate({"kind": kind})
    primitive, spec = training_primitive(PHOTO, SIZE, config, LayerFiles(**files))
    assert primitive.segments is not None
    shown = np.array([label.colour for label in primitive.segments.palette.labels])
    apart = np.abs(shown[:, None] - shown).max(axis=2) + 255 * np.eye(len(shown), dtype=int)
    assert apart.min() >= 4
    assert np.abs(shown - spec.line_colour).max(axis=1).min() >= 32
    write_png(tmp_path / "drawing.png", draw(primitive, spec.line_colour))
    check_reads_back(tmp_path / "drawing.png", primitive, spec)
    read = read_primitive(LayerFiles(whole=tmp_path / "drawing.png"), spec)
    assert read.segments is not None
    off_lines = np.ones(SIZE, bool) if primitive.edges is None else ~primitive.edges
    np.testing.assert_array_equal(read.segments.index[off_lines], index[off_lines])


def test_a_drawing_that_reads_back_as_another_is_an_error_of_the_program(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", voronoi(3, 1), palette=[(0, 0, 0), (255, 0, 0), (0, 0, 255)])
    config = PrimitiveConfig.model_validate({"kind": "segments"})
    primitive, spec = training_primitive(PHOTO, SIZE, config, LayerFiles(whole=tmp_path / "a.png"))
    assert primitive.segments is not None
    pixels = colourise(primitive.segments)
    pixels[3, 5] = (255, 0, 0) if pixels[3, 5, 0] == 0 else (0, 0, 0)
    write_png(tmp_path / "b.png", pixels)
    with pytest.raises(PrimageError, match=r"1 of its pixels would be .* \(5, 3\); this is an error in Primage"):
        check_reads_back(tmp_path / "b.png", primitive, spec)


@pytest.mark.parametrize("quality", [80, 92])
def test_lines_over_labels_in_a_jpeg(tmp_path: Path, quality: int) -> None:
    index = voronoi(4, 7)
    write_png(tmp_path / "a.png", index, palette=[(30, 90, 200), (230, 200, 40), (40, 160, 60), (200, 60, 160)])
    lines = np.where(cross(SIZE)[..., None], np.uint8(0), np.uint8(255)).repeat(3, axis=2)
    write_png(tmp_path / "lines.png", lines)
    config = PrimitiveConfig.model_validate({"kind": "super"})
    files = LayerFiles(segments=tmp_path / "a.png", edges=tmp_path / "lines.png")
    primitive, spec = training_primitive(PHOTO, SIZE, config, files)
    picture = Image.fromarray(draw(primitive, spec.line_colour))
    (tmp_path / "a.jpg").write_bytes(jpeg(picture, quality, 0))
    read = read_primitive(LayerFiles(whole=tmp_path / "a.jpg"), spec)
    assert read.segments is not None
    assert (read.segments.index != index).mean() < 0.03
