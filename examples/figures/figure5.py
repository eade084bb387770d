"""Figure 5: paint to image.

``python examples/figures/figure5.py [--steps N] [--out FOLDER]``

The paper paints a tree by hand, changes its shape, and compares with SinGAN, whose code cannot be shipped. Here the
paint primitive is extracted from a crop of the astronaut, and her hair changes its shape.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import FACE, Row, edited_rows, options

from primage.edit.records import Handle, Point, Warp

#: Points of face and neck, which stay.
PINNED: tuple[Point, ...] = ((0.3, 0.42), (0.72, 0.42), (0.5, 0.35), (0.5, 0.8), (0.3, 0.7), (0.68, 0.7))
#: Points of the hair's outline: left, right, upper left, upper right, lower left, lower right.
OUTLINE: tuple[Point, ...] = ((0.14, 0.3), (0.88, 0.3), (0.24, 0.12), (0.8, 0.1), (0.2, 0.45), (0.8, 0.45))
LONGER: tuple[Point, ...] = ((0.06, 0.4), (0.94, 0.42), (0.16, 0.08), (0.86, 0.1), (0.12, 0.58), (0.88, 0.58))
NARROWER: tuple[Point, ...] = ((0.21, 0.3), (0.8, 0.3), (0.3, 0.13), (0.74, 0.11), (0.25, 0.42), (0.75, 0.42))


def hair(outline: Sequence[Point]) -> Warp:
    """Drag the outline of the hair, and pin the face."""
    pairs = (*zip(OUTLINE, outline, strict=True), *zip(PINNED, PINNED, strict=True))
    return Warp(handles=tuple(Handle(source=source, target=target) for source, target in pairs))


ROWS: tuple[Row, ...] = (
    ("longer hair", FACE, "paint", [hair(LONGER)]),
    ("less hair", FACE, "paint", [hair(NARROWER)]),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train one model and render two edits."""
    chosen = options(__doc__, arguments)
    edited_rows(chosen, ROWS, chosen.out / "figure5.png")


if __name__ == "__main__":
    main()
