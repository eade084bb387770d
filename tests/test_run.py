"""The run folder: what it accepts, what it keeps, one writer at a time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from primage.api import Prepared, configure, prepare
from primage.errors import RunError
from primage.files import sha256_file
from primage.labels.label_map import LabelMap, Palette
from primage.primitive.read import LayerFiles
from primage.run import (
    Run,
    RunRecord,
    load_tensors,
    open_or_create,
    save_tensors,
)
from primage.run_folder import check_free, lock_folder
from tests.tiny import SETTINGS, contents, lock_holder, write_photo

KINDS = ("edges", "segments", "super", "paint")


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photo(tmp_path_factory.mktemp("photo"))


def made(photo: Path, folder: Path, kind: str = "super", seed: int = 0) -> Run:
    config = configure("draft", kind, steps=2, seed=seed, settings=SETTINGS["draft"])
    prepared = prepare(photo, config, shrink_only=True)
    return open_or_create(folder, prepared.record, prepared.photo, prepared.primitive)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_gives_its_training_pair_back_exactly(kind: str, photo: Path, tmp_path: Path) -> None:
    config = configure("draft", kind, steps=2, settings=SETTINGS["draft"])
    prepared = prepare(photo, config, shrink_only=True)
    created = open_or_create(tmp_path / "run", prepared.record, prepared.photo, prepared.primitive)
    run = Run(tmp_path / "run")
    assert run.record == created.record
    hashes = {name: sha256_file(run.path / name) for name in created.record.pair_sha256}
    assert hashes.keys() == {"photo.png", *(f"{layer.name}.png" for layer, _ in prepared.primitive)}
    assert run.record == prepared.record.model_copy(update={"pair_sha256": hashes})
    pixels, primitive = run.pair()
    assert np.array_equal(pixels, prepared.photo)
    assert primitive.kind == kind
    for name in ("edges", "colours"):
        old, new = getattr(prepared.primitive, name), getattr(primitive, name)
        assert (old is None) == (new is None)
        assert old is None or np.array_equal(old, new)
    if prepared.primitive.segments is not None:
        assert primitive.segments is not None
        assert primitive.segments.palette == prepared.primitive.segments.palette == run.record.spec.palette
        assert np.array_equal(primitive.segments.index, prepared.primitive.segments.index)


def test_a_missing_folder_is_made_with_its_parents(photo: Path, tmp_path: Path) -> None:
    run = made(photo, tmp_path / "a" / "b" / "run")
    assert {"run.json", "photo.png", "primitive.png", "segments.png", "edges.png"} <= set(contents(run.path))
    assert not [name for name in contents(run.path) if "partial" in name]


def test_the_same_request_opens_the_same_run(photo: Path, tmp_path: Path) -> None:
    run = made(photo, tmp_path / "run")
    before = contents(run.path)
    assert made(photo, tmp_path / "run").record == run.record
    assert contents(run.path) == before


def test_a_run_whose_grey_ids_have_the_colours_of_greys_is_resumed(photo: Path, tmp_path: Path) -> None:
    ids = np.zeros((48, 64), np.uint8)
    ids[:, 30:], ids[30:, 40:] = 1, 2
    Image.fromarray(ids).save(tmp_path / "ids.png")
    config = configure("draft", "segments", steps=2, settings=SETTINGS["draft"])

    def prepared(file: str) -> Prepared:
        return prepare(photo, config, LayerFiles(segments=tmp_path / file), shrink_only=True)

    new = prepared("ids.png")
    segments = new.primitive.segments
    assert segments is not None
    greys = tuple(label.model_copy(update={"colour": (label.id,) * 3}) for label in segments.palette.labels)
    old = new.primitive.replace(segments=LabelMap(segments.index, Palette(labels=greys, source="grey")))
    spec = new.record.spec.model_copy(update={"palette": old.segments.palette})
    record = new.record.model_copy(update={"spec": spec, "layers_sha256": old.sha256()})
    created = open_or_create(tmp_path / "run", record, new.photo, old)
    assert open_or_create(tmp_path / "run", new.record, new.photo, new.primitive).record == created.record
    ids[0, 0] = 2
    Image.fromarray(ids).save(tmp_path / "others.png")
    other = prepared("others.png")
    with pytest.raises(RunError, match="another primitive"):
        open_or_create(tmp_path / "run", other.record, other.photo, other.primitive)


def test_other_settings_are_refused_and_named(photo: Path, tmp_path: Path) -> None:
    before = contents(made(photo, tmp_path / "run").path)
    with pytest.raises(RunError, match=r"other settings \(seed was 0, now 1\)"):
        made(photo, tmp_path / "run", seed=1)
    with pytest.raises(RunError, match=r"other settings \(primitive.kind was super, now edges\)"):
        made(photo, tmp_path / "run", "edges")
    assert contents(tmp_path / "run") == before


def test_another_photo_is_refused(photo: Path, tmp_path: Path) -> None:
    before = contents(made(photo, tmp_path / "run").path)
    with pytest.raises(RunError, match="another photo"):
        made(write_photo(tmp_path, seed=1), tmp_path / "run")
    assert contents(tmp_path / "run") == before


def test_another_working_size_is_refused(photo: Path, tmp_path: Path) -> None:
    """The preset's size and the same size requested explicitly differ if the photo is smaller."""
    config = configure("draft", steps=2, settings=SETTINGS["draft"])
    small, large = (prepare(photo, config, shrink_only=shrink) for shrink in (True, False))
    open_or_create(tmp_path / "run", small.record, small.photo, small.primitive)
    with pytest.raises(RunError, match="other settings"):
        open_or_create(tmp_path / "run", large.record, large.photo, large.primitive)


@pytest.mark.parametrize("name", ["holiday.txt", ".hidden", "model.safetensors"])
def test_a_folder_with_something_else_in_it_is_refused(name: str, photo: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(RunError, match=f"not empty and not a run.*{name}"):
        check_free(tmp_path)
    assert contents(tmp_path) == before


def test_files_of_a_killed_creation_are_accepted(photo: Path, tmp_path: Path) -> None:
    run = made(photo, tmp_path / "run")
    (run.path / "run.json").rename(run.path / "run.json.partial")
    (run.path / ".lock").touch()  # a creation takes it first
    assert made(photo, tmp_path / "run").record == run.record


def test_pairs_of_a_killed_creation_are_accepted_if_they_are_sealed(photo: Path, tmp_path: Path) -> None:
    run = made(photo, tmp_path / "run")
    pair = run.path / "pairs" / "0001"
    pair.mkdir(parents=True)
    shutil.copyfile(run.path / "photo.png", pair / "photo.png")
    (run.path / "run.json").unlink()
    (run.path / ".lock").unlink(missing_ok=True)
    with pytest.raises(RunError, match="not empty and not a run"):
        check_free(run.path)
    (run.path / ".lock").touch()
    check_free(run.path)
    (pair / "edges.png").write_bytes(b"a person's own")
    with pytest.raises(RunError, match="contains pairs"):
        check_free(run.path)
    (pair / "edges.png").unlink()
    pair.rename(pair.with_name("holiday"))
    with pytest.raises(RunError, match="contains pairs"):
        check_free(run.path)


def test_a_file_is_not_a_run_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match="is a file"):
        check_free(tmp_path / "run")
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path / "run")


@pytest.mark.parametrize("record", ["", "{}", "[]", '{"version": 1', b"\xff\xfe\x00\x81"])
def test_a_damaged_record_is_refused(record: str | bytes, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(record if isinstance(record, bytes) else record.encode())
    with pytest.raises(RunError, match=r"run\.json: cannot be read"):
        Run(tmp_path)


def test_a_record_with_an_unknown_field_is_refused_by_name(photo: Path, tmp_path: Path) -> None:
    run = made(photo, tmp_path / "run")
    data = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(data | {"surprise": 1}))
    with pytest.raises(RunError, match="surprise"):
        Run(run.path)


def test_a_record_survives_json(photo: Path, tmp_path: Path) -> None:
    record = made(photo, tmp_path / "run").record
    assert RunRecord.model_validate_json(record.model_dump_json()) == record
    assert record.photo_sha256
    assert record.requested == record.config


def test_a_folder_in_use_by_another_process_is_refused(tmp_path: Path) -> None:
    with lock_holder(tmp_path / ".lock") as holder:
        with pytest.raises(RunError, match="another process is training here"), lock_folder(tmp_path):
            pass
        holder.kill()
    with lock_folder(tmp_path):  # the lock died with its process
        pass


def test_the_lock_is_released_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), lock_folder(tmp_path):
        raise KeyError
    with lock_folder(tmp_path):
        pass


def test_the_log_is_cut_after_a_step_and_loses_half_lines(photo: Path, tmp_path: Path) -> None:
    run = made(photo, tmp_path / "run")
    run.cut_log(3)  # there is none yet
    for step in (1, 2, 3, 4):
        run.log({"step": step, "G_L1": 0.5})
    with (run.path / "log.jsonl").open("a") as file:
        file.write('{"step": 2, "G_')
    run.cut_log(3)
    lines = (run.path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3]


def test_tensors_and_their_record_come_back(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(6.0).view(2, 3).T, "b": torch.tensor(3), "rng": torch.Generator().get_state()}
    save_tensors(tmp_path / "x.safetensors", tensors, {"step": 3, "name": "ß"})
    back, meta = load_tensors(tmp_path / "x.safetensors")
    assert meta == {"step": 3, "name": "ß"}
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensors[name]) and back[name].dtype == tensors[name].dtype for name in back)
    assert list(contents(tmp_path)) == ["x.safetensors"]


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated", "foreign", "folder"])
def test_a_file_that_is_not_ours_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_tensors(path, {"a": torch.zeros(100)}, {})
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("weights, honestly " * 20)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "foreign":
        save_file({"a": torch.zeros(3)}, path)
    else:
        path.unlink()
        path.mkdir()
    with pytest.raises(RunError, match=r"x\.safetensors"):
        load_tensors(path)


def test_a_failed_save_leaves_the_old_tensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.safetensors"
    save_tensors(path, {"a": torch.zeros(2)}, {"step": 1})

    def full(tensors: dict[str, torch.Tensor], file: Path, **_options: object) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("primage.tensor_files.save_file", full)
    with pytest.raises(OSError, match="No space"):
        save_tensors(path, {"a": torch.ones(2)}, {"step": 2})
    assert load_tensors(path)[1] == {"step": 1}
    assert list(contents(tmp_path)) == ["x.safetensors"]


def test_files_left_by_a_killed_process_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint.safetensors.0123456789abcdef.partial").write_bytes(b"half a checkpoint")
    (tmp_path / "checkpoint.safetensors.partial").write_bytes(b"the scratch name of earlier versions")
    (tmp_path / "previews").mkdir()
    (tmp_path / "previews" / ".000001.png.0123456789abcdef.partial").write_bytes(b"half a preview")
    (tmp_path / ".edit.png.0123456789abcdef.partial").write_bytes(b"perhaps still being written")
    with lock_folder(tmp_path):
        assert list((tmp_path / "previews").iterdir()) == []
        assert [path.name for path in tmp_path.glob("*.partial")] == [".edit.png.0123456789abcdef.partial"]
