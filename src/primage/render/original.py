"""Results on the photo's original file: painted at its size, in its colours, with its metadata."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.errors import PrimitiveError, RunError
from primage.files import sha256_file
from primage.model import Model
from primage.origin.plane import FIRST, Origin
from primage.primitive.primitive import Primitive, draw
from primage.render.blending import blend_mask
from primage.render.full_size import FullSize, WorkingResult
from primage.render.photo_files import DEFAULT_QUALITY, Pixels, check_name, read_photo, write_photo
from primage.synthesis.polish import Polished
from primage.tensors import to_image

#: Around pieces, pixels may be mixed with theirs at the working size.
_BESIDE_PX = 2


@dataclass(frozen=True)
class Original:
    """The file of the photo that a model was trained on.

    Attributes:
        path: the file.
        quality: 1 to 100, of JPEG and WebP files that are written.
    """

    path: Path
    quality: int = DEFAULT_QUALITY

    def check(self, model: Model, primitive: Primitive, out: Path) -> None:
        """Check that a drawing can be painted on the photo and written.

        Args:
            model: the model.
            primitive: the drawing.
            out: the file to write.

        Raises:
            RunError: the model was trained on another photo.
            PrimitiveError: the drawing has other proportions than the photo.
            ImageError: the file is missing, or ``out`` cannot be written.
        """
        check_name(out)
        if sha256_file(self.path) != model.record.photo_sha256:
            raise RunError(
                f"{self.path}: is not the photo that the model was trained on, or was changed since; give that file"
            )
        if primitive.size != model.size:
            raise PrimitiveError(
                f"the drawing has other proportions than the photo ({model.size[1]}×{model.size[0]} px when trained); "
                "render it without the original photo"
            )

    def write(self, out: Path, result: WorkingResult, text: dict[str, str]) -> Pixels:
        """Paint a result on the photo, and write it.

        Args:
            out: a PNG, JPEG, WebP or TIFF file.
            result: at the working size, in sRGB.
            text: see `write_photo`.

        Returns:
            What was written, in the colour space of the photo.

        Raises:
            ImageError: a file cannot be read or written.
        """
        photo = read_photo(self.path)
        picture = FullSize(photo.pixels, replace(result, image=photo.from_srgb(result.image))).picture()
        write_photo(out, picture, photo, self.quality, text)
        return picture


def changed_weight(
    image: UInt8[np.ndarray, "h w 3"], photo: UInt8[np.ndarray, "h w 3"], origin: Origin
) -> Float32[np.ndarray, "h w"]:
    """Where a result replaces the photo, apart from its pieces: where it differs, but not along their outlines.

    Args:
        image: the result.
        photo: the photo.
        origin: of the drawing; all three have the same size.

    Returns:
        (H, W), 0 or 1.
    """
    beside = ndimage.binary_dilation(origin.index >= FIRST, iterations=_BESIDE_PX)
    return np.asarray((image != photo).any(axis=2) & ~beside, np.float32)


def working_result(
    model: Model,
    primitive: Primitive,
    polish: bool = True,
    origin: Origin | None = None,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
) -> tuple[WorkingResult, Polished | None]:
    """Render a primitive at the working size, with all that is needed to paint it at full size.

    Args:
        model: the trained model.
        primitive: the drawing, of the model's size.
        polish: synthesise what is incoherent in the network's picture.
        origin: where the primitive's pixels come from; None if it is not known.
        excluded: (H, W), places of the photo that nothing removed is filled from.

    Returns:
        The result, and what was synthesised; None if the network's picture is used as it is.
    """
    painted = model.paint(primitive)
    render = model.unpolished(primitive, painted)
    if origin is not None and origin.moves and render is not None:
        image, polished = model.completed(primitive, painted, polish, origin, excluded)
        weight = changed_weight(image, model.photo, origin)
        if polished is None:
            return WorkingResult(image, weight, render.field, None, render.confidence, origin), None
        kept = polished.synthesised, render.confidence, origin
        return WorkingResult(image, weight, polished.field, *kept), polished
    image = to_image(painted.image.cpu())
    # As drawn: labels beneath lines are not in the files of whole primitives.
    colour = model.record.spec.line_colour
    changed = (draw(primitive, colour) != draw(model.primitive, colour)).any(axis=2)
    weight = np.zeros(changed.shape, np.float32)
    if changed.any():
        weight = blend_mask(changed, image, to_image(model.paint(model.primitive).image.cpu()))
    if render is None:
        return WorkingResult(image, weight), None
    found = model.polish(primitive, painted, weight > 0) if polish else None
    if found is None:
        return WorkingResult(image, weight, render.field, None, render.confidence), None
    return WorkingResult(found.image, weight, found.field, found.synthesised, render.confidence), found
