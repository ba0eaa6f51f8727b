"""SkipGates on torchvision's blocks and on our own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import resnet18, resnet50
from torchvision.models.resnet import Bottleneck, ResNet

from resnet_viz.networks.cifar import CifarBlock, CifarResNet
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.preact import PreactResNet
from resnet_viz.networks.skips import SkipGates

BUILDERS = {
    "basic": lambda: resnet18(weights=None),
    "bottleneck": lambda: resnet50(weights=None),
    "pad": lambda: CifarResNet(20),
    "projection": lambda: CifarResNet(20, shortcut="projection"),
    "concat": lambda: CifarResNet(20, combine="concat"),
    "plain": lambda: CifarResNet(20, combine="none"),
    "resnext": lambda: ResNet(Bottleneck, [1, 2, 1, 1], groups=32, width_per_group=4),
    "wide": lambda: ResNet(Bottleneck, [1, 2, 1, 1], width_per_group=128),
    "pre-activation": lambda: PreactResNet(20),
    "pre-activation bottleneck": lambda: PreactResNet(20, bottleneck=True),
}


def scramble(network: nn.Module) -> nn.Module:
    """Give batch norm statistics that are not those of a fresh network."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.0)
    return network.eval()


@pytest.fixture(params=BUILDERS)
def network(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return scramble(BUILDERS[request.param]())


@torch.no_grad()
def test_open_gates_leave_every_bit_as_it_was(network: nn.Module) -> None:
    x = torch.randn(1, 3, 64, 64)
    before, state = network(x), list(network.state_dict())
    gates = SkipGates(network)
    assert torch.equal(network(x), before)
    with gates.sums() as sums:
        assert torch.equal(network(x), before)
    assert list(sums) == list(gates.blocks)
    assert list(network.state_dict()) == state
    if gates.blocks:
        gates.set(GateSettings.of({gates.blocks[1]: 0.0}))
        assert not torch.equal(network(x), before)
        gates.set(GateSettings())
        assert torch.equal(network(x), before)
    gates.remove()
    assert torch.equal(network(x), before)
    assert all("forward" not in vars(block) for block in residual_blocks(network).values())


def test_state_dict_loads_with_gates_attached() -> None:
    network, other = CifarResNet(20), CifarResNet(20)
    SkipGates(network)
    network.load_state_dict(other.state_dict(), strict=True)


def branch_of(block: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """F(x), written out again."""
    out = block.relu(block.bn1(block.conv1(x)))
    out = block.bn2(block.conv2(out))
    return block.bn3(block.conv3(torch.relu(out))) if hasattr(block, "conv3") else out


@torch.no_grad()
@pytest.mark.parametrize("kind", ["basic", "bottleneck", "pad", "projection"])
@pytest.mark.parametrize(("skip", "branch"), [(0, 1), (1, 0), (0.5, 1), (0.25, 0.75), (0, 0)])
def test_blocks_compute_what_the_equation_says(kind: str, skip: float, branch: float) -> None:
    torch.manual_seed(0)
    network = scramble(BUILDERS[kind]())
    blocks = residual_blocks(network)
    gates = SkipGates(network)
    for name in ("layer1.1", "layer2.0"):
        block = blocks[name]
        x = torch.randn(2, block.conv1.in_channels, 8, 8)
        kept = x.clone()
        identity = x if block.downsample is None else block.downsample(x)
        wanted = torch.relu(branch * branch_of(block, x) + skip * identity)
        gates.set(GateSettings.of({name: skip}, {name: branch}))
        torch.testing.assert_close(block(x), wanted)
        assert torch.equal(x, kept)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["resnext", "wide"])
def test_grouped_and_wide_blocks_are_gated_as_well(kind: str) -> None:
    torch.manual_seed(0)
    network = scramble(BUILDERS[kind]())
    block = residual_blocks(network)["layer2.1"]
    assert block.conv2.groups == (32 if kind == "resnext" else 1)
    gates = SkipGates(network)
    x = torch.randn(1, 512, 4, 4)
    gates.set(GateSettings.of({"layer2.1": 0.25}, {"layer2.1": 0.75}))
    wanted = torch.relu(0.75 * branch_of(block, x) + 0.25 * x)
    torch.testing.assert_close(block(x), wanted)


@torch.no_grad()
@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize(("skip", "branch"), [(0, 1), (1, 0), (0.5, 1), (0.25, 0.75), (0, 0)])
def test_nothing_follows_the_sum_of_2016(bottleneck: bool, skip: float, branch: float) -> None:
    torch.manual_seed(0)
    network = scramble(PreactResNet(20, bottleneck=bottleneck))
    blocks = residual_blocks(network)
    gates = SkipGates(network)
    for name in ("layer1.1", "layer2.0"):
        block = blocks[name]
        x = torch.randn(2, block.bn1.num_features, 8, 8)
        kept = x.clone()
        out = block.conv2(torch.relu(block.bn2(block.conv1(torch.relu(block.bn1(x))))))
        if bottleneck:
            out = block.conv3(torch.relu(block.bn3(out)))
        identity = x if block.downsample is None else block.downsample(x)
        wanted = branch * out + skip * identity
        assert (wanted < 0).any() or (skip, branch) == (0, 0)
        gates.set(GateSettings.of({name: skip}, {name: branch}))
        torch.testing.assert_close(block(x), wanted)
        assert torch.equal(x, kept)


@torch.no_grad()
def test_the_skips_of_2016_are_a_clean_path() -> None:
    """With every branch closed the last block's output is the stem's, padded and subsampled."""
    network = scramble(PreactResNet(20))
    gates = SkipGates(network)
    gates.set(GateSettings().with_branches(gates.blocks, 0.0))
    kept: list[torch.Tensor] = []
    network.conv1.register_forward_hook(lambda _, __, output: kept.append(output))
    network.layer3.register_forward_hook(lambda _, __, output: kept.append(output))
    network(torch.randn(1, 3, 32, 32))
    stem, last = kept
    assert torch.equal(last[:, 24:40], stem[:, :, ::4, ::4])
    assert not last[:, :24].any()
    assert not last[:, 40:].any()


@torch.no_grad()
def test_gates_multiply_the_halves_that_are_concatenated() -> None:
    block = CifarResNet(8, combine="concat").eval().layer2[0]
    assert isinstance(block, CifarBlock)
    network = nn.Sequential()
    network.add_module("b", block)
    gates = SkipGates(network)
    x = torch.randn(1, 16, 8, 8)
    paths = block.branch(x), block.downsample(x)
    for skip, branch in ((0.0, 1.0), (1.0, 0.0), (0.5, 0.5)):
        gates.set(GateSettings.of({"b": skip}, {"b": branch}))
        both = torch.cat((branch * paths[0], skip * paths[1]), dim=1)
        torch.testing.assert_close(block(x), torch.relu(block.merge(both)))


@torch.no_grad()
def test_a_closed_skip_drops_the_projection() -> None:
    network = resnet18(weights=None).eval()
    gates = SkipGates(network)
    calls = []
    network.layer2[0].downsample.register_forward_hook(lambda *_: calls.append(1))
    network(torch.randn(1, 3, 64, 64))
    gates.set(GateSettings.of({"layer2.0": 0.0}))
    network(torch.randn(1, 3, 64, 64))
    assert len(calls) == 1


def test_an_unknown_block_is_refused_by_name() -> None:
    gates = SkipGates(CifarResNet(8))
    with pytest.raises(ValueError, match=r"layer9\.0.*layer1\.0 to layer3\.0"):
        gates.set(GateSettings.of({"layer9.0": 0.0}))


def test_plain_networks_have_no_skips() -> None:
    assert SkipGates(CifarResNet(20, combine="none")).blocks == ()


@torch.no_grad()
@pytest.mark.parametrize("norm", [True, False])
def test_a_network_without_its_skips_is_the_plain_twin_to_the_last_bit(norm: bool) -> None:
    torch.manual_seed(0)
    residual = scramble(CifarResNet(20, norm=norm))
    plain = CifarResNet(20, combine="none", norm=norm).eval()
    # Option A has no parameters, so that the twins' have the same names.
    plain.load_state_dict(residual.state_dict(), strict=True)
    x = torch.randn(2, 3, 32, 32)
    gates = SkipGates(residual)
    assert not torch.equal(residual(x), plain(x))
    gates.set(GateSettings.of(dict.fromkeys(gates.blocks, 0.0)))
    assert torch.equal(residual(x), plain(x))
