"""Names that lead out of a folder, as names of models, of parts of a form, and of files in it."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.faults.payloads import PAYLOADS, SECRET, OpenedFiles, answered, is_outside, plant
from tests.serve.conftest import HOST, TOKEN


def form(part: str, file: str) -> bytes:
    """A form of one file, whose names no client has tidied up."""
    head = f'--b\r\nContent-Disposition: form-data; name="{part}"; filename="{file}"\r\n\r\n'
    return head.encode("utf-8", "surrogatepass") + b"not a picture\r\n--b--\r\n"


def test_names_lead_nowhere(http: TestClient) -> None:
    scratch = http.app.state.service.scratch  # type: ignore[attr-defined]
    plant(scratch)
    before = sorted(scratch.parent.iterdir())
    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}"}
    assert http.portal is not None
    wrong = []
    with OpenedFiles().watched() as opened:
        for payload in PAYLOADS:
            for method, path in (
                ("GET", f"/models/{payload}"),
                ("GET", f"/models/{payload}/drawing"),
                ("POST", f"/models/{payload}/render"),
                ("GET", f"/{payload}"),
            ):
                status, answer = http.portal.call(answered, http.app, method, path, headers)
                if SECRET.encode() in answer or not 400 <= status < 500:
                    wrong.append((method, path[:100], status, answer[:200]))
            for part, file in ((payload, "a.png"), ("drawing", payload), ("drawing", f"{payload}.png")):
                kind = {"content-type": "multipart/form-data; boundary=b"}
                status, answer = http.portal.call(
                    answered, http.app, "POST", "/models/tiny/render", headers | kind, b"", form(part, file)
                )
                if SECRET.encode() in answer or not 400 <= status < 500:
                    wrong.append(("POST", (part, file), status, answer[:200]))
    assert wrong == []
    assert [path for path in opened if is_outside(path) and str(scratch) not in path] == []
    assert sorted(scratch.parent.iterdir()) == before
