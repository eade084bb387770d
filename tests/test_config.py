"""Settings: presets, JSON, ranges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import annotated_types as at
import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel, ValidationError

from primage.api import configure, prepare
from primage.config import (
    NAMED_SETTINGS,
    PRESETS,
    Config,
    DiscriminatorConfig,
    LossConfig,
    Phase,
    Pix2PixHDConfig,
    preset,
)
from primage.errors import ConfigError, UserError
from primage.nets.features import PIX2PIXHD_LAYERS
from primage.settings import validated


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_json(name: str) -> None:
    config = preset(name)
    assert config.preset == name
    again = Config.model_validate_json(config.model_dump_json())
    assert again == config
    assert Config.model_validate(json.loads(json.dumps(config.model_dump(mode="json")))) == config


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_how_long_it_trains(name: str) -> None:
    assert (preset(name).steps is None) != (preset(name).minutes is None)


def test_the_paper_preset_is_the_published_configuration() -> None:
    config = preset("paper")
    assert (config.steps, config.optim.lr, config.optim.betas, config.optim.schedule) == (
        16_000,
        2e-4,
        (0.5, 0.999),
        "linear",
    )
    assert config.generator == Pix2PixHDConfig(ngf=64, n_downsampling=4, n_blocks=9, n_local_enhancers=0)
    loss = config.loss
    assert (loss.gan, loss.lambda_GAN, loss.lambda_feat, loss.lambda_perc) == ("lsgan", 1.0, 10.0, 10.0)
    assert (loss.lambda_L1, loss.perceptual_network, config.primitive.encoding) == (0.0, "vgg19", "pix2pixhd")
    assert (loss.perceptual_input, loss.perceptual_size, loss.perceptual_every) == ("raw", "full", 1)
    assert loss.perceptual_layers == PIX2PIXHD_LAYERS
    assert loss.perceptual_weights == (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    assert config.discriminator == DiscriminatorConfig(ndf=64, n_layers=3, num_D=2, start=0.0)
    assert (config.optim.lr_discriminator, config.optim.ema, config.matcher) == (2e-4, 0.0, "none")
    assert config.phases == (Phase(until=1.0, scale=1.0, batch=1, perceptual=True),)


def test_the_paper_preset_trains_at_the_photos_own_size(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 520, 3), dtype=np.uint8)).save(photo)
    for name, size, expected in (("paper", None, (300, 520)), ("paper", 64, (64, 111)), ("standard", None, (256, 444))):
        config = configure(name, "paint", size, steps=0)
        assert prepare(photo, config, shrink_only=size is None).photo.shape[:2] == expected
    assert not caplog.messages


def test_large_photos_get_one_sentence_about_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(np.zeros((1000, 1600, 3), np.uint8)).save(photo)
    no_weights = ["loss.lambda_perc=0"]
    prepare(photo, configure("paper", "paint", steps=1, settings=no_weights), shrink_only=True)
    (message,) = caplog.messages
    assert "training at 1600×1000 px takes about 9 GB of memory, and 24 times as long as at 256×256 px" in message
    caplog.clear()
    prepare(photo, configure("standard", "paint", steps=1, settings=no_weights), shrink_only=True)
    prepare(photo, configure("paper", "paint", 256, steps=1, settings=no_weights))
    assert not caplog.messages


def test_windows_are_for_networks_that_see_no_whole_picture() -> None:
    assert configure("paper", settings=["augment=released"]).augment.window_px == 256
    with pytest.raises(ConfigError, match="window_px only works with pix2pixhd"):
        configure("standard", settings=["augment=released"])
    with pytest.raises(ConfigError, match="window_px must be 0 or at least 32, not 8"):
        configure("paper", settings=["augment.window_px=8"])


def test_the_perceptual_loss_takes_part_in_the_standard_preset() -> None:
    for name in ("standard", "draft"):
        assert preset(name).loss.lambda_perc > 0
        assert preset(name).phases[-1].perceptual


def test_there_is_no_other_preset() -> None:
    with pytest.raises(ConfigError, match="no preset 'best'; choose one of paper, standard, draft"):
        preset("best")


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        preset("draft").seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("parents", [(), ("augment",), ("generator",), ("primitive", "edges"), ("loss",)])
def test_an_unknown_field_is_refused_wherever_it_stands(parents: tuple[str, ...]) -> None:
    data = preset("standard").model_dump()
    inner = data
    for name in parents:
        inner = inner[name]
    inner["lamda"] = 1
    with pytest.raises(ConfigError, match="lamda: Extra inputs are not permitted"):
        validated(Config, data, "settings")


@pytest.mark.parametrize(
    "setting", ["augment.cutmx=true", "cutmix=true", "augment.cutmix", "augment", "", "=", "a.b.c=1"]
)
def test_a_setting_that_does_not_exist_is_refused_by_name(setting: str) -> None:
    with pytest.raises(ConfigError, match="there is no such setting") as caught:
        configure(settings=[setting])
    assert setting in str(caught.value)


def limits(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Each numeric limit of a model and the models in it, as a path and the nearest value beyond it."""
    for name, field in model.model_fields.items():
        path = prefix + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from limits(field.annotation, path + ".")
        for rule in field.metadata:
            for kind, step in ((at.Ge, -1), (at.Le, 1)):
                if isinstance(rule, kind):
                    yield path, getattr(rule, kind.__name__.lower()) + step
            if isinstance(rule, at.Gt):
                yield path, rule.gt
            if isinstance(rule, at.Lt):
                yield path, rule.lt
            if isinstance(rule, at.Interval):
                raise NotImplementedError(path)


BEYOND = [
    *(("standard", path, value) for path, value in limits(Config)),
    *(("paper", path, value) for path, value in limits(Pix2PixHDConfig, "generator.")),
    *(("standard", path, value) for path, value in limits(type(preset("standard").generator), "generator.")),
]


def test_the_limits_are_found() -> None:
    assert len(BEYOND) > 60


@pytest.mark.parametrize(("name", "path", "value"), BEYOND)
def test_a_number_beyond_its_limit_is_refused(name: str, path: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        configure(name, settings=[f"{path}={value}"])
    assert path.rpartition(".")[2] in str(caught.value)
    assert "should be" in str(caught.value)


@pytest.mark.parametrize(
    "setting",
    [
        "primitive.edges.low=0.5",  # above high
        "augment.cutmix_px=[96,32]",
        "augment.cutmix_px=[0,32]",
        "augment.canny_sigma_range=[3.0,1.2]",
        "augment.cutmix=perhaps",
        "augment.tps_shift=NaN",
        "optim.lr=Infinity",
        "optim.lr=fast",
        "optim.betas=[0.5]",
        "optim.betas=[1.0,0.999]",
        "optim.betas=[0.5,-0.1]",
        "optim.schedule=exponential",
        "generator.architecture=unet",
        "generator.ngf=64",  # the other generator's
        "generator.widths=[8,8,8]",
        "loss.gan=wgan",
        "loss.perceptual_network=resnet",
        'loss.perceptual_layers=["relu1_1"]',  # as many as there are weights
        "phases=[]",
        'phases=[{"until":0.5}]',
        'phases=[{"until":1.0},{"until":0.5}]',
        'phases=[{"until":0.5},{"until":0.5},{"until":1.0}]',
        'phases=[{"until":1.0,"scale":0}]',
        'phases=[{"until":1.0,"batch":0}]',
        "seed=0.5",
        "size_px=null",
        "minutes=null",  # and no steps either: the training would have no end
    ],
)
def test_settings_that_make_no_sense_are_refused(setting: str) -> None:
    with pytest.raises(ConfigError):
        configure("standard", settings=[setting])


def test_minutes_and_steps_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="minutes or steps, not both"):
        configure(minutes=1.0, steps=1)
    assert configure("paper", minutes=3.0).steps is None
    assert configure("standard", steps=3).minutes is None
    assert configure("standard", steps=0).steps == 0


def test_settings_reach_their_fields() -> None:
    settings = ["augment.rotation=true", "primitive.segments.method=slic", "augment.cutmix_px=[8, 9]", "optim.lr=0.5"]
    config = configure("draft", "edges", 64, settings=[*settings, 'phases=[{"scale":0.5}]'], seed=7)
    assert config.augment.rotation
    assert config.augment.cutmix_px == (8, 9)
    assert config.primitive.segments.method == "slic"
    assert (config.optim.lr, config.size_px, config.seed, config.primitive.kind) == (0.5, 64, 7, "edges")
    assert config.phases == (Phase(scale=0.5),)
    assert preset("draft").augment.rotation is False


def test_a_settings_error_is_a_user_error() -> None:
    assert ConfigError.exit_code == UserError.exit_code == 2
    assert LossConfig().lambda_perc == 10


def test_from_scratch_presets_have_a_higher_learning_rate_and_start_with_small_pictures() -> None:
    with_it, without = configure("standard"), configure("standard", matcher="none")
    assert len(with_it.phases) == 1
    assert [phase.scale for phase in without.phases] == [0.5, 1.0]
    assert without.optim.lr > with_it.optim.lr
    assert without.loss.lambda_perc < with_it.loss.lambda_perc
    assert configure("standard", settings=("matcher=none",)) == without
    assert configure("standard", matcher="none", settings=("optim.lr=0.001",)).optim.lr == 0.001
    assert configure("standard", matcher="universal") == with_it
    assert configure("paper", matcher="none") == configure("paper")


def test_only_training_from_scratch_changes_a_preset() -> None:
    painter = 'generator={"architecture":"painter"}'
    paper = configure("paper", settings=(painter,))
    assert configure("paper", matcher="universal", settings=(painter,)) == paper.model_copy(
        update={"matcher": "universal"}
    )


def test_training_from_scratch_keeps_what_was_set_explicitly() -> None:
    own = ("augment.tps_shift=0.2", "loss.lambda_perc=0.5", 'phases=[{"batch":3}]')
    for settings in ((*own, "matcher=none"), ("matcher=none", *own)):
        config = configure("standard", settings=settings)
        assert (config.augment.tps_shift, config.loss.lambda_perc, config.phases) == (0.2, 0.5, (Phase(batch=3),))
        assert config.optim.lr == configure("standard", matcher="none").optim.lr


def test_a_command_with_a_setting_of_an_earlier_version_still_works() -> None:
    assert configure("draft", settings=["loss.lambda_drawn=0.25"], steps=1).loss.lambda_synthesised == 0.25


def test_settings_of_earlier_versions_are_read() -> None:
    old = preset("standard").model_dump()
    old["stretch_from"] = old.pop("continued_from") + 7
    old["loss"]["lambda_drawn"] = old["loss"].pop("lambda_synthesised") + 1
    config = Config.model_validate_json(json.dumps(old))
    assert (config.continued_from, config.loss.lambda_synthesised) == (7, 1.5)
    assert "lambda_drawn" not in config.model_dump_json()


def test_a_field_under_its_old_and_its_new_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="lambda_drawn"):
        LossConfig.model_validate({"lambda_drawn": 1.0, "lambda_synthesised": 1.0})


def test_the_shipped_matcher_refuses_another_network_with_one_sentence() -> None:
    with pytest.raises(ConfigError, match="choose matcher none"):
        configure("standard", settings=("generator.embedding=8",))


def test_a_group_of_settings_is_one_setting() -> None:
    loss = configure("paper", settings=["loss=equations"]).loss
    assert (loss.gan, loss.lambda_GAN, loss.lambda_feat, loss.lambda_perc) == ("log", 0.1, 0, 1)
    assert loss.perceptual_input == "raw"  # what the group does not name stays
    later = configure("paper", settings=["loss=equations", "loss.gan=minimax", "loss.lambda_GAN=0.5"]).loss
    assert (later.gan, later.lambda_GAN, later.lambda_feat) == ("minimax", 0.5, 0)


@pytest.mark.parametrize("section", NAMED_SETTINGS)
def test_every_group_of_settings_is_valid(section: str) -> None:
    for name, group in NAMED_SETTINGS[section].items():
        found = getattr(configure("paper", settings=[f"{section}={name}"]), section)
        assert {field: getattr(found, field) for field in group} == group


def test_an_unknown_group_of_settings_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="loss has no group of settings 'paper'; choose one of equations"):
        configure("paper", settings=["loss=paper"])
    with pytest.raises(ConfigError, match=r"optim has no group of settings 'fast'$"):
        configure("paper", settings=["optim=fast"])


def test_records_without_the_input_of_the_perceptual_loss_keep_the_normalised_one() -> None:
    old = preset("paper").model_dump()
    del old["loss"]["perceptual_input"]
    assert Config.model_validate(old).loss.perceptual_input == "imagenet"
    assert {preset(name).loss.perceptual_input for name in ("draft", "standard")} == {"imagenet"}
