"""Builds the sdist and wheel into dist/, checks them, and uses the wheel as a user would, in a fresh environment.

It also builds the wheel again in other circumstances, which must give the same bytes.

python scripts/check_dist.py          build, then check
python scripts/check_dist.py --kept   check the files already in dist/
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Sequence
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
TOKEN = "a-token-for-this-check-only"
START_SEC = 60


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command and return its standard output."""
    print("  $", *(Path(part).name if Path(part).is_absolute() else part for part in map(str, command)), flush=True)
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(f"failed: {what}")
    print(f"  ok: {what}", flush=True)


def build() -> tuple[Path, Path]:
    """Build the sdist, and the wheel from it; they replace the contents of dist/."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", DIST, ROOT)
    return built()


def built() -> tuple[Path, Path]:
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    return sdist, wheel


def check_again(sdist: Path, wheel: Path) -> None:
    """Build the wheel once more: from the sdist, elsewhere, by a user with another umask, time zone and locale."""
    with tempfile.TemporaryDirectory(prefix="primage-again-") as scratch:
        folder = Path(scratch)
        mask = os.umask(0o077)
        try:
            with tarfile.open(sdist) as archive:
                archive.extractall(folder / "source", filter="data")
            (unpacked,) = (folder / "source").iterdir()
            for path in unpacked.rglob("*"):
                path.touch()
            env = os.environ | {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
            again = folder / "again"
            run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", again, unpacked, env=env)
        finally:
            os.umask(mask)
        same = (again / wheel.name).read_bytes() == wheel.read_bytes()
        expect(same, "the wheel is the same, byte for byte, when it is built again")


def check_contents(sdist: Path, wheel: Path) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
    names = zipfile.ZipFile(wheel).namelist()
    expect("primage/nets/matcher.safetensors" in names, "the matcher is in the wheel")
    expect("primage/py.typed" in names, "the wheel is marked as typed")
    expect("primage/studio/static/index.html" in names, "the editor is in the wheel")
    scripts = [name for name in names if re.fullmatch(r"primage/studio/static/assets/.*\.js", name)]
    expect(bool(scripts), "the editor's script is in the wheel")
    page = {"primage/export/static/index.html", "primage/export/static/runtime/wasm.wasm.gz"}
    expect(page <= set(names), "the page that is exported is in the wheel, with what runs the network")
    bills = [name for name in names if name.endswith(".dist-info/sboms/primage.cdx.json")]
    expect(len(bills) == 1, "the bill of materials is in the wheel")
    listed = {part["name"] for part in json.loads(zipfile.ZipFile(wheel).read(bills[0]))["components"]}
    expect({"torch", "fastapi", "konva", "onnxruntime-web"} <= listed, f"it lists {len(listed)} packages")
    unexpected = [name for name in names if not re.match(r"primage(-[\d.a-z]+\.dist-info)?/", name)]
    expect(not unexpected, "the wheel has no other files")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    required = {
        "LICENSE",
        "README.md",
        "CITATION.cff",
        "pyproject.toml",
        "editor/package.json",
        "editor/dist/index.html",
        "editor/web/dist/index.html",
    }
    expect(required <= inside, "the sdist has licence, citation, and the editor as source and as a build")
    excluded = [name for name in inside if re.search(r"(^|/)(node_modules|\.venv|__pycache__|runs)(/|$)", name)]
    expect(not excluded, "the sdist has no environments, caches or runs")
    print(f"  sdist {sdist.stat().st_size / 1e6:.1f} MB, wheel {wheel.stat().st_size / 1e6:.1f} MB")


def install(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the locked packages and the wheel; returns the folder of its programs."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    # As in the Makefile: a CPU build of PyTorch first, if pip has one in a folder.
    local = [*pip, "--no-deps", "--no-index", "--require-hashes", "-r", ROOT / "requirements-cpu.lock"]
    subprocess.run(local, capture_output=True, check=False)
    # The lock file is only a constraint, so that the wheel's own requirements are tested.
    constraints = folder / "constraints.txt"
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9-]+==[^\s;]+", text, re.MULTILINE)
    constraints.write_text("\n".join(pins) + "\n", encoding="utf-8")
    run(*pip, "--constraint", constraints, f"{wheel}[studio]")
    run(python, "-m", "pip", "check")
    return programs


def check_cli(programs: Path, version: str, folder: Path, env: dict[str, str]) -> None:
    primage = programs / "primage"
    expect(run(primage, "--version", cwd=folder, env=env) == f"primage {version}\n", f"the version is {version}")
    report = json.loads(run(primage, "doctor", "--json", cwd=folder, env=env))
    expect(report["ok"] and report["version"] == version, "doctor finds everything it needs")
    sample = "from primage.demo import sample_photo; print(sample_photo())"
    photo = run(programs / "python", "-c", sample, cwd=folder, env=env).strip()
    run(primage, "train", photo, "--size", "64", "--steps", "0", "--quiet", "-o", "run", cwd=folder, env=env)
    run(primage, "render", "run", "run/primitive.png", "--quiet", "-o", "out.png", cwd=folder, env=env)
    expect((folder / "out.png").read_bytes().startswith(b"\x89PNG"), "train and render write a PNG")
    where = run(programs / "python", "-c", "import primage; print(primage.__file__)", cwd=folder, env=env)
    expect(str(programs.parent) in where, "the package is the wheel's, not the checkout's")


def check_studio(programs: Path, folder: Path, env: dict[str, str]) -> None:
    """Start the studio, open it as a browser does, call its API, stop it."""
    command = [programs / "primage", "studio", "--port", "0", "--no-browser", "--token", TOKEN]
    command += ["--projects", "projects"]
    print("  $ primage studio", flush=True)
    log = (folder / "studio.log").open("w+", encoding="utf-8")
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT, text=True)
    try:
        address = _address(process, folder / "studio.log")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        try:
            opener.open(f"{address}/api/projects", timeout=10)
            status = 200
        except urllib.error.HTTPError as error:
            status = error.code
        expect(status == 401, "the API refuses requests without the token")
        page = opener.open(f"{address}/?token={TOKEN}", timeout=10).read().decode()
        scripts = re.findall(r'src="\.?(/assets/[^"]+\.js)"', page)
        expect(bool(scripts), "the page has the editor's script")
        script = opener.open(address + scripts[0], timeout=10)
        expect("javascript" in script.headers["Content-Type"] and len(script.read()) > 10_000, "the script is served")
        projects = json.load(opener.open(f"{address}/api/projects", timeout=10))
        expect(projects is not None, f"the API responds: {json.dumps(projects)[:60]}")
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()
    expect(process.returncode in (0, -15, 143, 130), f"it stops when asked to (exit code {process.returncode})")


def _address(process: subprocess.Popen[str], log: Path) -> str:
    deadline = time.monotonic() + START_SEC
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"http://[^\s/?]+", log.read_text(encoding="utf-8")):
            return found[0]
        time.sleep(0.2)
    raise SystemExit(f"failed: the studio did not start\n{log.read_text(encoding='utf-8')}")


def main(arguments: Sequence[str]) -> None:
    print("build")
    sdist, wheel = built() if "--kept" in arguments else build()
    print("contents")
    check_contents(sdist, wheel)
    print("built again")
    check_again(sdist, wheel)
    with tempfile.TemporaryDirectory(prefix="primage-dist-") as scratch:
        folder = Path(scratch)
        print("install")
        programs = install(wheel, folder / "venv")
        # PYTHONPATH must not lead back to the checkout.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        print("command line")
        check_cli(programs, wheel.name.split("-")[1], folder, env)
        print("studio")
        check_studio(programs, folder, env)
    print(f"all checks passed: {sdist.name}, {wheel.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
