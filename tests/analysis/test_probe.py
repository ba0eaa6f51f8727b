"""The one pass against captum and against autograd by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn
from torchvision.models.alexnet import AlexNet
from torchvision.models.vgg import VGG, make_layers

from resnet_viz.analysis.probe import probe, probed_modules
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.task import Cancelled


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    network = catalog.find(name).build()
    for module in network.modules():
        # A fresh classifier's weights nearly cancel; larger ones give gradients worth comparing.
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight)
    return network


def image(name: str) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(1, 3, *2 * [catalog.find(name).input_size])


def close(measured: np.ndarray, reference: np.ndarray) -> bool:
    return bool(np.abs(measured - reference).max() <= 1e-5 * np.abs(reference).max())


@pytest.mark.parametrize("closed", [False, True], ids=["all on", "two skips off"])
@pytest.mark.parametrize("name", ["resnet20", "resnet18", "resnet50"])
def test_grad_cam_is_captums_on_every_block(name: str, closed: bool) -> None:
    network, x = build(name), image(name)
    gates = SkipGates(network)
    if closed:
        gates.set(GateSettings.of({"layer1.1": 0.0, "layer3.0": 0.0}))
    measured = probe(network, gates, x, target=3)
    blocks = probed_modules(network)
    assert [block.name for block in measured.blocks] == list(blocks)
    for block in measured.blocks:
        reference = LayerGradCam(network, blocks[block.name]).attribute(
            x, target=3, relu_attributions=True
        )
        cam = reference.detach()[0, 0].numpy()
        assert cam.max() > 0 or block.cam.max() == 0
        assert close(block.cam, cam), block.name


def small(kind: str) -> tuple[nn.Module, torch.Tensor]:
    """A network without skips, thinned out or on a small picture, and its input."""
    torch.manual_seed(0)
    if kind == "lenet5":
        return build("lenet5"), torch.randn(1, 1, 32, 32)
    if kind == "googlenet":
        return build("googlenet"), torch.randn(1, 3, 32, 32)
    if kind == "vgg":
        features = make_layers([8, 8, "M", 16, "M", 16, 24, "M"], batch_norm=True)
        network: nn.Module = VGG(features, num_classes=10)
        network.classifier = nn.Linear(24 * 49, 10)
        return network.eval(), torch.randn(1, 3, 32, 32)
    network = AlexNet(num_classes=10)
    return network.eval(), torch.randn(1, 3, 63, 63)


@pytest.mark.parametrize(
    ("kind", "count"), [("lenet5", 2), ("vgg", 5), ("alexnet", 5), ("googlenet", 10)]
)
def test_networks_without_skips_are_probed_as_captum_does(kind: str, count: int) -> None:
    network, x = small(kind)
    gates = SkipGates(network)
    assert gates.blocks == ()
    measured = probe(network, gates, x, target=3)
    blocks = probed_modules(network)
    assert [block.name for block in measured.blocks] == list(blocks)
    assert len(blocks) == count
    np.testing.assert_allclose(measured.logits, network(x)[0].detach().numpy(), rtol=1e-5)
    for block in measured.blocks:
        assert block.skip_share is None
        assert block.gradient_norm > 0
        module = blocks[block.name]
        reference = LayerGradCam(network, module).attribute(x, target=3, relu_attributions=True)
        assert close(block.cam, reference.detach()[0, 0].numpy()), block.name


def test_a_pre_activation_network_is_probed_as_captum_does() -> None:
    network, x = build("preact-resnet20"), image("resnet20")
    gates = SkipGates(network)
    gates.set(GateSettings.of({"layer1.1": 0.0, "layer3.0": 0.5}))
    measured = probe(network, gates, x, target=3)
    for name, module in probed_modules(network).items():
        reference = LayerGradCam(network, module).attribute(x, target=3, relu_attributions=True)
        assert close(measured.block(name).cam, reference.detach()[0, 0].numpy()), name


def test_gradients_and_activations_are_autograds() -> None:
    network, x = build("resnet20"), image("resnet20")
    gates = SkipGates(network)
    gates.set(GateSettings.of({"layer2.1": 0.0}, {"layer3.1": 0.5}))
    measured = probe(network, gates, x, target=7)
    kept: dict[str, torch.Tensor] = {}

    def keep(name: str, output: torch.Tensor) -> None:
        output.retain_grad()
        kept[name] = output

    for name, module in probed_modules(network).items():
        module.register_forward_hook(lambda _, __, output, name=name: keep(name, output))
    logits = network(x)
    logits[0, 7].backward()
    np.testing.assert_allclose(measured.logits, logits[0].detach().numpy(), rtol=1e-5)
    for block in measured.blocks:
        reference = kept[block.name]
        assert reference.grad is not None
        assert close(block.activation, reference.detach()[0].numpy())
        assert close(block.gradient, reference.grad[0].numpy())
        assert block.gradient_norm == pytest.approx(reference.grad.norm().item(), rel=1e-5)
        assert block.activation_norm == pytest.approx(reference.norm().item(), rel=1e-5)


def test_default_target_is_the_top_class() -> None:
    network, x = build("resnet20"), image("resnet20")
    measured = probe(network, SkipGates(network), x)
    assert measured.target == measured.top(1)[0] == int(network(x).argmax())
    assert measured.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_shares_are_given_for_blocks_with_a_skip() -> None:
    network, x = build("resnet20"), image("resnet20")
    gates = SkipGates(network)
    gates.set(GateSettings.of({"layer1.0": 0.0}))
    measured = probe(network, gates, x)
    assert measured.block("stem").skip_share is None
    assert measured.block("layer1.0").skip_share == 0
    share = measured.block("layer1.1").skip_share
    assert share is not None
    assert 0 < share < 1


def test_plain_networks_are_probed_too() -> None:
    network, x = build("plain20"), image("plain20")
    measured = probe(network, SkipGates(network), x)
    assert len(measured.blocks) == 10
    assert all(block.skip_share is None for block in measured.blocks)
    assert all(block.gradient_norm > 0 for block in measured.blocks)


@pytest.mark.parametrize("after", [0, 4, 14, 19])
def test_cancelling_forwards_and_backwards_leaves_nothing_behind(after: int) -> None:
    network, x = build("resnet20"), image("resnet20")
    gates = SkipGates(network)
    wanted = probe(network, gates, x).logits
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(Cancelled):
        probe(network, gates, x, cancelled=cancelled)
    assert asked == after + 1
    assert not any(module._forward_hooks for module in network.modules())
    assert np.array_equal(probe(network, gates, x).logits, wanted)
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_time_of_each_block_is_part_of_the_time_of_the_pass() -> None:
    network = build("resnet20")
    measured = probe(network, SkipGates(network), image("resnet20"))
    times = [block.milliseconds for block in measured.blocks]
    assert all(taken > 0 for taken in times)
    assert sum(times) < measured.milliseconds
