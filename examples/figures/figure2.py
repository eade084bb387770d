"""Figure 2: the same edits through edges, segments and super primitives.

``python examples/figures/figure2.py [--steps N] [--out FOLDER]``; for a photo of your own:
``primage evaluate primitives PHOTO --edits EDITS.json -o FOLDER``

The paper's bird is its authors' photo; a cat replaces it: an eye is added, the head turned, the nose made smaller.
"""

from __future__ import annotations

from collections.abc import Sequence

from training_setup import TINY, TINY_PX, duration, finish, options, photo, publish

from primage.edit.records import Copy, Edit, Ellipse, Move, Scale
from primage.evaluate.commands.primitives import evaluate_primitives
from primage.image import read_image

EDITS: dict[str, tuple[Edit, ...]] = {
    "an eye added": (Copy(region=Ellipse(centre=(0.381, 0.387), radii=(0.1, 0.13)), by=(0.16, -0.24)),),
    "another point of view": (
        Move(region=Ellipse(centre=(0.381, 0.387), radii=(0.11, 0.15)), by=(-0.05, 0.0)),
        Move(region=Ellipse(centre=(0.705, 0.455), radii=(0.08, 0.12)), by=(-0.04, 0.0)),
        Move(region=Ellipse(centre=(0.588, 0.825), radii=(0.11, 0.12)), by=(-0.06, 0.0)),
    ),
    "a smaller nose": (Scale(region=Ellipse(centre=(0.588, 0.825), radii=(0.11, 0.12)), factor=0.7),),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train three models of one photo and render three edits with each."""
    chosen = options(__doc__, arguments)
    how = {"preset": "draft", "steps": 2, "size_px": TINY_PX, "settings": TINY} if chosen.tiny else {}
    how = how or {"preset": chosen.preset, "seed": chosen.seed} | duration(chosen)
    events = evaluate_primitives(photo(chosen, "chelsea.png"), EDITS, chosen.out / "figure2", **how)  # type: ignore[arg-type]
    _, sheet = finish(events)
    publish(chosen, sheet, read_image(sheet))


if __name__ == "__main__":
    main()
