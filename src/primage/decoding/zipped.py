"""Pictures in documents that are zips, of which a few bytes can unpack to any number of them."""

from __future__ import annotations

import zipfile

from primage.decoding.png import HEADER_BYTES, most_bytes


def packed_png(document: zipfile.ZipFile, member: str, name: str) -> bytes:
    """Unpack a PNG file, as far as its picture can need.

    Args:
        document: the zip.
        member: the name of the file in it.
        name: of the document, for messages.

    Raises:
        KeyError: it is not in the document.
        ImageError: its picture is too large to be decoded.
        Exception: the document is damaged, or the file is no PNG.
    """
    with document.open(member) as file:
        head = file.read(HEADER_BYTES)
        return head + file.read(most_bytes(head, name))
