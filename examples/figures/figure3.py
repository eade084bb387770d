"""Figure 3: larger edits through a super primitive: two objects are exchanged, one is removed.

``python examples/figures/figure3.py [--minutes M] [--out FOLDER]``

The paper's cars are its authors' photo; a cup with its handle and spoon, and the astronaut, replace them.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import Row, edited_rows, options

from primage.edit.records import Ellipse, Erase, Move, Rectangle

HANDLE, SPOON, ASIDE = (0.37, 0.66), (0.6, 0.68), (0.9, 0.3)
RADII = (0.085, 0.16)


def move(a: tuple[float, float], b: tuple[float, float]) -> Move:
    """Move the region around one point to another point."""
    return Move(region=Ellipse(centre=a, radii=RADII), by=(b[0] - a[0], b[1] - a[1]))


ROWS: tuple[Row, ...] = (
    ("handle ⇄ spoon", "coffee.png", "super", [move(SPOON, ASIDE), move(HANDLE, SPOON), move(ASIDE, HANDLE)]),
    ("spoon removed", "coffee.png", "super", [Erase(region=Ellipse(centre=SPOON, radii=RADII))]),
    (
        "shuttle removed",
        "astronaut.png",
        "super",
        [Erase(region=Rectangle(top_left=(0.68, 0.0), bottom_right=(0.9, 0.56)))],
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train two models and render three edits."""
    chosen = options(__doc__, arguments)
    edited_rows(chosen, ROWS, chosen.out / "figure3.png")


if __name__ == "__main__":
    main()
