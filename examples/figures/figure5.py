"""Figure 5: paint to image.

``python examples/figures/figure5.py [--minutes M] [--out FOLDER]``

The paper paints a tree by hand and compares with SinGAN, whose code cannot be shipped; here the paint primitive is
extracted from a photo of a rocket, and a part of it is moved or copied.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import Row, edited_rows, options

from primage.edit.records import Copy, Move, Rectangle

TOWER = Rectangle(top_left=(0.28, 0.28), bottom_right=(0.34, 0.85))
ROCKET = Rectangle(top_left=(0.475, 0.28), bottom_right=(0.535, 0.95))
ROWS: tuple[Row, ...] = (
    ("a tower moved", "rocket.jpg", "paint", [Move(region=TOWER, by=(0.08, 0.0))]),
    ("a second rocket", "rocket.jpg", "paint", [Copy(region=ROCKET, by=(0.09, 0.0))]),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train one model and render two edits."""
    chosen = options(__doc__, arguments)
    edited_rows(chosen, ROWS, chosen.out / "figure5.png")


if __name__ == "__main__":
    main()
