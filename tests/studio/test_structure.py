"""The studio's modules: no import circles, and each package imports only from those before it."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter

import pytest

from tests.test_structure import SOURCE, modules_of

STUDIO = SOURCE / "studio"
#: Modules of the studio itself come first.
ORDER = ("", "workers", "project", "routes", "server")
MODULES = {
    ".".join(("primage", *path.relative_to(SOURCE).with_suffix("").parts)): path
    for path in sorted(STUDIO.rglob("*.py"))
    if path.name != "__init__.py"
}


def imports(module: str) -> set[str]:
    """The studio's modules that a module imports, wherever it does."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = set(modules_of(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names & set(MODULES)


def package(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 3 else ""


def test_there_is_no_import_circle() -> None:
    assert len(list(TopologicalSorter({module: imports(module) for module in MODULES}).static_order())) == len(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_package_imports_only_from_those_before_it(module: str) -> None:
    allowed = ORDER[: ORDER.index(package(module)) + 1]
    assert {other for other in imports(module) if package(other) not in allowed} == set()
