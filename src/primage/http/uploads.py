"""Files received from clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from primage.http.errors import RefusalError


async def receive(file: Path, stream: AsyncIterator[bytes], max_bytes: int) -> None:
    """Store the body of a request in a new file, which the caller deletes.

    Args:
        file: the file.
        stream: the body.
        max_bytes: largest length.

    Raises:
        RefusalError: it is longer, or empty.
    """
    length = 0
    with file.open("xb") as target:
        async for chunk in stream:
            length += len(chunk)
            if length > max_bytes:
                raise RefusalError(413, "too_large", f"the file is larger than {max_bytes >> 20} MB")
            target.write(chunk)
    if not length:
        raise RefusalError(422, "invalid", "the file is empty")
