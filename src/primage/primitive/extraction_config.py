"""Settings of the extraction of each layer from a photo."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from primage.settings import Fraction, Frozen


class EdgesConfig(Frozen):
    """Canny edges (Canny 1986; paper §3.3). Thresholds are on the gradient of luminance in [0, 1] per pixel."""

    sigma: float = Field(2.0, gt=0, le=20, description="standard deviation of the Gaussian, in working pixels")
    low: float = Field(0.04, ge=0, le=1, description="hysteresis: weaker edges are dropped")
    high: float = Field(0.10, ge=0, le=1, description="hysteresis: stronger edges are always kept")
    thin: bool = Field(True, description="thin lines to one pixel, when they are extracted, read or warped")
    min_length_px: int = Field(14, ge=0, description="connected edges of fewer pixels are dropped; 0 keeps all")

    @model_validator(mode="after")
    def _ordered(self) -> EdgesConfig:
        if self.low > self.high:
            raise ValueError(f"the low threshold ({self.low}) is above the high one ({self.high})")
        return self

    def at_scale(self, scale: float, sigma: float | None = None) -> EdgesConfig:
        """The settings that find the same edges at another size of the photo.

        A smaller picture needs less blur; its gradients are steeper and its edges shorter.

        Args:
            scale: size of the picture, as a share of the size these settings are for.
            sigma: replaces `sigma`, before scaling.

        Returns:
            The settings for the scaled picture.
        """
        # Not validated again, because a sigma outside the range of the setting still extracts edges.
        return self.model_copy(
            update={
                "sigma": max(0.5, (self.sigma if sigma is None else sigma) * scale),
                "low": min(1.0, self.low / scale),
                "high": min(1.0, self.high / scale),
                "min_length_px": round(self.min_length_px * scale),
            }
        )


class SegmentsConfig(Frozen):
    """Unsupervised segmentation, merged to the requested number of regions."""

    method: Literal["felzenszwalb", "slic"] = "felzenszwalb"
    regions: int = Field(12, ge=2, le=64, description="number of regions after merging")
    min_area: Fraction = Field(0.002, description="regions smaller than this share of the picture are merged first")
    semantic: Literal["auto", "on", "off"] = Field(
        "auto",
        description="name the regions of people (skin, hair, eyes, lips …); auto: if the detectors are there, without "
        "downloading anything",
    )


class PaintConfig(Frozen):
    """A rough painting: superpixels of a few flat colours."""

    colours: int = Field(12, ge=2, le=64)
    strokes: int = Field(220, ge=4, le=5000, description="number of superpixels")
