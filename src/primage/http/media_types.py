"""The formats of results, as HTTP names them."""

from __future__ import annotations

from typing import Literal

#: Formats of results, by the suffix of their files.
ResultFormat = Literal["png", "jpg", "webp", "tif", "ora", "psd"]
#: Formats of moving pictures, likewise.
MovieFormat = Literal["mp4", "gif", "webp"]
MOVIE_TYPES: dict[MovieFormat, str] = {"mp4": "video/mp4", "gif": "image/gif", "webp": "image/webp"}
MEDIA_TYPES: dict[ResultFormat, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "tif": "image/tiff",
    "ora": "image/openraster",
    "psd": "image/vnd.adobe.photoshop",
}
