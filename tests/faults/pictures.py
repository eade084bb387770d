"""All bad and odd files that are named as pictures."""

from __future__ import annotations

from tests.faults.jpeg_files import JPEG_FILES
from tests.faults.other_files import OTHER_FILES
from tests.faults.png_files import PNG_FILES

PICTURES = {sample.name: sample for sample in [*PNG_FILES, *JPEG_FILES, *OTHER_FILES]}
assert len(PICTURES) == len(PNG_FILES) + len(JPEG_FILES) + len(OTHER_FILES), "two samples have one name"
