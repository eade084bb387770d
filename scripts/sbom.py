"""The software bill of materials: what a wheel needs and contains, as CycloneDX 1.6, from the lock files.

python scripts/sbom.py FILE

Wheels have it in their dist-info folder (PEP 770); the same checkout gives the same bytes. Packages of Python are
listed with the hashes of all files of the locked version, those of the editor, whose code is in the wheel, with that of
their file.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lock import CUDA, RAY, ROOT, RUNTIME, name_of, read

Component = dict[str, Any]


def document() -> Component:
    """The bill of materials as JSON data."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = (ROOT / "src" / "primage" / "_version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', source)
    if found is None:
        raise SystemExit("src/primage/_version.py has no version")
    itself = _component("pypi", "primage", found[1]) | {"licenses": [{"license": {"id": project["license"]}}]}
    bill: Component = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": itself},
        "components": sorted([*_python(), *_editor()], key=lambda component: component["bom-ref"]),
    }
    # No date and no random number: who builds the same checkout gets the same file.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))
    return bill | {"serialNumber": f"urn:uuid:{number}"}


def _component(kind: str, name: str, version: str) -> Component:
    address = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}


def _files(component: Component, hashes: list[tuple[str, str]]) -> Component:
    """A component with the hashes of the files in which it is distributed."""
    of_files = [{"alg": algorithm, "content": value} for algorithm, value in hashes]
    reference = {"type": "distribution", "url": component["purl"], "hashes": of_files}
    return component | {"externalReferences": [reference]}


def _python() -> Iterator[Component]:
    for path, scope in ((RUNTIME, "required"), (CUDA, "optional"), (RAY, "optional")):
        for requirement, hashes in read(path).items():
            pin, _, marker = (part.strip() for part in requirement.partition(";"))
            component = _component("pypi", name_of(pin), pin.partition("==")[2]) | {"scope": scope}
            if marker:
                component["properties"] = [{"name": "marker", "value": marker}]
            yield _files(component, [("SHA-256", value.removeprefix("sha256:")) for value in hashes])


def _editor() -> Iterator[Component]:
    """What the editor's build may take its code from: all packages that are not needed for development alone."""
    packages = json.loads((ROOT / "editor" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for place, package in packages.items():
        if place and not package.get("dev"):
            component = _component("npm", place.rpartition("node_modules/")[2], package["version"])
            algorithm, _, encoded = package["integrity"].partition("-")
            hashes = [(f"SHA-{algorithm.removeprefix('sha')}", base64.b64decode(encoded).hex())]
            licences = [{"expression": package["license"]}] if "license" in package else []
            yield _files(component | {"scope": "required", "licenses": licences}, hashes)


def write(path: Path) -> None:
    """Write the bill of materials.

    Args:
        path: the file.
    """
    path.write_text(json.dumps(document(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
