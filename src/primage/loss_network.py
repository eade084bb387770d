"""Which network a perceptual loss uses, checked before a run starts."""

from __future__ import annotations

import logging

from primage.config import Config
from primage.downloads import Progress
from primage.errors import ConfigError, WeightsError
from primage.nets.features import layer_names
from primage.nets.weights import load_weights

_log = logging.getLogger(__name__)


def check_perceptual_layers(config: Config) -> None:
    """Check that the loss network has the layers that the loss compares.

    Args:
        config: settings.

    Raises:
        ConfigError: it has no such layer.
    """
    network = config.loss.perceptual_network
    unknown = set(config.loss.perceptual_layers) - set(layer_names(network))
    if config.loss.lambda_perc > 0 and unknown:
        raise ConfigError(f"settings: loss.perceptual_layers: {network} has no layer {', '.join(sorted(unknown))}")


def with_available_weights(config: Config, progress: Progress | None) -> Config:
    """Check that the loss network is available before a run starts; VGG16 replaces VGG19 if that is not.

    Args:
        config: settings.
        progress: called with the progress of a download.

    Returns:
        The settings with the network that is available.

    Raises:
        WeightsError: none is.
    """
    if config.loss.lambda_perc == 0 or config.steps == 0:
        return config
    network = config.loss.perceptual_network
    try:
        load_weights(network, progress=progress)
        return config
    except WeightsError as error:
        if network != "vgg19":
            raise
        _log.warning("%s; the perceptual loss uses VGG16 instead, and the run records it", str(error).rstrip("."))
        load_weights("vgg16", progress=progress)
        loss = config.loss.model_copy(update={"perceptual_network": "vgg16"})
        return config.model_copy(update={"loss": loss})
