from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from primage.api import configure
from primage.image import read_image, read_png_text
from primage.model import load
from primage.primitive.kinds import KINDS
from primage.studio.layers import drawing_layers
from primage.studio.project.extraction import default_settings, run_config
from primage.studio.project.hub import display_name
from primage.studio.schemas import ExtractSettings, Kind, LayerName
from primage.studio.workers.reader import Extract
from primage.studio.workers.reading import _layer
from tests.studio.conftest import studio
from tests.studio.visitor import Tab, Visitor, unpack
from tests.tiny import picture, write_photo


def png(array: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(array).save(encoded, "PNG")
    return encoded.getvalue()


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_what_an_editor_requests_first(visitor: Visitor) -> None:
    info = visitor.http.get("/api/info").json()
    assert info["capabilities"].keys() == {"people", "uncertainty", "video"}
    assert info["capabilities"]["uncertainty"]
    assert info["limits"]["upload_bytes"] == 200_000
    assert [sample["id"] for sample in info["samples"]][:2] == ["chelsea", "astronaut"]
    assert decoded(visitor.http.get("/api/samples/chelsea/image").content).shape == (300, 451, 3)


def test_a_project_from_upload_to_the_end(visitor: Visitor, photo: bytes) -> None:
    made = visitor.upload(photo, "C:\\pictures\\My cat.png")
    project = made["id"]
    assert made["name"] == "My cat"
    assert made["photo"] == made["size"] == {"width": 64, "height": 48}
    assert made["settings"]["kind"] == "super"
    assert [layer["name"] for layer in made["layers"]] == ["segments", "edges", "marks", "sources", "origin"]
    assert made["history"] == {"revision": 0, "undo": None, "redo": None, "done": [], "undone": []}
    assert made["learning"]["state"] == "idle"
    assert project in [entry["id"] for entry in visitor.http.get("/api/projects").json()["projects"]]

    layers = visitor.layers(project)
    assert int(layers["segments"].max()) < len(made["labels"])
    assert set(np.unique(layers["edges"])) == {0, 1}
    assert not layers["marks"].any()
    for size in ("working", "full", "thumbnail"):
        np.testing.assert_array_equal(decoded(visitor.get(project, f"/photo?size={size}").content), picture())

    answer = visitor.http.patch(f"/api/projects/{project}", json={"name": "Cat", "keep_original": False})
    assert (answer.json()["name"], answer.json()["keep_original"]) == ("Cat", False)
    assert visitor.http.delete(f"/api/projects/{project}").status_code == 204
    assert visitor.http.get(f"/api/projects/{project}").status_code == 404
    assert project not in visitor.http.get("/api/projects").text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/projects/sample", {"sample": "chelsea", "size": 3}),
        ("PATCH", "", {"name": "x", "colour": "red"}),
        ("PATCH", "", {"name": ""}),
        ("POST", "/extract", {"kind": "landmarks"}),
        ("POST", "/extract", {"edge_low": 0.5, "edge_high": 0.1}),
        ("POST", "/extract", {"regions": 1}),
        ("POST", "/extract", {"sigma": 1}),
        ("POST", "/extract", {"size_px": 5000}),
        ("POST", "/learn", {"minutes": 0}),
        ("POST", "/learn", {"minutes": 1, "steps": 4}),
        ("POST", "/learn", {"minutes": "NaN"}),
        ("POST", "/snapshots", {"name": "a", "id": "0123456789abcdef"}),
        ("POST", "/snapshots", {}),
    ],
)
def test_unknown_fields_and_values_are_refused_in_one_sentence(
    visitor: Visitor, project: str, method: str, path: str, body: dict[str, Any]
) -> None:
    if not path.startswith("/api"):
        path = f"/api/projects/{project}{path}"
    answer = visitor.http.request(method, path, json=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"code", "message"}
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize("project_id", ["x", "0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0", "-" * 16])
def test_an_id_that_the_server_did_not_make_is_refused(visitor: Visitor, project_id: str) -> None:
    for path in ("", "/photo", "/layers", "/render", "/export/project.zip"):
        assert visitor.http.get(f"/api/projects/{project_id}{path}").status_code in (404, 422)
    assert visitor.http.get("/api/projects/0123456789abcdef").status_code == 404
    assert visitor.http.get(f"/api/projects/0123456789abcdef/snapshots/{project_id}/image").status_code in (404, 422)


def test_files_that_are_not_photos_leave_nothing_behind(visitor: Visitor, photo: bytes) -> None:
    root = visitor.app.state.hub.services.store.root
    before = sorted(root.iterdir())
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    for content, status, reason in (
        (b"", 422, "empty"),
        (b"hello", 422, "the photo is a text file"),
        (photo[:200], 422, "photo"),
        (png(picture(size=(20, 20))), 422, "at least 32"),
        (png(np.zeros((300, 300, 3), np.uint8)), 422, "megapixels"),
        (png(noise), 413, "larger than"),
        (b"GIF89a" + bytes(100), 422, "the photo is a GIF picture, but it is damaged"),
    ):
        answer = visitor.http.post("/api/projects/upload", content=content)
        assert (answer.status_code, reason in answer.json()["message"]) == (status, True), answer.text
        assert str(root) not in answer.text
    assert sorted(root.iterdir()) == before


def test_the_list_shows_the_newest_picture_and_counts_edits(visitor: Visitor, project: str) -> None:
    def shown() -> np.ndarray:
        return decoded(visitor.get(project, "/picture").content)

    with visitor.tab(project) as tab:
        tab.draw("segments", 0, 0, np.ones((24, 32), np.uint8))
        tab.rendered(1)
        render = visitor.get(project, "/render").content
        np.testing.assert_array_equal(shown(), decoded(render))
    assert (shown() != picture()).any()
    visitor.close(project)  # what was saved is shown, without a worker
    np.testing.assert_array_equal(shown(), decoded(render))
    (listed,) = (entry for entry in visitor.http.get("/api/projects").json()["projects"] if entry["id"] == project)
    assert listed["edits"] == 1


def test_a_sample_can_start_with_an_edit_that_knows_its_origin(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = visitor.app.state.hub
    monkeypatch.setattr(hub, "_options", replace(hub._options, photo_pixels=10**6))
    samples = visitor.http.get("/api/info").json()["samples"]
    assert all(sample["edit"] for sample in samples)
    made = visitor.http.post("/api/projects/sample", json={"sample": "rocket", "edited": True}).json()
    assert made["history"]["undo"] == "A second rocket"
    edited, training = (visitor.layers(made["id"], of) for of in ("edited", "training"))
    changed = (edited["segments"] != training["segments"]) | (edited["edges"] != training["edges"])
    assert 0.01 < changed.mean() < 0.2
    moved = edited["origin"].any(axis=2)
    assert moved[changed].mean() > 0.9
    with visitor.tab(made["id"]) as tab:
        tab.step("undo")
    np.testing.assert_array_equal(visitor.layers(made["id"])["segments"], training["segments"])
    visitor.http.delete(f"/api/projects/{made['id']}")


def test_a_corrected_drawing_becomes_the_training_drawing(visitor: Visitor, project: str) -> None:
    before = visitor.get(project).json()
    areas = visitor.layers(project)["segments"]
    answer = visitor.http.post(f"/api/projects/{project}/corrections/finish")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid")

    def correct(tab: Tab) -> None:
        """A new label in one corner, with a name; nothing is rendered."""
        number = len(before["labels"])
        labels = [*before["labels"], {"name": "ear", "colour": [1, 2, 3]}]
        tab.draw("segments", 0, 0, np.full((12, 16), number, np.uint8), labels=labels)

    with visitor.tab(project) as tab:
        tab.send([], b"", labels=[*before["labels"], {"name": "ear", "colour": [1, 2, 3]}])
        assert "labels" in tab.until("refused")[0]["problem"]["message"]  # the network has learned the others
        assert visitor.http.post(f"/api/projects/{project}/corrections/begin").json()["correcting"]
        correct(tab)
    visitor.close(project)
    assert visitor.get(project).json()["correcting"]  # also after a restart
    fixed = visitor.http.post(f"/api/projects/{project}/corrections/finish").json()
    assert not fixed["correcting"]
    assert fixed["history"]["undo"] is None
    names = [label["name"] for label in fixed["labels"]]
    layers, training = visitor.layers(project), visitor.layers(project, "training")
    np.testing.assert_array_equal(layers["segments"], training["segments"])
    assert (training["segments"][:12, :16] == names.index("ear")).all()
    names_before = np.array([label["name"] for label in before["labels"]])
    np.testing.assert_array_equal(np.array(names)[training["segments"][12:]], names_before[areas[12:]])
    with visitor.tab(project) as tab:  # it renders, and what is not edited is the photo
        tab.draw("segments", 40, 30, np.full((12, 16), names.index("ear"), np.uint8))
        tab.rendered(tab.revision)
    np.testing.assert_array_equal(decoded(visitor.get(project, "/photo").content), picture())


def test_discarded_corrections_leave_the_extracted_drawing(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    visitor.http.post(f"/api/projects/{project}/corrections/begin")
    with visitor.tab(project) as tab:
        tab.draw("edges", 0, 0, np.ones((12, 16), np.uint8))
    left = visitor.http.post(f"/api/projects/{project}/corrections/cancel").json()
    assert (left["correcting"], left["history"]["undo"]) == (False, None)
    for name in ("segments", "edges"):
        np.testing.assert_array_equal(visitor.layers(project)[name], before[name])


def test_discarded_corrections_leave_edits_snapshots_and_the_network(visitor: Visitor, project: str) -> None:
    before = visitor.get(project).json()
    area = np.full((12, 16), len(before["labels"]), np.uint8)
    with visitor.tab(project) as tab:
        tab.draw("edges", 3, 4, np.ones((1, 5)))
        tab.draw("edges", 3, 8, np.ones((1, 5)), title="Undone")
        visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "one"})
        edited = visitor.layers(project)
        visitor.http.post(f"/api/projects/{project}/corrections/begin")
        answer = visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "two"})
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid")
        labels = [*before["labels"], {"name": "ear", "colour": [1, 2, 3]}]
        # It would be undone with the last edit, if it were no correction.
        tab.draw("segments", 0, 0, area, labels=labels, continues=tab.requests)
    visitor.close(project)
    with visitor.tab(project) as tab:
        left = visitor.http.post(f"/api/projects/{project}/corrections/cancel").json()
        tab.until("replaced")
        assert not left["correcting"]
        assert (left["labels"], left["settings"]) == (before["labels"], before["settings"])
        assert (left["history"]["undo"], left["history"]["redo"]) == ("Undone", None)
        assert [snapshot["name"] for snapshot in left["snapshots"]] == ["one"]
        for name in ("segments", "edges"):
            np.testing.assert_array_equal(visitor.layers(project)[name], edited[name])
        tab.rendered(left["history"]["revision"])
    assert [path.name for path in visitor.app.state.hub.services.store.folder(project).glob("run-*")] == ["run-1"]
    visitor.close(project)  # also after a restart
    assert visitor.get(project).json()["history"] | {"revision": 0} == left["history"] | {"revision": 0}


def test_another_extraction_ends_corrections(visitor: Visitor, project: str) -> None:
    visitor.http.post(f"/api/projects/{project}/corrections/begin")
    with visitor.tab(project) as tab:
        tab.draw("edges", 0, 0, np.ones((12, 16), np.uint8))
        state = visitor.http.put(f"/api/projects/{project}/primitive", json={"regions": 2}).json()
        assert not state["correcting"]
        tab.until("replaced")
        tab.rendered(state["history"]["revision"])  # it is rendered again


def test_samples(visitor: Visitor) -> None:
    assert visitor.http.post("/api/projects/sample", json={"sample": "../chelsea"}).status_code == 404


def test_sliders_preview_and_the_choice_replaces_the_drawing(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    answer = visitor.http.post(f"/api/projects/{project}/extract", json={"kind": "edges", "edge_min_length_px": 0})
    header, pixels = unpack(answer.content)
    assert [layer["name"] for layer in header["layers"]] == ["edges", "marks", "sources", "origin"]
    assert len(pixels) == (1 + 1 + 1 + 2) * 48 * 64
    assert header["labels"] == []
    np.testing.assert_array_equal(visitor.layers(project)["edges"], before["edges"])

    with visitor.tab(project) as tab:
        tab.draw("edges", 3, 4, np.ones((1, 5)))
        assert visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "one"}).status_code == 201
        chosen = visitor.http.put(f"/api/projects/{project}/primitive", json={"regions": 2})
        assert chosen.status_code == 200
        tab.until("replaced")
        state = chosen.json()
        assert len(state["labels"]) == 2
        assert state["history"]["undo"] is None
        assert state["snapshots"] == []
        tab.until("state", lambda header: header["project"]["model"] is not None)
        answer = visitor.http.put(f"/api/projects/{project}/primitive", json={"kind": "paint"})
        assert [layer["name"] for layer in answer.json()["layers"]] == ["colours", "marks", "sources", "origin"]
        assert visitor.layers(project)["colours"].shape == (48, 64, 3)
        tab.until(
            "state", lambda header: header["project"]["settings"]["kind"] == "paint" and header["project"]["model"]
        )
    folder = visitor.app.state.hub.services.store.folder(project)
    assert [path.name for path in folder.glob("run-*")] == ["run-3"]


def test_named_parts_of_people_are_a_setting() -> None:
    config = configure("draft", steps=0)
    settings = default_settings(config)
    assert settings.people
    assert run_config(config, settings).primitive.segments.semantic == "auto"
    off = run_config(config, settings.model_copy(update={"people": False}))
    assert off.primitive.segments.semantic == "off"
    assert not default_settings(off).people
    assert run_config(off, settings).primitive.segments.semantic == "auto"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_layers_of_a_kind_are_those_of_its_primitives(kind: str) -> None:
    assert [layer.name for layer in drawing_layers(kind)] == [*KINDS[kind].names, "marks", "sources", "origin"]
    assert {layer.name for layer in drawing_layers(kind)} <= set(get_args(LayerName))


def test_moving_a_slider_extracts_only_its_own_layer(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)
    config = configure("draft", steps=0, size_px=48)
    for setting, layers in (
        (ExtractSettings(), 2),
        (ExtractSettings(edge_sigma=3), 1),
        (ExtractSettings(edge_sigma=3, regions=4), 1),
        (ExtractSettings(edge_sigma=3, regions=4, paint_colours=5), 0),
        (ExtractSettings(kind="paint", paint_colours=5), 1),
    ):
        before = _layer.cache_info().misses
        Extract(photo, run_config(config, setting)).perform()
        assert _layer.cache_info().misses - before == layers


def test_exports_are_what_the_command_line_reads(visitor: Visitor, project: str, tmp_path: Path) -> None:
    with visitor.tab(project) as tab:
        tab.until("state", lambda header: header["project"]["model"] is not None)
        tab.draw("edges", 3, 4, np.ones((1, 30)))
        for name in ("result.png", "primitive.png", "segments.png", "edges.png", "model.safetensors"):
            answer = visitor.get(project, f"/export/{name}")
            disposition = answer.headers["content-disposition"]
            assert disposition.startswith('attachment; filename="photo')
            (tmp_path / name).write_bytes(answer.content)
    model = load(tmp_path / "model.safetensors")
    assert model.size == (48, 64)
    recorded = json.loads(read_png_text(tmp_path / "result.png")["primage"])
    assert recorded["weights_sha256"] == model.weights_sha256
    assert recorded["generated"] is True
    assert recorded["keeps_original"] is True
    assert set(recorded["drawing_sha256"]) == {"segments", "edges"}
    assert read_image(tmp_path / "result.png").shape == (48, 64, 3)
    assert not read_image(tmp_path / "edges.png")[4, 3:33].any()
    assert model.render(tmp_path / "primitive.png").shape == (48, 64, 3)
    assert visitor.http.get(f"/api/projects/{project}/export/colours.png").status_code == 404


def test_a_zip_file_carries_a_project_to_another_studio(
    visitor: Visitor, project: str, photo: bytes, tmp_path: Path
) -> None:
    visitor.http.put(f"/api/projects/{project}/primitive", json={"regions": 3})  # its second run
    with visitor.tab(project) as tab:
        if visitor.get(project).json()["model"] is None:
            tab.until("state", lambda header: header["project"]["model"] is not None)
        tab.draw("edges", 3, 4, np.ones((1, 30)), title="A line")
        visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "one"})
    layers = visitor.layers(project)
    content = visitor.get(project, "/export/project.zip").content
    answer = visitor.http.post("/api/projects/import", content=content)
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert copy["id"] != project
    assert copy["history"]["undo"] == "A line"
    assert [snapshot["name"] for snapshot in copy["snapshots"]] == ["one"]
    for name, layer in visitor.layers(copy["id"]).items():
        np.testing.assert_array_equal(layer, layers[name])
    with visitor.tab(copy["id"]) as tab:
        tab.step("undo")
    assert not visitor.layers(copy["id"])["edges"][4, 3:33].all()
    folder = visitor.app.state.hub.services.store.folder(copy["id"])
    assert (folder / "original").read_bytes() == photo
    visitor.http.delete(f"/api/projects/{copy['id']}")


def test_zip_files_that_are_not_projects_leave_nothing_behind(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.until("state", lambda header: header["project"]["model"] is not None)
    good = zipfile.ZipFile(io.BytesIO(visitor.get(project, "/export/project.zip").content))
    members = {name: good.read(name) for name in good.namelist()}
    record = json.loads(members["project.json"])
    root = visitor.app.state.hub.services.store.root
    before = sorted(root.iterdir())

    def changed(**others: bytes | None) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (
                members | {k.replace("__", "/").replace("_dot_", "."): v for k, v in others.items()}
            ).items():
                if content is not None:
                    archive.writestr(name, content)
        return packed.getvalue()

    def with_name(name: str) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for member, content in (members | {name: b"x"}).items():
                archive.writestr(member, content)
        return packed.getvalue()

    bad = {
        "no zip": b"PK\x03\x04 but no",
        "leads out": with_name("../../evil"),
        "absolute": with_name("/etc/evil"),
        "something else": with_name("run/evil.py"),
        "a member missing": changed(original=None),
        "not a photo": changed(original=b"GIF89a"),
        "no model": changed(run__model_dot_safetensors=b"x" * 100),
        "no run": changed(run__run_dot_json=b"{}"),
        "no drawing": changed(drawing_dot_bin=b"\x05\x00\x00\x00hello"),
        "another size": changed(project_dot_json=json.dumps(record | {"size": {"width": 10, "height": 10}}).encode()),
        "unknown field": changed(project_dot_json=json.dumps(record | {"x": 1}).encode()),
        "a bomb": changed(history_dot_bin=bytes(30_000_000)),
    }
    for name, content in bad.items():
        answer = visitor.http.post("/api/projects/import", content=content)
        assert answer.status_code in (413, 422), (name, answer.text)
    assert sorted(root.iterdir()) == before
    assert not (root.parent / "evil").exists()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("cat.JPEG", "cat"),
        ("/tmp/a/../b.png", "b"),
        ("a\nb\x00.png", "a b"),
        (".png", "photo"),
        ("v1.2 final", "v1.2 final"),
    ],
)
def test_names_are_only_displayed(given: str, shown: str) -> None:
    assert display_name(given) == shown


def test_two_studios_do_not_share_a_folder(visitor: Visitor) -> None:
    from primage.errors import RunError

    other = studio(visitor.app.state.hub.services.store.root)
    with pytest.raises(RunError, match="another studio"), other.inside():
        pass
