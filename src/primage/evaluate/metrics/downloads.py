"""Official weights of the networks used for evaluation only, Inception-v3 and ResNet50: downloaded or read from a file.

`primage.nets.weights` keeps small verified copies of the weights that training needs. The files here are kept as
published: their name ends in the first eight digits of their SHA-256, which is verified.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from primage.downloads import Progress, check_sha256, download, weights_folder
from primage.errors import WeightsError
from primage.files import atomic_path
from primage.nets.weights import OFFICIAL

_log = logging.getLogger(__name__)

#: Sources of each network's weights, in the order they are tried.
URLS: dict[str, tuple[str, ...]] = {
    "inception_v3": (
        f"{OFFICIAL}inception_v3_google-0cc3c7bd.pth",
        f"{OFFICIAL}inception_v3_google-1a9a5a14.pth",
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
    ),
    "resnet50": (f"{OFFICIAL}resnet50-0676ba61.pth", f"{OFFICIAL}resnet50-19c8e357.pth"),
}


def load_checkpoint(
    name: str, file: str | Path | None = None, fetch: bool = True, progress: Progress | None = None
) -> dict[str, Tensor]:
    """Load a network's official weights.

    Args:
        name: "inception_v3" or "resnet50".
        file: a weights file; None searches the weights folder, then downloads into it.
        fetch: whether downloading is allowed.
        progress: called with (name, bytes done, total bytes or None) during a download.

    Returns:
        Tensors under torchvision's names (which pytorch-fid shares).

    Raises:
        WeightsError: no file is available, it is damaged, or it is not a weights file.
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
    tried = f": {'; '.join(failures)}" if failures else " and downloading is disabled"
    raise WeightsError(
        f"the weights '{name}' are not available{tried}; put {names} into {folder}, or pass the path of the file"
    )


def load_frozen(module: nn.Module, tensors: Mapping[str, Tensor], name: str) -> nn.Module:
    """Load weights into a network built on the meta device, and freeze it.

    Args:
        module: its parameters' names are among those of ``tensors``.
        tensors: from `load_checkpoint`; tensors the module does not need are ignored.
        name: of the network, for error messages.

    Returns:
        The module, in evaluation mode.

    Raises:
        WeightsError: a tensor is missing or has the wrong shape.
    """
    own = {}
    for key, value in module.state_dict().items():
        if key.endswith("num_batches_tracked"):  # absent from older files, and not used in evaluation mode
            own[key] = torch.zeros((), dtype=torch.int64)
            continue
        found = tensors.get(key)
        if found is None or found.shape != value.shape:
            has = "is missing" if found is None else f"has shape {tuple(found.shape)}"
            raise WeightsError(f"'{key}' {has} in the weights; {name} needs shape {tuple(value.shape)}")
        own[key] = found.detach().float().clone()
    module.load_state_dict(own, assign=True)
    return module.requires_grad_(False).eval()


def _download(name: str, url: str, path: Path, progress: Progress | None) -> None:
    with atomic_path(path) as scratch:
        download(name, url, scratch, progress)
        _check(scratch, path.name)


def _check(file: Path, name: str) -> None:
    expected = re.search(r"-([0-9a-f]{8})\.pth$", name)
    if expected is not None:  # otherwise a file of the user's own; results record the hash of its tensors
        check_sha256(file, expected[1])


def _read(file: Path) -> dict[str, Tensor]:
    try:
        _check(file, file.name)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except WeightsError:
        raise
    except Exception as error:  # a damaged file can raise almost anything
        raise WeightsError(f"{file}: is not a weights file ({type(error).__name__})") from error
    tensors = (
        {key: value for key, value in state.items() if isinstance(value, Tensor)} if isinstance(state, dict) else {}
    )
    if not tensors:
        raise WeightsError(f"{file}: contains no named tensors")
    return tensors
