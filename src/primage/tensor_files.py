"""Tensors with a JSON record, as safetensors files: models and checkpoints."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from primage.errors import RunError
from primage.files import atomic_path

#: Entry of the metadata.
_CHECKSUM = "sha256"


def save_tensors(path: Path, tensors: Mapping[str, Tensor], meta: object) -> None:
    """Write tensors and one JSON record as a safetensors file, atomically.

    Args:
        path: the file; its folder exists.
        tensors: what to save.
        meta: any JSON data.
    """
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    record = json.dumps(meta)
    with atomic_path(path) as scratch:
        save_file(ready, scratch, metadata={"primage": record, _CHECKSUM: _checksum(record, ready)})


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a file written by `save_tensors`.

    Args:
        path: a safetensors file.

    Returns:
        The tensors and the record.

    Raises:
        RunError: the file is missing or damaged, or was not written by Primage.
    """
    with _opened(path) as file:
        metadata = file.metadata() or {}
        record = metadata["primage"]
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        # Files of earlier versions have no checksum.
        if metadata.get(_CHECKSUM, "") not in ("", _checksum(record, tensors)):
            raise RunError(f"{path}: is damaged (its checksum is another one); give another, or a copy of it")
        return tensors, json.loads(record)


def read_meta(path: Path) -> dict[str, Any]:
    """Read the record of a file written by `save_tensors`, without the tensors.

    Args:
        path: a safetensors file.

    Raises:
        RunError: the file is missing or damaged, or was not written by Primage.
    """
    with _opened(path) as file:
        meta: dict[str, Any] = json.loads((file.metadata() or {})["primage"])
        return meta


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise RunError(f"{path}: there is no such file; give a run folder or its model.safetensors") from error
    except (SafetensorError, KeyError, json.JSONDecodeError, OSError) as error:
        raise RunError(f"{path}: is not a file that Primage wrote, or it is damaged ({error}); give another") from error


def _checksum(record: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of a file's content, independent of the order in which it is stored."""
    digest = hashlib.sha256(record.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        stored: Any = tensor.flatten().view(torch.uint8).numpy()
        digest.update(stored)
    return digest.hexdigest()
