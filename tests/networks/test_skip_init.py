"""SkipInit (De & Smith 2020): a scalar at the end of each residual branch that starts at 0."""

from __future__ import annotations

import torch

from resnet_viz.networks.cifar import CifarBlock, CifarResNet
from resnet_viz.networks.kinds import kind


def test_a_block_starts_as_its_shortcut_and_only_the_scalar_learns_at_first() -> None:
    block = CifarBlock(16, 16, norm=False, skip_init=True)
    x = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(x), x.relu())
    assert torch.equal(kind(block).branch(block, x), torch.zeros_like(x))
    block(x).square().sum().backward()
    gradients = {name: one.grad for name, one in block.named_parameters()}
    moved = {name for name, one in gradients.items() if one is not None and one.any()}
    assert moved == {"scale"}


def test_the_weights_are_drawn_as_without_it_and_a_plain_network_has_no_scalar() -> None:
    drawn = []
    for skip_init in (False, True):
        torch.manual_seed(0)
        drawn.append(CifarResNet(14, norm=False, skip_init=skip_init).state_dict())
    without, with_it = drawn
    assert {name for name in with_it if name not in without} == {
        f"layer{stage}.{block}.scale" for stage in (1, 2, 3) for block in (0, 1)
    }
    assert all(torch.equal(value, with_it[name]) for name, value in without.items())
    plain = CifarResNet(14, "none", norm=False, skip_init=True)
    assert not any(name.endswith("scale") for name in plain.state_dict())
