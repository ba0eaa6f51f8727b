"""Initialisations have the variance that their papers give; nonlinearities change no name."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from resnet_viz.networks.cifar import NONLINEARITIES, CifarResNet
from resnet_viz.networks.family import Initialisation, Nonlinearity
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.initialisation import initialise
from resnet_viz.networks.skips import SkipGates


def drawn(choice: Initialisation, norm: bool = False) -> CifarResNet:
    torch.manual_seed(0)
    network = CifarResNet(8, norm=norm)
    initialise(network, choice)
    return network


@pytest.mark.parametrize(
    ("choice", "variance"),
    [
        ("default", 1 / (3 * 64 * 9)),  # arXiv:1502.01852 with a = √5
        ("he", 2 / (64 * 9)),
        ("xavier", 2 / (64 * 9 + 64 * 9)),
    ],
)
def test_a_convolution_has_the_variance_of_its_paper(
    choice: Initialisation, variance: float
) -> None:
    convolution = drawn(choice).get_submodule("layer3.0.conv2")
    assert isinstance(convolution, nn.Conv2d)
    assert math.isclose(convolution.weight.var().item(), variance, rel_tol=0.03)
    assert convolution.bias is not None
    assert (convolution.bias.abs().max().item() > 0) == (choice == "default")


def test_zero_init_closes_the_branch_of_every_block_with_a_skip() -> None:
    network = drawn("zero", norm=True)
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.unique().tolist() == [0.0 if name.endswith("bn2") else 1.0]
    plain = CifarResNet(8, "none")
    initialise(plain, "zero")
    assert all(p.abs().max() > 0 for n, p in plain.named_parameters() if n.endswith("weight"))


def test_zero_init_without_a_norm_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="switch batch norm on"):
        drawn("zero", norm=False)


def test_an_unknown_nonlinearity_is_named() -> None:
    with pytest.raises(ValueError, match="'step' is none of relu"):
        CifarResNet(8, nonlinearity="step")  # type: ignore[arg-type]


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@torch.no_grad()
def test_gates_use_the_blocks_own_nonlinearity(nonlinearity: Nonlinearity) -> None:
    torch.manual_seed(0)
    network = CifarResNet(8, nonlinearity=nonlinearity).eval()
    assert list(network.state_dict()) == list(CifarResNet(8).state_dict())
    block, x = network.layer1[0], torch.randn(2, 16, 8, 8)
    before, kept = block(x), x.clone()
    gates = SkipGates(network)
    assert torch.equal(block(x), before)
    gates.set(GateSettings.of({}, {"layer1.0": 0.0}))
    expected = NONLINEARITIES[nonlinearity]()(x.clone())
    assert torch.equal(block(x), expected)
    assert torch.equal(x, kept)
