"""A tiny clip of a box and a disc that move to the right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.tiny import SETTINGS, picture

#: Networks of a few channels, and metrics that need no pretrained weights.
TINY = SETTINGS["draft"]
PIXELS = ("psnr", "ssim", "flicker")


def moved(step: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """`picture` rolled to the right by two pixels per step."""
    return np.roll(picture(0, size), 2 * step, axis=1)


def write_frames(folder: Path, count: int = 4, suffix: str = ".png") -> Path:
    """Write a folder of frames named 0, 1, 2 …"""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        Image.fromarray(moved(i)).save(folder / f"{i}{suffix}")
    return folder


def write_labels_of(folder: Path, count: int = 4) -> Path:
    """Write their label maps: sand, box and disc in flat colours."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        rgb = moved(i).astype(int)
        flat = np.full(rgb.shape, (200, 180, 90), np.uint8)
        flat[rgb[..., 2] > 120] = (30, 60, 160)
        flat[(rgb[..., 0] > 150) & (rgb[..., 1] < 90)] = (180, 40, 50)
        Image.fromarray(flat).save(folder / f"{i}.png")
    return folder


def write_video(path: Path, count: int = 6) -> Path:
    """Write the frames as a video file."""
    import av

    with av.open(str(path), mode="w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(count):
            for packet in stream.encode(av.VideoFrame.from_ndarray(moved(i), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def write_cityscapes(root: Path, clips: int = 3, frames: int = 4, vid2vid: bool = False) -> Path:
    """Write tiny sequences: road, buildings, a car, and a person who enters later.

    The layout is that of Cityscapes, or that of vid2vid's samples.
    """
    layout = (
        ("train_B/seq{clip:04d}/{name}_leftImg8bit.jpg", "train_A/seq{clip:04d}/{name}_leftImg8bit.png")
        if vid2vid
        else (
            "leftImg8bit_sequence/train/aachen/{name}_leftImg8bit.png",
            "gtFine_sequence/train/aachen/{name}_gtFine_labelIds.png",
        )
    )
    for clip in range(clips):
        for frame in range(frames):
            name = f"aachen_{clip:06d}_{frame:06d}"
            for file, image in zip(layout, (moved(frame), cityscapes_ids(frame)), strict=True):
                path = root / file.format(clip=clip, name=name)
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(path)
    return root


def cityscapes_ids(frame: int) -> np.ndarray:
    """The label ids of a frame of `write_cityscapes`."""
    ids = np.full((48, 64), 7, np.uint8)
    ids[:20] = 11
    ids[25:35, 10 + frame : 30 + frame] = 26
    if frame > 1:
        ids[22:40, 50:58] = 24
    return ids
