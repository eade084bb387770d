"""Official weights files: found, verified, rejected; and the two networks that load them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from primage.errors import WeightsError
from primage.evaluate.metrics import downloads
from primage.evaluate.metrics.downloads import load_checkpoint
from primage.evaluate.metrics.inception import InceptionStem
from primage.evaluate.metrics.resnet import ResNet50Stage3
from tests.evaluate.metrics.random_weights import inception_tensors, resnet_tensors


def saved(tensors: dict[str, torch.Tensor], folder: Path, name: str = "mine.pth") -> Path:
    torch.save(tensors, folder / name)
    return folder / name


def test_a_file_of_the_users_own(tmp_path: Path) -> None:
    path = saved(inception_tensors(), tmp_path)
    assert torch.equal(load_checkpoint("inception_v3", path)["fc.bias"], torch.zeros(1000))
    assert InceptionStem(file=path).weights_sha256 == InceptionStem(inception_tensors()).weights_sha256


def test_the_hash_in_an_official_name_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path))
    saved(inception_tensors(), tmp_path, "inception_v3_google-0cc3c7bd.pth")
    with pytest.raises(WeightsError, match="expected 0cc3c7bd…"):
        load_checkpoint("inception_v3")


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"PK\x03\x04 half a zip"])
def test_damaged_files_are_rejected_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.pth").write_bytes(content)
    with pytest.raises(WeightsError, match="is not a weights file"):
        load_checkpoint("resnet50", tmp_path / "mine.pth")
    with pytest.raises(WeightsError, match="is not a weights file"):
        load_checkpoint("resnet50", tmp_path / "missing.pth")


def test_downloads_are_checked_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path / "new"))
    data = io.BytesIO()
    torch.save(inception_tensors(), data)
    digest = hashlib.sha256(data.getvalue()).hexdigest()[:8]
    requested = []

    class Response(io.BytesIO):
        headers = {"Content-Length": str(len(data.getvalue()))}  # noqa: RUF012

    def fake(url: str, timeout: float) -> Response:
        requested.append(url)
        return Response(data.getvalue())

    monkeypatch.setattr("urllib.request.urlopen", fake)
    monkeypatch.setitem(downloads.URLS, "inception_v3", ("https://a/x-00000000.pth", f"https://a/x-{digest}.pth"))
    reports = []
    load_checkpoint("inception_v3", progress=lambda *state: reports.append(state))
    assert len(requested) == 2  # the hash of the first does not match its name
    assert reports[-1][1] == reports[-1][2]
    load_checkpoint("inception_v3", fetch=False)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"x-{digest}.pth"]


def test_the_message_when_offline_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIMAGE_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=r"put resnet50-0676ba61\.pth or"):
        load_checkpoint("resnet50", fetch=False)


def test_the_stem_is_convolutions_norms_and_a_pooling() -> None:
    tensors = inception_tensors()
    x = torch.rand(1, 3, 39, 47) * 2 - 1
    first, second = InceptionStem(tensors)(x)
    scale = (1 + 0.001) ** -0.5  # unit statistics
    y = F.relu(F.conv2d(x, tensors["Conv2d_1a_3x3.conv.weight"], stride=2) * scale)
    y = F.relu(F.conv2d(y, tensors["Conv2d_2a_3x3.conv.weight"]) * scale)
    y = F.relu(F.conv2d(y, tensors["Conv2d_2b_3x3.conv.weight"], padding=1) * scale)
    torch.testing.assert_close(first, y)
    y = F.relu(F.conv2d(F.max_pool2d(y, 3, 2), tensors["Conv2d_3b_1x1.conv.weight"]) * scale)
    torch.testing.assert_close(second, F.relu(F.conv2d(y, tensors["Conv2d_4a_3x3.conv.weight"]) * scale))
    assert (first.shape[1], second.shape[1]) == (64, 192)
    with pytest.raises(ValueError, match="19 px"):
        InceptionStem(tensors)(torch.zeros(1, 3, 18, 64))
    assert InceptionStem(tensors)(torch.zeros(1, 3, 19, 19))[1].shape == (1, 192, 1, 1)


def test_resnet_to_its_third_stage() -> None:
    net = ResNet50Stage3(resnet_tensors())
    x = torch.rand(1, 3, 33, 64) * 2 - 1
    out = net(x)
    assert out.shape == (1, 1024, 3, 4)
    assert float(out.min()) >= 0
    assert len(net.weights_sha256) == 64
    with pytest.raises(WeightsError, match=r"layer2\.0\.conv1\.weight"):
        ResNet50Stage3({k: v for k, v in resnet_tensors().items() if k != "layer2.0.conv1.weight"})
