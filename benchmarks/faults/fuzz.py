"""Coverage-guided fuzzing of everything that reads files from strangers, with atheris.

``pip install atheris; python benchmarks/faults/fuzz.py [--seconds 600] [--seed 1]``: pictures of 26 kinds, models,
edits, keyframes, OpenRaster lists and saved drawings of the studio. Anything but a result or the one sentence of a
`PrimageError` is a finding, as are crashes, hangs of 20 s and more than 3 GB. Findings stay in the folder that is
printed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2]), str(Path(__file__).parent)]

#: The first byte of an input says which reader it is for; most are pictures.
READERS = ("picture", "picture", "picture", "model", "edits", "keys", "drawing", "document")


def readers(folder: Path) -> dict[str, Callable[[bytes], object]]:
    """Each reads bytes as the command that is given such a file does."""
    import mutations

    from primage.edit.records import read_edits
    from primage.manipulate.timeline import read_timeline
    from primage.model import load
    from primage.primitive.open_raster import write_layers
    from primage.studio.drawing import Drawing

    def on_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
        def reader(data: bytes) -> object:
            (folder / name).write_bytes(data)
            return read(folder / name)

        return reader

    def picture(path: Path) -> None:
        found = mutations.read(path)
        if found["outcome"] in ("untyped", "newline"):
            raise AssertionError(found["told"])

    return {
        "picture": on_file("a.png", picture),
        "model": on_file("a.safetensors", load),
        "edits": on_file("a.json", read_edits),
        "keys": on_file("a.json", read_timeline),
        "document": on_file("a.ora", lambda path: write_layers(path, ("segments", "edges"), folder)),
        "drawing": Drawing.parse,
    }


def child(arguments: list[str], folder: Path) -> None:
    """Fuzz in this process until it ends."""
    import atheris

    with atheris.instrument_imports(include=["primage"]):
        import primage.model
        import primage.studio.drawing  # noqa: F401  (the others follow from these)

        found = readers(folder)
    from primage.errors import PrimageError

    def one(data: bytes) -> None:
        if not data:
            return
        try:
            found[READERS[data[0] % len(READERS)]](data[1:])
        except PrimageError as error:
            if "\n" in str(error):
                raise AssertionError(str(error)) from error

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def corpus(folder: Path) -> None:
    """A small valid file for every reader."""
    import mutations
    from tests.faults.desk import write_desk
    from tests.faults.hostile_texts import documents

    (folder / "desk").mkdir()
    desk = write_desk(folder / "desk")
    (folder / "corpus").mkdir()
    files = [(0, data) for data in mutations.originals().values()]
    files += [(3, (desk / "run/model.safetensors").read_bytes()), (4, (desk / "edits.json").read_bytes())]
    files += [(5, (desk / "keys.json").read_bytes())]
    files += [(7, data) for data in documents((desk / "drawing.png").read_bytes()).values() if len(data) < 20_000]
    for number, (reader, data) in enumerate(files):
        (folder / "corpus" / str(number)).write_bytes(bytes([reader]) + data)


def main(options: argparse.Namespace) -> None:
    import machine

    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus(folder)
    limits = [f"-max_total_time={options.seconds}", "-timeout=20", "-rss_limit_mb=3000", "-max_len=60000"]
    limits += [
        f"-seed={options.seed}",
        f"-artifact_prefix={folder}/found-",
        "-print_final_stats=1",
        str(folder / "corpus"),
    ]
    command = [sys.executable, __file__, "--child", str(folder), *limits]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", done.stderr)
    found = sorted(path.name for path in folder.glob("found-*"))
    print(f"{folder}\n{done.stderr[-3000:]}")
    machine.write(
        options.name,
        {
            "seed": options.seed,
            "seconds": options.seconds,
            "inputs": int(runs[1]) if runs else None,
            "coverage_first_last": [[int(number) for number in covered[at]] for at in (0, -1)] if covered else None,
            "exit_code": done.returncode,
            "found": found,
        },
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[3:], Path(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1, help="of the fuzzer")
    parser.add_argument("--name", default="fuzz", help="name of the JSON")
    main(parser.parse_args())
