"""The official weights files of Inception-v3 and ResNet50, where they are on this machine."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from primage.downloads import weights_folder
from primage.evaluate.metrics.downloads import URLS, load_checkpoint
from primage.evaluate.metrics.resnet import ResNet50Stage3
from primage.evaluate.metrics.sifid import SIFID
from primage.image import resize_image
from primage.tensors import to_tensor

#: Tabby, tiger cat, Persian, Siamese and Egyptian cat among the classes of ImageNet.
CATS = range(281, 286)


def official(name: str) -> dict[str, Tensor]:
    files = [weights_folder() / url.rsplit("/", 1)[-1] for url in URLS[name]]
    if not any(file.is_file() for file in files):
        pytest.skip(f"none of {', '.join(file.name for file in files)} is in {files[0].parent}")
    return load_checkpoint(name, fetch=False)


def last_stage(x: Tensor, tensors: dict[str, Tensor]) -> Tensor:
    """The fourth residual stage and the classifier, from the same file."""

    def step(x: Tensor, conv: str, norm: str, stride: int = 1, padding: int = 0) -> Tensor:
        statistics = (tensors[f"{norm}.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(F.conv2d(x, tensors[f"{conv}.weight"], None, stride, padding), *statistics)

    for block in range(3):
        at, stride = f"layer4.{block}", 2 if block == 0 else 1
        y = F.relu(step(x, f"{at}.conv1", f"{at}.bn1"))
        y = step(F.relu(step(y, f"{at}.conv2", f"{at}.bn2", stride, 1)), f"{at}.conv3", f"{at}.bn3")
        x = F.relu(y + (step(x, f"{at}.downsample.0", f"{at}.downsample.1", stride) if block == 0 else x))
    return F.linear(x.mean(dim=(2, 3)), tensors["fc.weight"], tensors["fc.bias"])


def test_resnet50_recognises_a_cat() -> None:
    tensors = official("resnet50")
    photo = to_tensor(resize_image(skimage.data.chelsea(), (300, 451)))
    features = ResNet50Stage3(tensors)(photo)
    assert features.shape == (1, 1024, 19, 29)
    assert int(last_stage(features, tensors).argmax()) in CATS


@pytest.mark.parametrize("dims", [64, 192])
def test_sifid_grows_with_blur(dims: int) -> None:
    official("inception_v3")
    metric = SIFID(dims)
    photo = resize_image(skimage.data.chelsea(), (150, 226))
    values = [
        float(metric(to_tensor(np.asarray(ndimage.gaussian_filter(photo, (s, s, 0)), np.uint8)), to_tensor(photo)))
        for s in (0, 1, 2, 4)
    ]
    assert values[0] == pytest.approx(0, abs=1e-4)
    assert values == sorted(values)
    assert values[1] > 0.001


def test_the_last_stage_of_this_test_has_the_right_shapes() -> None:
    """Runs everywhere: `last_stage` itself, with random weights."""
    rng = torch.Generator().manual_seed(0)
    tensors = {"fc.weight": torch.zeros(1000, 2048), "fc.bias": torch.arange(1000.0)}
    inputs = 1024
    for block in range(3):
        at = f"layer4.{block}"
        shapes = {"conv1": (512, inputs, 1, 1), "conv2": (512, 512, 3, 3), "conv3": (2048, 512, 1, 1)}
        if block == 0:
            shapes["downsample.0"] = (2048, inputs, 1, 1)
        for name, shape in shapes.items():
            norm = name.replace("conv", "bn").replace(".0", ".1")
            tensors[f"{at}.{name}.weight"] = torch.randn(shape, generator=rng) * 0.01
            tensors |= {f"{at}.{norm}.{key}": torch.zeros(shape[0]) for key in ("running_mean", "bias")}
            tensors |= {f"{at}.{norm}.{key}": torch.ones(shape[0]) for key in ("running_var", "weight")}
        inputs = 2048
    assert int(last_stage(torch.rand(1, 1024, 3, 5, generator=rng), tensors).argmax()) == 999
