"""Iterative refinement: the cosines are those of a network written out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_viz.analysis.refinement import cosines, run
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.figures.refinement import refinement
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.refinement import RefinementRequest, RefinementResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import TaskError
from tests import fakes


def network() -> nn.Module:
    spec = catalog.find("resnet20")
    made = spec.build().eval().requires_grad_(False)
    weights.load(made, spec, WeightsChoice())
    return made


def by_hand(net: nn.Module, image: torch.Tensor, target: int) -> dict[str, float]:
    """Block by block, without a hook: x, F(x) and what the chain rule gives for each x."""
    x = functional.relu(net.bn1(net.conv1(image)))
    xs, branches = {}, {}
    for name, stage in (("layer1", net.layer1), ("layer2", net.layer2), ("layer3", net.layer3)):
        for number, block in enumerate(stage):
            x = x.detach().requires_grad_() if not xs else x
            inner = functional.relu(block.bn1(block.conv1(x)))
            out = block.bn2(block.conv2(inner))
            xs[f"{name}.{number}"], branches[f"{name}.{number}"] = x, out
            short = x
            if out.shape != x.shape:
                extra = out.shape[1] - x.shape[1]
                short = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, extra // 2, extra // 2))
            x = functional.relu(out + short)
    loss = functional.cross_entropy(net.fc(x.mean(dim=(2, 3))), torch.tensor([target]))
    gradients = torch.autograd.grad(loss, list(xs.values()))
    found = {}
    for name, gradient in zip(xs, gradients, strict=True):
        if branches[name].shape == gradient.shape:
            pair = (branches[name].flatten(), -gradient.flatten())
            found[name] = functional.cosine_similarity(*pair, dim=0, eps=1e-30).item()
    return found


def test_the_cosines_are_those_computed_by_hand() -> None:
    net = network()
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    found, loss = cosines(net, image, 3)
    wanted = by_hand(net, image, 3)
    assert set(wanted) == set(found) - {"layer2.0", "layer3.0"}
    for name, cosine in wanted.items():
        assert found[name] == pytest.approx(cosine, abs=1e-4)
    assert math.isnan(found["layer2.0"])
    assert loss == pytest.approx(float(functional.cross_entropy(net(image), torch.tensor([3]))))


def test_a_step_against_the_gradient_has_the_cosine_one() -> None:
    """F(x) of the last block is made a bias that points down the loss, which is linear in x there
    as far as the pool and the classifier go."""
    net = network()
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    first, _ = cosines(net, image, 5)
    block = net.layer3[2]
    block.conv2.weight.zero_()
    logits = net(image)
    down = (functional.one_hot(torch.tensor([5]), 10) - logits.softmax(1)) @ net.fc.weight
    block.bn2.weight.zero_()
    block.bn2.bias.copy_(1e-6 * down[0])
    found, _ = cosines(net, image, 5)
    # Only where x is 0 does the ReLU after the sum let less of the gradient through.
    assert found["layer3.2"] > 0.5
    assert found["layer3.2"] > first["layer3.2"] or first["layer3.2"] > 0.5
    block.bn2.bias.neg_()
    again, _ = cosines(net, image, 5)
    assert again["layer3.2"] < 0


def measured(request: RefinementRequest) -> RefinementResult:
    *_, last = run(request, TaskContext(Session(), list, lambda: False))
    assert isinstance(last, RefinementResult)
    return last


def test_the_task_names_its_class_and_the_figure_shows_what_was_measured() -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    result = measured(RefinementRequest(snapshot))
    assert result.source == "the network's own answer"
    labelled = replace(snapshot, photo=replace(snapshot.photo, label="ship"))
    assert measured(RefinementRequest(labelled)).target == "ship"
    assert measured(RefinementRequest(replace(snapshot, target=3))).target == "cat"
    chart = refinement(result).panels[0]
    assert chart.series[0].values == result.with_skips  # type: ignore[union-attr]
    assert chart.crossed == (chart.crossed[0], (3, 6))  # type: ignore[union-attr, index]
    with pytest.raises(TaskError, match="no skips"):
        measured(RefinementRequest(replace(snapshot, network="plain20")))
