"""Compiled functions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

_log = logging.getLogger(__name__)


def kernel(parallel: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function that is compiled when it is first called; the result is kept on disk for later processes.

    numba keeps it beside the module, or in the user's cache folder if that is read-only, or in ``NUMBA_CACHE_DIR``. If
    nothing of this can be written to, the function is compiled in each process.

    Args:
        parallel: whether ``prange`` uses several threads.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return njit(cache=True, parallel=parallel)(function)
        except RuntimeError as error:
            _log.debug("%s", error)
            return njit(parallel=parallel)(function)

    return decorate
