"""The numbers against other ways to the same: differences, captum, and networks written out again.

"Written out again" is meant in earnest: those functions know weights by their names, and neither
gates nor blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from resnet_viz.analysis.probe import probe, probed_modules
from resnet_viz.networks import catalog
from resnet_viz.networks.architecture import Architecture, BlockSpec, Conv, HeadLayer, Squeeze
from resnet_viz.networks.builder import build as build_own
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.preact import PreactResNet
from resnet_viz.networks.skips import SkipGates


def scrambled(network: nn.Module) -> nn.Module:
    """With norms that do something, and gradients that neither vanish nor cancel."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0, 0.1)
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight)
    return network.eval()


# ---- gradients are what differences say


def own(**changes: object) -> nn.Module:
    """Two stages of the program's own blocks: 3×3 convolutions of 8 and 16 channels."""
    squeeze = changes.pop("squeeze", None)

    def block(came: int, went: int, stride: int) -> BlockSpec:
        convs = (Conv(came, went, 3, norm=True), Conv(went, went, 3, norm=True))
        projection = None if came == went else Conv(came, went, 1, norm=True)
        excited = Squeeze(went, 4, 2) if squeeze else None
        return BlockSpec(convs, stride, projection, excited)

    made = Architecture(
        channels=3,
        stem=(Conv(3, 8, 3, norm=True),),
        stages=((block(8, 8, 1),), (block(8, 16, 2), block(16, 16, 1))),
        head=(HeadLayer("linear", 16, 5),),
    )
    return build_own(replace(made, **changes))  # type: ignore[arg-type]


KINDS: dict[str, Callable[[], nn.Module]] = {
    "basic, padded": lambda: CifarResNet(14),
    "basic, projected": lambda: CifarResNet(14, shortcut="projection"),
    "basic, concatenated": lambda: CifarResNet(14, combine="concat"),
    "plain": lambda: CifarResNet(14, combine="none"),
    "basic, torchvision's": lambda: ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10),
    "bottleneck": lambda: ResNet(Bottleneck, [1, 1, 1, 1], num_classes=10, width_per_group=16),
    "ResNeXt": lambda: ResNet(Bottleneck, [1, 1, 1, 1], 10, groups=8, width_per_group=4),
    "wide": lambda: ResNet(Bottleneck, [1, 1, 1, 1], 10, width_per_group=128),
    "pre-activation": lambda: PreactResNet(14),
    "pre-activation bottleneck": lambda: PreactResNet(20, bottleneck=True),
    "squeeze and excitation": lambda: own(squeeze=True),
    "pyramid": lambda: own(order="pyramid", stem_active=False, final_norm=True),
    "of a file, pre-activation": lambda: own(order="pre", stem_active=False, final_norm=True),
    "without a norm's activation": lambda: own(activation="silu"),
}


@pytest.mark.parametrize("gate", [pytest.param(1.0, marks=pytest.mark.long), 0.5, 0.0])
@pytest.mark.parametrize("name", KINDS)
def test_the_gradient_at_each_block_is_what_differences_say(name: str, gate: float) -> None:
    """Central differences in float64 along a random direction, at the output of each block."""
    torch.manual_seed(0)
    network = scrambled(KINDS[name]()).double().requires_grad_(False)
    gates = SkipGates(network)
    # Every second block, so that there is a changed and an untouched one behind the others.
    gates.set(GateSettings.of(dict.fromkeys(gates.blocks[::2], gate), branch_gates(gates, gate)))
    x = torch.randn(1, 3, 32, 32, dtype=torch.float64)
    found = probe(network, gates, x, target=2)
    for block, module in probed_modules(network).items():
        gradient = torch.from_numpy(found.block(block).gradient)
        assert gradient.dtype == torch.float64
        step = torch.randn_like(gradient)
        step = 1e-6 * (step / step.norm() + gradient / gradient.norm())
        up, down = (score(network, x, module, sign * step) for sign in (1, -1))
        expected = float((gradient * step).sum())
        assert (up - down) / 2 == pytest.approx(expected, rel=1e-5), block


def branch_gates(gates: SkipGates, gate: float) -> dict[str, float]:
    """Half open where a skip is half open; a closed branch would put ReLU on its edge."""
    return dict.fromkeys(gates.blocks[1:2], 0.5) if gate == 0.5 else {}


@torch.no_grad()
def score(network: nn.Module, x: Tensor, module: nn.Module, step: Tensor) -> float:
    """The logit with ``step`` added to what ``module`` gives."""
    hook = module.register_forward_hook(lambda _, __, output: output + step)
    try:
        return float(network(x)[0, 2])
    finally:
        hook.remove()


# ---- Grad-CAM is captum's, on every network of the catalog

QUICK = frozenset({"resnet20", "plain20", "resnet20-projection", "preact-resnet20", "lenet5"})


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.long)
        for name in catalog.CATALOG
    ],
)
def test_grad_cam_is_captums_on_every_network(name: str) -> None:
    """At the stem and at the first, the middle and the last block, with a skip off in between."""
    torch.manual_seed(0)
    spec = catalog.find(name)
    network = scrambled(spec.build()).requires_grad_(False)
    gates = SkipGates(network)
    if gates.blocks:
        gates.set(GateSettings.of({gates.blocks[len(gates.blocks) // 2]: 0.0}))
    x = torch.randn(1, spec.channels, *2 * [min(64, spec.input_size)])
    found = probe(network, gates, x, target=3)
    modules = probed_modules(network)
    names = list(modules)
    assert [block.name for block in found.blocks] == names
    for block in dict.fromkeys((names[0], names[1], names[len(names) // 2], names[-1])):
        given = x.clone().requires_grad_()
        captum = LayerGradCam(network, modules[block]).attribute(
            given, target=3, relu_attributions=True
        )
        wanted = captum.detach()[0, 0].numpy()
        cam = found.block(block).cam
        assert np.abs(cam - wanted).max() <= 1e-5 * np.abs(wanted).max(), block


# ---- without skips it is the plain network, written out again


def conv(state: Mapping[str, Tensor], name: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = state[f"{name}.weight"]
    groups = x.shape[1] // weight.shape[1]
    half = weight.shape[2] // 2
    return functional.conv2d(x, weight, state.get(f"{name}.bias"), stride, half, 1, groups)


def norm(state: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    mean, var, weight, bias = (
        state[f"{name}.{part}"].view(1, -1, 1, 1)
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (var + 1e-5).sqrt() * weight + bias


def head(state: Mapping[str, Tensor], x: Tensor, name: str = "fc") -> Tensor:
    return x.mean((2, 3)) @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def blocks(state: Mapping[str, Tensor]) -> list[tuple[str, int]]:
    """Each block's name, and the stride with which it begins."""
    named = {key.rpartition(".conv1.")[0] for key in state if ".conv1." in key}
    found = sorted(name for name in named if name.startswith("layer"))
    return [(one, 2 if one.endswith(".0") and not one.startswith("layer1") else 1) for one in found]


def plain_cifar(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    x = norm(state, "bn1", conv(state, "conv1", x)).relu()
    for name, stride in blocks(state):
        x = norm(state, f"{name}.bn1", conv(state, f"{name}.conv1", x, stride)).relu()
        x = norm(state, f"{name}.bn2", conv(state, f"{name}.conv2", x)).relu()
    return head(state, x)


def plain_preact(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    x = conv(state, "conv1", x)
    for name, stride in blocks(state):
        layers = [key for key in ("conv1", "conv2", "conv3") if f"{name}.{key}.weight" in state]
        strided = "conv2" if len(layers) == 3 else "conv1"
        for number, key in enumerate(layers, start=1):
            x = norm(state, f"{name}.bn{number}", x).relu()
            x = conv(state, f"{name}.{key}", x, stride if key == strided else 1)
    return head(state, norm(state, "bn", x).relu())


def plain_imagenet(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    x = norm(state, "bn1", conv(state, "conv1", x, 2)).relu()
    x = functional.max_pool2d(x, 3, 2, 1)
    for name, stride in blocks(state):
        layers = [number for number in (1, 2, 3) if f"{name}.conv{number}.weight" in state]
        for number in layers:
            its = stride if number == (2 if len(layers) == 3 else 1) else 1
            x = conv(state, f"{name}.conv{number}", x, its)
            x = norm(state, f"{name}.bn{number}", x).relu()
    return head(state, x)


def plain_squeezed(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    x = norm(state, "stem.bn1", conv(state, "stem.conv1", x)).relu()
    for name, stride in blocks(state):
        x = norm(state, f"{name}.bn1", conv(state, f"{name}.conv1", x, stride)).relu()
        x = norm(state, f"{name}.bn2", conv(state, f"{name}.conv2", x))
        means = x.mean((2, 3), keepdim=True)
        squeezed = conv(state, f"{name}.se.fc1", means).relu()
        x = (x * conv(state, f"{name}.se.fc2", squeezed).sigmoid()).relu()
    return head(state, x, "head.fc1")


WRITTEN: dict[str, tuple[Callable[[], nn.Module], Callable[..., Tensor]]] = {
    "cifar, padded": (lambda: CifarResNet(20), plain_cifar),
    "cifar, projected": (lambda: CifarResNet(20, shortcut="projection"), plain_cifar),
    "plain": (lambda: CifarResNet(20, combine="none"), plain_cifar),
    "pre-activation": (lambda: PreactResNet(20), plain_preact),
    "pre-activation bottleneck": (lambda: PreactResNet(20, bottleneck=True), plain_preact),
    "resnet18": (lambda: catalog.find("resnet18").build(), plain_imagenet),
    "bottleneck": (KINDS["bottleneck"], plain_imagenet),
    "ResNeXt": (KINDS["ResNeXt"], plain_imagenet),
    "wide": (KINDS["wide"], plain_imagenet),
    "squeeze and excitation": (KINDS["squeeze and excitation"], plain_squeezed),
}


@torch.no_grad()
@pytest.mark.parametrize("name", WRITTEN)
def test_without_skips_it_is_the_plain_network_written_out_again(name: str) -> None:
    torch.manual_seed(0)
    build, forward = WRITTEN[name]
    network = scrambled(build())
    gates = SkipGates(network)
    x = torch.randn(1, 3, 64, 64)
    with_skips = network(x)
    gates.set(GateSettings.of(dict.fromkeys(gates.blocks, 0.0)))
    written = forward(dict(network.state_dict()), x)
    largest = float(written.abs().max())
    torch.testing.assert_close(network(x), written, rtol=0, atol=1e-4 * largest)
    assert not gates.blocks or (with_skips - written).abs().max() > 0.01 * largest
