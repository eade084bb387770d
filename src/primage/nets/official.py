"""Official weights files that no package carries: Inception-v3 and ResNet50, from their URL or from a file.

`primage.nets.weights` keeps small verified copies of what training needs. These two are for judging only and are
read as they come: the file's name ends in the first eight digits of its SHA-256, and that is what is checked.
"""

from __future__ import annotations

import hashlib
import logging
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from primage.errors import WeightsError
from primage.files import atomic_path
from primage.nets.weights import OFFICIAL, Progress, weights_folder

_log = logging.getLogger(__name__)

#: Where each network's weights come from, in the order in which they are tried.
URLS: dict[str, tuple[str, ...]] = {
    "inception_v3": (
        f"{OFFICIAL}inception_v3_google-0cc3c7bd.pth",
        f"{OFFICIAL}inception_v3_google-1a9a5a14.pth",
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
    ),
    "resnet50": (f"{OFFICIAL}resnet50-0676ba61.pth", f"{OFFICIAL}resnet50-19c8e357.pth"),
}
_TIMEOUT_SEC = 10


def load_official(
    name: str, file: str | Path | None = None, fetch: bool = True, progress: Progress | None = None
) -> dict[str, Tensor]:
    """Read a network's official weights.

    Args:
        name: "inception_v3" or "resnet50".
        file: a weights file; None looks into the weights folder, then downloads into it.
        fetch: whether the network may be used.
        progress: is told (name, bytes done, bytes in all or None) of a download.

    Returns:
        Tensors by the names of torchvision (pytorch-fid's are the same).

    Raises:
        WeightsError: no file can be had, it is damaged, or it is not a weights file.
    """
    if file is not None:
        return _read(Path(file))
    folder, failures = weights_folder(), []
    for url in URLS[name]:
        path = folder / url.rsplit("/", 1)[-1]
        if path.is_file():
            return _read(path)
    for url in URLS[name] if fetch else ():
        path = folder / url.rsplit("/", 1)[-1]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _download(name, url, path, progress)
            return _read(path)
        except (OSError, WeightsError) as error:
            failures.append(f"{url} ({error})")
    names = " or ".join(url.rsplit("/", 1)[-1] for url in URLS[name])
    tried = f": {'; '.join(failures)}" if failures else " and fetching is switched off"
    raise WeightsError(f"the weights '{name}' are not here{tried}; put {names} into {folder}, or name the file")


def fill(module: nn.Module, tensors: Mapping[str, Tensor], name: str) -> nn.Module:
    """Give a network that was built without memory its weights; freeze it.

    Args:
        module: its parameters' names are among those of ``tensors``.
        tensors: what `load_official` gave; more than the module needs.
        name: of the network, for messages.

    Returns:
        The module, in evaluation mode.

    Raises:
        WeightsError: a tensor is missing or has another shape.
    """
    own = {}
    for key, value in module.state_dict().items():
        if key.endswith("num_batches_tracked"):  # older files have none, and evaluation needs none
            own[key] = torch.zeros((), dtype=torch.int64)
            continue
        found = tensors.get(key)
        if found is None or found.shape != value.shape:
            has = "nothing" if found is None else tuple(found.shape)
            raise WeightsError(f"the weights have {has} as '{key}', {name} needs {tuple(value.shape)}")
        own[key] = found.detach().float().clone()
    module.load_state_dict(own, assign=True)
    return module.requires_grad_(False).eval()


def _download(name: str, url: str, path: Path, progress: Progress | None) -> None:
    with atomic_path(path) as scratch:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SEC) as response, scratch.open("wb") as out:
            length, done = response.headers.get("Content-Length"), 0
            while chunk := response.read(1 << 20):
                out.write(chunk)
                done += len(chunk)
                if progress:
                    progress(name, done, int(length) if length else None)
        _check(scratch, path.name)


def _check(file: Path, name: str) -> None:
    promised = re.search(r"-([0-9a-f]{8})\.pth$", name)
    if promised is None:  # a file of the user's own; results name the hash of what is in it
        return
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if not found.startswith(promised[1]):
        raise WeightsError(f"{name} has the sha256 {found[:8]}… where {promised[1]}… is right")


def _read(file: Path) -> dict[str, Tensor]:
    try:
        _check(file, file.name)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except WeightsError:
        raise
    except Exception as error:  # broken files raise nearly anything
        raise WeightsError(f"{file}: is not a weights file ({type(error).__name__})") from error
    tensors = (
        {key: value for key, value in state.items() if isinstance(value, Tensor)} if isinstance(state, dict) else {}
    )
    if not tensors:
        raise WeightsError(f"{file}: holds no tensors by name")
    return tensors
