"""Projects from strangers: zips that lead out, unpack to gigabytes, lie, or hold something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.hostile_texts import zips
from tests.studio.visitor import Visitor

#: What they say of their members is not believed: a link is a file, and lengths are those of what is there.
HARMLESS = ("a link", "lengths that lie")


def names(root: Path) -> set[str]:
    """All projects, and what lies beside their folder."""
    return {str(path) for folder in (root, root.parent) for path in folder.iterdir()}


def test_hostile_zips_are_refused_in_one_sentence_and_leave_nothing(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        if visitor.get(project).json()["model"] is None:
            tab.until("state", lambda header: header["project"]["model"] is not None)
    good = visitor.get(project, "/export/project.zip").content
    root = visitor.app.state.hub.services.store.root
    before = names(root)
    bad = zips(good)
    assert len(bad) > 40
    wrong = []
    for title, content in bad.items():
        answer = visitor.http.post("/api/projects/import", content=content)
        if answer.status_code == 201 and title in HARMLESS:
            made = answer.json()["id"]
            assert [path for path in (root / made).rglob("*") if path.is_symlink()] == []
            visitor.http.delete(f"/api/projects/{made}")
        elif answer.status_code not in (413, 422) or len(answer.json()["message"].splitlines()) != 1:
            wrong.append((title, answer.status_code, answer.text[:300]))
    assert wrong == []
    assert names(root) == before


@pytest.mark.parametrize(
    "name", ["../x.png", "..", "a" * 5000 + ".png", "con", "x\0.png", "/etc/passwd", "\\\\h\\x.png"]
)
def test_names_of_received_files_lead_nowhere(name: str, visitor: Visitor, project: str, photo: bytes) -> None:
    root = visitor.app.state.hub.services.store.root
    before = names(root)
    answer = visitor.read(project, photo, name)
    assert answer.status_code in (200, 422), answer.text
    assert names(root) == before
