"""Figure 3: larger edits through a super primitive: two objects exchanged, one removed.

``python examples/figures/figure3.py [--steps N] [--out FOLDER]``

The paper's cars are its authors' photo. A rocket between two masts replaces them: the two objects on the right are
exchanged, and the leftmost one is removed. As in the paper, the hole is filled in the drawing, here with a copy of what
is beside it. A cup's handle and spoon, exchanged, are a second example.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import Row, edited_rows, options

from primage.edit.records import Copy, Ellipse, Polygon, Rectangle, Swap

ROCKET = Rectangle(top_left=(0.475, 0.28), bottom_right=(0.53, 0.96))
RIGHT_MAST = Polygon(points=((0.685, 0.27), (0.705, 0.27), (0.72, 0.45), (0.75, 0.95), (0.68, 0.95)))
BESIDE_LEFT_MAST = Rectangle(top_left=(0.345, 0.26), bottom_right=(0.425, 0.97))
HANDLE = Ellipse(centre=(0.37, 0.66), radii=(0.085, 0.16))
SPOON = Ellipse(centre=(0.605, 0.68), radii=(0.085, 0.16))

ROWS: tuple[Row, ...] = (
    ("rocket and right mast exchanged", "rocket.jpg", "super", [Swap(region=ROCKET, other=RIGHT_MAST)]),
    ("no left mast", "rocket.jpg", "super", [Copy(region=BESIDE_LEFT_MAST, by=(-0.09, 0))]),
    ("handle and spoon exchanged", "coffee.png", "super", [Swap(region=HANDLE, other=SPOON)]),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train two models and render three edits."""
    chosen = options(__doc__, arguments)
    edited_rows(chosen, ROWS, chosen.out / "figure3.png")


if __name__ == "__main__":
    main()
