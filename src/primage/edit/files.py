"""Recorded edits of the drawings of models: one list of edits for one or several of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from primage.detection.figures import find_figures
from primage.edit.apply import Edited, edited
from primage.edit.records import Edit
from primage.errors import PrimitiveError, UserError
from primage.model import Model
from primage.origin.files import origin_path, write_origin
from primage.origin.plane import Origin
from primage.primitive.write import write_primitive
from primage.run_folder import name_of


def targets_of(models: Sequence[Path], out: Path) -> list[Path]:
    """The files that edited drawings are written to.

    Args:
        models: run folders or model files.
        out: the file of one; a folder for several, whose drawings get the names of the runs.

    Raises:
        UserError: two of them have the same name.

    Example:
        >>> [path.as_posix() for path in targets_of([Path("runs/a"), Path("b.safetensors")], Path("out"))]
        ['out/a.png', 'out/b.png']
    """
    if len(models) == 1:
        return [out]
    names = [name_of(path) for path in models]
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"two of the runs are called {name}, so their drawings would be one file; edit them one by one"
            )
    return [out / f"{name}.png" for name in names]


def edited_drawing(model: Model, edits: Sequence[Edit], drawing: Edited | None = None) -> Edited:
    """Make recorded edits of a model's drawing; people are looked for in its photo.

    Args:
        model: the trained model.
        edits: the edits.
        drawing: another drawing of the same photo, and its origin; None for the training drawing.

    Raises:
        PrimitiveError: as for `primage.edit.apply.edited`.
        ConfigError, WeightsError: people must be looked for, and detection is not possible.
    """
    before = Edited(model.primitive, Origin.unmoved(model.size)) if drawing is None else drawing
    return edited(before, edits, partial(find_figures, model.photo))


def edited_drawings(models: Sequence[Path], loaded: Sequence[Model], edits: Sequence[Edit]) -> list[Edited]:
    """Make the same edits of several models' drawings.

    Args:
        models: their files, for messages.
        loaded: the models.
        edits: the edits.

    Raises:
        PrimitiveError: as for `edited_drawing`; the message says of which model.
        ConfigError, WeightsError: people must be looked for, and detection is not possible.
    """
    out = []
    for path, model in zip(models, loaded, strict=True):
        try:
            out.append(edited_drawing(model, edits))
        except PrimitiveError as error:
            raise PrimitiveError(f"{path}: {error}" if len(models) > 1 else str(error)) from error
    return out


def write_drawing(target: Path, drawing: Edited, model: Model, with_origin: bool = True) -> list[Path]:
    """Write an edited drawing and, beside it, where its pixels come from.

    Args:
        target: the drawing's PNG file.
        drawing: the drawing.
        model: the model that it is for.
        with_origin: whether its origin is known.

    Returns:
        The files written, the drawing first.

    Raises:
        ImageError: one cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    written = write_primitive(target, drawing.primitive, model.record.spec)
    if with_origin:
        written.append(origin_path(target))
        write_origin(written[-1], drawing.origin, model.record.photo_sha256, target)
    return written
