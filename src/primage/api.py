"""The steps from input files to a trained model, shared by `primage.train` and the command line."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from primage.config import FROM_SCRATCH, NAMED_SETTINGS, Config, PresetName, preset
from primage.downloads import Progress as WeightsProgress
from primage.errors import ConfigError, ImageError, RunError
from primage.files import parse_json
from primage.image import read_image, resize_image, working_size
from primage.loss_network import check_perceptual_layers, with_available_weights
from primage.losses import enabled_losses
from primage.model import Model, load
from primage.pair_files import PairFiles, is_several, pairs_in
from primage.pairs import in_progress, together
from primage.primitive.config import PrimitiveKind
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.primitive.read import NO_FILES, LayerFiles, training_primitive
from primage.run import Run, RunRecord, check_target, open_or_create
from primage.run_folder import lock_folder
from primage.settings import current_name, validated
from primage.stored_pairs import FurtherPair
from primage.training import Progress, training

_log = logging.getLogger(__name__)

#: Memory that training pix2pixHD takes, measured from 128² to 512² (docs/paper.md); larger pictures get a warning.
_PIX2PIXHD_BYTES = 4.6e9
_PIX2PIXHD_BYTES_PER_PIXEL = 2600
_LARGE_PX = 768 * 768
#: Limits of a side of the working size.
_SHORTEST_PX, _LONGEST_PX = 32, 8192


def configure(
    preset_name: str = "standard",
    kind: str = "super",
    size_px: int | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    settings: Sequence[str] = (),
    matcher: str | None = None,
) -> Config:
    """Settings of a preset, with changes.

    Args:
        preset_name: draft, standard or paper.
        kind: kind of primitive, one of `primage.primitive.kinds.KINDS`.
        size_px: short side of the working size; the preset's if None.
        minutes: how long to train; not together with ``steps``.
        steps: number of steps to train; 0 uses the shipped matcher as it is.
        seed: seed of all random sources.
        settings: any field by its path, "augment.cutmix=true"; the value is JSON or a plain word. A section can be set
            to a group of `primage.config.NAMED_SETTINGS`, "loss=equations". These take precedence over all other
            arguments, and later ones over earlier ones.
        matcher: "universal" starts from the shipped weights, "none" is strict single image; the preset's if None.

    Returns:
        Valid settings.

    Raises:
        ConfigError: unknown preset or field, both minutes and steps, or a value out of range.

    Example:
        >>> config = configure("draft", "edges", steps=100, settings=["augment.cutmix=false"])
        >>> config.steps, config.augment.cutmix
        (100, False)
    """
    if minutes is not None and steps is not None:
        raise ConfigError("give minutes or steps, not both")
    data = preset(preset_name).model_dump()
    data["seed"] = seed
    data["primitive"]["kind"] = kind
    if size_px is not None:
        data["size_px"] = size_px
    for setting in settings:  # the matcher first: it changes the settings that the others are applied to
        if setting.partition("=")[0].strip() == "matcher":
            matcher = setting.partition("=")[2].strip().strip('"')
    if matcher == "none" and data["matcher"] == "universal":
        for section in ("augment", "optim", "loss"):
            data[section] |= FROM_SCRATCH[section]
        data["phases"] = [phase.model_dump() for phase in FROM_SCRATCH["phases"]]
    if matcher is not None:
        data["matcher"] = matcher
    if minutes is not None or steps is not None:
        data |= {"minutes": minutes, "steps": steps}
    for setting in settings:
        _set(data, setting)
    config = validated(Config, data, "settings")
    if config.steps is None and config.minutes is None:
        raise ConfigError("settings: say how long to train, in steps or minutes")
    if not enabled_losses(config.loss, correspondence=config.generator.architecture == "painter"):
        raise ConfigError("settings: all losses are switched off; give one of loss.lambda_… a weight")
    return config


def _set(data: dict[str, Any], setting: str) -> None:
    path, equals, text = setting.partition("=")
    *parents, name = path.strip().split(".")
    section: Any = data
    for parent in parents:
        section = section.get(parent) if isinstance(section, dict) else None
    if isinstance(section, dict) and name not in section:
        name = current_name(name)
    if not equals or not isinstance(section, dict) or name not in section:
        raise ConfigError(f"--set {setting}: there is no such setting; write KEY=VALUE, e.g. augment.cutmix=true")
    try:
        value = parse_json(text)
    except ValueError:
        value = text.strip()
    if isinstance(section[name], dict) and isinstance(value, str):  # a whole section cannot be a word
        groups = NAMED_SETTINGS.get(path.strip(), {})
        if value not in groups:
            known = f"; choose one of {', '.join(groups)}" if groups else ""
            raise ConfigError(f"--set {setting}: {path.strip()} has no group of settings '{value}'{known}")
        section[name] |= groups[value]
    else:
        section[name] = value


def read_pair(
    photo: str | Path,
    config: Config,
    files: LayerFiles = NO_FILES,
    shrink_only: bool = False,
    progress: WeightsProgress | None = None,
) -> tuple[UInt8[np.ndarray, "h w 3"], Primitive, PrimitiveSpec]:
    """Read the photo, and read or extract its primitive.

    Args:
        photo: the photo's file.
        config: settings.
        files: layers given as files.
        shrink_only: do not enlarge a photo that is smaller than the working size.
        progress: called with the progress of a weights download.

    Returns:
        (H, W, 3) uint8 photo and primitive, both at the working size, and the description of the primitive.

    Raises:
        UserError: an input is invalid.
    """
    original = read_image(photo)
    height, width = original.shape[:2]
    short = min(config.size_px, height, width) if shrink_only else config.size_px
    size = working_size((height, width), short)
    if max(size) > _LONGEST_PX or min(size) < _SHORTEST_PX:
        raise ImageError(
            f"{photo}: a working size of {size[1]}×{size[0]} px cannot be trained ({_SHORTEST_PX} to {_LONGEST_PX} px "
            f"a side); {_other_size(height, width, config.size_px)}"
        )
    if short > min(height, width):
        _log.warning("%s: enlarged from %d×%d px to %d×%d px", photo, width, height, size[1], size[0])
    primitive, spec = training_primitive(original, size, config.primitive, files, Path(photo).name, progress)
    return resize_image(original, size), primitive, spec


def _other_size(height: int, width: int, preset_px: int) -> str:
    """What makes a photo trainable whose working size is not."""
    largest = _LONGEST_PX * min(height, width) // max(height, width)
    if largest < _SHORTEST_PX:
        return "crop the photo, which is too long"
    return f"choose another with --size, for example --size {max(_SHORTEST_PX, min(preset_px, largest))}"


@dataclass(frozen=True)
class Prepared:
    """Valid inputs of a run; nothing is written yet.

    Attributes:
        record: settings, and hashes of the inputs.
        photo: (H, W, 3) uint8 at the working size.
        primitive: primitive of the photo, of the same size.
        more: further training pairs.
    """

    record: RunRecord
    photo: UInt8[np.ndarray, "h w 3"]
    primitive: Primitive
    more: tuple[FurtherPair, ...] = ()


def prepare(
    photo: str | Path,
    config: Config,
    files: LayerFiles = NO_FILES,
    shrink_only: bool = False,
    progress: WeightsProgress | None = None,
) -> Prepared:
    """Read the photo, read or extract its primitive, and check that the loss network is available.

    Args:
        photo: the photo's file; several pairs: a folder or a list of them (`primage.pair_files.pairs_in`).
        config: settings.
        files: layers given as files; not for several pairs.
        shrink_only: do not enlarge a photo that is smaller than the working size.
        progress: called with the progress of a weights download.

    Returns:
        The content of a run folder.

    Raises:
        UserError: an input is invalid.
        WeightsError: the pretrained loss network is not available.
    """
    check_perceptual_layers(config)
    pairs = pairs_in(Path(photo), config, files) if is_several(photo) else (PairFiles(Path(photo)),)
    read = [
        read_pair(pair.photo, config, LayerFiles(pair.drawing) if pair.drawing else files, shrink_only, progress)
        for pair in in_progress(pairs)
    ]
    spec, (first, *more) = together(pairs, read)
    largest = max(range(len(read)), key=lambda number: read[number][0].size)
    _warn_of_memory(pairs[largest].photo, config, read[largest][1].size)
    record = RunRecord(
        requested=config,
        config=with_available_weights(config, progress),
        spec=spec,
        photo_sha256=first.record.photo_sha256,
        layers_sha256=first.record.layers_sha256,
    )
    return Prepared(record, first.photo, first.primitive, tuple(more))


def _warn_of_memory(photo: str | Path, config: Config, size: tuple[int, int]) -> None:
    if config.generator.architecture != "pix2pixhd" or config.steps == 0 or size[0] * size[1] <= _LARGE_PX:
        return
    needed = (_PIX2PIXHD_BYTES + _PIX2PIXHD_BYTES_PER_PIXEL * size[0] * size[1]) / 1e9
    slower = size[0] * size[1] / 256**2
    _log.warning(
        "%s: training at %d×%d px takes about %.0f GB of memory, and %.0f times as long as at 256×256 px; "
        "--size makes it smaller",
        *(photo, size[1], size[0], needed, slower),
    )


@contextlib.contextmanager
def opened_run(path: str | Path, prepared: Prepared) -> Iterator[Run]:
    """Open the run of these inputs, or create it, and lock it for writing.

    Args:
        path: the run folder.
        prepared: the inputs, from `prepare`.

    Yields:
        The run.

    Raises:
        RunError: the folder is not empty and not this run, or another process is training in it.
    """
    folder = Path(path)
    check_target(folder)
    with lock_folder(folder):
        yield open_or_create(folder, prepared.record, prepared.photo, prepared.primitive, prepared.more)


@contextlib.contextmanager
def continued_run(
    path: str | Path, minutes: float | None = None, steps: int | None = None, require_weights: bool = True
) -> Iterator[Run]:
    """Extend an existing run, and lock it for writing. Training continues from its last checkpoint.

    Args:
        path: the run folder.
        minutes: how much longer to train; not together with ``steps``.
        steps: number of steps to add; without either, a stopped training goes on to its end, and a finished one gets
            its minutes again.
        require_weights: whether to check that the loss network is available; see `primage.training.training`.

    Yields:
        The run. Its record stores the step at which the added part starts, so that it can be interrupted and resumed.

    Raises:
        ConfigError: both minutes and steps.
        RunError: there is no such run, another process is training in it, or what it learns from was changed.
        WeightsError: the loss network is required and not available.
    """
    if minutes is not None and steps is not None:
        raise ConfigError("give minutes or steps, not both")
    folder = Path(path)
    Run(folder)
    with lock_folder(folder):
        run = Run(folder)
        run.check_pair()
        run.check_checkpoint()
        done = _steps_done(run)
        config = run.record.config
        changes: dict[str, Any] = {"continued_from": done, "steps": None, "minutes": minutes or config.minutes}
        if steps is not None:
            changes |= {"steps": done + steps, "minutes": None}
        elif minutes is None and (config.steps is None or done < config.steps):
            changes = {}  # what is left of a stopped training
        elif changes["minutes"] is None:
            raise ConfigError(f"{folder}: add how much longer to train: --minutes M or --steps N")
        config = validated(Config, config.model_dump() | changes, "settings")
        check_perceptual_layers(config)
        run.amend(with_available_weights(config, None) if require_weights else config)
        yield run


def _steps_done(run: Run) -> int:
    """The number of steps in a run's checkpoint; 0 without one."""
    done = run.checkpoint_record().get("step") if run.checkpoint_path.exists() else 0
    if not isinstance(done, int) or done < 0:
        raise RunError(
            f"{run.checkpoint_path}: is no checkpoint of a training; put the run's own file back, or delete it to "
            "train from the start"
        )
    return done


def train(
    photo: str | Path,
    run: str | Path,
    *,
    primitive: PrimitiveKind = "super",
    preset: PresetName = "standard",
    primitive_file: str | Path | None = None,
    segments: str | Path | Sequence[str | Path] | None = None,
    edges: str | Path | None = None,
    line_colour: str | None = None,
    size: int | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    settings: Sequence[str] = (),
    matcher: str | None = None,
    device: str = "cpu",
    on_progress: Callable[[Progress], None] | None = None,
) -> Model:
    """Train on one photo. Repeating the call resumes an interrupted training.

    Args:
        photo: the photo's file; for the preset paper also several pairs, see `primage.pair_files.pairs_in`.
        run: the run folder.
        primitive: kind of primitive, one of `primage.primitive.kinds.KINDS`.
        preset: draft, standard or paper.
        primitive_file: the primitive as one file; a missing layer is extracted.
        segments: the label layer as a file, or several files with one mask for each label.
        edges: the line layer as a file.
        line_colour: the colour of the lines in a file, "#rrggbb"; None to find it.
        size: short side of the working size in pixels; None for the preset's, but no larger than the photo.
        minutes: how long to train.
        steps: number of steps to train, instead of ``minutes``.
        seed: seed of all random sources.
        settings: any other setting, "augment.cutmix=true" (see `primage.config.Config`).
        matcher: "universal" starts from the shipped weights, "none" is strict single image; the preset's if None.
        device: torch device to compute on.
        on_progress: called about once a second.

    Returns:
        The trained model.

    Raises:
        UserError: an input is invalid; nothing was written.
        TrainingError: a loss, a gradient or a weight is not finite.
        WeightsError: the pretrained loss network is not available.

    Example:
        >>> import tempfile
        >>> from primage.demo import sample_photo
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model = train(sample_photo(), f"{folder}/run", steps=0, size=64)
        >>> model.render(model.primitive).shape
        (64, 96, 3)
    """
    config = configure(preset, primitive, size, minutes, steps, seed, settings, matcher)

    def path(file: str | Path | None) -> Path | None:
        return None if file is None else Path(file)

    labels = [segments] if isinstance(segments, str | Path) else segments or ()
    masks = [Path(file) for file in labels]
    files = LayerFiles(path(primitive_file), line_colour=line_colour, segments=masks, edges=path(edges))
    # All inputs are checked before anything is written.
    check_target(run, [Path(photo), *files.given().values()])
    prepared = prepare(photo, config, files, shrink_only=size is None)
    with opened_run(run, prepared) as opened:
        for progress in training(opened, device):
            if on_progress is not None:
                on_progress(progress)
    return load(run, device)
