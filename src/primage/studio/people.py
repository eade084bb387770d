"""What a project's photo shows of people, for the tool that drags their points."""

from __future__ import annotations

from primage.detection.figures import Figure
from primage.studio.schemas import Schema


class PeopleFound(Schema):
    """The faces, hands and bodies of the photo; none if nobody is seen. Coordinates are shares of width and height."""

    figures: tuple[Figure, ...]
