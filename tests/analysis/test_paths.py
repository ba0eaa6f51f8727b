"""Paths: their gradients add up to the whole, one by one and length by length."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from resnet_viz.analysis.paths import (
    BackwardGates,
    batch_gradients,
    gradients_by_length,
    input_gradients,
    run,
    sample_paths,
)
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.preact import PreactResNet
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.measured import Measured
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, TaskError
from tests import fakes

CONTEXT = TaskContext(Session(), list, lambda: False)
SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")
BUILDERS = {
    "pad": lambda: CifarResNet(14),
    "projection": lambda: CifarResNet(8, shortcut="projection"),
    "pre-activation": lambda: PreactResNet(8),
    "torchvision": lambda: ResNet(BasicBlock, [1, 1, 1, 1]),
}


@pytest.fixture(params=BUILDERS)
def network(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return BUILDERS[request.param]().double().eval().requires_grad_(False)


def whole_gradient(network: nn.Module, image: torch.Tensor) -> torch.Tensor:
    leaf = image.clone().requires_grad_()
    return torch.autograd.grad(network(leaf)[0, 3], leaf)[0]


def test_the_gradients_of_all_paths_add_up_to_the_whole(network: nn.Module) -> None:
    image = torch.randn(1, 3, 32, 32, dtype=torch.double)
    whole, scores = whole_gradient(network, image), network(image)
    with BackwardGates(network) as gates:
        n = len(gates.names)
        paths = torch.tensor(list(product((0.0, 1.0), repeat=n)), dtype=torch.double)
        each = input_gradients(network, gates, image, 3, paths)
        assert torch.equal(network(image), scores)
        torch.testing.assert_close(each.sum(dim=0, keepdim=True), whole)
        by_length = gradients_by_length(network, gates, image, 3)
        lengths = paths.sum(dim=1)
        for length in range(n + 1):
            torch.testing.assert_close(by_length[length], each[lengths == length].sum(dim=0))
    torch.testing.assert_close(whole_gradient(network, image), whole)


def test_a_path_is_a_product_of_its_blocks_jacobians() -> None:
    torch.manual_seed(0)
    network = CifarResNet(8).double().eval().requires_grad_(False)
    image = torch.randn(1, 3, 32, 32, dtype=torch.double)
    path = (1.0, 0.0, 1.0)
    # The same by hand: what the path does not go through is detached.
    x = leaf = image.clone().requires_grad_()
    x = torch.relu(network.bn1(network.conv1(x)))
    for through_branch, block in zip(path, residual_blocks(network).values(), strict=True):
        skip = x if block.downsample is None else block.downsample(x)
        branch = block.branch(x)
        x = torch.relu(branch + skip.detach() if through_branch else branch.detach() + skip)
    score = network.fc(torch.flatten(network.avgpool(x), 1))[0, 3]
    wanted = torch.autograd.grad(score, leaf)[0]
    with BackwardGates(network) as gates:
        given = input_gradients(network, gates, image, 3, torch.tensor([path]))
    torch.testing.assert_close(given, wanted)


def test_gates_of_skips_and_of_the_backward_pass_live_together() -> None:
    torch.manual_seed(0)
    network = CifarResNet(8).eval().requires_grad_(False)
    skips = SkipGates(network)
    image = torch.randn(1, 3, 32, 32)
    with BackwardGates(network) as gates:
        longest = input_gradients(network, gates, image, 3, torch.ones(1, 3))
        sums = gradients_by_length(network, gates, image, 3)
    torch.testing.assert_close(sums[3:], longest)
    skips.set(GateSettings())
    assert torch.isfinite(longest).all()


def test_paths_are_different_and_of_their_length() -> None:
    generator = torch.Generator().manual_seed(0)
    paths = sample_paths(9, 4, 16, generator)
    assert paths.shape == (16, 9)
    assert (paths.sum(dim=1) == 4).all()
    assert len(paths.unique(dim=0)) == 16
    assert sample_paths(9, 0, 16, generator).tolist() == [[0.0] * 9]
    assert len(sample_paths(9, 8, 16, generator)) == 9
    assert len(sample_paths(54, 27, 3, generator)) == 3


def test_the_task_measures_a_network_and_its_whole_gradient() -> None:
    *_, result = run(PathsRequest(SNAPSHOT, samples=3), CONTEXT)
    assert isinstance(result, PathsResult)
    assert result.norms.shape == (10, 3)
    assert result.counts == tuple(math.comb(9, k) for k in range(10))
    assert np.isnan(result.norms[0, 1:]).all()
    # Of length 0 and 9 there is one path each, which is the sum of all.
    assert result.sums is not None
    for length in (0, 9):
        assert result.sums[length] == pytest.approx(result.per_path[length], rel=1e-4)
    subject = Session().subject(SNAPSHOT)
    leaf = subject.image.clone().requires_grad_()
    logits = subject.network(leaf)[0]
    assert result.target == subject.labels[int(logits.argmax())]
    wanted = torch.autograd.grad(logits.max(), leaf)[0].norm()
    assert result.total == pytest.approx(float(wanted), rel=1e-4)
    assert result.on.text == f"ResNet-20 ({subject.weights.title}), photo “gradient”"
    *_, again = run(PathsRequest(SNAPSHOT, samples=3), CONTEXT)
    np.testing.assert_array_equal(again.norms, result.norms)


def test_shares_at_a_block_are_of_the_gradient_at_its_input() -> None:
    torch.manual_seed(0)
    network = CifarResNet(8).eval().requires_grad_(False)
    image = torch.randn(1, 3, 32, 32)
    x = leaf = torch.relu(network.bn1(network.conv1(image))).requires_grad_()
    block = network.layer1[0]
    skip, branch = leaf.view_as(x), leaf.view_as(x)
    out = torch.relu(block.branch(branch) + skip)
    out = network.avgpool(network.layer3(network.layer2(out)))
    score = network.fc(torch.flatten(out, 1))[0, 3]
    by_hand = [float(g.norm()) for g in torch.autograd.grad(score, (skip, branch))]
    with BackwardGates(network) as gates:
        batch_gradients(network, image, 3)
        assert gates.arrived["layer1.0"] == pytest.approx(tuple(by_hand), rel=1e-4)


def made_of(norms: list[float]) -> PathsResult:
    on = Measured(SNAPSHOT, "ResNet", WeightsInfo("untrained", False))
    blocks = tuple(f"layer1.{n}" for n in range(len(norms) - 1))
    return PathsResult(on, "cat", blocks, 0, np.array(norms)[:, None], None, 1.0, ())


def test_the_narrowest_run_of_lengths() -> None:
    flat = made_of([1.0] * 5)  # counts 1, 4, 6, 4, 1 of 16
    assert flat.shares.tolist() == pytest.approx([1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16])
    assert flat.narrowest(0.3) == (2, 2)
    assert flat.narrowest(0.6) == (1, 2)
    assert flat.narrowest(0.87) == (1, 3)
    assert flat.narrowest(1.0) == (0, 4)
    assert made_of([0.0] * 5).narrowest() is None
    assert made_of([1.0, math.inf, 1.0]).narrowest() is None
    assert made_of([1.0, math.nan, 1.0]).narrowest() is None
    assert made_of([1.0, math.nan, 1.0]).per_path.tolist() == pytest.approx(
        [1.0, math.nan, 1.0], nan_ok=True
    )


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(TaskError, match="Plain-20 has no residual blocks"):
        list(run(PathsRequest(Snapshot("plain20", fakes.photo(), device="cpu")), CONTEXT))
    with pytest.raises(ValueError, match="0 paths"):
        PathsRequest(SNAPSHOT, samples=0)
    untrained = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"))
    with pytest.raises(Cancelled):
        list(run(PathsRequest(untrained, 1), TaskContext(Session(), list, lambda: True)))
