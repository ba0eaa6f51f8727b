"""Skips removed from a trained network: the measurement itself, and what the shipped ones show."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_viz.analysis.collapse import Measured, measure_collapse, watched
from resnet_viz.analysis.training_run import normalise, sample, to_tensor
from resnet_viz.images import cifar10
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.catalog import CATALOG
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.cifar import CifarResNet

VARIABLE = "RESNET_VIZ_CIFAR10"
SHARED = Path(__file__).parents[3] / "shared" / "data"
EMBEDDED = [name for name, spec in CATALOG.items() if spec.embedded]


def made_up(count: int = 6) -> LabelledImages:
    random = np.random.default_rng(0)
    images = random.integers(0, 255, (count, 32, 32, 3)).astype(np.uint8)
    return LabelledImages(images, np.arange(count, dtype=np.int64) % 10)


def by_hand(network: CifarResNet, data: LabelledImages, names: list[str]) -> Measured:
    """Loss, accuracy and gradients through ``backward`` and ``.grad``."""
    network.eval().requires_grad_(True).zero_grad()
    logits = network(normalise(to_tensor(data.images)))
    labels = torch.from_numpy(data.labels)
    loss = functional.cross_entropy(logits, labels)
    loss.backward()
    norms = {}
    for name in names:
        gradient = network.get_parameter(f"{name}.weight").grad
        assert gradient is not None
        norms[name] = float(gradient.square().sum().sqrt())
    return Measured(float((logits.argmax(1) == labels).double().mean()), loss.item(), norms)


def assert_same(found: Measured | None, expected: Measured) -> None:
    assert found is not None
    assert found.accuracy == pytest.approx(expected.accuracy)
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert found.gradient_norms == pytest.approx(expected.gradient_norms, rel=1e-4)


def test_without_skips_it_is_the_plain_network_with_the_same_weights() -> None:
    torch.manual_seed(0)
    network, plain = CifarResNet(14), CifarResNet(14, combine="none")
    plain.load_state_dict(network.state_dict())
    names = ["conv1", "layer2.1.conv1", "layer3.1.conv1"]
    assert list(watched(network)) == names
    found = measure_collapse(network, made_up(), 6)
    assert (found.images, found.gradient_images) == (6, 6)
    assert_same(found.skips_on, by_hand(network, made_up(), names))
    assert_same(found.skips_off, by_hand(plain, made_up(), names))
    # The gradient may be that of fewer images; accuracy and loss stay those of all.
    fewer = measure_collapse(network, made_up(), 3)
    few = by_hand(network, sample(made_up(), 3), names).gradient_norms
    assert (fewer.images, fewer.gradient_images) == (6, 3)
    whole = by_hand(network, made_up(), names)
    assert_same(fewer.skips_on, replace(whole, gradient_norms=few))


def test_the_network_is_left_as_it_was() -> None:
    network = CifarResNet(8).train().requires_grad_(False)
    before = network.state_dict()
    measure_collapse(network, made_up(), 6)
    assert network.training
    assert not any(p.requires_grad for p in network.parameters())
    assert all(p.grad is None for p in network.parameters())
    assert "forward" not in vars(network.layer1[0])
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_plain_network_has_no_skips_to_remove() -> None:
    assert measure_collapse(CifarResNet(8, combine="none"), made_up(), 6).skips_off is None


def test_the_sample_has_every_class_alike() -> None:
    labels = np.repeat(np.arange(10), 100)
    images = np.zeros((1000, 32, 32, 3), np.uint8)
    images[:, 0, 0, 0] = labels
    chosen = sample(LabelledImages(images, labels), 50)
    assert np.bincount(chosen.labels).tolist() == [5] * 10
    np.testing.assert_array_equal(chosen.images[:, 0, 0, 0], chosen.labels)


@cache
def labelled() -> LabelledImages:
    """50 images of CIFAR-10's test set, five of each class."""
    asked = os.environ.get(VARIABLE)
    folder = Path(asked) if asked else SHARED
    path = next(
        (p for p in (folder / "cifar10-test.zip", folder / "cifar10-test") if p.exists()), None
    )
    if path is None:
        pytest.skip(f"there is no cifar10-test in {folder}; set {VARIABLE} to the folder it is in")
    return sample(cifar10.load(path), 50)


@pytest.mark.parametrize("name", EMBEDDED)
def test_what_the_shipped_networks_lose_with_their_skips(name: str) -> None:
    images = labelled()
    spec = catalog.find(name)
    network = spec.build()
    weights.load(network, spec, WeightsChoice())
    found = measure_collapse(network, images, 50)
    assert found.images == 50
    on = list(found.skips_on.gradient_norms.values())
    assert all(1e-3 < norm < 1e3 for norm in on)
    if spec.combine == "none":
        assert found.skips_on.accuracy > 0.15
        assert found.skips_off is None
        return
    assert found.skips_on.accuracy >= 0.7
    assert found.skips_off is not None
    assert found.skips_off.accuracy <= 0.3
    first, middle, last = found.skips_off.gradient_norms.values()
    assert first < middle < last
    # Orders of magnitude at the first convolution: about 1 at 20 layers, at least 8 at 56.
    assert first * 10 ** (8 if spec.depth >= 56 else 0.5) < on[0]
