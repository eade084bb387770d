"""A clean plate: what is behind everything that a series of drawings removes, synthesised once for all of them."""

from __future__ import annotations

from jaxtyping import Bool
from numpy import ndarray

from primage.edit.apply import Edited, emptied
from primage.model import Model
from primage.render.files import training_drawing
from primage.render.variants import pictures
from primage.synthesis.copies import Plate
from primage.synthesis.options import RenderOptions


def without(model: Model, removed: Bool[ndarray, "h w"]) -> Edited | None:
    """The drawing of a clean plate.

    Args:
        model: the trained model.
        removed: (H, W), everything that any of the drawings removes.

    Returns:
        The training drawing without it; None if there is no background, because nothing or everything is removed.
    """
    return emptied(training_drawing(model), removed) if removed.any() and not removed.all() else None


def clean_plate(model: Model, drawing: Edited, options: RenderOptions) -> Plate | None:
    """Paint a clean plate.

    Synthesised frame by frame, the same place of the background would change from frame to frame; seeded by the frame
    before, it would be filled strip by strip, as it comes into view, without its whole being known.

    Args:
        model: the trained model.
        drawing: as `without` returned it.
        options: how the drawings are rendered.

    Returns:
        The plate; None if nothing is synthesised.
    """
    ((_, polished),) = pictures(model, drawing.primitive, [options], drawing.origin)
    return None if polished is None else Plate(drawing.primitive, polished)
