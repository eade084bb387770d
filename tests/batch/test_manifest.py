"""Manifests and patterns: what is read, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from primage.batch.manifest import Row, read_manifest
from primage.batch.plan import Job, Options, planned
from primage.errors import ConfigError

DEFAULTS = Row(photo="-", preset="draft", size=32, steps=2, seed=7, settings=("augment.flip=true",))


def plan(source: object, **others: object) -> list[Job]:
    return planned([str(source)], Options("out", DEFAULTS, **others))  # type: ignore[arg-type]


def written(folder: Path, text: str, name: str = "all.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_lists_photos_with_what_is_special_about_each(tmp_path: Path, delimiter: str) -> None:
    lines = [
        "photo,name,segments,edits,seed,steps,full_size,settings",
        '"a, b.png",first,m1.png|m2.png,e.json,3,,true,augment.cutmix=false',
        "c.png,,,,,5,,",
        "",
    ]
    table = "\ufeff" + "\r\n".join(lines).replace(",", delimiter).replace("a" + delimiter, "a,")
    first, second = plan(written(tmp_path, table))
    assert (first.name, first.photo) == ("first", str(tmp_path / "a, b.png"))
    assert first.files == {"segments": (str(tmp_path / "m1.png"), str(tmp_path / "m2.png"))}
    assert (first.edits, first.full_size) == (str(tmp_path / "e.json"), True)
    assert (first.config.seed, first.config.steps) == (3, 2)
    assert (first.config.augment.cutmix, first.config.augment.flip) == (False, True)
    assert (second.name, second.config.seed, second.config.steps) == ("c", 7, 5)
    assert second.config.augment.cutmix
    assert (second.edits, second.full_size, second.files) == (None, False, {})


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    text = '{"photo": "a.png", "minutes": 3, "segments": "m.png", "settings": ["augment.flip=false"]}\n\n'
    (job,) = plan(written(tmp_path, text, "all.jsonl"))
    assert (job.config.minutes, job.config.steps, job.config.augment.flip) == (3, None, False)
    assert job.inputs == {"photo": str(tmp_path / "a.png"), "segments": str(tmp_path / "m.png")}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "photo,nmae\na.png,x\n", r"a.csv, line 1: there is no column 'nmae'; .*name"),
        ("a.csv", "photo,photo\na.png,x\n", r"line 1: the column 'photo' is there twice"),
        ("a.csv", "photo,name\na.png\n", r"line 2: has 1 cells, but the heading has 2"),
        ("a.csv", 'photo,name\na.png,"x\n', r"line 2: is no CSV"),
        ("a.csv", "photo,seed\na.png,1\nb.png,x\n", r"line 3: seed: "),
        ("a.csv", "photo,seed\na.png,-1\n", r"line 2: a seed is 0 or more"),
        ("a.csv", "photo,steps,minutes\na.png,1,2\n", r"line 2: give minutes or steps, not both"),
        ("a.csv", "photo,settings\na.png,nothing=1\n", r"line 2: --set nothing=1: there is no such setting"),
        ("a.csv", "photo,primitive,edges\na.png,segments,e.png\n", r"line 2: .*has no layer 'edges'"),
        ("a.csv", "photo,name\na.png,x\nb.png,X\n", r"two photos would have the name 'X': .*line 2 and .*line 3"),
        ("a.csv", "photo,name\na.png,x/y\n", r"line 2: the name 'x/y' has the character '/'"),
        ("a.csv", "photo,name\na.png,.x\n", r"line 2: the name '.x' is empty, starts or ends with a dot"),
        ("a.csv", "photo,name\na.png,Con .x.y\n", r"line 2: the name 'Con .x.y' is that of a device on Windows; give"),
        ("a.csv", "photo\nlpt9.png\n", r"line 2: the name 'lpt9' is that of a device"),
        ("a.csv", "photo\nnowhere://a.png\n", r"line 2: nowhere://a.png: there is no protocol 'nowhere'"),
        ("a.csv", "name\nx\n", r"line 2: photo: Field required"),
        ("a.csv", "photo\n", r"a.csv: lists no photos"),
        ("a.jsonl", '{"photo": "a.png"}\n{"photo": \n', r"a.jsonl, line 2: is no JSON"),
        ("a.jsonl", '"a.png"\n', r"line 1: is no JSON object"),
        ("a.jsonl", '{"photo": "a.png", "size": 1.5}\n', r"line 1: size: "),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(written(tmp_path, text, name))


def test_lines_end_at_line_feeds_alone(tmp_path: Path) -> None:
    text = '{"photo": "a\u2028b.png"}\r\n\r\n{"photo": "c\x85d.png"}\r\n'
    (tmp_path / "all.jsonl").write_bytes(text.encode())
    found = [(place.rpartition(", ")[2], row.photo) for place, row in read_manifest(str(tmp_path / "all.jsonl"))]
    assert found == [("line 1", "a\u2028b.png"), ("line 3", "c\x85d.png")]


def test_a_seed_among_the_settings_takes_precedence(tmp_path: Path) -> None:
    table = "photo,seed,settings\na.png,3,\nb.png,3, seed = 5\nc.png,,seed=5\n"
    assert [job.config.seed for job in plan(written(tmp_path, table))] == [3, 5, 5]
    every = DEFAULTS.model_copy(update={"settings": ("seed=9",)})
    assert [job.config.seed for job in planned(["a.png"], Options("out", every))] == [9]


def test_a_manifest_that_is_missing_or_not_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        plan(tmp_path / "a.csv")
    with pytest.raises(ConfigError, match="give it alone"):
        planned(["a.csv", "b.png"], Options("out", DEFAULTS))
    (tmp_path / "a.csv").write_bytes(b"photo\n\xff.png\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        plan(tmp_path / "a.csv")


def test_patterns_name_photos_by_their_files(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg", "c [1].png", "d.txt", "sub/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    jobs = plan(tmp_path / "*.png")
    assert [(job.number, job.name) for job in jobs] == [(0, "a"), (1, "c [1]")]
    assert [job.name for job in plan(tmp_path / "c [1].png")] == ["c [1]"]
    with pytest.raises(ConfigError, match=r"two photos would have the name 'a': .*give the photos names in a manifest"):
        plan(tmp_path / "**/*.png")
    with pytest.raises(ConfigError, match="no file matches"):
        plan(tmp_path / "*.webp")
    with pytest.raises(ConfigError, match=r"is a folder; name its photos, for example '.*/\*\.jpg'"):
        plan(tmp_path)


def test_photos_and_manifests_at_urls(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("a.png", "b.png"):
        memory.pipe(f"/patterns/{name}", b"")
    assert [job.photo for job in plan("memory://patterns/*.png")] == [
        "memory:///patterns/a.png",
        "memory:///patterns/b.png",
    ]
    memory.pipe("/patterns/all.csv", b"photo,edges\na.png,file:///e.png\n")
    (place, row), *_ = read_manifest("memory://patterns/all.csv")
    assert (place, row.photo) == ("memory://patterns/all.csv, line 2", "a.png")
    (job,) = plan("memory://patterns/all.csv")
    assert job.inputs == {"photo": "memory://patterns/a.png", "edges": "file:///e.png"}


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"memory_gb": 0.0}, {"retries": -1}])
def test_options_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"needs|retries"):
        Options("out", DEFAULTS, **wrong)  # type: ignore[arg-type]
