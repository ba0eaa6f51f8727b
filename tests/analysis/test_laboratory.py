"""The laboratory: against one plain backward pass, and the figures that the program promises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_viz.analysis import laboratory
from resnet_viz.analysis.laboratory import build_twins, make_batch, run, steps_of
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.figures.laboratory_words import heading
from resnet_viz.figures.numbers import number_text
from resnet_viz.networks import catalog
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.laboratory import (
    LaboratoryRequest,
    LaboratoryResult,
    LayerFlow,
    NetworkFlow,
    cost,
)
from resnet_viz.results.laboratory_regime import GROWTH, judge, ratio
from resnet_viz.results.task import Cancelled, Progress
from tests import fakes

SMALL = LaboratoryRequest(depth=8, batch=4, device="cpu")


def context(cancelled: bool = False) -> TaskContext:
    return TaskContext(Session(), list, lambda: cancelled)


def measured(request: LaboratoryRequest) -> LaboratoryResult:
    *progress, result = run(replace(request, device="cpu"), context())
    assert all(isinstance(update, Progress) for update in progress)
    assert isinstance(result, LaboratoryResult)
    return result


# Numbers


def direct(network: CifarResNet, request: LaboratoryRequest) -> dict[str, tuple[float, ...]]:
    """The same figures from one ordinary backward pass through the whole network."""
    images, labels = make_batch(request)
    activations: dict[str, torch.Tensor] = {}

    def keep(name: str, tensor: torch.Tensor) -> None:
        tensor.retain_grad()
        activations[name] = tensor

    network.layer1.register_forward_pre_hook(lambda _, inputs: keep("conv1", inputs[0]))
    network.fc.register_forward_hook(lambda _, __, output: keep("fc", output))
    for stage in (1, 2, 3):
        for index, block in enumerate(network.get_submodule(f"layer{stage}").children()):
            name = f"layer{stage}.{index}"
            block.get_submodule("conv2").register_forward_pre_hook(
                lambda _, inputs, name=name: keep(f"{name}.conv1", inputs[0])  # type: ignore[misc]
            )
            block.register_forward_hook(
                lambda _, __, output, name=name: keep(f"{name}.conv2", output)  # type: ignore[misc]
            )
    loss = functional.cross_entropy(network(images), labels)
    loss.backward()
    figures = {}
    for name, activation in activations.items():
        weight = network.get_submodule(name).weight
        assert isinstance(weight, nn.Parameter)
        assert weight.grad is not None
        assert activation.grad is not None
        figures[name] = (
            weight.grad.norm().item(),
            activation.grad.norm().item(),
            activation.detach().double().numpy().var(),
        )
    figures["loss"] = (loss.item(),)
    return figures


@pytest.mark.parametrize("combine", ["add", "concat", "none"])
@pytest.mark.parametrize(
    ("norm", "initialisation", "nonlinearity", "data"),
    [
        (False, "default", "relu", "noise"),
        (True, "he", "gelu", "photos"),
        (True, "zero", "tanh", "noise"),
        (False, "xavier", "identity", "noise"),
    ],
)
def test_figures_are_those_of_one_ordinary_backward_pass(
    combine: str, norm: bool, initialisation: str, nonlinearity: str, data: str
) -> None:
    request = replace(
        SMALL,
        depth=14,
        combine=combine,
        norm=norm,
        initialisation=initialisation,
        nonlinearity=nonlinearity,
        data=data,
        photo=fakes.photo(),
    )
    result = measured(request)
    assert len(result.flows) == (1 if combine == "none" else 2)
    for flow, network in zip(result.flows, build_twins(request), strict=True):
        expected = direct(network, request)
        assert flow.loss == pytest.approx(expected.pop("loss")[0], rel=1e-5)
        assert [layer.name for layer in flow.layers] == list(expected)
        assert len(flow.layers) == 14
        for layer in flow.layers:
            got = (layer.weight_gradient, layer.activation_gradient, layer.variance)
            assert got == pytest.approx(expected[layer.name], rel=1e-4, abs=1e-30), layer.name


def test_layers_know_their_stage() -> None:
    layers = measured(SMALL).plain.layers
    assert [layer.stage for layer in layers] == [0, 1, 1, 2, 2, 3, 3, 0]


@pytest.mark.parametrize("combine", ["add", "concat"])
def test_twins_share_every_weight_that_both_have(combine: str) -> None:
    residual, plain = build_twins(replace(SMALL, combine=combine, norm=True, initialisation="zero"))
    theirs = residual.state_dict()
    for name, value in plain.state_dict().items():
        if not name.endswith("bn2.weight"):
            assert torch.equal(value, theirs[name]), name
    for name in (name for name in theirs if name.endswith("bn2.weight")):
        assert theirs[name].abs().max() == 0
        assert plain.state_dict()[name].min() == 1
    assert plain.combine == "none"


def test_a_seed_gives_the_same_figures_again_and_another_seed_others() -> None:
    def figures(request: LaboratoryRequest) -> list[tuple[LayerFlow, ...]]:
        return [flow.layers for flow in measured(request).flows]

    before = torch.random.get_rng_state()
    assert figures(SMALL) == figures(SMALL)
    assert figures(SMALL) != figures(replace(SMALL, seed=1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_batch_of_photos_begins_with_the_users_and_is_augmented() -> None:
    request = replace(SMALL, data="photos", photo=fakes.photo(), batch=64)
    images, labels = make_batch(request)
    assert images.shape == (64, 3, 32, 32)
    assert labels.shape == (64,)
    assert len(labels.unique()) > 5
    count = len(laboratory._sample_pictures()) + 1
    assert not torch.equal(images[0], images[count])  # the same photo, shifted or flipped
    without, _ = make_batch(replace(request, photo=None))
    assert not torch.equal(images[0], without[0])
    # The user's photo is a gradient: smooth, with red rising along rows before augmentation.
    assert images[0].diff(dim=2).abs().mean() < without[:10].diff(dim=2).abs().mean()


# The figures that the program promises: at initialisation, batch of 64, first over last conv


@pytest.mark.parametrize(
    ("depth", "norm", "residual", "plain"),
    [
        (20, False, (0.1, 0.5), (3e-8, 3e-6)),
        (56, False, (0.05, 0.5), (0, 1e-18)),
        (56, True, (2, 20), (2e2, 5e3)),
    ],
)
def test_reference_figures(
    depth: int, norm: bool, residual: tuple[float, float], plain: tuple[float, float]
) -> None:
    result = measured(LaboratoryRequest(depth=depth, norm=norm, batch=64))
    assert result.residual is not None
    assert residual[0] < ratio(result.residual) < residual[1]
    assert plain[0] < ratio(result.plain) < plain[1]
    regime = "exploding" if norm else "vanishing"
    assert judge(result.plain, result.request).regime == regime
    assert judge(result.residual, result.request).regime == "healthy"


def first_gradient(request: LaboratoryRequest) -> torch.Tensor:
    """The gradient of the first convolution's weights, by one ordinary backward pass."""
    (network,) = build_twins(request)
    images, labels = make_batch(request)
    functional.cross_entropy(network(images), labels).backward()
    gradient = network.conv1.weight.grad
    assert gradient is not None
    return gradient


@pytest.mark.parametrize(("depth", "zeros"), [(56, 0), (110, 432)])
def test_a_gradient_is_called_zero_where_every_entry_is_and_not_where_its_squares_underflow(
    depth: int, zeros: int
) -> None:
    request = LaboratoryRequest(depth=depth, combine="none", batch=16)
    assert (first_gradient(request) == 0).sum() == zeros
    plain = measured(request).plain
    assert plain.first.weight_gradient_float32 == 0.0
    said = heading(plain, judge(plain, request))
    if zeros:
        assert judge(plain, request).regime == "zero"
        assert "exactly zero in float32 – weight gradient 0 at the first" in said
    else:
        assert 1e-26 < plain.first.weight_gradient < 1e-19
        assert judge(plain, request).regime == "vanishing"
        assert number_text(plain.first.weight_gradient) in said
        assert "zero" not in said


@pytest.mark.parametrize("combine", ["add", "concat"])
def test_starting_at_the_identity_is_not_called_healthy_above_zeros(combine: str) -> None:
    request = replace(SMALL, depth=14, combine=combine, norm=True, initialisation="zero")
    residual = measured(request).residual
    assert residual is not None
    inside = [x for x in residual.layers if x.stage and x.weight_gradient == 0.0]
    assert residual.zeros == len(inside) == 12
    verdict = judge(residual, request)
    assert verdict.regime == "partly zero"
    assert "0 in 12 of 14 layers" in heading(residual, verdict)
    assert "do not learn until γ has moved" in verdict.sentence


def test_plain_110_with_norm_explodes_by_seven_decades() -> None:
    flow = measured(LaboratoryRequest(depth=110, combine="none", norm=True, batch=16)).plain
    assert 1e6 < ratio(flow) < 1e8
    assert judge(flow, replace(SMALL, norm=True)).regime == "exploding"


# Regimes and their papers


def flow(
    first: float = 1.0, last: float = 1.0, growth: float = 1.0, skips: bool = False
) -> tuple[NetworkFlow, LaboratoryRequest]:
    layers = (
        LayerFlow("conv1", 0, first, first, first, 1.0),
        LayerFlow("layer3.0.conv2", 3, last, last, 1.0, growth),
        LayerFlow("fc", 0, 1.0, 1.0, 1.0, 1.0),
    )
    combine = "add" if skips else "none"
    return NetworkFlow("net", skips, layers, 2.3, 0.1), replace(SMALL, combine=combine)


@pytest.mark.parametrize(
    ("first", "last", "growth", "regime", "forwards"),
    [
        (1.0, 1.0, 1.0, "healthy", False),
        (0.011, 1.0, 1.0, "healthy", False),
        (0.009, 1.0, 1.0, "vanishing", False),
        (99.0, 1.0, 1.0, "healthy", False),
        (101.0, 1.0, 1.0, "exploding", False),
        (0.0, 1.0, 1.0, "zero", False),
        (math.inf, 1.0, 1.0, "overflow", False),
        (1.0, math.nan, 2 * GROWTH, "overflow", True),
        (1.0, 1.0, 2 * GROWTH, "exploding", True),
        (1e-5, 1e-5, 1e-5, "vanishing", True),
        (1e-2, 1e-2, 1e-5, "healthy", False),
    ],
)
def test_a_regime_has_the_name_of_what_was_measured(
    first: float, last: float, growth: float, regime: str, forwards: bool
) -> None:
    verdict = judge(*flow(first, last, growth))
    assert (verdict.regime, verdict.forwards) == (regime, forwards)


@pytest.mark.parametrize(
    ("asked", "measured_as", "paper"),
    [
        ({}, flow(0.001), "Bengio"),
        ({"norm": True}, flow(1e6), "1902.08129"),
        ({"norm": True}, flow(1.0), "1512.03385"),
        ({"initialisation": "he"}, flow(1.0), "1502.01852"),
        ({"combine": "add"}, flow(1.0, skips=True), "1603.05027"),
        ({"combine": "add", "norm": True}, flow(1.0, skips=True), "2002.10444"),
        ({"combine": "add"}, flow(1.0, 1.0, 1e9, skips=True), "1901.09321"),
        ({"combine": "concat"}, flow(1e-9, skips=True), "1603.05027"),
        ({"combine": "concat", "norm": True}, flow(1e3, skips=True), "1902.08129"),
        ({"initialisation": "zero", "norm": True}, flow(1.0, 0.0, skips=True), "1706.02677"),
    ],
)
def test_each_regime_cites_the_paper_that_explains_it(
    asked: dict[str, object], measured_as: tuple[NetworkFlow, LaboratoryRequest], paper: str
) -> None:
    one, request = measured_as
    verdict = judge(one, replace(request, **asked))  # type: ignore[arg-type]
    assert paper in verdict.paper
    assert verdict.sentence.endswith(".")


def test_without_norm_he_initialisation_makes_a_deep_residual_network_explode_forwards() -> None:
    request = LaboratoryRequest(depth=44, initialisation="he", batch=16)
    result = measured(request)
    assert result.residual is not None
    verdict = judge(result.residual, request)
    assert (verdict.regime, verdict.forwards) == ("exploding", True)
    assert judge(result.plain, request).regime == "healthy"


# The task


def test_progress_reaches_its_end_in_equal_steps() -> None:
    updates = list(run(SMALL, context()))
    progress = [update for update in updates if isinstance(update, Progress) and update.total]
    assert [update.done for update in progress] == list(range(1, 2 * steps_of(8) + 1))
    assert {update.total for update in progress} == {2 * steps_of(8)}
    assert progress[0].text == "ResNet-8: forwards, conv1"
    assert progress[-1].text == "Plain-8: backwards, conv1"


def test_it_stops_between_two_blocks_and_leaves_no_hook() -> None:
    with pytest.raises(Cancelled):
        list(run(SMALL, context(cancelled=True)))
    network = build_twins(SMALL)[0]
    steps: Iterator[str] = laboratory.measure(network, *make_batch(SMALL), "net")
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert not network.layer1[0].conv2._forward_pre_hooks  # type: ignore[index, union-attr]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"depth": 57}, "depth 57 is not 6n"),
        ({"depth": 2}, "try 8, 20, 32"),
        ({"depth": 1208}, "more than 1202"),
        ({"initialisation": "zero"}, "switch batch norm on"),
    ],
)
def test_bad_wishes_get_a_sentence(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        list(run(replace(SMALL, **wrong), context()))  # type: ignore[arg-type]


# The estimate


@pytest.mark.parametrize("depth", [20, 56, 110])
def test_the_estimate_counts_the_multiply_accumulates_of_the_structure(depth: int) -> None:
    forward = build_structure(catalog.find(f"plain{depth}")).macs
    estimate = cost(LaboratoryRequest(depth=depth, combine="none", batch=16)).macs
    assert estimate == pytest.approx(3 * 16 * forward, rel=1e-3)  # the classifier is left out
    assert cost(LaboratoryRequest(depth=depth, batch=16)).macs == 2 * estimate


@pytest.mark.parametrize("combine", ["add", "concat"])
@pytest.mark.parametrize("norm", [False, True])
def test_the_estimate_counts_what_autograd_keeps(combine: str, norm: bool) -> None:
    request = replace(SMALL, depth=14, combine=combine, norm=norm)
    network = build_twins(request)[0]
    own = {parameter.data_ptr() for parameter in network.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in own and tensor.dim() == 4:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    images, labels = make_batch(request)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = functional.cross_entropy(network(images), labels)
    size = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    assert loss.isfinite()
    assert cost(request).kept == pytest.approx(size, rel=0.06)
