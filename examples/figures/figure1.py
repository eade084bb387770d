"""Figure 1: edits through edges, segments and a super primitive.

``python examples/figures/figure1.py [--steps N] [--out FOLDER]``

The paper's face, car and starfish are its authors' photos; a crop of the astronaut, a motorcycle and a cup on its
saucer replace them. The edits are the paper's: a nose is lifted, eyebrows are flipped, a wheel is added, the shape of a
vehicle is changed, and a round object gets the outline of a star.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from training_setup import FACE, Row, edited_rows, options

from primage.edit.records import Copy, Edit, Ellipse, Flip, Handle, Move, Point, Rectangle, Warp

NOSE = Ellipse(centre=(0.49, 0.515), radii=(0.1, 0.05))
EYEBROWS = (
    Rectangle(top_left=(0.29, 0.325), bottom_right=(0.455, 0.372)),
    Rectangle(top_left=(0.54, 0.34), bottom_right=(0.71, 0.385)),
)
REAR_WHEEL = Ellipse(centre=(0.27, 0.71), radii=(0.115, 0.175))

#: The motorcycle becomes longer and lower: wheels apart, handlebar, seat and engine down.
LONG_AND_LOW: dict[Point, Point] = {
    (0.83, 0.75): (0.92, 0.75),
    (0.27, 0.71): (0.2, 0.71),
    (0.74, 0.28): (0.74, 0.3),
    (0.7, 0.2): (0.7, 0.3),
    (0.3, 0.42): (0.3, 0.5),
    (0.55, 0.65): (0.55, 0.68),
}

SAUCER = Ellipse(centre=(0.465, 0.57), radii=(0.335, 0.41))
#: How far the saucer's rim moves from its centre, by angle in degrees: 0 is right, 90 down.
STAR_FACTORS = {
    **{200: 1.0, 175: 1.22, 150: 0.86, 125: 1.02, 100: 0.84},
    **{75: 1.02, 50: 0.84, 25: 1.1, 0: 0.84, -25: 1.25},
}
#: Points of cup, handle and spoon, which stay.
CUP: tuple[Point, ...] = ((0.3, 0.25), (0.48, 0.04), (0.68, 0.25), (0.48, 0.5), (0.37, 0.72), (0.6, 0.78))


def warp(targets: dict[Point, Point]) -> Warp:
    """Drag each point to its target."""
    return Warp(handles=tuple(Handle(source=source, target=target) for source, target in targets.items()))


def star() -> Warp:
    """Drag the saucer's rim to the outline of a star."""

    def rim(degrees: float, factor: float = 1) -> Point:
        angle = math.radians(degrees)
        (x, y), (width, height) = SAUCER.centre, SAUCER.radii
        return x + factor * width * math.cos(angle), y + factor * height * math.sin(angle)

    moved = {rim(degrees): rim(degrees, factor) for degrees, factor in STAR_FACTORS.items()}
    return warp(moved | {point: point for point in CUP})


FLIPPED_EYEBROWS: tuple[Edit, ...] = tuple(Flip(region=region, axis="vertical") for region in EYEBROWS)
ROWS: tuple[Row, ...] = (
    ("nose lifted", FACE, "edges", [Move(region=NOSE, by=(0, -0.045))]),
    ("eyebrows flipped", FACE, "edges", FLIPPED_EYEBROWS),
    ("a third wheel", "motorcycle_left.png", "segments", [Copy(region=REAR_WHEEL, by=(0.24, 0.05))]),
    ("longer and lower", "motorcycle_left.png", "segments", [warp(LONG_AND_LOW)]),
    ("saucer as a star", "coffee.png", "super", [star()]),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train three models and render five edits."""
    chosen = options(__doc__, arguments)
    edited_rows(chosen, ROWS, chosen.out / "figure1.png")


if __name__ == "__main__":
    main()
