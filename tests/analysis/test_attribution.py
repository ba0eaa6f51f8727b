"""Attribution against captum and against computations of its own, with gates open and closed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pytest
import torch
from captum.attr import (
    DeepLift,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    LayerGradCam,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn

from resnet_viz.analysis.attribution import integrated_gradients, occlusion
from resnet_viz.analysis.attribution.scene import Refused, Scene, Score
from resnet_viz.analysis.attribution.separate import SeparateRelus
from resnet_viz.analysis.attribution.task import run
from resnet_viz.analysis.probe import probed_modules
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import catalog
from resnet_viz.networks.builder import build as build_own
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.attribution import AttributionMap, AttributionRequest, AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests import fakes
from tests.networks.test_reading import SMALL

CLOSED = GateSettings.of({"layer1.1": 0.0, "layer3.0": 0.5})
RESNETS = ("resnet20", "resnet20-projection", "preact-resnet20", "resnet18", "resnet50")


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    network = build_own(SMALL) if name == "own" else catalog.find(name).build()
    for module in network.modules():
        # A fresh classifier's weights nearly cancel; larger ones give gradients worth comparing.
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight)
    return network.eval().requires_grad_(False)


def picture(name: str) -> Tensor:
    torch.manual_seed(1)
    big = name != "own" and catalog.find(name).family == "imagenet"
    return torch.randn(1, 3, *2 * [64 if big else 32])


def gated(name: str, closed: bool) -> tuple[nn.Module, SkipGates]:
    network = build(name)
    gates = SkipGates(network)
    if closed and name != "own":
        gates.set(CLOSED)
    elif closed:
        gates.set(GateSettings.of(dict.fromkeys(gates.blocks, 0.0)))
    return network, gates


def attribute(name: str, scene: Scene) -> np.ndarray:
    steps = import_module(METHODS[name].where).attribute(scene)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: np.ndarray = stop.value.numpy()
            return found


def close(measured: np.ndarray, reference: Tensor, rel: float = 1e-4) -> None:
    wanted = reference.detach().numpy()
    assert measured.shape == wanted.shape
    assert np.abs(wanted).max() > 0
    assert np.abs(measured - wanted).max() <= rel * np.abs(wanted).max()


@pytest.mark.parametrize("closed", [False, True], ids=["all on", "gates closed"])
@pytest.mark.parametrize("name", [*RESNETS, "plain20", "own", "googlenet"])
def test_separate_relus_change_nothing_to_the_bit(name: str, closed: bool) -> None:
    if closed and name in {"plain20", "googlenet"}:
        pytest.skip("it has no gates")
    network, gates = gated(name, closed)
    x = picture(name)
    with torch.no_grad():
        before = network(x)
        copy = SeparateRelus(network, x)
        assert torch.equal(copy(x), before)
        assert torch.equal(copy(torch.cat([x, x]))[:1], network(torch.cat([x, x]))[:1])
    calls: dict[nn.Module, int] = {}
    for relu in copy.relus:
        relu.register_forward_hook(lambda one, *_: calls.update({one: calls.get(one, 0) + 1}))
    copy(x)
    assert set(calls.values()) == {1}
    assert len(calls) == len(copy.relus)
    assert not any(isinstance(one, nn.ReLU) for one in network.modules())
    assert gates.blocks or name in {"plain20", "googlenet"}


@pytest.mark.parametrize("name", [*RESNETS, "own", "googlenet"])
def test_a_guided_map_is_no_plain_gradient(name: str) -> None:
    network, gates = gated(name, False)
    scene = Scene(network, picture(name), 3)
    guided, plain = attribute("guided_backprop", scene), attribute("gradient", scene)
    assert scene.relus > 0
    assert np.corrcoef(guided.ravel(), plain.ravel())[0, 1] < 0.999
    assert np.array_equal(attribute("gradient", scene), plain), "hooks are gone"
    del gates


def test_a_network_without_relu_is_not_guided() -> None:
    from resnet_viz.networks.cifar import CifarResNet

    scene = Scene(CifarResNet(8, nonlinearity="gelu").eval(), picture("resnet20"), 3)
    for name in ("guided_backprop", "guided_grad_cam", "deep_lift"):
        with pytest.raises(Refused):
            attribute(name, scene)


@pytest.mark.parametrize("against", [None, 5], ids=["A", "A and not B"])
@pytest.mark.parametrize("closed", [False, True], ids=["all on", "gates closed"])
@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_methods_of_the_input_are_captums(name: str, closed: bool, against: int | None) -> None:
    network, gates = gated(name, closed)
    x = picture(name)
    scene = Scene(network, x, 3, against)
    other, other_gates = gated(name, closed)  # untouched, with its own ReLUs
    score = Score(other, 3, against)
    close(attribute("gradient", scene), Saliency(score).attribute(x).amax(dim=1)[0])
    reference = InputXGradient(score).attribute(x)
    close(attribute("input_gradient", scene), reference.sum(dim=1)[0])
    reference = IntegratedGradients(score).attribute(
        x, n_steps=integrated_gradients.STEPS, internal_batch_size=10
    )
    close(attribute("integrated_gradients", scene), reference.float().sum(dim=1)[0])
    guided = GuidedBackprop(Score(SeparateRelus(other, x), 3, against)).attribute(x)
    close(attribute("guided_backprop", scene), guided.abs().amax(dim=1)[0])
    lifted = DeepLift(Score(SeparateRelus(other, x), 3, against)).attribute(x)
    close(attribute("deep_lift", scene), lifted.sum(dim=1)[0])
    assert gates.settings == other_gates.settings


@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_integrated_gradients_and_deep_lift_add_up_to_the_score(name: str) -> None:
    network, gates = gated(name, False)
    scene = Scene(network, picture(name), 3, 5)
    full, none = scene.scores(torch.cat([scene.image, torch.zeros_like(scene.image)])).tolist()
    total = attribute("deep_lift", scene).sum()
    assert total == pytest.approx(full - none, rel=1e-3, abs=1e-3)
    total = attribute("integrated_gradients", scene).sum()
    assert total == pytest.approx(full - none, rel=0.03, abs=0.03 * abs(full))
    del gates


def test_occlusion_hides_what_captum_hides() -> None:
    network, gates = gated("resnet20", False)
    x = picture("resnet20")
    scene = Scene(network, x, 3)
    side, step = occlusion.windows(32)
    reference = Occlusion(scene.score).attribute(
        x, sliding_window_shapes=(3, side, side), strides=(3, step, step)
    )
    close(attribute("occlusion", scene), reference[0, 0].float())
    del gates


def test_smooth_grad_is_the_mean_of_noisy_gradients_whatever_the_batch() -> None:
    network, gates = gated("resnet20", False)
    scene = Scene(network, picture("resnet20"), 3)
    scene.together = 25
    whole = attribute("smooth_grad", scene)
    scene.together = 4
    np.testing.assert_allclose(attribute("smooth_grad", scene), whole, rtol=1e-3, atol=1e-4)
    made = torch.Generator().manual_seed(0)
    noise = 0.15 * (scene.image.max() - scene.image.min())
    total = torch.zeros(3, 32, 32)
    for _ in range(25):
        noisy = scene.image + noise * torch.randn(1, 3, 32, 32, generator=made)
        total += Saliency(scene.score).attribute(noisy, abs=False)[0]
    close(whole, (total / 25).abs().amax(dim=0), 1e-3)
    del gates


@pytest.mark.parametrize("block", ["layer2.0", ""])
@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_methods_of_a_block_are_what_their_papers_say(name: str, block: str) -> None:
    network, gates = gated(name, True)
    x = picture(name)
    scene = Scene(network, x, 3, block=block)
    for scene.score.target in range(10):
        cam = LayerGradCam(scene.score, scene.output).attribute(x, relu_attributions=True)
        if cam.max() > 0:  # for some classes nothing speaks
            break
    a, g = (values.double().numpy() for values in scene.at_block())
    module = probed_modules(gated(name, False)[0])
    assert scene.block == (block or list(module)[-1])
    close(attribute("grad_cam", scene), cam[0, 0])

    def relu(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.maximum(values, 0)).float()

    close(attribute("hires_cam", scene), relu((a * g).sum(axis=0)))
    close(attribute("layer_cam", scene), relu((a * np.maximum(g, 0)).sum(axis=0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = g**2 / (2 * g**2 + a.sum(axis=(1, 2), keepdims=True) * g**3)
        weights = np.nansum(share * np.maximum(g, 0), axis=(1, 2))
        close(attribute("grad_cam_pp", scene), relu(np.einsum("c,chw->hw", weights, a)), 1e-3)
        weights = np.nan_to_num((g * a).sum(axis=(1, 2)) / a.sum(axis=(1, 2)))
    if np.einsum("c,chw->hw", weights, a).max() > 0:
        close(attribute("xgrad_cam", scene), relu(np.einsum("c,chw->hw", weights, a)))
    del gates


class Two(nn.Module):
    """Two channels that see the left and the right half; the score is 3·left + right."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.ReLU())
        self.features[0].weight.data[:] = 1.0

    def forward(self, x: Tensor) -> Tensor:
        left = torch.zeros_like(x)
        left[..., : x.shape[-1] // 2] = 1
        maps = self.features(x * torch.ones_like(x)) * torch.cat([left, 1 - left], dim=1)
        means = maps.sum(dim=(2, 3))
        return torch.stack([3 * means[:, 0] + means[:, 1], means[:, 1]], dim=1)


def test_ablation_and_score_cam_on_a_network_whose_answer_is_known() -> None:
    scene = Scene(Two(), torch.ones(1, 1, 4, 4), 0)
    # Without channel 0 the score loses 3·8, without channel 1 it loses 8.
    np.testing.assert_allclose(attribute("ablation_cam", scene), np.full((4, 4), 32.0))
    assert not attribute("score_cam", scene).any(), "constant channels are no masks"
    x = torch.zeros(1, 1, 4, 4)
    x[..., 0] = 1.0
    scene = Scene(Two(), x, 0)
    shown = attribute("score_cam", scene)
    assert shown[:, 0] == pytest.approx(1.0)  # both channels see the same, and weights add up to 1
    assert not shown[:, 1:].any()


def test_untrained_networks_are_looked_at_one_picture_at_a_time() -> None:
    network = build("resnet20")
    scene = Scene(network, picture("resnet20"), 3, own_statistics=True)
    assert scene.together == 1
    with pytest.raises(Refused, match="trained"):
        attribute("deep_lift", scene)


def test_there_is_no_block_of_that_name() -> None:
    with pytest.raises(ValueError, match=r"layer9.9"):
        Scene(build("resnet20"), picture("resnet20"), 3, block="layer9.9")


CONTEXT = TaskContext(Session(), list, lambda: False)
SNAPSHOT = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"), device="cpu")


def results(updates: Iterator[object]) -> list[AttributionResult]:
    return [update for update in updates if isinstance(update, AttributionResult)]


def test_each_method_is_measured_with_skips_on_and_off() -> None:
    request = AttributionRequest(SNAPSHOT, ("grad_cam", "gradient", "deep_lift"), "layer2.1", 3, 5)
    updates = list(run(request, CONTEXT))
    found = results(iter(updates))
    assert [len(one.maps) for one in found] == [0, 1, 2, 3, 4, 5, 6]
    last = found[-1]
    assert [(one.method, one.off) for one in last.maps] == [
        (name, off) for name in request.methods for off in (False, True)
    ]
    assert [one.values.shape for one in last.maps[:4]] == [(16, 16)] * 2 + [(32, 32)] * 2
    assert "trained network" in last.maps[-1].refusal
    assert last.asked == "“cat” rather than “dog”"
    assert None not in last.scores
    assert last.block == "layer2.1"
    parts = [(one.done, one.total) for one in updates if isinstance(one, Progress) and one.total]
    assert parts == sorted(parts)
    plain = AttributionRequest(
        Snapshot("plain20", fakes.photo(), weights=WeightsChoice("untrained"), device="cpu"),
        ("gradient",),
    )
    last = results(run(plain, CONTEXT))[-1]
    assert [one.off for one in last.maps] == [False]
    assert last.scores[1] is None


def test_a_cancelled_attribution_stops_between_its_batches() -> None:
    stop = [False]
    context = TaskContext(Session(), list, lambda: stop[0])
    updates = run(AttributionRequest(SNAPSHOT, ("integrated_gradients",)), context)
    for update in updates:
        if isinstance(update, Progress) and update.done > 0:
            break
    stop[0] = True
    with pytest.raises(Cancelled):
        next(updates)


def test_what_cannot_be_asked_is_said() -> None:
    for request, words in (
        (AttributionRequest(SNAPSHOT, ("magic",)), "no method 'magic'"),
        (AttributionRequest(SNAPSHOT, ("gradient",), target=10), "no class 10"),
        (AttributionRequest(SNAPSHOT, ("gradient",), target=3, against=3), "both “cat”"),
        (AttributionRequest(SNAPSHOT, ("gradient",), "layer9.0"), "no block 'layer9.0'"),
    ):
        with pytest.raises(TaskError, match=words):
            list(run(request, CONTEXT))


def test_the_area_that_holds_half_of_the_weight() -> None:
    def half(*values: float) -> float:
        return AttributionMap("gradient", False, np.array([values])).half

    assert half(1, 1, 1, 1) == 0.5
    assert half(-6, 1, 1, 1) == 0.25
    assert np.isnan(half(0, 0))


def test_every_method_has_a_module() -> None:
    for method in METHODS.values():
        assert callable(import_module(method.where).attribute)
        assert method.sentence.endswith(".")
