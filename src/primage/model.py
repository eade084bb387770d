"""A trained model: weights, settings, palette and the training pair in one safetensors file. No pickle."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from pydantic import ValidationError
from torch import Tensor

from primage._version import __version__
from primage.config import Config
from primage.deviations import HasDeviations
from primage.errors import PrimitiveError, RunError, UserError
from primage.image import check_pixels, resize_image, working_size
from primage.nets.build import build_network
from primage.nets.generator import Generator, Painted, Source
from primage.nets.layers import fold_norms
from primage.nets.legacy_keys import current_keys, former_keys
from primage.origin.inference import inferred_if_edited, is_worth_obeying
from primage.origin.plane import Origin
from primage.outputs import check_model
from primage.primitive.kinds import KINDS
from primage.primitive.primitive import Primitive, PrimitiveSpec, encode
from primage.primitive.read import LayerFiles, read_primitive
from primage.settings import validated
from primage.synthesis.options import DEFAULT_OPTIONS, RenderOptions
from primage.synthesis.polish import Polished, Render, excluded_places, polish
from primage.synthesis.reference import Reference
from primage.synthesis.stage import completed
from primage.synthesis.synthesise import DEFAULTS
from primage.tensor_files import load_tensors, save_tensors
from primage.tensors import assign_weights, bounded, to_image, to_tensor


class ModelRecord(HasDeviations):
    """Metadata of a model file."""

    version: str = __version__
    config: Config
    spec: PrimitiveSpec
    photo_sha256: str
    steps: int
    seconds: float


@dataclass(frozen=True)
class Model:
    """A trained generator with everything it needs to render.

    Attributes:
        record: settings, palette and training time.
        weights: the generator's tensors by name.
        photo: (H, W, 3) uint8, the training photo at the working size.
        primitive: the training primitive.
        device: torch device to render on.
        rescales: whether a primitive of another size shows the scene at another scale, not more or less of it.
    """

    record: ModelRecord
    weights: dict[str, Tensor]
    photo: UInt8[np.ndarray, "h w 3"]
    primitive: Primitive
    device: str = "cpu"
    rescales: bool = True
    _sources: dict[tuple[int, int], Source] = field(default_factory=dict, init=False, repr=False, compare=False)
    _references: dict[tuple[float, ...], Reference] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the working size."""
        return self.primitive.size

    @cached_property
    def weights_sha256(self) -> str:
        """Hash of the weights alone, in the order of their former names: pictures rendered earlier recorded it so."""
        digest = hashlib.sha256()
        for name, tensor in sorted(former_keys(self.weights).items()):
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def network(self) -> Generator:
        """The network as it was trained, in evaluation mode, sharing the model's weights.

        Raises:
            RunError: weights and settings do not fit each other.
        """
        with torch.device("meta"):
            network = build_network(self.record.config.generator, self.record.spec.channels)
        try:
            assign_weights(network, self.weights)
        except ValueError as error:
            raise RunError("the model's weights do not fit its settings: the file is damaged") from error
        return network.requires_grad_(False).eval()

    @cached_property
    def generator(self) -> Generator:
        """The network ready to render: normalisations folded into the convolutions."""
        network = self.network()
        fold_norms(network)
        return network.to(self.device)

    def paint(self, primitive: Primitive) -> Painted:
        """Run the network on a primitive, at the primitive's own size.

        Args:
            primitive: of the model's kind, with the model's labels.

        Returns:
            The picture, (1, 3, H, W) in [-1, 1], and the source of its pixels.

        Raises:
            PrimitiveError: the kind or the labels are not the model's.
        """
        with torch.inference_mode():
            x = encode(primitive, self.record.spec).to(self.device)
            out: Painted = self.generator(x, self._source(primitive.size))
        return out

    def reference(self, size: tuple[int, int], strength: float = DEFAULT_OPTIONS.strength) -> Reference:
        """The training pair as the source of patches, scaled to match a primitive of ``size``; cached.

        Args:
            size: (height, width).
            strength: how strictly the drawing is obeyed; see `RenderOptions`.
        """
        key = (*size, strength)
        if (found := self._references.get(key)) is None:  # held here, as another thread may render at another size
            pair, config = self.scaled_pair(size), DEFAULTS.obeying(strength)
            self._references.clear()  # users work at one size and strength at a time
            found = self._references[key] = Reference(*pair, self.record.spec, config, self.device)
        return found

    def unpolished(self, primitive: Primitive, painted: Painted) -> Render | None:
        """The output of `paint` as the input of `primage.synthesis.polish.polish`.

        Args:
            primitive: what was rendered.
            painted: the generator's output.

        Returns:
            The render; None for a generator that does not say where its pixels come from: its output is final.
        """
        if not painted.grids or painted.confidence is None:
            return None
        height, width = self._scaled_size(primitive.size)
        x, y = bounded(painted.grids[-1][0].cpu(), 2.0).unbind(-1)  # the photo is within 1
        field = torch.stack([(y + 1) * (0.5 * (height - 1)), (x + 1) * (0.5 * (width - 1))], dim=-1)
        confidence = torch.sigmoid(bounded(painted.confidence[0, 0].cpu(), 100.0))
        return Render(primitive, to_image(painted.image.cpu()), field.numpy(), confidence.numpy())

    def polish(
        self,
        primitive: Primitive,
        painted: Painted,
        within: Bool[np.ndarray, "h w"] | None = None,
        forbidden: Bool[np.ndarray, "h2 w2"] | None = None,
        options: RenderOptions = DEFAULT_OPTIONS,
        excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    ) -> Polished | None:
        """Synthesise what is incoherent in a render from the photo's patches.

        Args:
            primitive: what was rendered.
            painted: the output of `paint`.
            within: (H, W), where pixels may be replaced; None for everywhere.
            forbidden: pixels of the photo, at its working size, that may not be copied.
            options: strength and seed of the synthesis.
            excluded: places of the photo, at its working size, that nothing new is copied from.

        Returns:
            The polished render; None for a generator that does not say where its pixels come from.
        """
        render = self.unpolished(primitive, painted)
        if render is None:
            return None
        reference = self.reference(primitive.size, options.strength)
        return polish(reference, render, within, forbidden, excluded=excluded, seed=options.seed)

    def rendered(
        self,
        primitive: Primitive,
        options: RenderOptions = DEFAULT_OPTIONS,
        origin: Origin | None = None,
        excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    ) -> tuple[UInt8[np.ndarray, "h w 3"], Polished | None]:
        """Render a primitive at its own size, and say what was synthesised.

        Args:
            primitive: as for `picture`.
            options: as for `picture`.
            origin: as for `picture`.
            excluded: (H', W'), places of the photo, at its working size, that nothing new is copied from.

        Returns:
            (H, W, 3) uint8 sRGB, and the polished render; None if the network's picture is used as it is.
        """
        _check_size(origin, primitive)
        painted = self.paint(primitive)
        render = self.unpolished(primitive, painted)
        if render is None:
            return to_image(painted.image.cpu()), None
        return completed(self.reference(primitive.size, options.strength), render, options, origin, excluded)[:2]

    def picture(
        self, primitive: Primitive, options: RenderOptions = DEFAULT_OPTIONS, origin: Origin | None = None
    ) -> UInt8[np.ndarray, "h w 3"]:
        """Render a primitive at its own size.

        Args:
            primitive: of the model's kind, with the model's labels.
            options: how it is rendered.
            origin: where the primitive's pixels come from (`primage.edit.apply.edited`): these are copied from there,
                and nothing is copied from places where something was removed. None if it is not known.

        Returns:
            (H, W, 3) uint8 sRGB.

        Raises:
            PrimitiveError: the kind or the labels are not the model's, or the origin has another size.
        """
        return self.rendered(primitive, options, origin)[0]

    def _scaled_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size of the training pair for a primitive of ``size``: the matcher compares both at the same scale."""
        scale = min(size) / min(self.size) if self.rescales and size != self.size else 1.0
        return max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale))

    def scaled_pair(self, size: tuple[int, int]) -> tuple[UInt8[np.ndarray, "h w 3"], Primitive]:
        """The training pair, scaled to match a primitive of ``size``."""
        scaled = self._scaled_size(size)
        return self.photo if scaled == self.size else resize_image(self.photo, scaled), self.primitive.resized(scaled)

    def _source(self, size: tuple[int, int]) -> Source:
        """The training pair, scaled to match a primitive of ``size``, with its features; cached."""
        if (found := self._sources.get(size)) is None:
            photo, source = self.scaled_pair(size)
            pair = Source(to_tensor(photo), encode(source, self.record.spec)).to(self.device)
            self._sources.clear()  # users work at one size at a time
            found = self._sources[size] = self.generator.prepared(pair)
        return found

    def render(
        self,
        primitive: Primitive | str | Path,
        size_px: int | None = None,
        snap: bool = False,
        polish: bool = DEFAULT_OPTIONS.polish,
        *,
        strength: float = DEFAULT_OPTIONS.strength,
        seed: int = DEFAULT_OPTIONS.seed,
        exclude: Bool[np.ndarray, "h2 w2"] | None = None,
        sample: Bool[np.ndarray, "h2 w2"] | None = None,
        fit_light: bool = DEFAULT_OPTIONS.fit_light,
        origin: Origin | Literal["infer"] | None = None,
    ) -> UInt8[np.ndarray, "h w 3"]:
        """Render an edited primitive.

        Args:
            primitive: a file, or a `Primitive`.
            size_px: short side of the result; the training photo's working size if None.
            snap: map colours unknown from training to the nearest label instead of refusing them.
            polish: synthesise what is incoherent in the network's picture; see `polish`.
            strength: 0 to 1, how strictly the synthesis obeys the drawing.
            seed: of the random search: other seeds give other pictures of the same drawing.
            exclude: places of the photo that nothing new is copied from, as a mask of its working size.
            sample: the only places that something new is copied from, likewise.
            fit_light: fit light and colour of moved pieces, whose origin is known, to their new places.
            origin: where the primitive's pixels come from, see `picture`; "infer" finds it by comparing the primitive
                with the training primitive (`inferred_origin`), and obeys it where that is better
                (`primage.origin.inference.is_worth_obeying`). None if it is not known.

        Returns:
            (H, W, 3) uint8 sRGB.

        Raises:
            PrimitiveError: the primitive, a mask or the origin does not fit, or no place is left to copy from.
            LabelError: the primitive contains a label unknown from training.
            ConfigError: an option is out of range.
        """
        given = {"polish": polish, "strength": strength, "seed": seed, "fit_light": fit_light}
        options = validated(RenderOptions, given, "render")
        excluded = excluded_places(self.size, exclude, sample)
        if not isinstance(primitive, Primitive):
            files = LayerFiles(whole=Path(primitive))
            primitive = read_primitive(files, self.record.spec, snap=snap, way_out="snap=True")
        scaled = primitive.resized(self.render_size(primitive.size, size_px))
        if isinstance(origin, str):
            known = self.inferred_origin(primitive.resized(self.render_size(primitive.size)))
            known = known if known is not None and is_worth_obeying(known, primitive) else None
        else:
            _check_size(origin, primitive)
            known = origin
        known = None if known is None else known.resized(scaled.size)
        return self.rendered(scaled, options, known, excluded)[0]

    def inferred_origin(self, primitive: Primitive) -> Origin | None:
        """Infer where the pixels of a primitive come from, by comparing it with the training primitive.

        Args:
            primitive: of the model's kind, with the model's labels.

        Returns:
            The origin; None if the primitive is not an edit of the training primitive (it has other proportions or
            another size, or was made from another picture), and for a generator that would not use it.

        Raises:
            PrimitiveError: the kind or the labels are not the model's.
        """
        if primitive.size != self.size or self.record.config.generator.architecture != "painter":
            return None
        return inferred_if_edited(primitive, self.primitive)

    def render_size(self, size: tuple[int, int], size_px: int | None = None) -> tuple[int, int]:
        """The size at which a primitive is rendered; nothing is cropped or stretched.

        Args:
            size: (height, width) of the primitive.
            size_px: requested short side; that of the working size if None.

        Returns:
            (height, width) with that short side, in the proportions of the primitive; exactly those of the training
            photo if they differ only by rounding.

        Raises:
            PrimitiveError: the picture would be too small or too large.
        """
        short = min(self.size) if size_px is None else size_px
        if not 32 <= short <= 4096:
            raise PrimitiveError(f"a picture with a short side of {short} px cannot be rendered; choose 32 to 4096 px")
        requested = working_size(size, short)
        training = working_size(self.size, short)
        if max(requested) > 16_384:
            raise PrimitiveError(f"a side of {max(requested)} px is too long (16384 px at most); choose a smaller size")
        return training if all(abs(a - b) <= 1 for a, b in zip(requested, training, strict=True)) else requested

    def save(self, path: str | Path) -> None:
        """Write the model file, atomically.

        Args:
            path: the file; its folder must exist.

        Raises:
            OutputError: there is another file than a model.
        """
        check_model(Path(path))
        tensors = {f"generator.{name}": tensor for name, tensor in self.weights.items()}
        arrays = self.primitive.to_arrays() | {"photo": self.photo}
        tensors |= {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        save_tensors(Path(path), tensors, self.record.model_dump(mode="json"))


def _check_size(origin: Origin | None, primitive: Primitive) -> None:
    if origin is not None and origin.size != primitive.size:
        (height, width), (tall, wide) = origin.size, primitive.size
        raise PrimitiveError(
            f"the origin is {width}×{height} px, but the drawing {wide}×{tall} px; give one of its size"
        )


def load(path: str | Path, device: str = "cpu") -> Model:
    """Load a trained model.

    Args:
        path: a model file, a run folder, or a folder that `primage export` made.
        device: torch device to render on.

    Returns:
        The model.

    Raises:
        RunError: there is no model, it is damaged, or it was not written by Primage.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "model.safetensors"
        if not file.exists() and not (file.parent / "run.json").exists():
            raise RunError(f"{path}: is not a run folder (it has no run.json); give one that primage train made")
        if not file.exists():
            raise RunError(f"{path}: has no model yet; train it: primage train --continue -o {path}")
    tensors, meta = load_tensors(file)
    try:
        record = ModelRecord.model_validate(meta)
        photo, spec = tensors.pop("photo").numpy(), record.spec
        arrays = {name: tensors.pop(name).numpy() for name in KINDS[spec.kind].names if name in tensors}
        primitive = Primitive.from_arrays(spec.kind, arrays, spec.palette)
        check_pixels("the photo", photo, (*primitive.size, 3))
    except (ValidationError, KeyError, TypeError, UserError) as error:  # NumPy has no bfloat16
        reason = f"is not a model that Primage {__version__} can read; give a run folder or its model file"
        raise RunError(f"{file}: {reason}") from error
    prefix = "generator."
    weights = current_keys({name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)})
    return Model(record, weights, photo, primitive, device)
