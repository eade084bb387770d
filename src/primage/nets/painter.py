"""Our small generator: says for each pixel where in the training photo it comes from, and paints what cannot be copied.

A warp hands out the true dense correspondence for free, so the network is told where every pixel came from. Texture
is sharp within a minute, because it *is* the photo's.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.nets.generator import Generator, Painted, Source, reset_norms
from primage.nets.layers import SLOPE, ConvBlock, coordinates, sample
from primage.nets.matcher import Features, Known, Matcher
from primage.nets.seams import mend_seams, soften_tears

#: The confidence starts at sigmoid(2) = 0.88: copy first, paint where copying turns out to be wrong.
_CONFIDENCE_BIAS = 2.0


class Painter(Generator):
    """Finds in the training drawing what each place of the drawing at hand is, copies the photo there, paints the rest.

    1. A 1 × 1 convolution turns labels into codes. It is all that knows the photo's labels.
    2. The matcher (`primage.nets.matcher`) finds where each pixel comes from. It compares instead of memorising, so it
       serves edits never warped to; and, trained on other pictures, photos it has never seen.
    3. The photo sampled there is blended with painted pixels, by the confidence in the match.

    No layer works at full size but a 1 × 1 (`pixel_unshuffle`): thin layers at full size are slow on a CPU.

    Args:
        config: widths and blocks.
        channels: of the encoded primitive.
    """

    multiple = 16

    def __init__(self, config: PainterConfig, channels: int) -> None:
        super().__init__()
        half = config.refine_widths[0]
        self.embed = nn.Conv2d(channels, config.embedding, 1, bias=False)
        self.matcher = Matcher(config)
        self.decode = ConvBlock(half + 12, half, config.norm_momentum)
        self.to_image = nn.Conv2d(half, 4 * 4, 3, 1, 1)

    def paint(self, x: Float[Tensor, "b c h w"], source: Source, size: tuple[int, int]) -> Painted:
        """See `primage.nets.generator.Generator.paint`."""
        drawing = self.embed(x)
        wanted, known = self._encode(drawing, source)
        places, near, matches = self.matcher(wanted, known, size)
        grids = tuple(place.permute(0, 2, 3, 1) for place in places)
        # Bicubic: bilinear sampling blurs wherever the copy lies between pixels.
        copied = sample(source.photo, grids[-1], "bicubic").clamp(-1, 1)
        if not self.training:
            here = coordinates(size, tuple(x.shape[2:]), x.device)
            moved = places[-1] - here
            pixels = moved.new_tensor([0.5 * (size[1] - 1), 0.5 * (size[0] - 1)])[:, None, None]
            copied = soften_tears(copied, source.photo, here, moved)
            copied = mend_seams(copied, moved * pixels, drawing)
        decoded = self.to_image(self.decode(torch.cat([near, F.pixel_unshuffle(copied, 2)], dim=1)))
        decoded = F.pixel_shuffle(decoded, 2)
        # What is painted begins as what is copied: where there is nothing to paint over, nothing is lost.
        drawn = (copied + decoded[:, :3]).clamp(-1, 1)
        confidence = decoded[:, 3:] + _CONFIDENCE_BIAS
        # The confidence learns from the correspondences alone: the picture's losses would rather have a blurred
        # average than sharp texture a pixel off.
        keep = torch.sigmoid(confidence).detach()
        image = keep * copied + (1 - keep) * drawn
        return Painted(image, grids=grids, copied=copied, drawn=drawn, confidence=confidence, matches=matches)

    def prepared(self, source: Source) -> Source:
        """See `primage.nets.generator.Generator.prepared`."""
        known = self._know(source, self.matcher.encode(self.embed(self.padded(source.primitive)[0])))
        return Source(source.photo, source.primitive, known)

    def _know(self, source: Source, features: Features) -> Known:
        size = (source.photo.shape[2], source.photo.shape[3])
        return Known(features, F.pixel_unshuffle(self.padded(source.photo)[0], 2), size)

    def _encode(self, wanted: Tensor, source: Source) -> tuple[Features, Known]:
        """Features of the embedded drawing at hand and of the training drawing."""
        if source.known is not None:
            return self.matcher.encode(wanted), source.known
        drawing = self.embed(self.padded(source.primitive)[0])
        if wanted.shape[1:] != drawing.shape[1:]:
            return self.matcher.encode(wanted), self._know(source, self.matcher.encode(drawing))
        # In one batch: while training, both then share the statistics of their normalisation.
        both = self.matcher.encode(torch.cat([wanted, drawing]))
        # (A batch of several sources has as many targets of each, in turn.)
        return both.part(0, len(wanted)), self._know(source, both.part(len(wanted), len(both.half)))

    def initialise(self, generator: torch.Generator) -> None:
        """He-normal convolutions; corrections and paint start at zero, matching with a mild wish to stay in place."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=SLOPE, generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        reset_norms(self)
        self.matcher.start()
        nn.init.zeros_(self.to_image.weight)
