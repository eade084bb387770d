"""Checks of what a release is made of: the lock files and the package's metadata."""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from primage._version import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OPTIONAL = PROJECT["project"]["optional-dependencies"]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pins(lock: str) -> list[str]:
    """The requirements of a lock file, each with its marker and hashes in one line."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "")
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("lock", [path.name for path in LOCKS])
def test_every_locked_version_is_exact_and_has_hashes(lock: str) -> None:
    assert pins(lock)
    for pin in pins(lock):
        assert re.fullmatch(r"[a-z0-9-]+==[a-z0-9.]+( ;[^;#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", pin), pin[:80]


def test_lock_files_name_no_host() -> None:
    assert [path.name for path in LOCKS if "://" in path.read_text(encoding="utf-8")] == []


def test_locks_contain_the_projects_requirements() -> None:
    runtime = {name_of(pin) for pin in pins("requirements.lock")}
    dependencies = [*PROJECT["project"]["dependencies"], *OPTIONAL["studio"], *OPTIONAL["serve"]]
    assert {name_of(requirement) for requirement in [*dependencies, *PROJECT["build-system"]["requires"]]} <= runtime
    locked = set(runtime)
    for group in ("ray", "dev", "dist"):
        locked |= {name_of(pin) for pin in pins(f"requirements-{group}.lock")}
        assert {name_of(requirement) for requirement in PROJECT["dependency-groups"][group]} <= locked


def test_no_package_is_locked_twice_but_pytorch() -> None:
    seen: dict[str, str] = {}
    for lock in (f"requirements{part}.lock" for part in ("", "-cuda", "-ray", "-dev", "-dist")):
        for name in {name_of(pin) for pin in pins(lock)}:
            assert name not in seen, f"{name} is in {seen[name]} and in {lock}"
            seen[name] = lock
    assert [name_of(pin) for pin in pins("requirements-cpu.lock")] == ["torch"]


def test_packages_of_the_cuda_builds_are_in_a_separate_file() -> None:
    assert not [pin for pin in pins("requirements.lock") if re.match("nvidia|cuda|triton", pin)]


def test_the_citation_is_complete_and_current() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()  # what the schema requires
    assert citation["version"] == __version__
    assert citation["license"] == PROJECT["project"]["license"]
    (paper,) = citation["references"]
    assert {"type", "title", "authors"} <= paper.keys()
    assert [author["family-names"] for author in paper["authors"]] == ["Vinker", "Horwitz", "Zabari", "Hoshen"]
    assert paper["identifiers"][0]["value"] == "arXiv:2007.01289"


def test_the_image_copies_only_what_is_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = [line[1:].rstrip("/") for line in ignored if line.startswith("!")]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for word in line.split()]
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert any(path.rstrip("/") == name or path.startswith(f"{name}/") for name in allowed), path
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)


def test_the_bill_of_materials_lists_what_is_locked_and_what_the_editor_is_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    bill = importlib.import_module("sbom").document()
    assert bill == importlib.import_module("sbom").document()
    assert bill["metadata"]["component"]["purl"] == f"pkg:pypi/primage@{__version__}"
    components = {component["purl"]: component for component in bill["components"]}
    assert len(components) == len(bill["components"])
    locked = [pin for part in ("", "-cuda", "-ray") for pin in pins(f"requirements{part}.lock")]
    expected = {f"pkg:pypi/{name_of(pin)}@{re.split('[ ;]', pin.partition('==')[2])[0]}" for pin in locked}
    assert {purl for purl in components if purl.startswith("pkg:pypi/")} == expected
    bundled = json.loads((ROOT / "editor/package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {f"pkg:npm/{name}@{version}" for name, version in bundled.items()} <= components.keys()
    for component in components.values():
        (files,) = component["externalReferences"]
        assert all(len(each["content"]) in (64, 128) for each in files["hashes"])
