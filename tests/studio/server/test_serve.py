from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from primage.errors import ConfigError
from primage.http.address import Address, bound
from primage.studio.project.services import Options
from primage.studio.server.serve import serve
from tests.tiny import SETTINGS, command, write_photo


def test_beyond_this_machine_only_with_a_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("studio", "--host", "0.0.0.0", "--projects", tmp_path) == 2
    assert "give a --token" in capsys.readouterr().err
    assert command("studio", "--token", "short", "--port", 0, "--projects", tmp_path) == 2
    assert "too short" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (("--set", "size_px=2048"), "--set: size_px: "),
        (("--set", "primitive.edges.min_length_px=1500"), "--set: edge_min_length_px: "),
        (("--set", "augment.colour=1"), "there is no such setting"),
        (("--preset", "best"), "best"),
    ],
)
def test_settings_are_checked_before_the_page_opens(tmp_path: Path, option: tuple[str, str], reason: str) -> None:
    arguments = ["studio", "--no-browser", "--port", "0", "--projects", tmp_path, *option]
    done = subprocess.run(
        [sys.executable, "-m", "primage.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) <= 2  # one sentence, in lines of 80 letters


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with bound(Address(port=0)) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match="choose another --port"):
            serve(Options(tmp_path), Address(port=port), None, None, False, print)


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith("primage.studio")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert command("studio") == 2
    assert "pip install 'primage[studio]'" in capsys.readouterr().err


def test_the_server_loads_no_pytorch() -> None:
    check = "import sys, primage.studio.server.serve; print({'torch', 'scipy', 'skimage'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_a_photo_from_the_command_line_and_no_process_outlives_the_server(tmp_path: Path) -> None:
    photo = write_photo(tmp_path)
    arguments = ["studio", photo, "--no-browser", "--port", 0, "--projects", tmp_path / "projects", "--preset", "draft"]
    for setting in SETTINGS["draft"]:
        arguments += ["--set", setting]
    server = subprocess.Popen(
        [sys.executable, "-m", "primage.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    with server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            project = parse_qs(urlsplit(url).query)["project"][0]
            with httpx2.Client(base_url=f"http://{urlsplit(url).netloc}") as client:
                answer = client.get(url)
                assert answer.status_code == 303
                assert answer.headers["location"] == f"/?project={project}"
                assert client.get("/api/projects").json()["projects"][0]["name"] == "photo"
                assert client.get("/").headers["content-type"].startswith("text/html")
            workers = [pid for pid in children(server.pid) if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
            assert len(workers) >= 2  # others start when they are needed
            server.send_signal(signal.SIGKILL)
            server.wait()
            end = time.monotonic() + 20
            while any(map(alive, workers)) and time.monotonic() < end:
                time.sleep(0.05)
            assert not any(map(alive, workers))
        finally:
            server.kill()
