"""OpenRaster files: a zip file of PNG pictures and a list of the layers.

Source:
    OpenRaster specification 0.0.5, https://www.openraster.org.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from primage.render.photo_files import PhotoFile, encode_photo
from primage.render.picture_layers import LayeredPicture, PictureLayer
from primage.seal import BLANK

_MIMETYPE = "image/openraster"
#: Longest side of the thumbnail.
_THUMBNAIL_PX = 256
#: Times of the zip file's members: they never change, so that equal pictures are equal files.
_DATE = (1980, 1, 1, 0, 0, 0)


def write_open_raster(path: Path, picture: LayeredPicture, text: dict[str, str] | None = None) -> None:
    """Write a picture with its layers as an OpenRaster file.

    The patch is a transparent layer of its own size. A hidden layer shows it as a mask. Each picture has the profile.

    Args:
        path: the file; not atomically.
        picture: the picture. 16 bits are kept.
        text: stored in the merged picture; the place for the seal is the zip file's comment.

    Raises:
        OSError: the file cannot be written.
    """
    height, width = picture.merged.shape[:2]
    mask = PictureLayer("Mask", picture.patch.box, lambda: _white(_opaque(picture.patch)), visible=False)
    # From front to back.
    layers = (*reversed(picture.drawing), mask, picture.patch, picture.original)
    image = ElementTree.Element("image", {"version": "0.0.5", "w": str(width), "h": str(height)})
    stack = ElementTree.SubElement(image, "stack")
    for number, layer in enumerate(layers):
        attributes = {"name": layer.name, "src": _source(number), "x": str(layer.box[1]), "y": str(layer.box[0])}
        attributes |= {"opacity": "1.0", "composite-op": "svg:src-over"}
        attributes["visibility"] = "visible" if layer.visible else "hidden"
        ElementTree.SubElement(stack, "layer", attributes)
    plain = PhotoFile(picture.photo.pixels, picture.photo.profile)
    with zipfile.ZipFile(path, "w") as file:  # nothing is compressed again
        file.comment = "".join(BLANK.values()).encode()
        _add(file, "mimetype", _MIMETYPE.encode())
        _add(file, "stack.xml", ElementTree.tostring(image, "UTF-8", xml_declaration=True))
        for number, layer in enumerate(layers):
            _add(file, _source(number), encode_photo(_pixels(layer), plain))
        _add(file, "mergedimage.png", encode_photo(picture.merged, picture.photo, text))
        _add(file, "Thumbnails/thumbnail.png", _thumbnail(picture))


def _source(number: int) -> str:
    return f"data/layer{number}.png"


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, _DATE), data)


def _pixels(layer: PictureLayer) -> np.ndarray:
    colours = layer.colours()
    if layer.opacity is None:
        return colours
    opacity = layer.opacity() * np.array(np.iinfo(colours.dtype).max, colours.dtype)
    return np.dstack([colours, opacity])


def _opaque(layer: PictureLayer) -> np.ndarray:
    assert layer.opacity is not None
    return layer.opacity()


def _white(mask: np.ndarray) -> np.ndarray:
    return np.repeat((mask * np.uint8(255))[..., None], 3, axis=2)


def _thumbnail(picture: LayeredPicture) -> bytes:
    pixels = picture.merged
    step = max(1, min(pixels.shape[:2]) // (2 * _THUMBNAIL_PX))
    image = Image.fromarray(picture.photo.to_srgb(pixels[::step, ::step]))
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
