"""All that changes while training: networks, optimisers, average, randomness. It goes to a checkpoint and back."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import torch
from torch import Tensor

from primage.config import Config, OptimConfig
from primage.errors import RunError
from primage.nets.build import build_generator
from primage.nets.discriminator import MultiscaleDiscriminator, build_discriminator
from primage.nets.generator import Generator
from primage.nets.legacy_keys import current_keys
from primage.nets.pretrained_matcher import init_from_matcher
from primage.primitive.primitive import PrimitiveSpec, code_matrix

#: Of the learning rate, when minutes are added to a run.
_AGAIN = 0.5


class State:
    """The training state at a step's boundary.

    Args:
        generator: the generator.
        discriminator: the discriminator.
        config: the run's settings.
        rng: what draws warps and crops.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: MultiscaleDiscriminator,
        config: Config,
        rng: torch.Generator,
    ) -> None:
        optim = config.optim
        self.generator = generator
        self.discriminator = discriminator
        self.average: Generator | None = None
        if optim.ema > 0:
            self.average = copy.deepcopy(generator).requires_grad_(False)
        self.optimiser_G = torch.optim.Adam(generator.parameters(), lr=optim.lr, betas=optim.betas)
        self.optimiser_D = torch.optim.Adam(discriminator.parameters(), lr=optim.lr_discriminator, betas=optim.betas)
        self.rng = rng
        self.step = 0
        self.seconds = 0.0
        self.previewed_sec = 0.0
        #: False while a step is half done.
        self.intact = True

    def finish_step(self) -> None:
        """Count the step. From here on the state may be saved."""
        self.step += 1
        self.intact = True

    def set_learning_rates(self, config: Config) -> None:
        """Set both learning rates for the coming step."""
        before = config.stretch_from
        factor = learning_rate_factor(config.optim, self.step - before, (config.steps or before) - before)
        if before:
            factor *= _AGAIN
        for optimiser, lr in (
            (self.optimiser_G, config.optim.lr),
            (self.optimiser_D, config.optim.lr_discriminator),
        ):
            for group in optimiser.param_groups:
                group["lr"] = lr * factor

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the averaged weights towards the current ones; faster at first, when the past is worthless."""
        if self.average is None:
            return
        decay = min(decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 1 - decay)

    def render_network(self, config: Config) -> Generator:
        """A copy of the network that renders: the average if there is one."""
        return copy.deepcopy(self.generator if self.average is None else self.average)

    def _networks(self) -> dict[str, torch.nn.Module]:
        networks: dict[str, torch.nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
        }
        if self.average is not None:
            networks["average"] = self.average
        return networks

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        return {"optimiser_G": self.optimiser_G, "optimiser_D": self.optimiser_D}

    def dump(self) -> tuple[dict[str, Tensor], dict[str, object]]:
        """Everything as tensors and plain numbers.

        Returns:
            Tensors by name, and a record for JSON.
        """
        tensors = {"rng": self.rng.get_state()}
        for name, network in self._networks().items():
            tensors |= {f"{name}/{key}": value for key, value in network.state_dict().items()}
        for name, optimiser in self._optimisers().items():
            for index, entries in optimiser.state_dict()["state"].items():
                tensors |= {f"{name}/{index}/{key}": value for key, value in entries.items()}
        return tensors, {"step": self.step, "seconds": self.seconds, "previewed_sec": self.previewed_sec}

    def load(self, tensors: Mapping[str, Tensor], meta: Mapping[str, object]) -> None:
        """Take up what `dump` gave.

        Args:
            tensors: by name.
            meta: the record.

        Raises:
            RunError: it is not this run's.
        """
        try:
            self.step = int(str(meta["step"]))
            self.seconds = float(str(meta["seconds"]))
            self.previewed_sec = float(str(meta["previewed_sec"]))
            self.rng.set_state(tensors["rng"])
            for name, network in self._networks().items():
                network.load_state_dict(current_keys(_under(tensors, name)))
            for name, optimiser in self._optimisers().items():
                entries: dict[int, dict[str, Tensor]] = {}
                for key, value in _under(tensors, name).items():
                    index, _, entry = key.partition("/")
                    entries.setdefault(int(index), {})[entry] = value
                groups = optimiser.state_dict()["param_groups"]
                optimiser.load_state_dict({"state": entries, "param_groups": groups})
        except (KeyError, ValueError, RuntimeError) as error:
            raise RunError(f"the checkpoint does not belong to this run, or is damaged ({error})") from error


def _under(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = name + "/"
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def fresh_state(config: Config, spec: PrimitiveSpec, device: str) -> State:
    """Networks with fresh weights, drawn from the run's seed, or a generator that can already match.

    Args:
        config: the run's settings.
        spec: what the primitives are like.
        device: where the networks should lie.

    Returns:
        The state before the first step.
    """
    rng = torch.Generator().manual_seed(config.seed)
    generator = build_generator(config.generator, spec.channels, rng)
    if config.matcher == "universal":
        init_from_matcher(generator, code_matrix(spec))
    discriminator = build_discriminator(config.discriminator, spec.channels, rng).to(device)
    return State(generator.to(device), discriminator, config, rng)


def learning_rate_factor(config: OptimConfig, step: int, steps: int) -> float:
    """The schedule, as a share of the full learning rate.

    Args:
        config: which schedule.
        step: of the coming step, from 0.
        steps: in all; 0 if they are not known yet.

    Returns:
        "linear": 1 for the first half, then linearly to 0 (pix2pixHD's 8,000 + 8,000); "cosine": from 1 to 0, after a
        warm-up over the first 1 %.
    """
    share = step / steps if steps else 0.0
    if config.schedule == "linear":
        return min(1.0, 2 * (1 - share))
    return min(1.0, (1 + step) / (1 + 0.01 * steps)) * 0.5 * (1 + math.cos(math.pi * share))
