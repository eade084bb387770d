"""Results painted on the photo: at its size, in its colours, with its metadata, with layers if wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from primage.errors import ImageError, PrimitiveError, RunError
from primage.files import sha256_file
from primage.model import Model
from primage.primitive.margins import NO_MARGINS, Margins
from primage.primitive.primitive import Primitive
from primage.render.extension import ExtendedResult
from primage.render.full_size import FullSize, WorkingResult
from primage.render.open_raster import write_open_raster
from primage.render.photo_files import PhotoFile, Pixels, check_name, read_photo, write_photo, writing
from primage.render.picture_layers import layered, patch_alone
from primage.render.psd import write_psd
from primage.render.quality import DEFAULT_QUALITY
from primage.render.super_resolution import Learned, upscaled
from primage.seal import BLANK

#: Name of the text with a picture's provenance.
PROVENANCE = "primage"
_LAYERED = (".ora", ".psd")


@dataclass(frozen=True)
class Original:
    """The photo that a model was trained on, to paint results on, and how they are written.

    Attributes:
        path: its file; None for the photo at the working size, as the model keeps it.
        quality: 1 to 100, of JPEG and WebP files that are written.
        patch: write only the pixels that the edit replaces, on a transparent canvas of the photo's size.
    """

    path: Path | None = None
    quality: int = DEFAULT_QUALITY
    patch: bool = False

    @classmethod
    def needed(
        cls, path: Path | None, out: Path, quality: int = DEFAULT_QUALITY, patch: bool = False
    ) -> Original | None:
        """What a picture has to be painted on.

        Args:
            path: the photo's file; None if it is not given.
            out: the file to write.
            quality: see above.
            patch: see above.

        Returns:
            None for a picture that is written as it was rendered.
        """
        return cls(path, quality, patch) if path is not None or patch or is_layered(out) else None

    def check(self, model: Model, primitive: Primitive, outs: Sequence[Path], margins: Margins = NO_MARGINS) -> None:
        """Check that a drawing can be painted on the photo and written.

        Args:
            model: the model.
            primitive: the drawing.
            outs: the files to write.
            margins: what the drawing has beyond the photo's borders.

        Raises:
            RunError: the model was trained on another photo.
            PrimitiveError: the drawing has other proportions than the photo with its margins.
            ImageError: the file is missing, or one of ``outs`` cannot be written.
        """
        for out in outs:
            check_target(out, self.patch)
        if self.path is not None and sha256_file(self.path) != model.record.photo_sha256:
            raise RunError(
                f"{self.path}: is not the photo that the model was trained on, or was changed since; give that file"
            )
        if primitive.size != margins.around(model.size):
            raise PrimitiveError(
                f"the drawing has another size or other proportions than the photo ({model.size[1]}×{model.size[0]} px "
                "when trained); render it to a PNG file without the photo"
            )

    def write(
        self,
        out: Path,
        model: Model,
        primitive: Primitive,
        result: WorkingResult | ExtendedResult,
        facts: str,
        upscaler: Learned | None = None,
    ) -> Pixels:
        """Paint a result on the photo, and write it.

        Args:
            out: a PNG, JPEG, WebP or TIFF file; OpenRaster and Photoshop files have layers.
            model: the model.
            primitive: the drawing.
            result: at the working size, in sRGB.
            facts: the picture's provenance.
            upscaler: gives the network that enlarges the picture; not for files with layers or for the patch alone.

        Returns:
            The whole picture, in the colour space of the photo.

        Raises:
            ImageError: a file cannot be read or written.
        """
        photo = self._decoded or PhotoFile(model.photo)
        place = None
        if isinstance(result, ExtendedResult):
            picture = result.painted(photo.pixels, photo.from_srgb)
            place = result.place((photo.pixels.shape[0], photo.pixels.shape[1]))
        else:
            picture = FullSize(photo.pixels, replace(result, image=photo.from_srgb(result.image))).picture()
        if upscaler is not None:
            picture = upscaled(upscaler(), picture)
        drawing = primitive, model.record.spec.line_colour
        write_result(out, photo, picture, drawing, {PROVENANCE: facts}, self.quality, self.patch, place)
        return picture

    @cached_property
    def _decoded(self) -> PhotoFile | None:
        """The photo's file, read once for all results."""
        return None if self.path is None else read_photo(self.path)


def is_layered(out: Path) -> bool:
    """Whether a file has layers, by its suffix."""
    return out.suffix.lower() in _LAYERED


def check_target(out: Path, patch: bool = False) -> None:
    """Check that a result can be written under a name.

    Args:
        out: the file.
        patch: whether only what was replaced is written.

    Raises:
        ImageError: its suffix is of no format that can be written, or it is a folder.
    """
    if not is_layered(out):
        check_name(out, patch)
    elif patch:
        raise ImageError(f"{out}: has the patch as one of its layers; name the patch alone {out.stem}.png")
    elif out.is_dir():
        raise ImageError(f"{out} is a folder; choose another file")


def write_result(
    out: Path,
    photo: PhotoFile,
    picture: Pixels,
    drawing: tuple[Primitive, tuple[int, int, int]],
    text: dict[str, str],
    quality: int = DEFAULT_QUALITY,
    patch: bool = False,
    place: tuple[slice, slice] | None = None,
) -> None:
    """Write a result: as a photo, as the patch alone, or with layers.

    Args:
        out: the file; its suffix determines the format.
        photo: the photo.
        picture: the result, in the photo's colour space and of its size, or larger.
        drawing: the edited drawing, and the colour of its lines over labels.
        text: stored in the file.
        quality: 1 to 100, of JPEG and WebP files.
        patch: write only the pixels that differ from the photo, on a transparent canvas.
        place: rows and columns of the photo in a larger picture.

    Raises:
        ImageError: the file cannot be written; an old one is unchanged.
    """
    check_target(out, patch)
    if not is_layered(out):
        write_photo(out, patch_alone(picture, photo.pixels, place) if patch else picture, photo, quality, text)
        return
    layers = layered(photo, picture, *drawing, place)
    with writing(out) as scratch:
        if out.suffix.lower() == ".psd":
            write_psd(scratch, layers, {**text, **BLANK})
        else:
            write_open_raster(scratch, layers, text)
