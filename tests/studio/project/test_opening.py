"""Files opened as drawings: whole ones, labels or lines alone, layers of one's own for the training, photos."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from primage.studio.opened import DOUBTFUL, NEAREST, SLIGHT
from tests.studio.visitor import Visitor, unpack
from tests.tiny import picture

#: The size of the tiny photo, and of its drawing.
WIDTH, HEIGHT = 64, 48


def encode(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    encoded = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(encoded, kind, **options)
    return encoded.getvalue()


def exported(visitor: Visitor, project: str, layer: str) -> bytes:
    with visitor.tab(project) as tab:
        tab.until("render")  # the first model is there
    content: bytes = visitor.get(project, f"/export/{layer}.png").content
    return content


def done(visitor: Visitor, project: str) -> list[str]:
    titles: list[str] = visitor.get(project).json()["history"]["done"]
    return titles


def split(frame: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray], np.ndarray]:
    """The header of an opened file, its layers, and where they were snapped."""
    header, pixels = unpack(frame)
    shape = header["size"]["height"], header["size"]["width"]
    layers, at = {}, 0
    for layer in header["layers"]:
        count = shape[0] * shape[1] * layer["channels"]
        layers[layer["name"]] = np.frombuffer(pixels[at : at + count], np.uint8).reshape(*shape, -1).squeeze()
        at += count
    return header, layers, np.frombuffer(pixels[at:], np.uint8).reshape(shape)


def own(visitor: Visitor, project: str, content: bytes, name: str, **query: Any) -> Any:
    return visitor.http.post(f"/api/projects/{project}/own", params={"name": name, **query}, content=content)


def test_exports_of_labels_and_lines_give_the_same_layers(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        before = visitor.layers(project)
        tab.draw("edges", 4, 5, np.ones((4, 30)))  # thicker than lines of a drawing by hand are read
        tab.draw("segments", 10, 20, np.zeros((9, 12)))
        edited = visitor.layers(project)
        labels, lines = exported(visitor, project, "segments"), exported(visitor, project, "edges")
        unchanged = visitor.open_drawing(project, labels, "labels.png")
        assert unchanged["changed"] == 0
        assert unchanged["replaced"] == ["segments"]
        assert len(done(visitor, project)) == 2  # it is no step if nothing changes
        for _ in range(2):
            tab.step("undo")
        visitor.open_drawing(project, lines, "lines.png")
        visitor.open_drawing(project, labels, "labels.png")
        assert done(visitor, project) == ["Open lines", "Open labels"]
        found = visitor.layers(project)
        np.testing.assert_array_equal(found["segments"], edited["segments"])
        np.testing.assert_array_equal(found["edges"], edited["edges"])
        tab.step("undo")
        np.testing.assert_array_equal(visitor.layers(project)["segments"], before["segments"])
        np.testing.assert_array_equal(visitor.layers(project)["edges"], edited["edges"])


def test_a_drawing_that_nobody_edited_changes_nothing(visitor: Visitor, project: str) -> None:
    whole = exported(visitor, project, "primitive")
    header = visitor.open_drawing(project, whole, "drawing.png")
    assert header["replaced"] == ["segments", "edges"]
    assert header["changed"] == 0  # also the labels below the lines, which it does not show
    assert done(visitor, project) == []
    # A line drawn elsewhere hides labels, but does not change them.
    before = visitor.layers(project)
    pixels = np.array(Image.open(io.BytesIO(whole)).convert("RGB"))
    pixels[2:4, 4:40] = visitor.get(project).json()["line_colour"]
    visitor.open_drawing(project, encode(pixels), "drawing.png")
    after = visitor.layers(project)
    assert (after["edges"] != before["edges"]).any()
    assert (after["segments"] != before["segments"]).mean() < 0.02


def open_raster(image: Image.Image) -> bytes:
    """What Krita and MyPaint write, as far as it is read."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("mergedimage.png", encode(image))
    return content.getvalue()


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "BMP", "ORA", "indexed", "with a profile", "twice the size"])
def test_kinds_of_files(visitor: Visitor, project: str, kind: str) -> None:
    image = Image.open(io.BytesIO(exported(visitor, project, "primitive"))).convert("RGB")
    large = image.resize((2 * WIDTH, 2 * HEIGHT), Image.Resampling.NEAREST)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = {
        "ORA": lambda: open_raster(image),
        "WEBP": lambda: encode(image, "WEBP", lossless=True),
        "indexed": lambda: encode(image.quantize(64, dither=Image.Dither.NONE)),
        "with a profile": lambda: encode(image, icc_profile=profile),
        "twice the size": lambda: encode(large),
    }.get(kind, lambda: encode(image, kind))()
    header = visitor.open_drawing(project, content, "drawing")
    assert header["replaced"] == ["segments", "edges"]
    assert header["nearest"] == 0
    assert header["changed"] <= (40 if kind == "twice the size" else 0)  # enlarged lines are thinned


@pytest.mark.parametrize("transparent", [True, False])
def test_lines_alone_replace_the_lines(visitor: Visitor, project: str, transparent: bool) -> None:
    before = visitor.layers(project)
    pixels = np.full((HEIGHT, WIDTH), 255, np.uint8)
    pixels[20, 5:60] = 0
    image = Image.fromarray(pixels)
    if transparent:
        image = Image.merge("LA", [Image.new("L", image.size, 0), Image.fromarray(255 - pixels)])
    header = visitor.open_drawing(project, encode(image), "lines.png")
    assert header["replaced"] == ["edges"]
    assert [layer["name"] for layer in header["layers"]] == ["segments", "edges"]
    after = visitor.layers(project)
    assert after["edges"][20, 6:59].all()
    assert after["edges"].sum() <= 55
    np.testing.assert_array_equal(after["segments"], before["segments"])


def test_labels_alone_replace_the_labels(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    labels = visitor.get(project).json()["labels"]
    colours = np.array([label["colour"] for label in labels], np.uint8)
    index = before["segments"].copy()
    index[10:30, 10:40] = 0
    image = Image.fromarray(colours[index]).convert("RGBA")
    header = visitor.open_drawing(project, encode(image), "labels.png")
    assert header["replaced"] == ["segments"]
    assert header["nearest"] == 0
    assert header["changed"] == (index != before["segments"]).sum()
    after = visitor.layers(project)
    np.testing.assert_array_equal(after["segments"], index)
    np.testing.assert_array_equal(after["edges"], before["edges"])
    # Asked for, the lines go as well, and that is said.
    header = visitor.open_drawing(project, encode(image), "labels.png", part="drawing")
    assert header["replaced"] == ["segments", "edges"]
    assert any("no lines" in each for each in header["said"])
    assert not any("--" in each for each in header["said"])  # options of the command line are no way out here
    assert not visitor.layers(project)["edges"].any()


def test_a_jpeg_is_shown_before_it_is_applied(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    drawing = Image.open(io.BytesIO(exported(visitor, project, "primitive"))).convert("RGB")
    drawing = drawing.resize((4 * WIDTH, 4 * HEIGHT), Image.Resampling.BICUBIC)
    answer = visitor.read(project, encode(drawing, "JPEG", quality=92), "my drawing.jpg")
    assert answer.status_code == 200, answer.text
    header, layers, snapped = split(answer.content)
    assert header["name"] == "my drawing.jpg"
    assert header["nearest"] > 0
    assert header["doubtful"] == 0
    assert not header["unsure"]
    counted = f"my drawing.jpg: {header['nearest']:,} of {16 * WIDTH * HEIGHT:,} pixels"
    assert any(each.startswith(counted) for each in header["said"])
    assert {NEAREST, SLIGHT} <= set(np.unique(snapped)) <= {0, NEAREST, SLIGHT}
    assert (layers["segments"] == before["segments"]).mean() > 0.9
    np.testing.assert_array_equal(visitor.layers(project)["segments"], before["segments"])
    assert done(visitor, project) == []
    url = f"/api/projects/{project}/drawing/{header['id']}"
    assert visitor.http.post(url).status_code == 200
    np.testing.assert_array_equal(visitor.layers(project)["segments"], layers["segments"])
    assert done(visitor, project) == ["Open drawing"]
    assert visitor.http.post(url).json()["code"] == "not_found"


def test_what_is_in_doubt_is_refused_with_a_way_out(visitor: Visitor, project: str) -> None:
    pixels = np.array(Image.open(io.BytesIO(exported(visitor, project, "primitive"))).convert("RGB"))
    pixels[20:30, 20:30] = (1, 2, 200)
    answer = visitor.read(project, encode(pixels), "new colour.png")
    assert answer.json()["code"] == "doubt"
    message = answer.json()["message"]
    assert message.startswith("new colour.png: ")
    assert "pixels have the colour #0102c8" in message
    assert message.endswith("or choose “Use the nearest labels”")
    header, _, snapped = split(visitor.read(project, encode(pixels), "new colour.png", snap=True).content)
    assert header["doubtful"] > 50
    assert (snapped == DOUBTFUL).sum() == header["doubtful"]
    assert (snapped[20:30, 20:30] == DOUBTFUL).sum() == header["doubtful"]
    assert any(f"{header['doubtful']} pixels in doubt" in each for each in header["said"])


def test_a_photo_is_no_drawing(visitor: Visitor, project: str) -> None:
    from skimage import data

    projects = len(visitor.http.get("/api/projects").json()["projects"])
    photo = Image.fromarray(data.chelsea()).resize((300, 200))
    answer = visitor.read(project, encode(photo, "JPEG"), "cat.jpg")
    assert answer.status_code == 422
    assert answer.json()["code"] == "photo"
    assert answer.json()["message"].startswith("cat.jpg looks like a photo, not a drawing")
    assert own(visitor, project, encode(photo, "JPEG"), "cat.jpg").json()["code"] == "photo"
    assert done(visitor, project) == []
    assert len(visitor.http.get("/api/projects").json()["projects"]) == projects
    answer = visitor.read(project, visitor.get(project, "/export/project.zip").content, "mine.zip")
    assert answer.json()["code"] == "project"


def test_a_painting_is_told_from_a_photo_by_what_it_keeps(visitor: Visitor, project: str, photo: bytes) -> None:
    settings = visitor.get(project).json()["settings"] | {"kind": "paint", "paint_colours": 6}
    assert visitor.http.put(f"/api/projects/{project}/primitive", json=settings).status_code == 200
    pixels = np.array(Image.open(io.BytesIO(exported(visitor, project, "primitive"))).convert("RGB"))
    ramp = np.linspace(0, 255, 20, dtype=np.uint8)
    pixels[10:30, 10:30] = np.stack([ramp[:, None] + 0 * ramp, ramp + 0 * ramp[:, None], ramp[:, None] + ramp], axis=-1)
    assert not split(visitor.read(project, encode(pixels)).content)[0]["unsure"]
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    assert split(visitor.read(project, encode(noise)).content)[0]["unsure"]


def test_a_picture_with_other_colours_is_told_what_to_do_here(visitor: Visitor, project: str) -> None:
    flat = np.full((HEIGHT, WIDTH, 3), (123, 45, 67), np.uint8)
    flat[:20] = (200, 210, 190)
    answer = visitor.read(project, encode(flat), "poster.png")
    assert answer.json()["message"].startswith("poster.png looks like a photo, not a drawing")
    assert answer.json()["message"].endswith("give an edited copy of this drawing")
    assert answer.json()["code"] == "doubt"  # in flat colours, so it can be read if asked for


def test_drawings_of_another_shape_or_kind_are_refused_in_one_sentence(visitor: Visitor, project: str) -> None:
    flat = np.zeros((80, 40, 3), np.uint8)
    flat[40:] = (200, 30, 30)
    for content, name, words in (
        (encode(flat), "tall.png", "tall.png"),
        (b"%PDF-1.4 nothing", "drawing.pdf", "drawing.pdf is a PDF"),
        (b'{"a": 1}', "labels.json", "labels.json is neither a labelme nor a COCO file"),
    ):
        for answer in (visitor.read(project, content, name), own(visitor, project, content, name)):
            assert answer.status_code == 422
            assert answer.json()["message"].startswith(words), answer.json()
            assert "/tmp" not in answer.json()["message"]
            assert ".upload" not in answer.json()["message"]


def test_names_of_files_do_not_lead_anywhere(visitor: Visitor, project: str) -> None:
    content = exported(visitor, project, "segments")
    for name in ("../../project.json", "/etc/passwd", "..", "a\0b", "x" * 200):
        assert visitor.read(project, content, name).status_code == 200
    assert visitor.read(project, content, "a.png", length=5).json()["code"] == "invalid"
    query: dict[str, Any] = {"name": ["a.png", "b.png"], "length": [-1, len(content) + 1]}
    answer = visitor.http.post(f"/api/projects/{project}/drawing", params=query, content=content)
    assert answer.status_code == 422
    assert visitor.read(project, b"", "a.png").json()["code"] == "invalid"
    damaged = visitor.read(project, b"PK\x05\x06" + b"\0" * 18 + b"\xff" * 3, "a.zip")
    assert damaged.json()["code"] == "invalid"
    with zipfile.ZipFile(archive := io.BytesIO(), "w") as made:
        made.writestr("a.png", content)
    newer = bytearray(archive.getvalue())
    newer[newer.index(b"PK\x01\x02") + 6] = 99  # the version that is needed to read it
    assert visitor.read(project, bytes(newer), "a.zip").json()["code"] == "invalid"


def test_labels_of_ones_own_become_the_training_drawing(visitor: Visitor, project: str) -> None:
    shapes = [
        {"label": "sky", "shape_type": "rectangle", "points": [[0, 0], [WIDTH, 20]]},
        {"label": "ground", "shape_type": "rectangle", "points": [[0, 20], [WIDTH, HEIGHT]]},
    ]
    labelme = {"shapes": shapes, "imageHeight": HEIGHT, "imageWidth": WIDTH}
    answer = own(visitor, project, json.dumps(labelme).encode(), "sea.json", kind="super")
    assert answer.status_code == 200, answer.text
    header, layers, _ = split(answer.content)
    assert [label["name"] for label in header["labels"]][-2:] == ["sky", "ground"]
    assert header["replaced"] == list(layers) == ["segments"]
    extracted = visitor.layers(project)
    settings = visitor.get(project).json()["settings"] | {"own_segments": header["id"]}
    preview = visitor.http.post(f"/api/projects/{project}/extract", json=settings)
    assert preview.status_code == 200, preview.text
    assert unpack(preview.content)[0]["labels"] == header["labels"]
    assert visitor.http.put(f"/api/projects/{project}/primitive", json=settings).status_code == 200
    trained = visitor.layers(project, "training")
    np.testing.assert_array_equal(trained["segments"], layers["segments"])
    np.testing.assert_array_equal(trained["edges"], extracted["edges"])
    # The project keeps the file, for other settings later, also in another studio.
    exported(visitor, project, "primitive")
    archive = visitor.get(project, "/export/project.zip").content
    visitor.close(project)
    finer = settings | {"edge_min_length_px": 0}
    assert visitor.http.post(f"/api/projects/{project}/extract", json=finer).status_code == 200
    copy = visitor.http.post("/api/projects/import", content=archive).json()["id"]
    assert visitor.http.post(f"/api/projects/{copy}/extract", json=finer).status_code == 200
    visitor.http.delete(f"/api/projects/{copy}")


def test_lines_and_masks_of_ones_own(visitor: Visitor, project: str) -> None:
    drawn = np.full((2 * HEIGHT, 2 * WIDTH), 255, np.uint8)
    drawn[40:44, 10:100] = 0
    header, layers, _ = split(own(visitor, project, encode(drawn), "sketch.png").content)
    assert header["replaced"] == ["edges"]
    assert layers["edges"].any()
    masks = []
    for rows in (slice(0, 24), slice(24, 48)):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[rows] = 255
        masks.append(encode(mask))
    query: dict[str, Any] = {"name": ["cat.png", "dog.png"], "length": [len(mask) for mask in masks]}
    answer = visitor.http.post(f"/api/projects/{project}/own", params=query, content=b"".join(masks))
    assert answer.status_code == 200, answer.text
    named, regions, _ = split(answer.content)
    assert [label["name"] for label in named["labels"]] == ["cat", "dog"]
    assert named["name"] == "2 files"
    settings = visitor.get(project).json()["settings"] | {"own_segments": named["id"], "own_edges": header["id"]}
    assert visitor.http.put(f"/api/projects/{project}/primitive", json=settings).status_code == 200
    trained = visitor.layers(project, "training")
    np.testing.assert_array_equal(trained["segments"], regions["segments"])
    np.testing.assert_array_equal(trained["edges"], layers["edges"])
    # What was read for the drawing before does not fit the new one.
    gone = settings | {"own_segments": "0" * 16}
    assert visitor.http.post(f"/api/projects/{project}/extract", json=gone).json()["code"] == "not_found"


def test_a_painting_of_ones_own(visitor: Visitor, project: str) -> None:
    painted = np.full((2 * HEIGHT, 2 * WIDTH, 3), (240, 220, 180), np.uint8)
    painted[20:60, 30:90] = (30, 60, 90)
    answer = own(visitor, project, encode(painted), "painting.png", kind="paint")
    assert answer.status_code == 200, answer.text
    header, layers, _ = split(answer.content)
    assert header["replaced"] == ["colours"]
    settings = visitor.get(project).json()["settings"] | {"kind": "paint", "own_colours": header["id"]}
    assert visitor.http.put(f"/api/projects/{project}/primitive", json=settings).status_code == 200
    np.testing.assert_array_equal(visitor.layers(project, "training")["colours"], layers["colours"])
    # For another kind, it is not used.
    edges = settings | {"kind": "edges"}
    assert visitor.http.put(f"/api/projects/{project}/primitive", json=edges).status_code == 200
    assert set(visitor.layers(project)) == {"edges", "marks", "sources", "origin"}
    sheet = np.full((HEIGHT, WIDTH), 255, np.uint8)
    sheet[20, 5:60] = 0
    assert visitor.open_drawing(project, encode(sheet), "lines.png")["replaced"] == ["edges"]
    assert done(visitor, project) == ["Open drawing"]


def test_a_file_that_was_read_for_another_drawing_is_not_applied(visitor: Visitor, project: str) -> None:
    header, _, _ = split(visitor.read(project, exported(visitor, project, "segments")).content)
    settings = visitor.get(project).json()["settings"] | {"regions": 3}
    assert visitor.http.put(f"/api/projects/{project}/primitive", json=settings).status_code == 200
    assert visitor.http.post(f"/api/projects/{project}/drawing/{header['id']}").json()["code"] == "not_found"


def test_another_picture_is_drawn_like_the_photo_and_fits_its_drawing(visitor: Visitor, project: str) -> None:
    encoded = io.BytesIO()
    Image.fromarray(picture(size=(100, 300))).save(encoded, "PNG")
    before = visitor.layers(project)
    answer = visitor.http.post(f"/api/projects/{project}/picture", content=encoded.getvalue())
    assert answer.status_code == 200, answer.text
    header, pixels = unpack(answer.content)
    assert [layer["name"] for layer in header["layers"]] == list(before)
    width, height = header["size"]["width"], header["size"]["height"]
    assert abs(width / height - 3) < 0.1
    assert len(pixels) == width * height * 6
    assert header["labels"]
    refused = visitor.http.post(f"/api/projects/{project}/picture", content=b"no picture")
    assert refused.status_code == 422, refused.text
    after = visitor.layers(project)
    assert all((after[name] == layer).all() for name, layer in before.items())
