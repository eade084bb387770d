"""Running TFLite networks. The only module (with `primage.detection.attention_mesh`) that knows the interpreter."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from primage.detection.weights import MODELS, fetch_models, load_model, models_available
from primage.downloads import Progress, weights_folder
from primage.errors import ConfigError, WeightsError

#: One sentence for whoever asks for detection without the package.
_MISSING = "detection needs the package ai-edge-litert; install it with pip install 'primage[detect]'"


def is_installed() -> bool:
    """Whether the interpreter's package is installed."""
    return importlib.util.find_spec("ai_edge_litert") is not None


def why_not() -> str | None:
    """Why detection does not work without downloading anything, with the way out; None if it does."""
    if not is_installed():
        return _MISSING
    if not models_available():
        return "the detectors' weights are not there; fetch them with primage weights --fetch"
    try:
        _check_weights(weights_folder())
    except WeightsError as error:
        return str(error)
    return None


def can_detect() -> bool:
    """Whether detection works without downloading anything: the package and intact weights are there."""
    return why_not() is None


@cache
def _check_weights(_folder: Path) -> None:
    """Check the weights of a folder, until they were found intact once."""
    for name in MODELS:
        load_model(name, fetch=False)


def check_installed() -> None:
    """Check that the interpreter's package is installed.

    Raises:
        ConfigError: it is not.
    """
    if not is_installed():
        raise ConfigError(_MISSING)


def prepare(progress: Progress | None = None) -> None:
    """Check that detection is possible, and download the weights if they are not there yet.

    Args:
        progress: called with the progress of the download.

    Raises:
        ConfigError: the interpreter's package is not installed; nothing was downloaded.
        WeightsError: the weights are not available.
    """
    check_installed()
    fetch_models(progress)


class Network:
    """One TFLite network with one input.

    Args:
        content: a TFLite file.

    Raises:
        ConfigError: the interpreter's package is not installed, or cannot be loaded.
    """

    def __init__(self, content: bytes) -> None:
        check_installed()
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ConfigError(f"the package ai-edge-litert cannot be loaded ({error}); install it again") from error

        # One thread: the result does not depend on the machine, and these networks take a few milliseconds.
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        with _without_notes():
            self._interpreter.allocate_tensors()
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
        #: (height, width) of the input.
        self.size: tuple[int, int] = (int(self._input["shape"][1]), int(self._input["shape"][2]))

    def run(self, values: Float32[np.ndarray, "h w c"]) -> Mapping[str, np.ndarray]:
        """Run the network.

        Args:
            values: (H, W, C) float32, the input.

        Returns:
            The outputs by their names in the file, float32, without the batch's dimension.
        """
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(values, np.float32)[None])
        self._interpreter.invoke()
        return {each["name"]: self._interpreter.get_tensor(each["index"])[0] for each in self._outputs}


@contextlib.contextmanager
def _without_notes() -> Iterator[None]:
    """Keep what the interpreter's library writes to the terminal away from it; its errors are exceptions."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        terminal = os.dup(2)
    except OSError:  # a process without a terminal, whose error stream is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


@cache
def network(name: str) -> Network:
    """A network by its name, kept for the process; its weights are downloaded if necessary.

    Args:
        name: one of `primage.detection.weights.MODELS`.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    check_installed()
    return Network(load_model(name))
