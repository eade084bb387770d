from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from primage.errors import ConfigError, PrimageError
from primage.http.address import Address
from primage.serve.app import create_app
from primage.serve.options import Options
from primage.serve.security import Access
from tests.serve.conftest import HOST, TOKEN
from tests.tiny import command


@pytest.fixture
def stranger(run: Path) -> TestClient:
    """A client without the token. The server is not started: nothing behind its guard is reached."""
    app = create_app(Options((run,)), Access(TOKEN, frozenset({HOST}), 1000))
    return TestClient(app, base_url=f"http://{HOST}")


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN])
@pytest.mark.parametrize("path", ["/models", "/metrics", "/models/tiny/drawing", "/openapi.json", "/nothing"])
def test_nothing_without_the_token(stranger: TestClient, given: str, path: str) -> None:
    answer = stranger.get(path, headers={"Authorization": given})
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8780", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_host_is_refused_even_with_the_token(stranger: TestClient, host: str) -> None:
    answer = stranger.get("/models", headers={"Host": host, "Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_host")
    assert stranger.get("/health/live", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_pages_of_other_sites_are_refused(stranger: TestClient, headers: dict[str, str]) -> None:
    answer = stranger.post("/models/tiny/render", headers={**headers, "Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("port", "host", "origin", "status"),
    [
        (8780, "photos.test", "https://photos.test", 401),
        (8780, "photos.test", "http://photos.test", 401),
        (8780, "photos.test", "https://evil.example", 403),
        (8780, "photos.test", "https://photos.test.evil.example", 403),
        (8780, "127.0.0.1:8780", "https://127.0.0.1:8780", 403),
        (8780, "127.0.0.1", None, 403),
        (80, "127.0.0.1", "http://127.0.0.1", 401),
        (80, "[::1]", None, 401),
        (80, "evil.example", None, 403),
    ],
)
def test_a_proxy_with_tls_and_ports_that_clients_leave_out(
    run: Path, port: int, host: str, origin: str | None, status: int
) -> None:
    access = Access.at(Address(names=("photos.test",)), port, TOKEN, 1000)
    client = TestClient(create_app(Options((run,)), access), base_url="http://testserver")
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    assert client.get("/models", headers=headers).status_code == status


def test_browsers_are_not_allowed_by_cors(stranger: TestClient) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = stranger.options("/models/tiny/render", headers=headers)
    assert answer.status_code == 403
    assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_beyond_this_machine_only_with_a_token(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRIMAGE_TOKEN", raising=False)
    for arguments, says in (
        (["--host", "0.0.0.0"], "give a --token"),
        (["--host", "0.0.0.0", "--no-token"], "give a --token"),
        (["--token", "short"], "too short"),
        (["--token", ""], "too short"),
        (["--token", TOKEN, "--no-token"], "contradict"),
        (["--workers", 0], "--workers"),
        (["--queue", -1], "--queue"),
        (["--photo", "nothing.png"], "no such file"),
        ([run], "rename one"),
    ):
        assert command("serve", run, "--port", 0, *arguments) == 2
        assert says in " ".join(capsys.readouterr().err.split())
    with pytest.raises(ConfigError, match="too short"):
        Access("short", frozenset({HOST}), 1)
    with pytest.raises(PrimageError, match="no such file"):
        Options((run.parent / "nothing",))


def test_the_server_loads_no_pytorch() -> None:
    check = "import sys, primage.serve.server; print({'torch', 'scipy', 'skimage'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
