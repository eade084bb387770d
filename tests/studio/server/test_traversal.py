"""Names that lead out of the projects' folder, in every field of every route that takes a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.faults.payloads import PAYLOADS, SECRET, OpenedFiles, answered, is_outside, plant
from tests.studio.visitor import HOST, ORIGIN, Visitor

PROTOCOL = Path(__file__).parents[3] / "editor/openapi.json"
#: Fields of addresses that are numbers or one of a few words; names are tried in them, too.
_FIELD = re.compile(r"\{(\w+)\}")
OWN = {"project_id": "", "snapshot_id": "0" * 16, "file_id": "0" * 16, "seed": "1", "action": "begin", "layer": "edges"}
OWN |= {"suffix": "png", "sample": "box", "picture_id": "0" * 64, "number": "0", "key": "first"}


def in_addresses(project: str, payload: str) -> Iterator[tuple[str, str, Any]]:
    for path, operations in json.loads(PROTOCOL.read_text(encoding="utf-8"))["paths"].items():
        fields = _FIELD.findall(path)
        for field in fields:
            values = {**OWN, "project_id": project, field: payload}
            for method in operations:
                yield method.upper(), _FIELD.sub(lambda match, found=values: found[match[1]], path), b""
    for folder in ("/", "/assets/", "/api/", "/api/projects/"):
        yield "GET", folder + payload, b""


def in_bodies(project: str, payload: str) -> Iterator[tuple[str, str, Any]]:
    here = f"/api/projects/{project}"
    yield "POST", "/api/projects/sample", {"sample": payload}
    yield "POST", f"{here}/pictures", {"project": payload, "picture": "0" * 64}
    yield "POST", f"{here}/pictures", {"project": project, "picture": payload}
    for layer in ("segments", "edges", "colours"):
        yield "PUT", f"{here}/primitive", {f"own_{layer}": payload}
        yield "POST", f"{here}/extract", {f"own_{layer}": payload}


def test_names_lead_nowhere(visitor: Visitor, project: str) -> None:
    assert len(set(PAYLOADS)) >= 60
    root = visitor.app.state.hub.services.store.root
    plant(root)
    before = {str(path) for folder in (root, root.parent) for path in folder.iterdir()}
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    headers = {"host": HOST, "origin": ORIGIN, "cookie": cookie}
    assert visitor.http.portal is not None
    tried, wrong = 0, []
    with OpenedFiles().watched() as opened:
        for payload in PAYLOADS:
            for method, path, body in (*in_addresses(project, payload), *in_bodies(project, payload)):
                status, answer = visitor.http.portal.call(answered, visitor.app, method, path, headers, b"", body)
                tried += 1
                index = path.startswith(("/assets", "/")) and not path.startswith("/api") and status == 200
                if SECRET.encode() in answer or not (400 <= status < 500 or index):
                    wrong.append((method, path[:100], body, status, answer[:200]))
            for field in ("project.json", "x.png"):
                query = (
                    f"name={quote(payload.encode('utf-8', 'surrogatepass'))}&name={field}&length=4&length=5".encode()
                )
                for end in ("own", "drawing"):
                    path = f"/api/projects/{project}/{end}"
                    status, answer = visitor.http.portal.call(
                        answered, visitor.app, "POST", path, headers, query, b"not a png"
                    )
                    tried += 1
                    if not 400 <= status < 500:
                        wrong.append(("POST", path, query, status, answer[:200]))
    assert wrong == []
    assert [path for path in opened if is_outside(path) and str(root) not in path] == []
    assert {str(path) for folder in (root, root.parent) for path in folder.iterdir()} == before
    assert tried > 2000
