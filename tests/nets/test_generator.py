"""The generators' shared interface."""

from __future__ import annotations

import torch

from primage.config import PainterConfig
from primage.nets.build import build_generator, build_network
from primage.nets.generator import Source
from primage.nets.layers import allocate

CONFIG = PainterConfig(embedding=4, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 1), refine_widths=(8, 8, 8))


def test_a_source_takes_its_reference_features_to_the_other_device() -> None:
    network = build_generator(CONFIG, 3, torch.Generator().manual_seed(0)).eval()
    with torch.no_grad():
        source = network.prepared(Source(torch.zeros(1, 3, 32, 48), torch.zeros(1, 3, 32, 48)))
    moved = source.to("meta")
    assert source.reference is not None
    assert moved.reference is not None
    assert moved.photo.device.type == moved.primitive.device.type == "meta"
    assert moved.reference.size == source.reference.size
    assert moved.reference.photo_half.device.type == "meta"
    features, before = moved.reference.features, source.reference.features
    for name in ("eighth", "quarter", "half", "block_variance"):
        assert getattr(features, name).device.type == "meta"
        assert getattr(features, name).shape == getattr(before, name).shape
    assert [pool.device.type for pool in features.primitive_pools] == ["meta"] * 3


def test_a_source_without_features_stays_without() -> None:
    assert Source(torch.zeros(1, 3, 8, 8), torch.zeros(1, 2, 8, 8)).to("meta").reference is None


def test_a_network_without_memory_gets_it_for_all_weights() -> None:
    with torch.device("meta"):
        network = build_network(CONFIG, 3)
    before = network.state_dict()
    allocate(network)
    after = network.state_dict()
    assert {name: (t.shape, t.dtype) for name, t in after.items()} == {n: (t.shape, t.dtype) for n, t in before.items()}
    assert {tensor.device.type for tensor in (*network.parameters(), *network.buffers())} == {"cpu"}
    assert all(parameter.requires_grad for parameter in network.parameters())
