"""Files from strangers: models, checkpoints, records, JSON and documents, read while the system's calls are watched."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from primage.errors import WeightsError
from primage.nets.weights import _ArrayUnpickler
from tests.faults.desk import write_desk
from tests.faults.hostile_models import pickles, torch_zip
from tests.faults.hostile_trials import made_trials, run_trials, wrong

SOURCE = Path(__file__).parents[2] / "src/primage"
#: Far above what is measured (docs/reliability.md): a file that stalls takes minutes.
SLOW_SEC = 60


def test_hostile_files_are_refused_and_change_nothing_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    trials = made_trials(write_desk(tmp_path / "desk"), tmp_path / "trials", every=False)
    assert len({trial.folder for trial in trials}) > 100
    outcomes, calls = run_trials(trials, tmp_path / "trials", timeout=600)
    assert wrong(trials, outcomes, SLOW_SEC) == []
    assert not (tmp_path / "trials/proof").exists()
    assert calls is None or calls == []


def test_pickles_are_read_by_the_restricted_reader_only() -> None:
    readers = re.compile(
        r"\b(?:pickle|cloudpickle|dill|joblib|shelve|marshal)\.\w+|allow_pickle|torch\.load\(.*|(?<![.\w])(?:eval|exec)\("
    )
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        for line in file.read_text(encoding="utf-8").splitlines():
            for match in readers.finditer(line.partition("#")[0]):
                found.append((file.relative_to(SOURCE).as_posix(), match[0]))
    assert [entry for entry in found if "weights_only=True" not in entry[1]] == [
        ("nets/weights.py", "pickle.Unpickler")
    ]


@pytest.mark.parametrize("title", pickles("proof"))
def test_the_restricted_reader_calls_nothing(title: str, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    data = pickles(str(proof))[title]
    for content in (data, torch_zip(data)):
        with pytest.raises(Exception) as caught:  # noqa: PT011  (damaged pickles raise almost anything)
            _ArrayUnpickler(io.BytesIO(content)).load()
        assert not isinstance(caught.value, MemoryError)
    assert not proof.exists()
    if title.partition(".")[0] in ("os", "posix", "nt", "subprocess", "builtins", "io", "torch", "runpy", "socket"):
        with pytest.raises(WeightsError, match="only numpy arrays are allowed"):
            _ArrayUnpickler(io.BytesIO(data)).load()
