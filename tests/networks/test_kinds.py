"""The table of the kinds of block: one class and one entry make a block that everything knows."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from resnet_viz.analysis.paths import BackwardGates, batch_gradients
from resnet_viz.analysis.probe import probe
from resnet_viz.analysis.session import Session
from resnet_viz.images import gallery
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import KINDS, BlockKind, has_skip, kind, kind_of, residual_blocks
from resnet_viz.networks.skips import SkipGates
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import Snapshot


class Squeezed(nn.Module):
    """A basic block with squeeze-and-excitation (Hu 2018, arXiv:1709.01507, fig. 3)."""

    def __init__(self, came: int, went: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(came, went, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(went)
        self.act = nn.ReLU()
        self.second = nn.Conv2d(went, went, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(went)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.down, self.up = nn.Conv2d(went, went // 4, 1), nn.Conv2d(went // 4, went, 1)
        self.inner, self.sigmoid = nn.ReLU(), nn.Sigmoid()
        self.projection: nn.Module | None = None
        if stride > 1 or came != went:
            self.projection = nn.Conv2d(came, went, 1, stride)
        self.last = nn.ReLU()

    def branch(self, x: Tensor) -> Tensor:
        out = self.norm2(self.second(self.act(self.norm1(self.first(x)))))
        scale: Tensor = self.sigmoid(self.up(self.inner(self.down(self.squeeze(out)))))
        return out * scale

    def shortcut(self, x: Tensor) -> Tensor:
        return x if self.projection is None else self.projection(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.branch(x) + self.shortcut(x))


ENTRY = BlockKind(
    "basic",
    branch=lambda block, x: block.branch(x),
    shortcut=lambda block, x: block.shortcut(x),
    entry=lambda block: block.first,
    projection=lambda block: block.projection,
    activation=lambda block: block.last,
)


def demo(num_classes: int = 10) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 1, 1),
        nn.Sequential(Squeezed(8, 8, 1), Squeezed(8, 8, 1)),
        nn.Sequential(Squeezed(8, 16, 2), Squeezed(16, 16, 1)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, num_classes),
    )


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    monkeypatch.setitem(KINDS, Squeezed, ENTRY)
    return demo().eval()


def test_a_new_kind_needs_one_class_and_one_entry(network: nn.Module) -> None:
    x = torch.randn(1, 3, 32, 32)
    untouched, names = network(x), list(network.state_dict())
    gates = SkipGates(network)
    assert gates.blocks == ("1.0", "1.1", "2.0", "2.1")
    assert torch.equal(network(x), untouched)
    assert list(network.state_dict()) == names

    block = residual_blocks(network)["2.0"]
    gates.set(GateSettings.of({"2.0": 0.5}, {"2.0": 0.25}))
    y = torch.randn(1, 8, 8, 8)
    wanted = torch.relu(0.25 * block.branch(y) + 0.5 * block.projection(y))
    torch.testing.assert_close(block(y), wanted)


def test_a_new_kind_has_a_structure(network: nn.Module) -> None:
    spec = replace(
        catalog.find("resnet20"), name="demo", title="Demo", maker="tests.networks.test_kinds:demo"
    )
    made_of = build_structure(spec)
    assert made_of.skips == ("1.0", "1.1", "2.0", "2.1")
    assert [stage.number for stage in made_of.stages] == [1, 2]
    block = made_of.block("2.0")
    assert (block.kind, block.combine, block.shortcut) == ("basic", "add", "projection")
    assert (block.input_shape, block.output_shape) == ((8, 32, 32), (16, 16, 16))
    assert [layer.name for layer in block.shortcut_layers] == ["2.0.projection"]
    assert block.layers[0].name == "2.0.first"
    assert block.activation == "ReLU"
    assert made_of.parameters == sum(p.numel() for p in network.parameters())


def test_a_new_kind_can_be_probed(network: nn.Module) -> None:
    x = torch.randn(1, 3, 32, 32)
    measured = probe(network, SkipGates(network), x)
    assert [block.name for block in measured.blocks] == ["stem", "1.0", "1.1", "2.0", "2.1"]
    last = measured.blocks[-1]
    assert last.activation.shape == (16, 16, 16)
    assert last.paths is not None
    assert 0 < last.paths.skip_share < 1
    np.testing.assert_allclose(measured.logits, network(x)[0].detach().numpy(), rtol=1e-5)


def test_paths_of_a_new_kind_add_up(network: nn.Module) -> None:
    x = torch.randn(1, 3, 16, 16)
    whole = batch_gradients(network, x, 0)
    with BackwardGates(network) as gates:
        gates.by_length = True
        parts = batch_gradients(network, x.expand(5, -1, -1, -1), 0, only_first=True)
    torch.testing.assert_close(parts.sum(dim=0, keepdim=True), whole)


def test_a_class_is_known_by_the_one_it_derives_from() -> None:
    class Derived(Squeezed):
        pass

    assert kind_of(Derived(8, 8, 1)) is None
    assert kind_of(resnet18(weights=None).layer1[0]) is kind(resnet18(weights=None).layer4[1])
    with pytest.raises(ValueError, match="Linear is not a kind of residual block"):
        kind(nn.Linear(1, 1))


# --- Memory ------------------------------------------------------------------------------------


@contextmanager
def no_collection() -> Iterator[None]:
    """Only counting references frees anything within, so that a cycle shows."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@pytest.mark.long
def test_gates_and_network_are_freed_without_a_collection() -> None:
    for build in (lambda: resnet18(weights=None), lambda: catalog.find("preact-resnet20").build()):
        with no_collection():
            network = build()
            gates = SkipGates(network)
            with torch.no_grad(), gates.sums():
                network.eval()(torch.randn(1, 3, 32, 32))
            kept = weakref.ref(network), weakref.ref(gates), weakref.ref(network.layer1[0])
            del network, gates
            assert [one() for one in kept] == [None, None, None]


def test_a_network_whose_gates_are_gone_is_the_untouched_one() -> None:
    network = catalog.find("resnet20").build()
    x = torch.randn(1, 3, 32, 32)
    untouched = network(x)
    gates = SkipGates(network)
    gates.set(GateSettings.of(dict.fromkeys(gates.blocks, 0.0)))
    assert not torch.equal(network(x), untouched)
    del gates
    assert torch.equal(network(x), untouched)


def test_subjects_do_not_pile_up() -> None:
    """One session's copies for experiments, each used and dropped: none of them stays."""
    snapshot = Snapshot(
        "resnet20", gallery.load_sample("astronaut"), weights=WeightsChoice("untrained")
    )
    session = Session()
    session.run(snapshot)
    alive: list[weakref.ref[nn.Module]] = []
    with no_collection():
        for _ in range(4):
            subject = session.subject(snapshot)
            subject.gates.set(GateSettings.of({"layer1.0": 0.0}))
            probe(subject.network, subject.gates, subject.image)
            with BackwardGates(subject.network):
                batch_gradients(subject.network, subject.image, 0)
            alive.append(weakref.ref(subject.network))
            del subject
        assert sum(one() is not None for one in alive) == 0


def test_plain_blocks_have_an_entry_but_no_skip() -> None:
    blocks = residual_blocks(catalog.find("plain20").build())
    assert len(blocks) == 9
    assert not any(has_skip(block) for block in blocks.values())
