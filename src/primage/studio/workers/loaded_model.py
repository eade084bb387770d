"""A model in memory, ready to render edited drawings of its project."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.http.errors import RefusalError
from primage.model import Model, load
from primage.nets.generator import Painted
from primage.origin.plane import FIRST, Origin
from primage.primitive.primitive import Primitive
from primage.render.blending import blend_mask
from primage.studio.drawing import Drawing
from primage.studio.layers import EXCLUDE, SAMPLE
from primage.studio.resizing import origin_on
from primage.studio.workers.painter import Unpolished
from primage.synthesis.copies import antialiased, copied
from primage.synthesis.light import light
from primage.synthesis.options import RenderOptions
from primage.synthesis.polish import excluded_places
from primage.tensors import to_image

#: Number of models kept in memory.
_MAX_LOADED = 2


@dataclass(frozen=True)
class Render:
    """A render of a drawing.

    Attributes:
        primitive: the drawing.
        image: the picture; the photo itself if nothing has to be rendered.
        mask: in [0, 1], weight of ``image`` in the result; 0 where no edit has an effect.
        painted: the generator's output; None if nothing was rendered.
        origin: where the drawing's pixels come from; None if nothing was moved or removed.
    """

    primitive: Primitive
    image: UInt8[np.ndarray, "h w 3"]
    mask: Float32[np.ndarray, "h w"]
    painted: Painted | None
    origin: Origin | None = None


class LoadedModel:
    """A model, and its render of the training primitive.

    Args:
        run: the run folder.
        version: distinguishes the model file from later ones of the run.
    """

    def __init__(self, run: Path, version: tuple[int, int]) -> None:
        self.version = version
        self.model: Model = load(run)

    @cached_property
    def _training(self) -> Painted:
        return self.model.paint(self.model.primitive)

    @cached_property
    def training_render(self) -> UInt8[np.ndarray, "h w 3"]:
        """The render of the training primitive."""
        return to_image(self._training.image.cpu())

    @property
    def has_field(self) -> bool:
        """Whether the network says where its pixels come from."""
        return bool(self._training.grids) and self._training.confidence is not None

    def unpolished(self, render: Render) -> Unpolished | None:
        """The input of the synthesis.

        Args:
            render: from `render`.

        Returns:
            None if nothing was rendered, or if the network does not say where its pixels come from.
        """
        found = None if render.painted is None else self.model.unpolished(render.primitive, render.painted)
        return None if found is None else Unpolished(found.image, found.field, found.confidence, render.mask)

    def primitive(self, drawing: Drawing) -> Primitive:
        """Convert a drawing of the studio to the network's primitive.

        Args:
            drawing: with the layers of the model's kind, on any canvas.
        """
        training = self.model.primitive.extended(drawing.margins).to_arrays()
        primitive = self.as_drawn(drawing)
        # Edited layers are cleaned like those read from files; unedited ones remain exactly those of training.
        return primitive.map(
            lambda layer, data: (
                data if np.array_equal(drawing.layers[layer.name], training[layer.name]) else layer.clean(data)
            )
        )

    def as_drawn(self, drawing: Drawing) -> Primitive:
        """A drawing of the studio as it is shown: edited lines may be thicker than those that the network gets.

        Args:
            drawing: with the layers of the model's kind.
        """
        spec = self.model.record.spec
        return Primitive.from_arrays(spec.kind, drawing.layers, spec.palette)

    def changed(self, primitive: Primitive) -> Bool[np.ndarray, "h w"]:
        """Where a primitive differs from the training primitive.

        Args:
            primitive: of the same size.
        """
        return primitive.differs(self.model.primitive)

    def render(self, drawing: Drawing, keep_original: bool) -> Render:
        """Render a drawing.

        Args:
            drawing: its layers, of the photo's size.
            keep_original: whether the photo is kept where no edit has an effect.
        """
        primitive = self.primitive(drawing)
        changed = self.changed(primitive)
        origin = moves_of(drawing) if self.has_field else None
        if not changed.any() and origin is None:
            nowhere = np.zeros(changed.shape, np.float32)
            if keep_original:
                return Render(primitive, self.model.photo, nowhere, None)
            return Render(primitive, self.training_render, nowhere, self._training)
        painted = self.model.paint(primitive)
        if origin is not None and (given := self.model.unpolished(primitive, painted)) is not None:
            known = copied(given, origin, self.model.photo)
            touched = known.hole | known.rest | (origin.index >= FIRST)
            image = antialiased(known.render.image, origin, self.model.photo)
            return Render(primitive, image, touched.astype(np.float32), painted, origin)
        image = to_image(painted.image.cpu())
        return Render(primitive, image, blend_mask(changed, image, self.training_render), painted)

    def gain(
        self, image: UInt8[np.ndarray, "h w 3"], origin: Origin | None, drawing: Drawing, options: RenderOptions
    ) -> Float32[np.ndarray, "h w 3"] | None:
        """The gain that fits the light of moved pieces (`primage.synthesis.light`).

        Args:
            image: the picture.
            origin: of the drawing; None if nothing was moved or removed.
            drawing: its layers.
            options: how it is rendered.

        Returns:
            None if no light is to be fitted.
        """
        if origin is None or not options.fit_light:
            return None
        primitive = self.primitive(drawing)
        return light(self.model.reference(primitive.size, options.strength), image, origin, primitive)


def origin_of(drawing: Drawing) -> Origin | None:
    """Where the pixels of a drawing come from.

    Args:
        drawing: its layers.

    Returns:
        None if the drawing does not say so.
    """
    if not drawing.has_origin:
        return None
    return origin_on(drawing)


def moves_of(drawing: Drawing) -> Origin | None:
    """Where the pixels of a drawing come from, if anything was moved, removed or pasted in it.

    Args:
        drawing: its layers.

    Returns:
        Of what was pasted from other pictures: what is beneath it (`primage.studio.workers.pasted`).
    """
    origin = origin_of(drawing)
    return origin.beneath if origin is not None and origin.moves else None


def excluded_from(drawing: Drawing) -> Bool[np.ndarray, "h w"] | None:
    """The places of the photo that nothing new is copied from.

    Args:
        drawing: its layers.

    Raises:
        PrimitiveError: no place is left.
    """
    marks = drawing.layers["sources"]
    size = (marks.shape[0], marks.shape[1])
    exclude, sample = (marks == value if (marks == value).any() else None for value in (EXCLUDE, SAMPLE))
    return excluded_places(size, exclude, sample)


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
