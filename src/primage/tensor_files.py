"""Tensors with a JSON record, as safetensors files: models and checkpoints."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from primage.errors import RunError
from primage.files import atomic_path, parse_json

#: How safetensors tells the number of an error of the operating system.
_SYSTEM_ERROR = re.compile(r"os error (\d+)")
#: Field of the record.
_CHECKSUM = "sha256_of_all"


def save_tensors(path: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Write tensors and one JSON record as a safetensors file, atomically.

    Args:
        path: the file; its folder exists.
        tensors: what to save.
        meta: the record, of JSON data.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # In the record, as safetensors writes several entries of its metadata in a random order.
    record = json.dumps({**meta, _CHECKSUM: _checksum(meta, ready)})
    with atomic_path(path) as scratch:
        try:
            save_file(ready, scratch, metadata={"primage": record})
        except SafetensorError as error:
            number = _SYSTEM_ERROR.search(str(error))
            raise OSError(int(number[1]) if number else errno.EIO, str(error), str(path)) from error


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
        meta, checksum = _record_of(file)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        # Files of earlier versions have no checksum.
        if checksum not in (None, _checksum(meta, tensors)):
            raise RunError(f"{path}: is damaged (its checksum is another one); give another, or a copy of it")
        return tensors, meta


def read_meta(path: Path) -> dict[str, Any]:
    """Read the record of a file written by `save_tensors`, without the tensors.

    Args:
        path: a safetensors file.

    Raises:
        RunError: the file is missing or damaged, or was not written by Primage.
    """
    with _opened(path) as file:
        return _record_of(file)[0]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise RunError(f"{path}: there is no such file; give a run folder or its model.safetensors") from error
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise RunError(f"{path}: is not a file that Primage wrote, or it is damaged ({error}); give another") from error


def _record_of(file: Any) -> tuple[dict[str, Any], str | None]:
    """The record, and the checksum of the file if it has one."""
    meta = parse_json((file.metadata() or {})["primage"])
    if not isinstance(meta, dict):
        raise ValueError("its record is no JSON object")
    return meta, meta.pop(_CHECKSUM, None)


def _checksum(meta: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of a file's content, independent of the order in which it is stored."""
    digest = hashlib.sha256(json.dumps(meta).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        stored: Any = tensor.flatten().view(torch.uint8).numpy()
        digest.update(stored)
    return digest.hexdigest()
