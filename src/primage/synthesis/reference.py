"""What patches are taken from, with everything that depends on the photo alone prepared once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.origin.features import features, is_edit
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.synthesis.guides import guide_channels
from primage.synthesis.incoherence import patches
from primage.synthesis.search import Sources
from primage.synthesis.sources import Plane, photo_plane, resampled_plane
from primage.synthesis.synthesise import DEFAULTS, SynthesisConfig
from primage.warp.augment import PrimitiveWarper

#: Value of the guide that keeps resized copies of the photo to the regions that were resized.
MARK = 1.0
#: Larger planes are not kept but made again for each synthesis: one takes about 200 bytes per pixel.
_MAX_KEPT_PX = 2**20
#: Number of resized copies of the photo that are kept.
_MAX_KEPT_COPIES = 3


@dataclass(frozen=True)
class Reference:
    """What patches are taken from.

    Attributes:
        photo: (H, W, 3), at the scale of the render.
        primitive: the training primitive, of the photo's size.
        spec: the model's description of its primitives.
        config: settings of the synthesis.
        device: torch device of the synthesis.
    """

    photo: UInt8[np.ndarray, "h w 3"]
    primitive: Primitive
    spec: PrimitiveSpec
    config: SynthesisConfig = DEFAULTS
    device: str = "cpu"
    _copies: dict[bytes, Plane] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def guides(self) -> Float32[np.ndarray, "h w c"]:
        """(H, W, C), guides of the training primitive."""
        return guide_channels(self.primitive, self.spec, self.config.guides)

    def suited_to(self, primitive: Primitive) -> Reference:
        """The same with the weights of guides for a drawing: itself for an edit of the training primitive."""
        if primitive.colours is not None:  # a painting has no lines, which are all that is weighted otherwise
            return self
        same_size = primitive.size == self.primitive.size
        return self if same_size and is_edit(*features(primitive, self.primitive)) else self.weakly_guided

    @cached_property
    def weakly_guided(self) -> Reference:
        """The same with the weights of guides where lines are less certain."""
        return replace(self, config=replace(self.config, guides=self.config.weak_guides))

    @cached_property
    def patches(self) -> Sources:
        """The patches that incoherence compares with."""
        return patches(self.photo)

    def plane(self, allowed: Bool[np.ndarray, "h w"] | None = None) -> Plane:
        """The photo as a plane, unmarked.

        Args:
            allowed: (H, W), where patches may be taken from; None for everywhere.
        """
        if allowed is None and self.photo.size <= 3 * _MAX_KEPT_PX:
            return self._plane
        return self._photo_plane(allowed)

    @cached_property
    def _plane(self) -> Plane:
        return self._photo_plane(None)

    def _photo_plane(self, allowed: Bool[np.ndarray, "h w"] | None) -> Plane:
        usable = self._everywhere if allowed is None else allowed
        return photo_plane(self.photo, self.guides, usable, self.config.multiple).marked(0.0)

    def resampled(
        self,
        matrix: Float32[np.ndarray, "2 2"],
        box: tuple[np.ndarray, np.ndarray],
        allowed: Bool[np.ndarray, "h w"] | None = None,
    ) -> Plane:
        """A resampled part of the photo as a plane, unmarked.

        Args:
            matrix: derivative of (y, x) in the photo by (y, x) in the plane.
            box: (y, x) of the first and the last pixel of the part.
            allowed: (H, W), where patches may be taken from; None for everywhere.
        """
        usable = self._everywhere if allowed is None else allowed
        spec, config = self.spec, self.config
        plane = resampled_plane(self.photo, self._warper, spec, config.guides, usable, matrix, box, config.multiple)
        return plane.marked(0.0)

    def resized(self, matrix: Float32[np.ndarray, "2 2"], allowed: Bool[np.ndarray, "h w"] | None = None) -> Plane:
        """The whole photo, resized, as a plane with a mark.

        Args:
            matrix: derivative of (y, x) in the photo by (y, x) in the plane.
            allowed: (H, W), where patches may be taken from; None for everywhere.
        """
        key = matrix.tobytes()
        if allowed is None and key in self._copies:
            return self._copies[key]
        usable = self._everywhere if allowed is None else allowed
        whole = np.zeros(2), np.array(self.photo.shape[:2]) - 1.0
        spec, config = self.spec, self.config
        plane = resampled_plane(self.photo, self._warper, spec, config.guides, usable, matrix, whole, config.multiple)
        plane = plane.marked(MARK)
        if allowed is None and plane.allowed.size <= _MAX_KEPT_PX:
            while len(self._copies) >= _MAX_KEPT_COPIES:
                self._copies.pop(next(iter(self._copies)))
            self._copies[key] = plane
        return plane

    @property
    def _everywhere(self) -> Bool[np.ndarray, "h w"]:
        return np.ones(self.photo.shape[:2], bool)

    @cached_property
    def _warper(self) -> PrimitiveWarper:
        return PrimitiveWarper(self.primitive)
