"""Renders with the code of another checkout, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from truth.cases import Case

#: Answers one request per line of standard input, with this benchmark's scenes and the checkout's package.
_WORKER = """
import json, sys
from pathlib import Path
import numpy as np
import primage
from truth import renderers
from truth.arrange import KINDS
from truth.cases import cases
from truth.scenes import scene

answers, sys.stdout = sys.stdout, sys.stderr
folder, settings, models, shown = Path(sys.argv[1]), json.loads(sys.argv[2]), {}, {}
print(json.dumps(str(Path(primage.__file__).parent)), file=answers, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    stage = request["scene"]
    if stage not in shown:
        shown = {stage: {case.edit.title: case for case in cases(scene(stage), KINDS)}}
    if "minutes" in request:
        target = folder / f"{stage}-{request['minutes']:g}"
        models[stage, request["label"]] = renderers.train(scene(stage), target, request["minutes"], settings)
        answer = {}
    else:
        case, model = shown[stage][request["title"]], models[stage, request["label"]]
        answer = {"image": str(folder / "picture.npy")}
        np.save(answer["image"], renderers.ours(case, case.drawings[request["form"]], model))
    print(json.dumps(answer), file=answers, flush=True)
"""


class Checkout:
    """A process that trains and renders with the package of one checkout."""

    def __init__(self, path: Path, folder: Path, settings: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        source = path.resolve() / "src"
        own = Path(__file__).resolve().parent.parent
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(folder), json.dumps(list(settings))],
            env=os.environ | {"PYTHONPATH": f"{source}{os.pathsep}{own}"},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        package = Path(self._answer())
        if package != source / "primage":
            raise SystemExit(f"{path}: its process imports {package}")
        commit = ["git", "-C", str(path), "rev-parse", "--short", "HEAD"]
        self.commit = subprocess.run(commit, capture_output=True, text=True, check=False).stdout.strip()

    def train(self, scene: str, minutes: float, label: str) -> None:
        self._ask(scene=scene, minutes=minutes, label=label)

    def render(self, case: Case, form: str, label: str) -> np.ndarray:
        answer = self._ask(scene=case.scene.name, title=case.edit.title, form=form, label=label)
        return np.asarray(np.load(answer["image"]))

    def _ask(self, **request: object) -> Any:
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the process of the other checkout ended with code {self._process.wait()}")
        return json.loads(line)
