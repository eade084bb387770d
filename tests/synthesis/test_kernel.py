from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core import caching

from primage.synthesis.kernel import kernel

LOOP = """
import numpy as np
from primage.synthesis.kernel import kernel

@kernel()
def total(numbers):
    out = 0
    for number in numbers:
        out += number
    return out

print(total(np.arange(4)))
"""


def test_a_compiled_function_is_kept_in_the_folder_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "sums.py").write_text(LOOP)
    cache = tmp_path / "cache"
    environment = {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, tmp_path / "sums.py"], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "6\n", done.stderr
    assert list(cache.rglob("*.nbi"))


def test_where_nothing_can_be_written_it_is_compiled_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(caching.tempfile, "TemporaryFile", refuse)

    @kernel(parallel=True)
    def double(numbers: np.ndarray) -> np.ndarray:
        return 2 * numbers

    np.testing.assert_array_equal(double(np.arange(3)), [0, 2, 4])
