"""Only what a change touches is computed again, and the figures are those of a whole pass."""

from __future__ import annotations

import random
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

from resnet_viz.analysis.probe import Prober, probe
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.result import Pass
from resnet_viz.results.task import Cancelled


def build(name: str) -> tuple[nn.Module, SkipGates, Tensor]:
    """An untrained network and a small input: 64 pixels are enough for every stage."""
    torch.manual_seed(0)
    spec = catalog.find(name)
    network = spec.build().eval()
    gates = SkipGates(network)
    size = min(spec.input_size, 64) if gates.blocks else spec.input_size
    return network, gates, torch.randn(1, spec.channels, size, size)


def assert_same(one: Pass, other: Pass) -> None:
    """Every figure bit for bit; times are measured anew."""
    assert one.target == other.target
    assert np.array_equal(one.logits, other.logits)
    assert [block.name for block in one.blocks] == [block.name for block in other.blocks]
    for block, its in zip(one.blocks, other.blocks, strict=True):
        for field in fields(block):
            if field.name != "milliseconds":
                left, right = getattr(block, field.name), getattr(its, field.name)
                if isinstance(left, np.ndarray):
                    assert np.array_equal(left, right, equal_nan=True), (block.name, field.name)
                else:
                    assert repr(left) == repr(right), (block.name, field.name)


def counted(network: nn.Module) -> dict[str, int]:
    """How often each convolution is computed from now on."""
    times: dict[str, int] = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            own = module.forward

            def forward(x: Tensor, name: str = name, own: object = own) -> Tensor:
                times[name] = times.get(name, 0) + 1
                made: Tensor = own(x)  # type: ignore[operator]
                return made

            module.forward = forward  # type: ignore[method-assign]
    return times


EACH_KIND = (
    *("resnet20", "plain20", "resnet20-projection", "preact-resnet20", "preact-resnet164"),
    *("lenet5", "alexnet", "vgg16_bn", "googlenet", "resnet18", "resnet50", "resnext50_32x4d"),
)


@pytest.mark.parametrize("name", EACH_KIND)
def test_after_each_change_the_figures_are_those_of_a_whole_pass(name: str) -> None:
    network, gates, image = build(name)
    prober = Prober(network, gates)
    places = gates.blocks
    settings = [GateSettings()]
    if places:
        middle = places[len(places) // 2]
        settings += [
            GateSettings.of({places[-1]: 0.0}),
            GateSettings.of({middle: 0.5}, {places[-1]: 0.25}),
        ]
    for setting in settings:
        gates.set(setting)
        assert_same(prober.probe(image, 1), probe(network, gates, image, 1))
    assert_same(prober.probe(image, 0), probe(network, gates, image, 0))


def test_a_walk_through_settings_targets_and_images() -> None:
    network, gates, image = build("resnet20")
    prober = Prober(network, gates)
    chance = random.Random(7)
    images = [image, torch.randn_like(image)]
    for _ in range(25):
        some = chance.sample(gates.blocks, chance.randrange(4))
        gates.set(GateSettings.of({block: chance.choice([0.0, 0.5, 1.0]) for block in some}))
        shown, target = chance.choice(images), chance.choice([None, 3, 9])
        assert_same(prober.probe(shown, target), probe(network, gates, shown, target))


def test_what_lies_before_the_change_is_not_computed_again() -> None:
    network, gates, image = build("resnet20")
    times = counted(network)
    prober = Prober(network, gates)
    prober.probe(image, 1)
    assert set(times.values()) == {1}
    gates.set(GateSettings.of({"layer2.1": 0.0}))
    prober.probe(image, 1)
    again = [name for name, count in times.items() if count == 2]
    assert again == [name for name in times if name >= "layer2.1"], again
    assert not any(name.startswith(("conv1", "layer1", "layer2.0")) for name in again)
    before = dict(times)
    prober.probe(image, 5)
    assert times == before, "another target needs no forward pass"


def test_after_forgetting_all_is_computed_again() -> None:
    network, gates, image = build("resnet20")
    times = counted(network)
    prober = Prober(network, gates)
    first = prober.probe(image, 1)
    prober.forget()
    assert_same(prober.probe(image, 1), first)
    assert set(times.values()) == {2}


@pytest.mark.parametrize("after", range(0, 14, 2))
def test_a_cancelled_change_spoils_nothing(after: int) -> None:
    network, gates, image = build("resnet20")
    prober = Prober(network, gates)
    wanted = prober.probe(image, 1)
    gates.set(GateSettings.of({"layer2.1": 0.0}))
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(Cancelled):
        prober.probe(image, 1, cancelled)
    assert_same(prober.probe(image, 1), probe(network, gates, image, 1))
    gates.set(GateSettings())
    assert_same(prober.probe(image, 1), wanted)


class Shared(ResNet):
    """A module of the stem is called once more behind the blocks."""

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        answer: Tensor = self.fc(self.relu(torch.flatten(self.avgpool(x), 1)))
        return answer


@pytest.mark.parametrize("after", [3, 6])
def test_a_first_pass_that_was_cancelled_tells_nothing_of_what_can_be_left_out(after: int) -> None:
    torch.manual_seed(0)
    network = Shared(BasicBlock, [1, 1, 1, 1]).eval()
    network.relu = nn.Tanh()  # which, unlike ReLU, changes what comes out of the last block
    gates, image = SkipGates(network), torch.randn(1, 3, 128, 128)
    prober = Prober(network, gates)
    asked = iter([False] * after)
    with pytest.raises(Cancelled):
        prober.probe(image, 1, lambda: next(asked, True))
    assert_same(prober.probe(image, 1), probe(network, gates, image, 1))
    gates.set(GateSettings.of({"layer3.0": 0.0}))
    assert_same(prober.probe(image, 1), probe(network, gates, image, 1))


def test_nothing_stays_on_the_network() -> None:
    network, gates, image = build("resnet20")
    with torch.no_grad():
        wanted = network(image)
    times = counted(network)
    prober = Prober(network, gates)
    prober.probe(image)
    gates.set(GateSettings.of({"layer3.2": 0.0}))
    prober.probe(image)
    gates.set(GateSettings())
    times.clear()
    with torch.no_grad():
        assert torch.equal(network(image), wanted)
    assert set(times.values()) == {1}
    assert "conv1" in times
