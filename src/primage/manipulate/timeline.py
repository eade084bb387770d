"""Edits that change with time: keyframes, and what lies between them."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from primage.edit.records import Copy, Edit, Edits, Landmarks, Move, Scale, Warp
from primage.errors import PrimitiveError
from primage.settings import Frozen

#: How a key is approached from the one before: at constant speed; starting slowly; arriving slowly; both; at once.
Easing = Literal["linear", "in", "out", "in-out", "hold"]
#: Fields that are blended; all others of two edits must be the same.
_BLENDED: dict[type, tuple[str, ...]] = {
    Move: ("by",),
    Copy: ("by",),
    Scale: ("factor",),
    Warp: ("handles",),
    Landmarks: ("by", "scale", "turn", "open", "yaw", "pitch"),
}
#: Fields that are blended as factors: halfway between 1 and 4 is 2.
_FACTORS = ("factor", "scale")
#: The smallest factor that is blended as such: an eye may close completely.
_LEAST_FACTOR = 1e-3
_MOST_FRAMES = 100_000
#: What rounding does to a time or a number of frames.
_SLIGHT = 1e-6


class Key(Frozen):
    """The drawing at a moment, and how it is approached from the key before.

    Attributes:
        at: seconds from the beginning.
        drawing: the file of an edited drawing; None for the training drawing. Between two keys, one drawing becomes the
            other (`primage.edit.morphing`).
        edits: made of the drawing.
        ease: how the key is approached.
    """

    at: float = Field(ge=0, le=36_000, description="seconds")
    drawing: Path | None = None
    edits: Edits = ()
    ease: Easing = "in-out"


class Timeline(Frozen):
    """Keyframes. Between two keys, their edits are blended pair by pair; before the first and after the last, held."""

    fps: Annotated[float, Field(ge=0.1, le=120)] = 12.0
    keys: tuple[Key, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _in_order(self) -> Timeline:
        times = [key.at for key in self.keys]
        if any(after <= before for before, after in itertools.pairwise(times)):
            raise ValueError("the keys must be in the order of their times, each later than the one before")
        if self.frame_count > _MOST_FRAMES:
            raise ValueError(f"that is {self.frame_count} frames; at most {_MOST_FRAMES} can be made")
        for before, after in itertools.pairwise(self.keys):
            blended(before.edits, after.edits, 0.5)
        return self

    @property
    def frame_count(self) -> int:
        """Number of frames: from 0 to the last key, both included."""
        return 1 + math.ceil(self.keys[-1].at * self.fps - _SLIGHT)

    def at(self, seconds: float) -> tuple[int, float]:
        """Which keys a moment is between.

        Args:
            seconds: from the beginning.

        Returns:
            The number of the key before it, and the share of the way to the next one, eased: 0 at the key.
        """
        keys = self.keys
        for number, (before, after) in enumerate(itertools.pairwise(keys)):
            if seconds < after.at - _SLIGHT:
                share = max(0.0, seconds - before.at) / (after.at - before.at)
                return number, eased(share, after.ease)
        return len(keys) - 1, 0.0

    def edits_at(self, seconds: float) -> tuple[Edit, ...]:
        """The edits at a moment.

        Args:
            seconds: from the beginning.
        """
        number, share = self.at(seconds)
        if share == 0:
            return self.keys[number].edits
        return blended(self.keys[number].edits, self.keys[number + 1].edits, share)


def eased(share: float, ease: Easing) -> float:
    """How far the way is done after a share of the time.

    Args:
        share: 0 to 1.
        ease: the kind of motion.

    Returns:
        0 to 1; sine curves, whose speed changes smoothly.

    Example:
        >>> eased(0.5, "in-out"), eased(0.5, "linear"), eased(0.9, "hold")
        (0.5, 0.5, 0.0)
    """
    match ease:
        case "linear":
            return share
        case "in":
            return 1 - math.cos(share * math.pi / 2)
        case "out":
            return math.sin(share * math.pi / 2)
        case "in-out":
            return round((1 - math.cos(share * math.pi)) / 2, 12)
        case "hold":
            return float(share >= 1)


def blended(before: tuple[Edit, ...], after: tuple[Edit, ...], share: float) -> tuple[Edit, ...]:
    """Edits between two lists of edits, which are paired in order.

    Args:
        before: the edits of a key.
        after: those of the next one. Where a list is shorter, its missing edits change nothing. Edits that cannot be
            blended, such as a fill, change at the second key.
        share: 0 to 1.

    Raises:
        ValueError: two edits of a pair are of different things.

    Example:
        >>> region = {"shape": "labels", "labels": [1]}
        >>> (edit,) = blended((), (Move(region=region, by=(0.2, 0)),), 0.5)
        >>> edit.by
        (0.1, 0.0)
    """
    found: list[Edit] = []
    for number in range(max(len(before), len(after))):
        first, second = (edits[number] if number < len(edits) else None for edits in (before, after))
        model = first if first is not None else second
        assert model is not None
        fields = _BLENDED.get(type(model))
        if fields is None:
            kept = second if share >= 1 else first
            found += [] if kept is None else [kept]
            continue
        start, end = (_neutral(model) if edit is None else edit for edit in (first, second))
        if type(start) is not type(end) or start.model_dump(exclude={*fields}) != end.model_dump(exclude={*fields}):
            raise ValueError(
                f"edit {number + 1} of a key ({start.op}) and of the next one ({end.op}) are of different things; give "
                "both keys the same edits in the same order, and add others at the end"
            )
        changes = {name: _between(name, getattr(start, name), getattr(end, name), share) for name in fields}
        found.append(model.model_validate(model.model_dump() | changes))
    return tuple(found)


def _neutral(edit: Edit) -> Edit:
    """The edit of the same thing that changes nothing."""
    match edit:
        case Move() | Copy():
            return edit.model_copy(update={"by": (0.0, 0.0)})
        case Scale():
            return edit.model_copy(update={"factor": 1.0})
        case Warp():
            handles = tuple(handle.model_copy(update={"target": handle.source}) for handle in edit.handles)
            return edit.model_copy(update={"handles": handles})
        case Landmarks():
            return Landmarks(part=edit.part, person=edit.person)
    raise TypeError(type(edit))


def _between(name: str, start: Any, end: Any, share: float) -> Any:
    """A value between two numbers, pairs of numbers, or lists of handles."""
    if name == "handles":
        if len(start) != len(end) or any(a.source != b.source for a, b in zip(start, end, strict=True)):
            raise ValueError("the handles of two warps must have the same sources, in the same order")
        targets = [_between("target", a.target, b.target, share) for a, b in zip(start, end, strict=True)]
        return [{"source": a.source, "target": target} for a, target in zip(start, targets, strict=True)]
    first, second = np.broadcast_arrays(np.array(start, float), np.array(end, float))
    low, high = np.minimum(first, second), np.maximum(first, second)
    if name in _FACTORS:
        first, second = (np.log(np.maximum(x, _LEAST_FACTOR)) for x in (first, second))
    value = (1 - share) * first + share * second
    # Rounding must not lead out of the range that both ends are in.
    value = np.clip(np.exp(value) if name in _FACTORS else value, low, high)
    return tuple(value.tolist()) if value.ndim else float(value)


_TIMELINE: TypeAdapter[Timeline] = TypeAdapter(Timeline)


def read_timeline(path: Path) -> Timeline:
    """Read keyframes.

    Args:
        path: a JSON file: ``{"fps": 12, "keys": [{"at": 0}, {"at": 1.5, "edits": […], "ease": "in-out"}]}``. Drawings
            are looked for beside it.

    Raises:
        PrimitiveError: the file cannot be read, or holds no keyframes.
    """
    try:
        found = _TIMELINE.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PrimitiveError(f"{path}: cannot be read ({error}); give a JSON file of keyframes") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "file"
        raise PrimitiveError(f"{path}: {field}: {first['msg'].removeprefix('Value error, ')}") from error
    keys = [
        key if key.drawing is None else key.model_copy(update={"drawing": path.parent / key.drawing})
        for key in found.keys
    ]
    return found.model_copy(update={"keys": tuple(keys)})
