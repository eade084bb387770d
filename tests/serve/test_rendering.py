from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from primage.image import read_image, read_png_text
from primage.render.files import Rendered
from primage.serve.rendering import _facts
from primage.serve.routes import FACTS
from primage.serve.schemas import RenderQuery
from tests.tiny import command, one_thread

RENDER = "/models/tiny/render"
BOX = {"shape": "rectangle", "top_left": [0.1, 0.1], "bottom_right": [0.5, 0.7]}
MOVE = [{"op": "move", "region": BOX, "by": [0.2, 0.0]}]


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture(scope="module")
def drawing(http: TestClient) -> bytes:
    answer = http.get("/models/tiny/drawing")
    assert answer.headers["content-type"] == "image/png"
    return answer.content


def test_models_are_described(http: TestClient) -> None:
    (model,) = http.get("/models").json()["models"]
    assert (model["name"], model["primitive"], model["layers"]) == ("tiny", "super", ["segments", "edges"])
    assert model["size"] == {"width": 43, "height": 32}
    assert model["full_size"] == {"width": 64, "height": 48}
    assert model["labels"]
    assert model == http.get("/models/tiny").json()
    assert http.get("/models/other").json()["code"] == "no_such_model"


def test_a_render_is_that_of_the_command_line(http: TestClient, run: Path, drawing: bytes, tmp_path: Path) -> None:
    edited = picture(drawing).copy()
    edited[4:16, 4:16] = edited[0, 0]
    file = tmp_path / "drawing.png"
    Image.fromarray(edited).save(file)
    with one_thread():
        assert command("render", run, file, "-o", tmp_path / "out.png", "--seed", 3, "--quiet") == 0
    answer = http.post(RENDER, params={"seed": 3}, content=file.read_bytes(), headers={"Content-Type": "image/png"})
    assert answer.status_code == 200, answer.text
    np.testing.assert_array_equal(picture(answer.content), read_image(tmp_path / "out.png"))
    facts = json.loads(answer.headers[FACTS])
    assert (facts["width"], facts["height"], facts["seed"]) == (43, 32, 3)
    (tmp_path / "answer.png").write_bytes(answer.content)
    assert json.loads(read_png_text(tmp_path / "answer.png")["primage"])["generated"] is True


def test_edits_are_made_of_the_training_drawing(http: TestClient) -> None:
    answer = http.post(RENDER, json=MOVE)
    assert answer.status_code == 200, answer.text
    assert picture(answer.content).shape == (32, 43, 3)
    assert "1 moved piece" in json.loads(answer.headers[FACTS])["edit"]
    in_a_form = http.post(RENDER, files={"edits": ("edits.json", json.dumps(MOVE))})
    np.testing.assert_array_equal(picture(in_a_form.content), picture(answer.content))


@pytest.mark.parametrize(
    ("query", "kind", "size"),
    [
        ({"format": "jpg", "quality": 80}, "JPEG", (43, 32)),
        ({"format": "webp", "size": 64}, "WEBP", (86, 64)),
        ({"output": "photo", "full_size": True, "format": "jpg"}, "JPEG", (64, 48)),
        ({"output": "patch"}, "PNG", (43, 32)),
    ],
)
def test_formats_and_sizes(
    http: TestClient, drawing: bytes, query: dict[str, Any], kind: str, size: tuple[int, int]
) -> None:
    answer = http.post(RENDER, params=query, files={"drawing": ("drawing.png", drawing)})
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.size) == (kind, size)
    assert (image.mode == "RGBA") == (query.get("output") == "patch")


def test_an_origin_is_sent_beside_the_drawing(http: TestClient, run: Path, tmp_path: Path) -> None:
    edits = tmp_path / "edits.json"
    edits.write_text(json.dumps(MOVE))
    with one_thread():
        assert command("edit", run, edits, "-o", tmp_path / "moved.png", "--quiet") == 0
        assert command("render", run, tmp_path / "moved.png", "-o", tmp_path / "out.png", "--quiet") == 0
    files = {
        "drawing": ("moved.png", (tmp_path / "moved.png").read_bytes()),
        "origin": ("moved.origin.png", (tmp_path / "moved.origin.png").read_bytes()),
    }
    answer = http.post(RENDER, files=files)
    assert answer.status_code == 200, answer.text
    np.testing.assert_array_equal(picture(answer.content), read_image(tmp_path / "out.png"))


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        ({"content": b"", "headers": {"Content-Type": "image/png"}}, 422, "empty"),
        ({"content": b"nonsense", "headers": {"Content-Type": "image/png"}}, 422, "drawing"),
        ({"content": bytes(200_000), "headers": {"Content-Type": "image/png"}}, 413, "larger than"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "image/png"),
        ({"json": [{"op": "explode"}]}, 422, "op"),
        ({"files": {"picture": ("a.png", b"x")}}, 422, "the parts are drawing, edits"),
        ({"files": {"photo": ("a.png", b"x")}}, 422, "there is no drawing"),
        ({"files": {"edits": ("e", b"[]"), "drawing": ("a.png", b"x")}}, 422, "without a drawing"),
        ({"json": [], "params": {"size": 64}}, 422, "size is for drawings"),
        ({"json": [], "params": {"snap": True}}, 422, "snap is for drawings"),
        ({"json": [], "params": {"infer_origin": False}}, 422, "infer_origin is for drawings"),
        ({"json": [], "params": {"full_size": True}}, 422, "add output=photo"),
        ({"files": {"edits": ("e", b"[]"), "photo": ("a.png", b"x")}}, 422, "add full_size=true"),
        ({"json": [], "params": {"strength": 2}}, 422, "strength"),
        ({"json": [], "params": {"colour": 1}}, 422, "colour"),
        ({"json": [], "params": {"format": "gif"}}, 422, "format"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    http: TestClient, sent: dict[str, Any], status: int, says: str
) -> None:
    answer = http.post(RENDER, **sent)
    assert (answer.status_code, set(answer.json())) == (status, {"code", "message"})
    message = answer.json()["message"]
    assert says in message
    assert "\n" not in message
    assert "primage-serve-" not in message, "the server's folders are its own"


def test_the_header_has_the_largest_edits_without_effect_and_their_number() -> None:
    boxes = np.linspace(0, 1, 4000, dtype=np.float32).reshape(-1, 4)
    rendered = Rendered(Path("out.png"), np.zeros((32, 43, 3), np.uint8), Path("in.png"), without_effect=boxes)
    facts = _facts(rendered, RenderQuery())
    assert facts["without_effect_count"] == 1000
    assert facts["without_effect"] == boxes[:20].astype(float).round(4).tolist()
    assert len(json.dumps(facts)) < 2000


def test_nothing_of_a_request_is_left(http: TestClient) -> None:
    http.post(RENDER, json=MOVE)
    assert list(http.app.state.service.scratch.iterdir()) == []  # type: ignore[attr-defined]


def test_metrics_count_what_was_asked_for(http: TestClient) -> None:
    http.post(RENDER, json=MOVE)
    http.post(RENDER, json=[{"op": "explode"}])
    lines = http.get("/metrics").text.splitlines()
    value = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}
    assert value['primage_renders_total{model="tiny",outcome="done"}'] >= 1
    assert value['primage_renders_total{model="tiny",outcome="invalid"}'] >= 1
    assert value['primage_render_seconds_count{model="tiny"}'] >= 1
    assert (value["primage_workers"], value["primage_queue_size"], value["primage_waiting"]) == (1, 16, 0)
