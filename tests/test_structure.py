"""The design rules that can be checked automatically."""

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

#: The packages (or modules) of each layered package, in order: one imports only from itself and those before it.
LAYERS = {
    "primage": (
        "errors",
        "files",
        "downloads",
        "allocator",
        "seal",
        "settings",
        "decoding",
        "image",
        "detection",
        "tensors",
        "grid",
        "labels",
        "selection",
        "primitive",
        "config",
        "deviations",
        "warp",
        "origin",
        "nets",
        "synthesis",
        "losses",
        "loss_network",
        "run_folder",
        "outputs",
        "stored_pairs",
        "tensor_files",
        "run",
        "further_pairs",
        "pair_files",
        "pairs",
        "model",
        "ema",
        "schedule",
        "state",
        "publish",
        "training",
        "pretrain",
        "edit",
        "render",
        "describe",
        "export",
        "api",
        "demo",
        "evaluate",
        "manipulate",
        "batch",
        "http",
        "processes",
        "serve",
        "studio",
        "cli",
    ),
    "primage.evaluate": ("metrics", "protocol", "analyses", "reports", "commands"),
    "primage.batch": (
        "locations",
        "manifest",
        "plan",
        "records",
        "outcome",
        "board",
        "queue",
        "limits",
        "workspace",
        "photo",
        "serial",
        "cluster",
        "page",
        "summary",
        "running",
    ),
    "primage.serve": (
        "options",
        "schemas",
        "renderer",
        "rendering",
        "metrics",
        "pool",
        "inputs",
        "service",
        "routes",
        "security",
        "app",
        "server",
    ),
    "primage.studio": (
        "schemas",
        "objects",
        "messages",
        "opened",
        "people",
        "selection",
        "wire",
        "layers",
        "origin",
        "drawing",
        "resizing",
        "workers",
        "project",
        "routes",
        "server",
    ),
}
#: Modules that belong to a package under another name.
ALIASES = {"sheet": "describe"}
#: May be imported from everywhere.
FREE = {"_version"}
#: The only packages that may import these.
NARROW = {
    "ray": {"batch"},
    "fsspec": {"batch"},
    "ai_edge_litert": {"detection"},
    "flatbuffers": {"detection"},
    "fastapi": {"http", "serve", "studio"},
    "prometheus_client": {"serve"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pillow_heif": {"decoding"},
    "pillow_jxl": {"decoding"},
    "cv2": {"selection"},
    "onnx": {"export"},
    "onnxruntime": {"export"},
}


def modules_of(tree: ast.AST) -> Iterator[str]:
    """Every module that a file imports, at top level or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            # `from primage import losses` names a module by its alias, `from primage.errors import X` does not.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in BY_NAME else node.module for name in names)


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


BY_NAME = {module_name(path): path for path in FILES}


def layer(module: str, package: str) -> str | None:
    """The layer of a package that a module belongs to; None if the module is not inside the package."""
    if not module.startswith(f"{package}."):
        return None
    name = module.removeprefix(f"{package}.").split(".")[0]
    return ALIASES.get(name, name) if package == "primage" else name


def package_of(path: Path) -> str:
    return layer(module_name(path), "primage") or ""


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


MODULES = [path for path in FILES if name(path) not in ("__init__.py", "_version.py")]


def imports() -> dict[str, set[str]]:
    """The import graph: module → modules of ours that it imports, lazy imports included."""
    graph = {}
    for module, path in BY_NAME.items():
        imported = modules_of(ast.parse(path.read_text(encoding="utf-8")))
        graph[module] = {other for other in imported if other in BY_NAME and other != module}
    return graph


@pytest.mark.parametrize("package", LAYERS)
def test_a_module_imports_only_from_layers_before_its_own(package: str) -> None:
    order = LAYERS[package]
    for module, imported in imports().items():
        own = layer(module, package)
        for other in imported if own is not None and own not in FREE else ():
            theirs = layer(other, package)
            if theirs is None or theirs in FREE:
                continue
            assert theirs in order, f"{other} is in no layer of {package}"
            assert order.index(theirs) <= order.index(own), f"{module} imports {other}, which comes after it"


@pytest.mark.parametrize("package", LAYERS)
def test_every_layer_exists(package: str) -> None:
    assert {layer(module, package) for module in BY_NAME} - {None} - FREE == set(LAYERS[package])


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components with more than one module: each contains an import cycle."""

    def reachable(start: str) -> set[str]:
        found, waiting = set(), [start]
        while waiting:
            for other in graph[waiting.pop()] - found:
                found.add(other)
                waiting.append(other)
        return found

    reach = {module: reachable(module) for module in graph}
    groups = {frozenset({a} | {b for b in reach[a] if a in reach[b]}) for a in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def test_imports_have_no_cycles() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]
    assert cycles(imports()) == []


def test_optional_dependencies_are_imported_in_one_package() -> None:
    for path in MODULES:
        for module in modules_of(ast.parse(path.read_text(encoding="utf-8"))):
            packages = NARROW.get(module.split(".")[0])
            assert packages is None or package_of(path) in packages, f"{name(path)} imports {module}"


def test_no_module_is_longer_than_400_lines() -> None:
    long = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: lines for path, lines in long.items() if lines > 400} == {}


def test_no_module_has_a_vague_name() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [name(path) for path in FILES if vague & set(path.relative_to(SOURCE).with_suffix("").parts)] == []


def test_only_the_cli_prints() -> None:
    for path in FILES:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        prints = [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]
        assert not prints or package_of(path) == "cli", f"{name(path)}, lines {prints}"


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
        "from primage.cli.main import run; assert run(['batch', '--help']) == 0",
        "import primage.batch.board",
        "from primage.cli.main import run; assert run(['train', '--no-such-option']) == 2",
    ],
)
def test_light_commands_do_not_load_torch(code: str) -> None:
    heavy = {"torch", "scipy", "skimage", "ray", "fsspec"}
    check = f"; import sys; heavy = {heavy} & set(sys.modules); assert not heavy, heavy"
    done = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_first_model_does_not_load_pytorchs_compiler() -> None:
    """It takes two seconds, in which the studio would show nothing."""
    code = """
import sys
from primage.config import preset
from primage.primitive.primitive import PrimitiveSpec
from primage.state import fresh_state
config = preset("standard").model_copy(update={"matcher": "none"})
fresh_state(config, PrimitiveSpec(config=config.primitive), "cpu").render_network()
print({"torch._dynamo", "sympy"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
