"""Options of a render: the same for the Python API, the command line and the studio."""

from __future__ import annotations

from pydantic import Field

from primage.settings import Fraction, Frozen


class RenderOptions(Frozen):
    """What a person can choose about a render.

    Attributes:
        polish: synthesise what is incoherent in the network's picture.
        strength: how strictly the synthesis obeys the drawing. At 0, the photo's own texture counts most; at 1, the
            drawing's labels and lines do.
        seed: of the random search: other seeds give other pictures of the same drawing.
        fit_light: fit light and colour of moved pieces to their new places.
    """

    polish: bool = True
    strength: Fraction = 0.5
    seed: int = Field(0, ge=0, lt=2**31)
    fit_light: bool = False


#: The default of every option.
DEFAULT_OPTIONS = RenderOptions()
