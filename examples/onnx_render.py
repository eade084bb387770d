"""Render a drawing with an exported network: NumPy, Pillow and ONNX Runtime, without Primage and PyTorch.

    primage export RUN -o network.onnx
    python examples/onnx_render.py network.onnx out.png --segments RUN/segments.png --edges RUN/edges.png

The files are the layers of the drawing (edit copies of them): a palette PNG whose values are the labels' ids, and black
lines on white. Both are needed for a super primitive, the lines alone for edges.
"""

import argparse
import json

import numpy as np
import onnxruntime
from PIL import Image


def closeness(lines: np.ndarray) -> np.ndarray:
    """exp(-d / 4 px), with d the distance to the nearest line: along columns first, then across them."""
    height, width = lines.shape
    along, rows = np.full(lines.shape, 1e6), np.arange(height)
    for x in range(width):
        found = np.flatnonzero(lines[:, x])
        if len(found):
            along[:, x] = np.abs(rows[:, None] - found).min(axis=1)
    squared = np.full(lines.shape, 1e12)
    for x in range(width):
        across = np.square(np.arange(width) - x)
        np.minimum(squared, np.square(along[:, x : x + 1]) + across, out=squared)
    return np.exp(-np.sqrt(squared) / 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network")
    parser.add_argument("out")
    parser.add_argument("--segments")
    parser.add_argument("--edges", required=True)
    given = parser.parse_args()
    session = onnxruntime.InferenceSession(given.network, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    if about["encoding"] != "channels":
        parser.error(f"this program encodes lines, with or without labels, not '{about['encoding']}'")
    channels = []
    if given.segments:
        ids = np.asarray(Image.open(given.segments))
        channels += [ids == label["id"] for label in json.loads(about["palette"])["labels"]]
    lines = np.asarray(Image.open(given.edges).convert("L")) == 0
    channels += [lines, closeness(lines)]
    if len(channels) != len(json.loads(about["channels"])):
        parser.error("the network needs other layers: its channels are " + about["channels"])
    # The training pair in the file has the working size: this drawing has it, too.
    (image,) = session.run(["image"], {"primitive": np.stack(channels)[None].astype(np.float32)})
    pixels = ((image[0].transpose(1, 2, 0) + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(given.out)


if __name__ == "__main__":
    main()
