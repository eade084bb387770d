"""The painter: copies each pixel from its source in the training photo, and synthesises what cannot be copied.

For each random warp the true dense correspondence is known and supervises the network. Texture is sharp within a minute
because it is copied from the photo.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from primage.config import PainterConfig
from primage.grid import coords_grid
from primage.nets.antialiasing import antialias_discontinuities
from primage.nets.encoder import Features, ReferenceFeatures
from primage.nets.generator import Generator, Painted, Source, reset_norms
from primage.nets.graphs import vector
from primage.nets.layers import LEAKY_SLOPE, ConvBlock, sample
from primage.nets.matcher import Matcher
from primage.nets.poisson_blending import poisson_blend

#: The confidence starts at sigmoid(2) = 0.88, in favour of copying.
_CONFIDENCE_BIAS = 2.0


class Painter(Generator):
    """Matches the query primitive with the training primitive, copies the photo along the flow, synthesises the rest.

    1. A 1 × 1 convolution embeds the labels. It is the only layer that depends on the photo's labels.
    2. The matcher (`primage.nets.matcher`) finds the source coordinates of each pixel. It compares primitives and does
       not memorise them, so it also works for edits unlike any training warp and, pretrained on other images, for
       photos that it was not trained on.
    3. The photo sampled at these coordinates is blended with synthesised pixels, weighted by the confidence.

    Args:
        config: widths and blocks.
        channels: number of channels of the encoded primitive.
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
        embedded = self.embed(x)
        query, reference = self._encode(embedded, source)
        pyramid = self.matcher(query, reference, size)
        grids = tuple(coords.permute(0, 2, 3, 1) for coords in pyramid.source_coords)
        # Bicubic, since bilinear sampling blurs between pixels.
        copied = sample(source.photo, grids[-1], "bicubic").clamp(-1, 1)
        if not self.training:
            target_coords = coords_grid(size, tuple(x.shape[2:]), x.device)
            flow = pyramid.source_coords[-1] - target_coords
            to_px = vector((0.5 * (size[1] - 1), 0.5 * (size[0] - 1)), flow)[:, None, None]
            copied = antialias_discontinuities(copied, source.photo, target_coords, flow)
            copied = poisson_blend(copied, flow * to_px, embedded)
        decoded = self.to_image(self.decode(torch.cat([pyramid.hidden, F.pixel_unshuffle(copied, 2)], dim=1)))
        decoded = F.pixel_shuffle(decoded, 2)
        # A residual on the copy, so that there is nothing to learn where copying is right.
        synthesised = (copied + decoded[:, :3]).clamp(-1, 1)
        confidence = decoded[:, 3:] + _CONFIDENCE_BIAS
        # The confidence is trained on the correspondences alone: image losses prefer a blurred average to sharp texture
        # shifted by a pixel.
        weight = torch.sigmoid(confidence).detach()
        image = weight * copied + (1 - weight) * synthesised
        return Painted(image, grids, copied, synthesised, confidence, pyramid.matches)

    def prepared(self, source: Source) -> Source:
        """See `primage.nets.generator.Generator.prepared`."""
        features = self.matcher.encoder(self.embed(self.padded(source.primitive)[0]))
        return Source(source.photo, source.primitive, self._reference(source, features))

    def _reference(self, source: Source, features: Features) -> ReferenceFeatures:
        size = (source.photo.shape[2], source.photo.shape[3])
        return ReferenceFeatures(features, F.pixel_unshuffle(self.padded(source.photo)[0], 2), size)

    def _encode(self, query: Tensor, source: Source) -> tuple[Features, ReferenceFeatures]:
        """Features of the embedded query primitive and of the training pair."""
        encoder = self.matcher.encoder
        if source.reference is not None:
            return encoder(query), source.reference
        training = self.embed(self.padded(source.primitive)[0])
        if query.shape[1:] != training.shape[1:]:
            return encoder(query), self._reference(source, encoder(training))
        # In one batch, so that both share BatchNorm's statistics in training.
        both = encoder(torch.cat([query, training]))
        count = len(query)
        return both[:count], self._reference(source, both[count:])

    def initialise(self, rng: torch.Generator) -> None:
        """He-normal convolutions; flow updates and synthesis start at zero, and matches near the identity."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=LEAKY_SLOPE, generator=rng)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        reset_norms(self)
        self.matcher.reset_parameters()
        nn.init.zeros_(self.to_image.weight)
