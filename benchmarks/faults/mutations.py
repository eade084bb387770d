"""Seeded mutations of small valid pictures of every format: no crash, no untyped error, nothing slow.

``python benchmarks/faults/mutations.py [--seconds 180] [--seed 0]``: a child process reads the files, and is started
again after a crash or after 10 s. Half of the PNG files get right checksums again, so that more than those is tried.
Mutation N of a seed is always the same; ``--only N`` writes it to the folder of temporary files and reads it.
"""

from __future__ import annotations

import argparse
import io
import json
import select
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

sys.path.insert(0, str(Path(__file__).parents[1]))

SLOW_SEC = 2.0
LIMIT_SEC = 10.0
#: Pixels that are read and not refused may still be wrong: files without checksums cannot tell.
OUTCOMES = ("read", "refused", "untyped", "newline", "slow", "crash")


def picture() -> np.ndarray:
    """Smooth colours with some noise, 24×32."""
    y, x = np.mgrid[:24, :32]
    noise = np.random.default_rng(0).integers(0, 24, (24, 32, 3))
    return (np.dstack([x * 7, y * 9, 200 - x * 5]) + noise).clip(0, 255).astype(np.uint8)


def encoded(kind: str, image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def document(mimetype: str, png: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        # A member that is described and not named has no time of today.
        file.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        file.writestr(zipfile.ZipInfo("stack.xml"), "<image/>", zipfile.ZIP_DEFLATED)
        file.writestr(zipfile.ZipInfo("mergedimage.png"), png, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def photoshop(pixels: np.ndarray) -> bytes:
    height, width, channels = pixels.shape
    head = b"8BPS\0\1" + bytes(6)
    head += b"".join(n.to_bytes(size, "big") for n, size in ((channels, 2), (height, 4), (width, 4), (8, 2), (3, 2)))
    rows = [bytes([width - 1]) + row.tobytes() for row in np.moveaxis(pixels, 2, 0).reshape(-1, width)]
    return head + bytes(12) + b"\0\1" + b"".join(len(row).to_bytes(2, "big") for row in rows) + b"".join(rows)


def originals() -> dict[str, bytes]:
    """Small valid files by the name of their format."""
    rgb = Image.fromarray(picture())
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile[:24] + bytes(12) + profile[36:]  # without the time at which it was made
    palette = rgb.quantize(16)
    png = encoded("PNG", rgb, icc_profile=profile, exif=exif)
    found = {
        "png": png,
        "png, palette": encoded("PNG", palette, transparency=0),
        "png, grey and opacity": encoded("PNG", rgb.convert("LA")),
        "png, 16 bits": encoded("PNG", Image.fromarray(picture()[..., 0].astype(np.uint16) * 257)),
        "jpeg": encoded("JPEG", rgb, icc_profile=profile, exif=exif),
        "jpeg, progressive": encoded("JPEG", rgb, progressive=True),
        "jpeg, cmyk": encoded("JPEG", rgb.convert("CMYK")),
        "mpo": encoded("MPO", rgb, save_all=True, append_images=[rgb]),
        "webp": encoded("WEBP", rgb, exif=exif),
        "webp, lossless": encoded("WEBP", rgb, lossless=True),
        "gif": encoded("GIF", palette),
        "bmp": encoded("BMP", rgb),
        "bmp, palette": encoded("BMP", palette),
        "avif": encoded("AVIF", rgb),
        "psd": photoshop(picture()),
        "ora": document("image/openraster", png),
        "kra": document("application/x-krita", png),
    }
    for packing in (None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        found[f"tiff, {packing}"] = encoded("TIFF", rgb, compression=packing, exif=exif)
    found["tiff, group4"] = encoded("TIFF", rgb.convert("1"), compression="group4")
    found["tiff, 16 bits"] = encoded("TIFF", Image.fromarray(picture()[..., 0].astype(np.uint16) * 257))
    for kind, module in (("HEIF", "pillow_heif.HeifImagePlugin"), ("JXL", "pillow_jxl")):
        try:
            __import__(module)
        except ImportError:
            continue
        found[kind.lower()] = encoded(kind, rgb)
    return found


def flips(data: bytearray, rng: np.random.Generator) -> None:
    for at in rng.integers(0, len(data), rng.integers(1, 9)):
        data[at] ^= 1 << int(rng.integers(8))


def header(data: bytearray, rng: np.random.Generator) -> None:
    """Numbers in the first 200 bytes that are often not expected."""
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(4, min(len(data), 200)))
        new = (b"\0", b"\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff", b"\x80\0\0\0", b"\1\0")[rng.integers(7)]
        data[at : at + len(new)] = new[: len(data) - at]


def cut(data: bytearray, rng: np.random.Generator) -> None:
    begin, end = sorted(rng.integers(1, len(data) + 1, 2))
    del data[begin : end if rng.random() < 0.5 else len(data)]


def insertion(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(0, len(data)))
    data[at:at] = rng.bytes(int(rng.integers(1, 40)))


def repetition(data: bytearray, rng: np.random.Generator) -> None:
    begin, end = sorted(int(at) for at in rng.integers(0, len(data), 2))
    data[end:end] = data[begin : min(end, begin + 400)] * int(rng.integers(1, 6))


MUTATIONS: dict[str, Callable[[bytearray, np.random.Generator], None]] = {
    f.__name__: f for f in (flips, header, cut, insertion, repetition)
}


def checksums(data: bytearray) -> None:
    """Make the checksums of a PNG's chunks right, as far as the chunks can be followed."""
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        data[end - 4 : end] = zlib.crc32(data[at + 4 : end - 4]).to_bytes(4, "big")
        at = end


def mutated(files: dict[str, bytes], seed: int, number: int) -> tuple[str, str, bytes]:
    """The format, the mutation and the file of a number."""
    rng = np.random.default_rng((seed, number))
    kind = list(files)[number % len(files)]
    name = list(MUTATIONS)[rng.integers(len(MUTATIONS))]
    data = bytearray(files[kind])
    MUTATIONS[name](data, rng)
    if kind.startswith("png") and rng.random() < 0.5:
        checksums(data)
    return kind, name, bytes(data)


def read(path: Path) -> dict[str, Any]:
    """What comes of a file, by all readers, and how long they take."""
    from primage.decoding.decode import decode, stored_size
    from primage.decoding.flatten import with_opacity
    from primage.decoding.jpeg import jpeg_planes
    from primage.errors import PrimageError
    from primage.image import read_image
    from primage.render.photo_files import read_photo

    def planes(path: Path) -> None:
        decoded = decode(path)
        if decoded.jpeg is not None:
            jpeg_planes(decoded.jpeg)

    begin, outcome, told = time.process_time(), "read", ""
    for reader in (read_image, stored_size, lambda path: with_opacity(decode(path)), planes, read_photo):
        try:
            reader(path)
        except PrimageError as error:
            outcome = "refused" if outcome == "read" else outcome
            if "\n" in str(error):
                outcome, told = "newline", str(error)
        except Exception as error:
            outcome, told = "untyped", f"{type(error).__name__}: {error}"
    seconds = time.process_time() - begin  # others may use the machine, too
    return {"outcome": "slow" if outcome in ("read", "refused") and seconds > SLOW_SEC else outcome, "told": told}


def child(seed: int, first: int, folder: Path) -> None:
    """Reads one mutation after the other, and writes a line for each."""
    warnings.simplefilter("error")
    files, number = originals(), first
    for data in files.values():  # loads what is loaded late, which is not the files' time
        (folder / "a.png").write_bytes(data)
        read(folder / "a.png")
    while True:
        kind, name, data = mutated(files, seed, number)
        (folder / "a.png").write_bytes(data)
        print(json.dumps({"number": number, "kind": kind, "mutation": name, **read(folder / "a.png")}), flush=True)
        number += 1


def run(seed: int, first: int, until: float, folder: Path, most: int = 10**9) -> list[dict[str, Any]]:
    """The outcomes of one child process, until the time, a number of them, or its end, which is the last outcome."""
    command = [sys.executable, __file__, "--seed", str(seed), "--child", str(first), "--folder", str(folder)]
    outcomes: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while time.monotonic() < until and len(outcomes) < most:
            # The first one waits for the imports, too.
            ready, _, _ = select.select([process.stdout], [], [], LIMIT_SEC if outcomes else 120)
            line = process.stdout.readline() if ready and process.stdout else ""
            if not line:
                outcome = "crash" if ready else "slow"
                if not ready:
                    process.kill()
                told = f"exit code {process.wait()}" if ready else f"more than {LIMIT_SEC:.0f} s"
                outcomes.append({"number": first + len(outcomes), "kind": "", "outcome": outcome, "told": told})
                break
            outcomes.append(json.loads(line))
        process.kill()
    return outcomes


def main(options: argparse.Namespace) -> None:
    import machine

    files = originals()
    if options.only is not None:
        kind, name, data = mutated(files, options.seed, options.only)
        path = Path(tempfile.gettempdir()) / f"mutation_{options.only}.png"
        path.write_bytes(data)
        print(f"{path}: {kind}, {name}: {read(path)}")
        return
    outcomes: list[dict[str, Any]] = []
    until = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < until:
            outcomes += run(options.seed, len(outcomes), until, Path(folder))
    for found in outcomes:
        if not found["kind"]:
            found["kind"], found["mutation"], _ = mutated(files, options.seed, found["number"])
    counts = {kind: Counter(found["outcome"] for found in outcomes if found["kind"] == kind) for kind in files}
    bad = [found for found in outcomes if found["outcome"] not in ("read", "refused")]
    machine.write(
        options.name,
        {
            "seed": options.seed,
            "seconds": options.seconds,
            "mutations": len(outcomes),
            "outcomes": {outcome: sum(count[outcome] for count in counts.values()) for outcome in OUTCOMES},
            "formats": {kind: {"read": count["read"], "refused": count["refused"]} for kind, count in counts.items()},
            "found": bad,
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180, help="time for all mutations")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations")
    parser.add_argument("--only", type=int, help="number of one mutation to try again")
    parser.add_argument("--name", default="mutations", help="name of the JSON")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is None:
        main(given)
    else:
        child(given.seed, given.child, given.folder)
