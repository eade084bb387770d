"""The paper's central claim, its network with warps against crop and flip, near the training frame and far from it.

``python benchmarks/claim.py REPORT [REPORT …] [--name claim_cityscapes]``

Each REPORT is a folder that `primage evaluate video` wrote with ``--baselines copy,paper`` or ``copy,paper-no-tps``;
docs/evaluation.md has the commands. Frames are compared in their order: the nearest third, and the farthest.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import machine
import numpy as np

METHODS = ("copy", "paper", "paper-no-tps")
FIGURES = ("lpips_alexnet", "sifid_vgg16_64", "psnr", "ssim")


def main() -> None:
    """Read the reports and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=Path)
    parser.add_argument("--name", default="claim_cityscapes", help="name of the JSON")
    given = parser.parse_args()
    found: dict[str, list[dict[str, str]]] = {}
    for report in given.reports:
        with (report / "frames.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["method"] in METHODS and (row["method"] != "copy" or report == given.reports[0]):
                    found.setdefault(row["method"], []).append(row)
    numbers = {
        method: {figure: np.array([float(row[figure]) for row in rows]) for figure in FIGURES}
        for method, rows in found.items()
    }
    third = len(next(iter(found.values()))) // 3
    spans = {"all": slice(None), "nearest third": slice(third), "farthest third": slice(-third, None)}
    means = {
        method: {
            span: {figure: round(float(values[part].mean()), 4) for figure, values in figures.items()}
            for span, part in spans.items()
        }
        for method, figures in numbers.items()
    }
    facts = {"clips": sorted({row["clip"] for rows in found.values() for row in rows}), "means": means}
    if {"paper", "paper-no-tps"} <= numbers.keys():
        warped, plain = numbers["paper"], numbers["paper-no-tps"]
        facts["frames"] = len(warped["psnr"])
        facts["warps_better_in_lpips"] = int((warped["lpips_alexnet"] < plain["lpips_alexnet"]).sum())
        facts["warps_better_in_sifid"] = int((warped["sifid_vgg16_64"] < plain["sifid_vgg16_64"]).sum())
    machine.write(given.name, facts)


if __name__ == "__main__":
    main()
