"""Descriptions of a run, a model or a preset, for `primage info`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from primage.config import preset
from primage.deviations import deviations
from primage.model import load
from primage.nets.build import build_network
from primage.nets.discriminator import MultiscaleDiscriminator
from primage.nets.generator import parameter_count
from primage.primitive.kinds import KINDS
from primage.run import Run
from primage.run_folder import RECORD

#: Number of labels assumed when counting a preset's parameters; the actual number depends on the photo.
NOMINAL_LABELS = 12


def describe_preset(name: str) -> dict[str, Any]:
    """Describe a preset.

    Args:
        name: draft, standard or paper.

    Returns:
        Its parameter counts and settings, ready for JSON. (The RGB picture of a super primitive has 3 channels for any
        number of labels.)

    Raises:
        ConfigError: there is no such preset.

    Example:
        >>> describe_preset("paper")["generator_parameters"]
        182443267
    """
    config = preset(name)
    channels = NOMINAL_LABELS + 2 if config.primitive.encoding in ("channels", "boundaries") else 3
    with torch.device("meta"):
        generator = build_network(config.generator, channels)
        discriminator = MultiscaleDiscriminator(config.discriminator, channels)
    return {
        "preset": name,
        "architecture": config.generator.architecture,
        "generator_parameters": parameter_count(generator),
        "discriminator_parameters": parameter_count(discriminator) if config.loss.lambda_GAN > 0 else 0,
        "channels": channels,
        "steps": config.steps,
        "minutes": config.minutes,
        "deviations": list(deviations(config)),
        "config": config.model_dump(mode="json"),
    }


def describe_model(path: Path) -> dict[str, Any]:
    """Describe a run or a model file.

    Args:
        path: a run folder or a model file.

    Returns:
        Settings, hash of the weights, number of steps, seconds of training and so on, ready for JSON.

    Raises:
        RunError: there is no model.
    """
    model = load(path)
    record = model.record
    run = Run(path).record if path.is_dir() and (path / RECORD).is_file() else None
    palette = record.spec.palette
    return {
        "path": str(path),
        "version": record.version,
        "preset": record.config.preset,
        "architecture": record.config.generator.architecture,
        "primitive": record.spec.kind,
        "layers": list(KINDS[record.spec.kind].names),
        "labels": len(palette.labels) if palette else 0,
        "label_names": [label.name for label in palette.labels if label.name] if palette else [],
        "size": list(model.size),
        "steps": record.steps,
        "steps_planned": (run or record).config.steps,
        "seconds": record.seconds,
        "generator_parameters": parameter_count(model.network()),
        "weights_sha256": model.weights_sha256,
        "photo_sha256": record.photo_sha256,
        "further_pairs": [] if run is None else [f"{pair.name} {pair.photo_sha256[:12]}" for pair in run.more_pairs],
        "deviations": list(record.deviations),
        "palette": palette.model_dump(mode="json") if palette else {},
        "config": record.config.model_dump(mode="json"),
    }
