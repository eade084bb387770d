"""Jobs of the worker that paints: it keeps the models of the last few projects loaded."""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from primage.api import configure
from primage.image import read_image, write_png
from primage.model import Model, ModelRecord, load
from primage.nets.generator import Painted, Source
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import Primitive, PrimitiveSpec, draw
from primage.primitive.write import write_primitive
from primage.render import PROVENANCE, provenance
from primage.run import Run, lock_folder
from primage.state import fresh_state
from primage.studio.drawing import box_of
from primage.studio.errors import RefusalError
from primage.studio.workers.blending import blend, blend_mask, enlarge, enlarge_mask
from primage.studio.workers.uncertainty import doubt_map
from primage.tensors import to_image
from primage.training import training

#: How many projects' models are kept.
_KEPT = 2


class Easel:
    """A model ready to paint, and what it makes of the unedited drawing.

    Args:
        run: the run folder.
        version: tells this model file from a later one.
    """

    def __init__(self, run: Path, version: tuple[int, int]) -> None:
        self.version = version
        self.model: Model = load(run)
        self._unedited: tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"] | None] | None = None

    def _paint_unedited(self) -> tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"] | None]:
        if self._unedited is None:
            painted = self.model.paint(self.model.primitive)
            self._unedited = to_image(painted.image.cpu()), _doubt(painted)
        return self._unedited

    @property
    def unedited(self) -> UInt8[np.ndarray, "h w 3"]:
        """The render of the unedited drawing."""
        return self._paint_unedited()[0]

    def doubt(self, painted: Painted | None, share: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h2 w2"] | None:
        """Where the painter trusts its copies less than in the unedited drawing.

        Args:
            painted: how the render came about; None without edits.
            share: how far each pixel is taken from it.

        Returns:
            See `workers.uncertainty.doubt_map`; None for a model that has no confidence in what it paints.
        """
        usual = self._paint_unedited()[1]
        if usual is None:
            return None
        found = None if painted is None else _doubt(painted)
        return doubt_map(usual if found is None else found, usual, share)

    def primitive(self, layers: dict[str, np.ndarray]) -> Primitive:
        """The studio's layers as the network's drawing.

        Args:
            layers: by name.
        """
        spec, own = self.model.record.spec, self.model.primitive.to_arrays()
        drawn = Primitive.from_arrays(spec.kind, layers, spec.palette)
        # As layers read from a file are; those of the training are in that form already.
        return drawn.map(lambda x, data: data if np.array_equal(layers[x.name], own[x.name]) else x.clean(data))

    def changed(self, primitive: Primitive) -> np.ndarray:
        """Where a drawing differs from the unedited one.

        Args:
            primitive: of the same size.

        Returns:
            (H, W) bool.
        """
        return primitive.differs(self.model.primitive)

    def paint(
        self, layers: dict[str, np.ndarray], keep_original: bool
    ) -> tuple[np.ndarray, np.ndarray, Painted | None]:
        """Paint the drawing.

        Args:
            layers: by name.
            keep_original: whether what no edit touched stays the photo.

        Returns:
            The network's picture (the photo itself if nothing needs painting), the mask in which it counts, and how
            it came about.
        """
        primitive = self.primitive(layers)
        changed = self.changed(primitive)
        if not changed.any():
            nothing = np.zeros(changed.shape, np.float32)
            return (self.model.photo, nothing, None) if keep_original else (self.unedited, nothing, None)
        painted = self.model.paint(primitive)
        image = to_image(painted.image.cpu())
        return image, blend_mask(changed, image, self.unedited), painted


def _doubt(painted: Painted) -> Float32[np.ndarray, "h w"] | None:
    if painted.confidence is None:
        return None
    doubt: Float32[np.ndarray, "h w"] = torch.sigmoid(-painted.confidence.float())[0, 0].cpu().numpy()
    return doubt


_easels: OrderedDict[Path, Easel] = OrderedDict()


def _easel(run: Path) -> Easel:
    file = run / "model.safetensors"
    try:
        stat = file.stat()
    except OSError as error:
        raise RefusalError(409, "no_model", "the network is not ready yet; it takes a few seconds") from error
    version = (stat.st_mtime_ns, stat.st_ino)
    easel = _easels.get(run)
    if easel is None or easel.version != version:
        easel = _easels[run] = Easel(run, version)
    _easels.move_to_end(run)
    while len(_easels) > _KEPT:
        _easels.popitem(last=False)
    return easel


def warm_up() -> None:
    """Paint something small: what a first picture makes PyTorch load would take a second when somebody waits for it."""
    config = configure("standard", "edges", steps=0)
    spec = PrimitiveSpec(config=config.primitive)
    network = fresh_state(config, spec, "cpu").render_network(config).eval()
    drawing = torch.zeros(1, spec.channels, 64, 64)
    with torch.inference_mode():
        network(drawing, Source(torch.zeros(1, 3, 64, 64), drawing))


def publish_at_once(run: Path) -> None:
    """Make the first model of a run: the weights that training would begin with. A tenth of a second.

    Args:
        run: its folder; nothing happens if there is a model.
    """
    if (run / "model.safetensors").exists():
        return
    with lock_folder(run):
        opened = Run(run)
        config, spec = opened.record.config, opened.record.spec
        network = fresh_state(config, spec, "cpu").render_network(config)
        record = ModelRecord(config=config, spec=spec, photo_sha256=opened.record.photo_sha256, steps=0, seconds=0.0)
        weights = {name: tensor.detach() for name, tensor in network.state_dict().items()}
        Model(record, weights, *opened.pair()).save(opened.model_path)


def settle(run: Path) -> None:
    """Train for no steps: normalisations are fitted to this photo, which makes the first model a good deal better.

    Args:
        run: its folder; nothing happens if it was trained before. Takes some seconds.
    """
    if not (run / "checkpoint.safetensors").exists():
        with lock_folder(run):
            for _ in training(Run(run)):
                pass


def model_info(run: Path) -> dict[str, Any]:
    """What is known of the newest model.

    Args:
        run: the run folder.

    Returns:
        Steps learned, and when it was published.
    """
    easel = _easel(run)
    return {"steps": easel.model.record.steps, "published": easel.version[0] / 1e9}


def prepare(run: Path) -> None:
    """Make what the first edit would have to wait for.

    Args:
        run: the run folder.
    """
    _ = _easel(run).unedited


def render(run: Path, layers: dict[str, np.ndarray], keep_original: bool) -> dict[str, Any]:
    """The picture of a drawing.

    Args:
        run: the run folder.
        layers: the drawing's, by name.
        keep_original: whether what no edit touched stays the photo.

    Returns:
        The image, the box of what differs from the unedited photo, where it is doubtful (`Easel.doubt`), and the
        model's facts.
    """
    easel = _easel(run)
    image, mask, painted = easel.paint(layers, keep_original)
    doubt = easel.doubt(painted, mask)
    if keep_original:
        image = blend(easel.model.photo, image, mask)
    return {"image": image, "edited": box_of(mask > 0), "doubt": doubt, **model_info(run)}


def result(run: Path, photo: Path, layers: dict[str, np.ndarray], keep_original: bool, full: bool) -> bytes:
    """The result as a file that says where it comes from.

    Args:
        run: the run folder.
        photo: the photo's file.
        layers: the drawing's, by name.
        keep_original: whether what no edit touched stays the photo, byte for byte.
        full: at the photo's own size.

    Returns:
        A PNG with provenance.
    """
    easel = _easel(run)
    image, mask, painted = easel.paint(layers, keep_original)
    original = easel.model.photo
    if full:
        original = read_image(photo)
        size = (original.shape[0], original.shape[1])
        if painted is not None:
            image = enlarge(image, painted, original)
        elif keep_original:
            image = original
        else:
            image = enlarge(image, easel.model.paint(easel.model.primitive), original)
        mask = enlarge_mask(mask, size)
    if keep_original:
        image = blend(original, image, mask)
    text = PngInfo()
    said = json.loads(provenance(easel.model))
    said |= {"drawing_sha256": easel.primitive(layers).sha256(), "keeps_original": keep_original}
    text.add_itxt(PROVENANCE, json.dumps(said))
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, "PNG", pnginfo=text, compress_level=3)
    return encoded.getvalue()


def layer_picture(run: Path, layers: dict[str, np.ndarray], layer: str, scratch: Path) -> bytes:
    """A layer of the drawing, or the drawing as one picture, as `primage render` reads it.

    Args:
        run: the run folder.
        layers: the drawing's, by name.
        layer: primitive, segments, edges or colours.
        scratch: a folder to write it in.

    Returns:
        The PNG.
    """
    easel = _easel(run)
    spec, primitive = easel.model.record.spec, easel.primitive(layers)
    if layer != "primitive" and layer not in KINDS[spec.kind].names:
        raise RefusalError(404, "not_found", f"this drawing has no layer '{layer}'")
    target = scratch / "drawing.png"
    write_primitive(target, primitive, spec, layers=layer != "primitive")
    return (target if layer == "primitive" else scratch / f"drawing.{layer}.png").read_bytes()


def drawing_picture(run: Path, layers: dict[str, np.ndarray], path: Path) -> None:
    """Write a drawing as one picture.

    Args:
        run: the run folder.
        layers: the drawing's, by name.
        path: where to.
    """
    easel = _easel(run)
    write_png(path, draw(easel.primitive(layers), easel.model.record.spec.line_colour))


def forget(run: Path) -> None:
    """Let go of a project's model.

    Args:
        run: the run folder.
    """
    _easels.pop(run, None)


_JOBS = (
    *(warm_up, publish_at_once, settle, prepare, model_info, forget),
    *(render, result, layer_picture, drawing_picture),
)
JOBS = {job.__name__: job for job in _JOBS}
