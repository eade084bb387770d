"""A model in memory, ready to render edited drawings of its project."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from primage.model import Model, load
from primage.nets.generator import Painted
from primage.primitive.primitive import Primitive
from primage.studio.drawing import Drawing
from primage.studio.errors import RefusalError
from primage.studio.workers.blending import blend_mask
from primage.studio.workers.uncertainty import uncertainty_map
from primage.tensors import to_image

#: How many projects' models are kept in memory.
_MAX_LOADED = 2


@dataclass(frozen=True)
class Render:
    """What the network makes of a drawing.

    Attributes:
        image: its picture; the photo itself if nothing has to be rendered.
        mask: in [0, 1], how far each pixel is taken from ``image``; 0 where no edit reaches.
        painted: where the pixels come from; None if nothing was rendered.
    """

    image: UInt8[np.ndarray, "h w 3"]
    mask: Float32[np.ndarray, "h w"]
    painted: Painted | None


class LoadedModel:
    """A model, and what it makes of the unedited drawing.

    Args:
        run: the run folder.
        version: identifies the model file among later ones of the run.
    """

    def __init__(self, run: Path, version: tuple[int, int]) -> None:
        self.version = version
        self.model: Model = load(run)
        self._unedited: tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"] | None] | None = None

    def _render_unedited(self) -> tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"] | None]:
        if self._unedited is None:
            painted = self.model.paint(self.model.primitive)
            self._unedited = to_image(painted.image.cpu()), _uncertainty(painted)
        return self._unedited

    @property
    def unedited(self) -> UInt8[np.ndarray, "h w 3"]:
        """The render of the unedited drawing."""
        return self._render_unedited()[0]

    def uncertainty(self, render: Render) -> UInt8[np.ndarray, "h2 w2"] | None:
        """Where the network is less confident than in the unedited drawing.

        Args:
            render: by `render`.

        Returns:
            See `uncertainty_map`; None for a network without a confidence output.
        """
        baseline = self._render_unedited()[1]
        if baseline is None:
            return None
        found = None if render.painted is None else _uncertainty(render.painted)
        return uncertainty_map(baseline if found is None else found, baseline, render.mask)

    def primitive(self, drawing: Drawing) -> Primitive:
        """The studio's layers as the network's primitive.

        Args:
            drawing: with the layers of the model's kind.
        """
        spec, own = self.model.record.spec, self.model.primitive.to_arrays()
        primitive = Primitive.from_arrays(spec.kind, drawing.layers, spec.palette)
        # Edited layers are cleaned as those of a file are; unedited ones are exactly those of the training.
        return primitive.map(
            lambda layer, data: (
                data if np.array_equal(drawing.layers[layer.name], own[layer.name]) else layer.clean(data)
            )
        )

    def changed(self, primitive: Primitive) -> Bool[np.ndarray, "h w"]:
        """Where a drawing differs from the unedited one.

        Args:
            primitive: of the same size.
        """
        return primitive.differs(self.model.primitive)

    def render(self, drawing: Drawing, keep_original: bool) -> Render:
        """Render a drawing.

        Args:
            drawing: its layers.
            keep_original: whether the photo is kept where no edit reaches.
        """
        primitive = self.primitive(drawing)
        changed = self.changed(primitive)
        if not changed.any():
            return Render(
                self.model.photo if keep_original else self.unedited, np.zeros(changed.shape, np.float32), None
            )
        painted = self.model.paint(primitive)
        image = to_image(painted.image.cpu())
        return Render(image, blend_mask(changed, image, self.unedited), painted)


def _uncertainty(painted: Painted) -> Float32[np.ndarray, "h w"] | None:
    if painted.confidence is None:
        return None
    found: Float32[np.ndarray, "h w"] = torch.sigmoid(-painted.confidence.float())[0, 0].cpu().numpy()
    return found


_loaded: OrderedDict[Path, LoadedModel] = OrderedDict()


def loaded_model(run: Path) -> LoadedModel:
    """The newest model of a run; those of the last few projects stay in memory.

    Args:
        run: the run folder.

    Raises:
        RefusalError: there is none yet.
    """
    try:
        stat = (run / "model.safetensors").stat()
    except OSError as error:
        raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds") from error
    version = (stat.st_mtime_ns, stat.st_ino)
    found = _loaded.get(run)
    if found is None or found.version != version:
        found = _loaded[run] = LoadedModel(run, version)
    _loaded.move_to_end(run)
    while len(_loaded) > _MAX_LOADED:
        _loaded.popitem(last=False)
    return found


def forget_model(run: Path) -> None:
    """Remove a run's model from memory.

    Args:
        run: the run folder.
    """
    _loaded.pop(run, None)
