"""The figures of the sum in each block against a computation by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from resnet_viz.analysis.probe import probe
from resnet_viz.networks import catalog
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.skips import SkipGates


def norm(values: Tensor) -> float:
    return float(values.detach().double().norm())


def build() -> tuple[nn.Module, Tensor]:
    torch.manual_seed(3)
    network = catalog.find("resnet20").build()
    return network, torch.randn(1, 3, 32, 32)


@pytest.mark.parametrize("name", ["layer1.1", "layer2.0", "layer3.2"])
def test_norms_cosine_and_gradients_are_those_by_hand(name: str) -> None:
    network, image = build()
    block = residual_blocks(network)[name]
    caught: list[Tensor] = []
    hook = block.register_forward_hook(lambda _, given, __: caught.append(given[0].detach()))
    network(image)
    hook.remove()
    given = caught[0].clone().requires_grad_()

    gates = SkipGates(network)
    measured = probe(network, gates, image, target=2).block(name)
    after = torch.from_numpy(measured.gradient)[None]
    gates.remove()

    met = measured.paths
    assert met is not None
    branch = block.branch(given)
    skip = given if block.downsample is None else block.downsample(given)
    assert met.skip_norm == pytest.approx(norm(skip), rel=1e-4)
    assert met.branch_norm == pytest.approx(norm(branch), rel=1e-4)
    assert met.sum_norm == pytest.approx(norm(skip + branch), rel=1e-4)
    inner = float((skip * branch).double().sum())
    assert met.cosine == pytest.approx(inner / (norm(skip) * norm(branch)), abs=1e-4)
    # What comes back through the ReLU goes through each path on its own.
    back = after * (skip + branch > 0)
    (by_branch,) = torch.autograd.grad(branch, given, back, retain_graph=True)
    by_skip = back
    if block.downsample is not None:
        (by_skip,) = torch.autograd.grad(skip, given, back)
    assert met.branch_gradient_norm == pytest.approx(norm(by_branch), rel=1e-3)
    assert met.skip_gradient_norm == pytest.approx(norm(by_skip), rel=1e-3)
    assert met.skip_norm / (met.skip_norm + met.branch_norm) == pytest.approx(
        measured.skip_share, rel=1e-5
    )


def test_a_closed_path_carries_nothing_and_has_no_angle() -> None:
    network, image = build()
    gates = SkipGates(network)
    gates.set(GateSettings.of({"layer1.1": 0.0}, {"layer2.1": 0.0}))
    measured = probe(network, gates, image)
    without_skip = measured.block("layer1.1").paths
    without_branch = measured.block("layer2.1").paths
    assert without_skip is not None
    assert without_branch is not None
    assert without_skip.skip_norm == without_skip.skip_gradient_norm == 0.0
    assert without_skip.sum_norm == without_skip.branch_norm > 0
    assert without_branch.branch_norm == without_branch.branch_gradient_norm == 0.0
    assert without_branch.sum_norm == without_branch.skip_norm > 0
    assert math.isnan(without_skip.cosine)
    assert math.isnan(without_branch.cosine)


def test_concatenation_is_as_long_as_both_together() -> None:
    torch.manual_seed(0)
    network = CifarResNet(8, "concat").eval()
    met = probe(network, SkipGates(network), torch.randn(1, 3, 32, 32)).block("layer1.0").paths
    assert met is not None
    assert met.sum_norm == pytest.approx(math.hypot(met.skip_norm, met.branch_norm), rel=1e-5)


def test_measuring_changes_no_output() -> None:
    network, image = build()
    with torch.no_grad():
        bare = network(image)
    gates = SkipGates(network)
    with torch.no_grad(), gates.sums() as sums:
        assert torch.equal(network(image), bare)
    assert list(sums) == list(gates.blocks)
    assert probe(network, gates, image).block("stem").paths is None
