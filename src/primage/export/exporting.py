"""What `primage export` writes, by the name of its output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primage.errors import OutputError
from primage.export.drawing import export_drawing
from primage.export.folder import check_model_folder, export_folder
from primage.export.generator import Check, check_packages, export_onnx
from primage.export.metadata import NOT_INCLUDED
from primage.export.page import DIFFERENCES, check_editable, check_page, export_page
from primage.model import load
from primage.outputs import check_outputs
from primage.run_folder import name_of


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        files: the files.
        checks: how far the ONNX file is from PyTorch, one for each drawing compared; empty if none was written.
        not_included: what the network alone does not do; empty if no ONNX file was written.
        differences: what a page does otherwise than Primage; empty if none was written.
    """

    files: tuple[Path, ...]
    checks: tuple[Check, ...] = ()
    not_included: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def export(
    source: Path, target: Path, with_onnx: bool = False, overwrite: bool = False, as_page: bool = False
) -> Exported:
    """Export a trained model.

    Args:
        source: a run folder or a model file.
        target: NAME.onnx, the network as an ONNX file; NAME.ora, the training drawing with its layers; a name
            without suffix, or an existing folder: a folder with the model and its card.
        with_onnx: the network as an ONNX file in the folder, too; for NAME.onnx it changes nothing.
        overwrite: allow to replace files that Primage did not make.
        as_page: a folder with a page that edits the drawing and renders it in the browser.

    Returns:
        What was written.

    Raises:
        RunError: there is no model.
        OutputError: the output may not be written, its name has another suffix, a drawing is to have a network, or a
            page is to be a file.
        PrimitiveError: a page is to be written of a drawing that has no tools.
        ConfigError: an ONNX file is to be written, and the packages for that are missing; the page is not built.
        PrimageError: what was written would not be read, or compute, as the model; it is discarded.
    """
    suffix = "" if target.is_dir() else target.suffix.lower()
    if suffix not in ("", ".onnx", ".ora"):
        raise OutputError(
            f"{target}: names no format to export to; name it {target.stem}.onnx, {target.stem}.ora, or {target.stem} "
            "(a folder)"
        )
    if as_page:
        return _export_page(source, target, suffix, with_onnx, overwrite)
    if suffix == ".ora" and with_onnx:
        raise OutputError(f"{target}: a drawing has no network; leave out --onnx, or export to {target.stem}.onnx")
    if with_onnx or suffix == ".onnx":
        check_packages()
    if not suffix:
        check_model_folder(target, source, with_onnx, overwrite)
        files, checks = export_folder(load(source), target, with_onnx)
        return Exported(files, checks, NOT_INCLUDED if with_onnx else ())
    check_outputs([target], [source], overwrite)
    model = load(source)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".ora":
            export_drawing(model, target)
            return Exported((target,))
        return Exported((target,), export_onnx(model, target), NOT_INCLUDED)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error


def _export_page(source: Path, target: Path, suffix: str, with_onnx: bool, overwrite: bool) -> Exported:
    if suffix:
        raise OutputError(f"{target}: a page is a folder; name one without an ending, as {target.stem}")
    if with_onnx:
        raise OutputError(f"{target}: a page has the network already; leave out --onnx, or export to NAME.onnx, too")
    check_packages()
    check_page(target, source, overwrite)
    model = load(source)
    check_editable(model)
    files, checks = export_page(model, target, name_of(source))
    return Exported(files, checks, (), DIFFERENCES)
