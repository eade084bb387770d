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

#: Number of models kept in memory.
_MAX_LOADED = 2


@dataclass(frozen=True)
class Render:
    """A render of a drawing.

    Attributes:
        image: the picture; the photo itself if nothing has to be rendered.
        mask: in [0, 1], weight of ``image`` in the result; 0 where no edit has an effect.
        painted: the generator's output; None if nothing was rendered.
    """

    image: UInt8[np.ndarray, "h w 3"]
    mask: Float32[np.ndarray, "h w"]
    painted: Painted | None


class LoadedModel:
    """A model, and its render of the training primitive.

    Args:
        run: the run folder.
        version: distinguishes the model file from later ones of the run.
    """

    def __init__(self, run: Path, version: tuple[int, int]) -> None:
        self.version = version
        self.model: Model = load(run)
        self._training_render: tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"] | None] | None = None

    def _render_training_primitive(self) -> tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"] | None]:
        if self._training_render is None:
            painted = self.model.paint(self.model.primitive)
            self._training_render = to_image(painted.image.cpu()), _uncertainty(painted)
        return self._training_render

    @property
    def training_render(self) -> UInt8[np.ndarray, "h w 3"]:
        """The render of the training primitive."""
        return self._render_training_primitive()[0]

    def uncertainty(self, render: Render) -> UInt8[np.ndarray, "h2 w2"] | None:
        """Where the network is less confident than in the training primitive.

        Args:
            render: from `render`.

        Returns:
            See `uncertainty_map`; None for a network without a confidence output.
        """
        baseline = self._render_training_primitive()[1]
        if baseline is None:
            return None
        uncertainty = None if render.painted is None else _uncertainty(render.painted)
        return uncertainty_map(baseline if uncertainty is None else uncertainty, baseline, render.mask)

    def primitive(self, drawing: Drawing) -> Primitive:
        """Convert a drawing of the studio to the network's primitive.

        Args:
            drawing: with the layers of the model's kind.
        """
        spec, training = self.model.record.spec, self.model.primitive.to_arrays()
        primitive = Primitive.from_arrays(spec.kind, drawing.layers, spec.palette)
        # Edited layers are cleaned like those read from files; unedited ones remain exactly those of training.
        return primitive.map(
            lambda layer, data: (
                data if np.array_equal(drawing.layers[layer.name], training[layer.name]) else layer.clean(data)
            )
        )

    def changed(self, primitive: Primitive) -> Bool[np.ndarray, "h w"]:
        """Where a primitive differs from the training primitive.

        Args:
            primitive: of the same size.
        """
        return primitive.differs(self.model.primitive)

    def render(self, drawing: Drawing, keep_original: bool) -> Render:
        """Render a drawing.

        Args:
            drawing: its layers.
            keep_original: whether the photo is kept where no edit has an effect.
        """
        primitive = self.primitive(drawing)
        changed = self.changed(primitive)
        if not changed.any():
            return Render(
                self.model.photo if keep_original else self.training_render, np.zeros(changed.shape, np.float32), None
            )
        painted = self.model.paint(primitive)
        image = to_image(painted.image.cpu())
        return Render(image, blend_mask(changed, image, self.training_render), painted)


def _uncertainty(painted: Painted) -> Float32[np.ndarray, "h w"] | None:
    if painted.confidence is None:
        return None
    uncertainty: Float32[np.ndarray, "h w"] = torch.sigmoid(-painted.confidence.float())[0, 0].cpu().numpy()
    return uncertainty


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
    loaded = _loaded.get(run)
    if loaded is None or loaded.version != version:
        loaded = _loaded[run] = LoadedModel(run, version)
    _loaded.move_to_end(run)
    while len(_loaded) > _MAX_LOADED:
        _loaded.popitem(last=False)
    return loaded


def forget_model(run: Path) -> None:
    """Remove a run's model from memory.

    Args:
        run: the run folder.
    """
    _loaded.pop(run, None)
