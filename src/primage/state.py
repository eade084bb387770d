"""Everything that changes during training: networks, optimisers, EMA, random state. Saved to checkpoints."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from primage.config import Config
from primage.ema import EMA
from primage.errors import RunError
from primage.nets.build import build_generator
from primage.nets.discriminator import MultiscaleDiscriminator, build_discriminator
from primage.nets.generator import Generator
from primage.nets.legacy_keys import current_keys
from primage.nets.pretrained_matcher import init_from_matcher
from primage.primitive.primitive import PrimitiveSpec, code_matrix
from primage.schedule import learning_rate_share

#: Networks that were renamed: checkpoints of earlier versions still have the old names.
_OLD_NAMES = {"ema": "average"}


class State:
    """The state of a training between two steps.

    Args:
        generator: the generator.
        discriminator: the discriminator.
        config: the run's settings.
        rng: random source of warps and crops.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: MultiscaleDiscriminator,
        config: Config,
        rng: torch.Generator,
    ) -> None:
        self._optim = config.optim
        self.generator = generator
        self.discriminator = discriminator
        self.ema = EMA(generator, config.optim.ema) if config.optim.ema > 0 else None
        self.rng = rng
        self.step = 0
        self.seconds = 0.0
        self.previewed_sec = 0.0
        #: False in the middle of a step.
        self.intact = True

    # Made when they are needed, since PyTorch loads its compiler with the first optimiser. That takes two seconds, and
    # a model without training needs none.
    @cached_property
    def optimiser_G(self) -> torch.optim.Adam:  # noqa: N802
        """The generator's optimiser."""
        return _adam(self.generator, self._optim.lr, self._optim.betas)

    @cached_property
    def optimiser_D(self) -> torch.optim.Adam:  # noqa: N802
        """The discriminator's optimiser."""
        return _adam(self.discriminator, self._optim.lr_discriminator, self._optim.betas)

    def finish_step(self) -> None:
        """Count the step; from here on the state can be saved again."""
        self.step += 1
        self.intact = True

    def set_learning_rates(self, config: Config) -> None:
        """Set both learning rates for the next step."""
        factor = learning_rate_share(config, self.step)
        for optimiser, lr in (
            (self.optimiser_G, config.optim.lr),
            (self.optimiser_D, config.optim.lr_discriminator),
        ):
            for group in optimiser.param_groups:
                group["lr"] = lr * factor

    def render_network(self) -> Generator:
        """A copy of the network that renders: the EMA if there is one."""
        return copy.deepcopy(self.generator if self.ema is None else self.ema.network)

    def _networks(self) -> dict[str, torch.nn.Module]:
        networks: dict[str, torch.nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }
        if self.ema is not None:
            networks["ema"] = self.ema.network
        return networks

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        return {"optimiser_G": self.optimiser_G, "optimiser_D": self.optimiser_D}

    def dump(self) -> tuple[dict[str, Tensor], dict[str, object]]:
        """Return the state as tensors and plain numbers, for a checkpoint.

        Returns:
            Tensors by name ("generator/…", "ema/…", "optimiser_G/…"), and a record for JSON.
        """
        tensors = {"rng": self.rng.get_state()}
        for name, network in self._networks().items():
            tensors |= {f"{name}/{key}": value for key, value in network.state_dict().items()}
        for name, optimiser in self._optimisers().items():
            for index, entries in optimiser.state_dict()["state"].items():
                tensors |= {f"{name}/{index}/{key}": value for key, value in entries.items()}
        return tensors, {"step": self.step, "seconds": self.seconds, "previewed_sec": self.previewed_sec}

    def load(self, tensors: Mapping[str, Tensor], meta: Mapping[str, object]) -> None:
        """Restore the state returned by `dump`.

        Args:
            tensors: by name.
            meta: the record.

        Raises:
            RunError: the checkpoint belongs to another run.
        """
        try:
            self.step = int(str(meta["step"]))
            self.seconds = float(str(meta["seconds"]))
            self.previewed_sec = float(str(meta["previewed_sec"]))
            self.rng.set_state(tensors["rng"])
            for name, network in self._networks().items():
                old_name = _OLD_NAMES.get(name, name)
                network.load_state_dict(current_keys(_under(tensors, name) or _under(tensors, old_name)))
            for name, optimiser in self._optimisers().items():
                entries: dict[int, dict[str, Tensor]] = {}
                for key, value in _under(tensors, name).items():
                    index, _, entry = key.partition("/")
                    entries.setdefault(int(index), {})[entry] = value
                groups = optimiser.state_dict()["param_groups"]
                optimiser.load_state_dict({"state": entries, "param_groups": groups})
        except (KeyError, ValueError, RuntimeError) as error:
            raise RunError(
                f"checkpoint.safetensors does not belong to this run, or is damaged ({error}); put the run's own file "
                "back, or delete it to train from the start"
            ) from error


def _adam(network: torch.nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.Adam:
    # Fused: one pass over the weights instead of several, a fifth of a step of the paper's network on a CPU.
    return torch.optim.Adam(network.parameters(), lr=lr, betas=betas, fused=True)


def _under(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = name + "/"
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def fresh_state(config: Config, spec: PrimitiveSpec, device: str) -> State:
    """Initialise networks from the run's seed; with ``matcher = "universal"``, the generator has the shipped weights.

    Args:
        config: the run's settings.
        spec: the format of the primitives.
        device: device of the networks.

    Returns:
        The state before the first step.
    """
    rng = torch.Generator().manual_seed(config.seed)
    generator = build_generator(config.generator, spec.channels, rng)
    if config.matcher == "universal":
        init_from_matcher(generator, code_matrix(spec))
    biases: Literal["zero", "uniform"] = "uniform" if config.generator.architecture == "pix2pixhd" else "zero"
    discriminator = build_discriminator(config.discriminator, spec.channels, rng, biases)
    return State(generator.to(device), discriminator.to(device), config, rng)
