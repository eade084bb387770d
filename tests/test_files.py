"""Tests of atomic writing: the old file or the new one, and nothing left beside it."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from primage.errors import ImageError
from primage.files import atomic_path, remove_scratch_files, sha256_file, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def full(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("data", "content"), [("ß\n", b"\xc3\x9f\n"), (b"\0\r\n", b"\0\r\n"), ("", b"")])
@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_written_as_given(tmp_path: Path, data: str | bytes, content: bytes, durable: bool) -> None:
    path = tmp_path / "a"
    for _ in range(2):  # a new file, and over an old one
        write_atomically(path, data, durable)
        assert path.read_bytes() == content
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("step", ["touch", "stat", "write_bytes", "chmod", "open", "fsync", "replace"])
@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, existing: bool
) -> None:
    path = tmp_path / "a"
    if existing:
        path.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr("primage.files.os.fsync" if step == "fsync" else f"pathlib.Path.{step}", full)
        with pytest.raises(OSError, match="No space"):
            write_atomically(path, "new")
    assert names(tmp_path) == (["a"] if existing else [])
    assert not existing or path.read_text() == "old"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_the_block_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def fail_half_way() -> None:
        with atomic_path(path) as scratch:
            scratch.write_text("half")
            assert scratch.parent == tmp_path  # a rename is atomic within one file system
            assert path.read_text() == "old"
            raise error

    with pytest.raises(error):
        fail_half_way()
    assert names(tmp_path) == ["a"]
    assert path.read_text() == "old"


def test_a_block_that_removes_its_scratch_file_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a") as scratch:
        scratch.unlink()
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_permissions_are_those_of_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with atomic_path(tmp_path / "a") as scratch:
            scratch.write_text("x")
            scratch.chmod(0o600)  # as safetensors does
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~umask


def test_only_durable_writes_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("primage.files.os.fsync", full)
    write_atomically(tmp_path / "a", "x", durable=False)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a", "y", durable=True)
    assert (tmp_path / "a").read_text() == "x"


def test_names_as_long_as_a_file_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("ß" * 127)
    write_atomically(path, "x")
    assert names(tmp_path) == [path.name]


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="a"):
        write_atomically(tmp_path / "a", "x")
    assert names(tmp_path) == ["a"]


def test_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    path, failures = tmp_path / "a", []

    def write(letter: str) -> None:
        try:
            for _ in range(30):
                write_atomically(path, letter * 10_000, durable=False)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "xyz"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            text = path.read_text()
            assert len(text) == 10_000
            assert len(set(text)) == 1
    for thread in threads:
        thread.join()
    assert failures == []
    assert names(tmp_path) == ["a"]


def test_files_left_by_a_killed_process_are_removed(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a[1]") as scratch:
        name = scratch.name
    (tmp_path / name).touch()
    remove_scratch_files(tmp_path, "a")
    assert names(tmp_path) == sorted([name, "a[1]"])
    remove_scratch_files(tmp_path, "a[1]")
    assert names(tmp_path) == ["a[1]"]


def test_only_scratch_files_are_swept(tmp_path: Path) -> None:
    own = [".film.mkv.partial", ".run.json.backup.partial", "run.json.partial", ".run.json.0123456789abcdeg.partial"]
    longer, long = "run.json.bak", "x" * 60
    for name in (*own, f".{longer}.0123456789abcdef.partial", f".{long[:50]}.0123456789abcdef.partial"):
        (tmp_path / name).touch()
    remove_scratch_files(tmp_path, "run.json")
    assert len(names(tmp_path)) == len(own) + 2
    remove_scratch_files(tmp_path, long)
    assert len(names(tmp_path)) == len(own) + 1
    remove_scratch_files(tmp_path)
    assert names(tmp_path) == sorted(own)


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"primage")
    assert sha256_file(tmp_path / "a") == hashlib.sha256(b"primage").hexdigest()
    with pytest.raises(ImageError, match="cannot be read"):
        sha256_file(tmp_path)
