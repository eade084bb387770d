"""What `primage export` writes, by the name of its output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primage.errors import OutputError
from primage.export.generator import Check, check_packages, export_onnx
from primage.export.metadata import NOT_INCLUDED
from primage.model import load
from primage.outputs import check_outputs


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        files: the files.
        checks: how far an ONNX file is from PyTorch; empty if there is none.
        not_included: what the network alone does not do; empty if no network was written on its own.
    """

    files: tuple[Path, ...]
    checks: tuple[Check, ...] = ()
    not_included: tuple[str, ...] = ()


def export(source: Path, target: Path, overwrite: bool = False) -> Exported:
    """Export a trained model.

    Args:
        source: a run folder or a model file.
        target: NAME.onnx, the network as an ONNX file.
        overwrite: allow to replace files that Primage did not make.

    Returns:
        What was written.

    Raises:
        RunError: there is no model.
        OutputError: the output may not be written, or its name says no format.
        ConfigError: packages are missing.
    """
    if target.suffix.lower() != ".onnx":
        raise OutputError(f"{target}: names no format to export to; name it {target.stem or 'model'}.onnx")
    check_packages()
    check_outputs([target], [source], overwrite)
    model = load(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    return Exported((target,), export_onnx(model, target), NOT_INCLUDED)
