"""Correcting a drawing by hand before it is learned: changes that leave the photo as it is."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from primage.studio.errors import RefusalError
from primage.studio.project.canvas import Canvas
from primage.studio.project.extraction import Extractor
from primage.studio.project.rendering import Rendering
from primage.studio.project.store import ProjectRecord
from primage.studio.schemas import Edit, ExtractSettings, Label

#: Highest number of labels of a drawing.
_MAX_LABELS = 255


@runtime_checkable
class Corrected(Protocol):
    """The project, as its corrections see it."""

    record: ProjectRecord
    canvas: Canvas
    extractor: Extractor
    rendering: Rendering

    def update(self, **changes: object) -> None:
        """Change the record."""

    async def replace_primitive(self, settings: ExtractSettings) -> None:
        """Replace the training drawing."""


class Corrections:
    """The corrections of one project.

    Meanwhile, changes of the drawing are undone like edits, but nothing is rendered, and there may be new labels.
    In the end, it becomes the training drawing.

    Args:
        project: the project.
    """

    def __init__(self, project: Corrected) -> None:
        self._project = project
        project.rendering.paused = project.record.correcting

    async def do(self, action: Literal["begin", "finish", "cancel"]) -> None:
        """Begin, use, or discard corrections.

        Args:
            action: which of them. What was edited before they began is a correction, too.

        Raises:
            RefusalError: there is nothing to finish or cancel.
        """
        project = self._project
        if action == "begin":
            project.update(correcting=True)
            project.rendering.paused = True
            return
        if not project.record.correcting:
            raise RefusalError(409, "invalid", "no drawing is being corrected")
        settings = project.record.settings
        if action == "finish":
            settings = await project.extractor.keep_own(project.canvas.drawing.copy(), project.record.labels, settings)
        project.rendering.paused = False
        await project.replace_primitive(settings)

    def labels_of(self, edit: Edit) -> tuple[tuple[tuple[Label, ...], tuple[Label, ...]] | None, int]:
        """Names and colours of the labels before and after an edit, None if it leaves them as they are; their number.

        Args:
            edit: the edit.

        Raises:
            RefusalError: their number changes, though the network has learned the labels, or there are too many.
        """
        before = self._project.record.labels
        if edit.labels is None:
            return None, len(before)
        most = _MAX_LABELS if self._project.record.correcting else len(before)
        if not len(before) <= len(edit.labels) <= most:
            raise RefusalError(422, "invalid", f"this drawing has {len(before)} labels, not {len(edit.labels)}")
        return (before, edit.labels), len(edit.labels)
