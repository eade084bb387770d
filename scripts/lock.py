"""Resolves pyproject.toml for every platform and writes the lock files, with the hashes of all files of each version.

    python scripts/lock.py              keep the versions that still satisfy it
    python scripts/lock.py --upgrade    take the newest versions

requirements.lock        what Primage, its servers and its detectors need, and what builds the package
requirements-cpu.lock    PyTorch's CPU build, for machines that have it in pip's find-links
requirements-cuda.lock   what PyTorch's CUDA builds (on Linux, those of the package index) also need
requirements-ray.lock    what batches on a Ray cluster also need
requirements-dev.lock    what tests and checks also need
requirements-dist.lock   what building and checking a release also needs

The Makefile installs them one after the other with pip's --no-deps: a CPU build of PyTorch needs nothing from the
CUDA file, and no marker distinguishes the builds.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

UV = "uv==0.13.9"
ROOT = Path(__file__).parents[1]
PARTS = ("", "-cpu", "-cuda", "-ray", "-dev", "-dist")
RUNTIME, CPU, CUDA, RAY, DEV, DIST = (ROOT / f"requirements{part}.lock" for part in PARTS)
HEADINGS = {
    RUNTIME: "What primage runs with.",
    CPU: "The CPU build of PyTorch.",
    CUDA: "What the CUDA builds of PyTorch add.",
    RAY: "What batches on a Ray cluster add.",
    DEV: "What tests and checks add.",
    DIST: "What building and checking a release adds.",
}
IS_CUDA = re.compile(r"nvidia-|cuda-|triton")
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")

#: Requirement (name==version ; marker) → hashes.
Pins = dict[str, list[str]]


def read(path: Path) -> Pins:
    """The pins of a lock file; empty if the file does not exist."""
    pins: Pins = {}
    if not path.exists():
        return pins
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := HASH.search(line):
            pins[next(reversed(pins))].append(found[1])
        elif "==" in line and not line.lstrip().startswith("#"):
            pins[line.removesuffix("\\").strip()] = []
    return pins


def write(path: Path, pins: Pins) -> None:
    lines = [f"# Written by make lock. {HEADINGS[path]}"]
    for requirement, hashes in sorted(pins.items()):
        lines.append(" \\\n    ".join([requirement, *(f"--hash={value}" for value in sorted(set(hashes)))]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower()


def resolve(python: Path, scratch: Path, sources: list[str], options: list[str], known: Pins) -> Pins:
    """Let uv resolve for all platforms at once; it prefers the versions that ``known`` has."""
    target = scratch / "resolved.txt"
    target.write_text("".join(f"{requirement}\n" for requirement in known), encoding="utf-8")
    command = [str(python), "-m", "uv", "--quiet", "--native-tls", "pip", "compile", *sources]
    command += ["--extra", "studio", "--extra", "serve", "--extra", "detect"]
    # One version for all Pythons, so that what is tested here is what others get.
    command += ["--universal", "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--output-file", str(target), *options]
    subprocess.run(command, cwd=ROOT, check=True)
    return read(target)


def local_hashes(python: Path, scratch: Path, requirement: str) -> list[str]:
    """The hash of the build in this machine's folder of wheels (pip's find-links), if there is one."""
    target = scratch / "local"
    command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-index", "--dest", str(target)]
    subprocess.run([*command, requirement], capture_output=True, check=False)
    return [f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in target.glob("*.whl")]


def main(options: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    old = {path: read(path) for path in HEADINGS}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        venv.create(scratch / "venv", with_pip=True)
        python = scratch / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", UV], check=True)
        build = scratch / "build.in"  # what an editable install without build isolation needs
        build.write_text("\n".join([*project["build-system"]["requires"], "editables"]) + "\n", encoding="utf-8")
        sources = ["pyproject.toml", str(build)]
        pins = resolve(python, scratch, sources, options, old[RUNTIME] | old[CUDA])
        new: dict[Path, Pins] = {path: {} for path in HEADINGS}
        for requirement, hashes in pins.items():
            new[CUDA if IS_CUDA.match(requirement) else RUNTIME][requirement] = hashes
        for path, group in ((RAY, "ray"), (DEV, "dev"), (DIST, "dist")):
            fixed = scratch / "fixed.txt"
            fixed.write_text("".join(f"{requirement}\n" for requirement in pins), encoding="utf-8")
            more = ["--constraint", str(fixed), "--group", group]
            names = {name_of(requirement) for requirement in pins}
            for requirement, hashes in resolve(python, scratch, sources, [*options, *more], old[path]).items():
                if name_of(requirement) not in names:
                    new[path][requirement] = pins[requirement] = hashes
        torch = next(requirement for requirement in pins if requirement.startswith("torch=="))
        # The index has no CPU build for Linux. What was recorded on another machine stays.
        new[CPU][torch] = local_hashes(python, scratch, torch) or old[CPU].get(torch, [])
        new[RUNTIME][torch] = new[RUNTIME][torch] + new[CPU][torch]
    for path, written in new.items():
        write(path, written)


if __name__ == "__main__":
    main(sys.argv[1:])
