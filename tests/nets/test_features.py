"""Frozen feature networks, on random weights; the pretrained ones are measured in evaluate/metrics/test_lpips.py."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from primage.errors import WeightsError
from primage.nets.features import PIX2PIXHD_LAYERS, FeatureExtractor, Network, _build, layer_names
from primage.nets.weights import ENTRIES

LAST = [("alexnet", "relu5"), ("vgg16", "relu5_3"), ("vgg19", "relu5_4")]


def random_weights(network: Network) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(0)
    found = {}
    for position, (_, module) in enumerate(_build(network)):
        if isinstance(module, nn.Conv2d):
            shape = module.weight.shape
            fan = shape[1] * shape[2] * shape[3]
            found[f"features.{position}.weight"] = torch.randn(shape, generator=rng) * (2 / fan) ** 0.5
            found[f"features.{position}.bias"] = torch.randn(shape[0], generator=rng) * 0.1
    return found


def image(size: int = 40, batch: int = 1) -> Tensor:
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize(("network", "last"), [("alexnet", "relu5"), ("vgg16", "relu5_3"), ("vgg19", "relu5_4")])
def test_layers_and_numbers_are_torchvisions(network: Network, last: str) -> None:
    assert layer_names(network)[-1] == last
    weights = random_weights(network)
    assert tuple(weights) == ENTRIES[network].tensors
    assert sum(t.numel() * 4 for t in weights.values()) == ENTRIES[network].size_bytes


def test_vgg_against_plain_calls() -> None:
    w = random_weights("vgg16")
    x = image()
    net = FeatureExtractor("vgg16", ["relu2_1", "relu1_1"], w)
    second, first = net(x)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    y = F.relu(F.conv2d(((x + 1) / 2 - mean) / std, w["features.0.weight"], w["features.0.bias"], padding=1))
    torch.testing.assert_close(first, y, atol=1e-4, rtol=1e-4)
    y = F.relu(F.conv2d(y, w["features.2.weight"], w["features.2.bias"], padding=1))
    y = F.conv2d(F.max_pool2d(y, 2), w["features.5.weight"], w["features.5.bias"], padding=1)
    torch.testing.assert_close(second, F.relu(y), atol=1e-4, rtol=1e-4)
    assert len(net.features) == 7  # nothing beyond relu2_1
    assert set(net.state_dict()) == {f"features.{i}.{p}" for i in (0, 2, 5) for p in ("weight", "bias")}


def test_alexnet_shapes() -> None:
    net = FeatureExtractor("alexnet", layer_names("alexnet"), random_weights("alexnet"))
    assert [tuple(f.shape[1:]) for f in net(image(64))] == [
        (64, 15, 15),
        (192, 7, 7),
        (384, 3, 3),
        (256, 3, 3),
        (256, 3, 3),
    ]


def test_pix2pixhd_layers() -> None:
    net = FeatureExtractor("vgg19", PIX2PIXHD_LAYERS, random_weights("vgg19"))
    shapes = [tuple(f.shape[1:]) for f in net(image(32))]
    assert shapes == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]


def test_returned_features_are_not_overwritten() -> None:
    w = random_weights("vgg16")
    names = ("relu1_1", "relu1_2", "relu2_1")
    together = FeatureExtractor("vgg16", names, w)(image())
    for name, feature in zip(names, together, strict=True):
        torch.testing.assert_close(feature, FeatureExtractor("vgg16", [name], w)(image())[0])


def test_frozen_yet_differentiable() -> None:
    net = nn.Sequential(FeatureExtractor("alexnet", ["relu2"], random_weights("alexnet"))).train()
    assert not net[0].training
    assert not any(p.requires_grad for p in net.parameters())
    x = image(64).requires_grad_()
    net(x)[0].sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


def test_weights_given_are_copied() -> None:
    w = random_weights("alexnet")
    net = FeatureExtractor("alexnet", ["relu1"], w)
    before = net(image(64))[0]
    w["features.0.weight"].zero_()
    torch.testing.assert_close(net(image(64))[0], before)


def test_channels_last() -> None:
    net = FeatureExtractor("vgg16", ["relu2_2"], random_weights("vgg16"))
    plain = net(image())[0]
    net = net.to(memory_format=torch.channels_last)
    last = net(image().to(memory_format=torch.channels_last))[0]
    assert last.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(last, plain, atol=1e-4, rtol=1e-4)


def test_both_scalings_are_the_same_numbers() -> None:
    w = random_weights("alexnet")
    one = FeatureExtractor("alexnet", ["relu3"], w, scaling="imagenet")(image(64))[0]
    other = FeatureExtractor("alexnet", ["relu3"], w, scaling="lpips")(image(64))[0]
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_raw_input_is_used_as_it_is() -> None:
    w = random_weights("vgg19")
    x = image()
    found = FeatureExtractor("vgg19", ["relu1_1"], w, scaling="raw")(x)[0]
    assert torch.equal(found, F.relu(F.conv2d(x, w["features.0.weight"], w["features.0.bias"], padding=1)))


@pytest.mark.parametrize("layers", [["relu9_9"], ["relu1_1", "pool1"], []])
def test_unknown_layers(layers: list[str]) -> None:
    with pytest.raises(ValueError, match=r"choose from relu1_1, relu1_2, .*relu5_3"):
        FeatureExtractor("vgg16", layers, {})


@pytest.mark.parametrize(("network", "layer", "side"), [("alexnet", "relu5", 31), ("vgg16", "relu5_1", 16)])
def test_smallest_image(network: Network, layer: str, side: int) -> None:
    net = FeatureExtractor(network, [layer], random_weights(network))
    assert net(image(side))[0].shape[-2:] == (1, 1)
    with pytest.raises(ValueError, match=f"both sides need {side} px"):
        net(image(side - 1))


def test_weights_that_do_not_fit() -> None:
    w = random_weights("vgg16")
    with pytest.raises(WeightsError, match=r"'features\.0\.weight' is missing"):
        FeatureExtractor("vgg16", ["relu1_1"], {})
    with pytest.raises(
        WeightsError, match=r"'features\.0\.weight' has shape \(64, 3, 3, 3\) in the weights; alexnet needs"
    ):
        FeatureExtractor("alexnet", ["relu1"], w)
