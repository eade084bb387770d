"""Figure 1: edits through edges, segments and a super primitive.

``python examples/figures/figure1.py [--minutes M] [--out FOLDER]``

The paper's face, car and starfish are its authors' photos; a cat, a cup and a rocket replace them.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import Row, edited_rows, options

from primage.edit.records import Copy, Ellipse, Move, Rectangle, Scale

ROWS: tuple[Row, ...] = (
    (
        "nose lifted",
        "chelsea.png",
        "edges",
        [Move(region=Ellipse(centre=(0.588, 0.825), radii=(0.11, 0.12)), by=(0, -0.06))],
    ),
    (
        "larger eye",
        "chelsea.png",
        "edges",
        [Scale(region=Ellipse(centre=(0.381, 0.387), radii=(0.105, 0.14)), factor=1.3)],
    ),
    (
        "wider cup",
        "coffee.png",
        "segments",
        [Scale(region=Ellipse(centre=(0.485, 0.29), radii=(0.21, 0.27)), factor=1.2)],
    ),
    (
        "a second rocket",
        "rocket.jpg",
        "super",
        [Copy(region=Rectangle(top_left=(0.475, 0.28), bottom_right=(0.535, 0.95)), by=(0.09, 0))],
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train three models and render four edits."""
    chosen = options(__doc__, arguments)
    edited_rows(chosen, ROWS, chosen.out / "figure1.png")


if __name__ == "__main__":
    main()
