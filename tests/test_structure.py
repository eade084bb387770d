"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import primage

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "primage"
FILES = sorted(SOURCE.rglob("*.py"))

#: A module imports only from rooms to its left, and from its own.
ORDER = (
    "errors",
    "files",
    "settings",
    "image",
    "tensors",
    "grid",
    "labels",
    "primitive",
    "config",
    "warp",
    "nets",
    "losses",
    "run",
    "model",
    "state",
    "publish",
    "training",
    "pretrain",
    "edit",
    "render",
    "describe",
    "api",
    "demo",
    "evaluate",
    "studio",
    "cli",
)
#: Modules that are part of a room under another name.
ROOMS = {"labelformats": "labels", "labelcolours": "labels", "sheet": "describe"}
#: May be imported from everywhere.
FREE = {"_version"}
#: The only rooms that may import these.
NARROW = {"ray": {"batch"}, "fastapi": {"studio"}, "typer": {"cli"}, "rich": {"cli"}}


def modules_of(tree: ast.AST) -> Iterator[str]:
    """Every module that a file imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            # `from primage import losses` names a module by its alias.
            names = [alias.name for alias in node.names] if node.module == "primage" else [""]
            yield from (f"{node.module}.{name}".rstrip(".") for name in names)


def room(path: Path) -> str:
    name = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return ROOMS.get(name, name)


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


MODULES = [path for path in FILES if name(path) not in ("__init__.py", "_version.py")]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_imports_only_from_rooms_to_its_left(path: Path) -> None:
    own = ORDER.index(room(path))
    for module in modules_of(ast.parse(path.read_text(encoding="utf-8"))):
        parts = module.split(".")
        if parts[0] != "primage" or parts[1] in FREE:
            continue
        other = ROOMS.get(parts[1], parts[1])
        assert other in ORDER, f"{module} is in no room"
        assert ORDER.index(other) <= own, f"{name(path)} imports {module}, which lies to its right"


def test_every_room_is_there() -> None:
    assert {room(path) for path in MODULES} == set(ORDER)


def test_narrow_doors_stay_narrow() -> None:
    for path in MODULES:
        for module in modules_of(ast.parse(path.read_text(encoding="utf-8"))):
            rooms = NARROW.get(module.split(".")[0])
            assert rooms is None or room(path) in rooms, f"{name(path)} imports {module}"


def test_no_module_is_longer_than_400_lines() -> None:
    long = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: lines for path, lines in long.items() if lines > 400} == {}


def test_no_module_is_called_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [name(path) for path in FILES if vague & set(path.relative_to(SOURCE).with_suffix("").parts)] == []


def test_only_the_cli_prints() -> None:
    for path in FILES:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        prints = [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]
        assert not prints or room(path) == "cli", f"{name(path)}, lines {prints}"


def test_nothing_draws_from_the_global_randomness() -> None:
    drawing = ("torch.manual_seed", "torch.seed", "np.random.seed", "random.seed", "np.random.rand", "np.random.randn")
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert [call for call in drawing if f"{call}(" in text] == [], name(path)
        assert not {"random"} & set(modules_of(ast.parse(text))), name(path)


def test_no_file_over_100_kb_is_tracked_but_the_matcher() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    paths = [ROOT / line for line in listed.stdout.split("\0") if line]
    assert paths
    large = {str(path.relative_to(ROOT)): path.stat().st_size for path in paths if path.is_file()}
    # The one large file: the shipped matcher.
    assert large.pop("src/primage/nets/matcher.safetensors") <= 5_000_000
    assert {path: size for path, size in large.items() if size > 100 * 1024} == {}


def test_public_names_are_there_and_documented() -> None:
    for public in primage.__all__:
        found = getattr(primage, public)
        assert public == "__version__" or found.__doc__, public
    assert dir(primage) == sorted(primage.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        primage.nothing  # noqa: B018


@pytest.mark.parametrize(
    "code",
    [
        "import primage; primage.__version__; primage.UserError; primage.preset('draft')",
        "from primage.cli.main import run; assert run(['--help']) == 0",
        "from primage.cli.main import run; assert run(['--version']) == 0",
        "from primage.cli.main import run; assert run(['train', '--help']) == 0",
        "from primage.cli.main import run; assert run(['train', '--no-such-option']) == 2",
    ],
)
def test_light_things_do_not_load_torch(code: str) -> None:
    check = "; import sys; heavy = {'torch', 'scipy', 'skimage'} & set(sys.modules); assert not heavy, heavy"
    done = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
