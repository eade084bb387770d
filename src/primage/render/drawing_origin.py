"""Where the pixels of a drawing come from that was read from files: a file says so, or it is inferred."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from primage.edit.apply import Edited
from primage.errors import PrimitiveError, UserError
from primage.model import Model
from primage.origin.files import origin_path, read_origin
from primage.origin.inference import is_worth_obeying
from primage.origin.plane import Origin
from primage.origin.summary import summary
from primage.primitive.margins import NO_MARGINS, Margins
from primage.primitive.primitive import Primitive
from primage.primitive.read import LayerFiles, read_primitive
from primage.render.masks import check_proportions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DrawingOrigin:
    """What is known of a drawing's origin.

    Attributes:
        origin: at the size of the drawing; None if it is not known.
        certain: whether it was recorded, not inferred.
        file: the file that it was read from, if it was.
    """

    origin: Origin | None = None
    certain: bool = False
    file: Path | None = None


@dataclass(frozen=True)
class OriginSource:
    """How the origin of drawings is found: the first of these that is known.

    Attributes:
        file: the file that says so, for one drawing.
        beside: use the file beside a drawing (NAME.origin.png for NAME.png), if it fits.
        infer: infer it from what the drawing has in common with the training primitive.
    """

    file: Path | None = None
    beside: bool = False
    infer: bool = False

    def of(self, model: Model, job: LayerFiles, primitive: Primitive, snap: bool = False) -> DrawingOrigin:
        """Find the origin of a drawing.

        Args:
            model: the trained model.
            job: the files that the drawing was read from.
            primitive: the drawing, at the size of the render.
            snap: as it was read; see `read_primitive`.

        Raises:
            PrimitiveError, ImageError: the file given does not fit. (One beside the drawing is then not used, and a
                warning says why.)
        """
        if self.file is not None:
            return DrawingOrigin(_read(model, self.file, primitive), True, self.file)
        if (changed := self._changed(model, job, primitive)) is not None:
            return changed
        found = _beside(model, job, primitive) if self.beside else None
        if found is not None:
            return found
        return DrawingOrigin(_inferred(model, job, primitive, snap) if self.infer else None)

    def canvas(self, model: Model, job: LayerFiles) -> tuple[int, int] | None:
        """The size of a canvas larger than the photo, that a drawing is on.

        Args:
            model: the trained model.
            job: the files that the drawing is read from.

        Returns:
            (height, width) at the working size; None for a drawing of the photo alone.

        Raises:
            PrimitiveError, ImageError: the file given is no origin of a drawing of this photo.
        """
        margins = self._margins(model, job)
        return margins.around(model.size) if margins.any else None

    def _margins(self, model: Model, job: LayerFiles) -> Margins:
        """What the file of an origin says, even if the drawing beside it was changed since."""
        if self.file is not None:
            return read_origin(self.file, model.record.photo_sha256).margins
        if not self.beside or job.whole is None or not (path := origin_path(job.whole)).is_file():
            return NO_MARGINS
        try:
            return read_origin(path, model.record.photo_sha256).margins
        except UserError:  # `of` says why it is not used
            return NO_MARGINS

    def _changed(self, model: Model, job: LayerFiles, primitive: Primitive) -> DrawingOrigin | None:
        """The origin of a drawing on a larger canvas that was changed since its origin was written."""
        margins = self._margins(model, job)
        if not margins.any:
            return None
        assert job.whole is not None
        path = origin_path(job.whole)
        try:
            return DrawingOrigin(_read(model, path, primitive, job.whole), True, path)
        except UserError:
            log.info("%s was changed since it was extended: only the place of the photo in it is used", job.whole)
        inside = primitive.cropped(*margins.photo(primitive.size))
        found = model.inferred_origin(inside) if self.infer else None
        if found is None or not is_worth_obeying(found, inside):
            found = Origin.unmoved(inside.size).drawn(inside.differs(model.primitive))
        return DrawingOrigin(found.extended(margins), True, path)


def read_edited(model: Model, path: Path) -> Edited:
    """Read an edited drawing, and find where its pixels come from: its origin lies beside it, or is inferred.

    Args:
        model: the trained model.
        path: the drawing's file.

    Raises:
        PrimitiveError, LabelError, ImageError: it is no drawing for the model, or larger than the photo.
    """
    files = LayerFiles(whole=path)
    primitive = read_primitive(files, model.record.spec, model.render_size)
    if primitive.size != model.size:
        raise PrimitiveError(
            f"{path}: the drawing has other proportions than the photo of the run; edit a copy of RUN/primitive.png"
        )
    known = OriginSource(beside=True, infer=True).of(model, files, primitive)
    origin = known.origin
    if origin is None or not (known.certain or is_worth_obeying(origin, primitive)):
        origin = Origin.unmoved(primitive.size).drawn(primitive.differs(model.primitive))
    return Edited(primitive, origin)


def _read(model: Model, path: Path, primitive: Primitive, drawing: Path | None = None) -> Origin:
    origin = read_origin(path, model.record.photo_sha256, drawing)
    check_proportions(path, origin.size, primitive.size, "use the one that was written with the drawing")
    if (whole := summary(origin)).pasted:
        log.warning("%s: the pictures of %d pasted parts are not there; these parts are painted as if drawn",
                    path, whole.pasted)  # fmt: skip
    return origin.without_pictures.resized(primitive.size)


def _beside(model: Model, job: LayerFiles, primitive: Primitive) -> DrawingOrigin | None:
    if job.whole is None or not (path := origin_path(job.whole)).is_file():
        return None
    if len(job.given()) > 1:
        log.warning("%s is not used: the drawing has layers from other files; add --origin to use it", path)
        return None
    try:
        return DrawingOrigin(_read(model, path, primitive, job.whole), True, path)
    except UserError as error:
        log.warning("the origin beside the drawing is not used: %s", error)
        return None


def _inferred(model: Model, job: LayerFiles, primitive: Primitive, snap: bool) -> Origin | None:
    size = model.render_size(primitive.size)
    if size != primitive.size:  # at the working size, most pixels are those of the training drawing
        found = model.inferred_origin(read_primitive(job, model.record.spec, model.render_size, snap))
    else:
        found = model.inferred_origin(primitive)
    return None if found is None else found.resized(primitive.size)
