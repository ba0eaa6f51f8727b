"""Layouts of public projects that no pack of checkpoints has, rebuilt here from their descriptions.

Each is read from its names and shapes, in the order of the file and of the alphabet.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from resnet_viz.networks.reading.leaves import Unreadable
from resnet_viz.networks.reading.network import read_network
from resnet_viz.networks.reading.opening import open_weights
from tests.networks.test_reading import same, scrambled, stored


class Wide(nn.Module):
    """A block of wide residual networks: `strided` is the convolution with the stride, `shared`
    whether the projection reads the activated input, `name` what the projection is called."""

    def __init__(
        self, came: int, went: int, stride: int, strided: int, shared: bool, name: str, bias: bool
    ) -> None:
        super().__init__()
        first, second = (stride, 1) if strided == 1 else (1, stride)
        self.bn1 = nn.BatchNorm2d(came)
        self.conv1 = nn.Conv2d(came, went, 3, first, 1, bias=bias)
        self.bn2 = nn.BatchNorm2d(went)
        self.conv2 = nn.Conv2d(went, went, 3, second, 1, bias=bias)
        self.shared, self.called = shared, name.partition(".")[0] if came != went else ""
        if self.called:
            conv: nn.Module = nn.Conv2d(came, went, 1, stride, bias=bias)
            self.add_module(self.called, nn.Sequential(conv) if "." in name else conv)

    def forward(self, x: Tensor) -> Tensor:
        active = torch.relu(self.bn1(x))
        out = self.conv2(torch.relu(self.bn2(self.conv1(active))))
        if not self.called:
            return out + x
        projected: Tensor = self.get_submodule(self.called)(active if self.shared else x)
        return out + projected


class Pyramid(nn.Module):
    """A block of PyramidNet: a norm at both ends, and zeros for the few channels that are new."""

    def __init__(self, came: int, went: int, stride: int) -> None:
        super().__init__()
        self.stride, self.extra = stride, went - came
        self.bn1 = nn.BatchNorm2d(came)
        self.conv1 = nn.Conv2d(came, went, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(went)
        self.conv2 = nn.Conv2d(went, went, 3, 1, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(went)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(self.bn1(x))
        out = self.bn3(self.conv2(torch.relu(self.bn2(out))))
        if self.stride > 1:
            x = functional.avg_pool2d(x, 2)
        return out + functional.pad(x, (0, 0, 0, 0, 0, self.extra))


class Network(nn.Module):
    """Three stages of these blocks, a last norm and a classifier, under a project's names."""

    def __init__(
        self,
        stages: list[list[nn.Module]],
        names: tuple[str, str, str],
        inner: bool,
        stem_norm: bool,
        bias: bool,
    ) -> None:
        super().__init__()
        stage, last, head = names
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=bias)
        self.stem_norm, self.names, self.count = stem_norm, names, len(stages)
        if stem_norm:
            self.bn1 = nn.BatchNorm2d(16)
        for number, blocks in enumerate(stages, start=1):
            made: nn.Module = nn.Sequential(*blocks)
            if inner:
                holder = nn.Sequential()
                holder.add_module("layer", made)
                made = holder
            self.add_module(f"{stage}{number}", made)
        width = 128 if not stem_norm else 40
        self.add_module(last, nn.BatchNorm2d(width))
        self.add_module(head, nn.Linear(width, 10))

    def forward(self, x: Tensor) -> Tensor:
        stage, last, head = self.names
        x = self.conv1(x)
        x = self.bn1(x) if self.stem_norm else x
        for number in range(1, self.count + 1):
            x = self.get_submodule(f"{stage}{number}")(x)
        x = torch.relu(self.get_submodule(last)(x)).mean((2, 3))
        logits: Tensor = self.get_submodule(head)(x)
        return logits


def wide(strided: int, shared: bool, name: str, bias: bool) -> list[list[nn.Module]]:
    widths, stages = (16, 32, 64, 128), []
    for number, (came, went) in enumerate(pairwise(widths)):
        stride = 2 if number else 1
        first = Wide(came, went, stride, strided, shared, name, bias)
        stages.append([first, Wide(went, went, 1, strided, shared, name, bias)])
    return stages


def xternalbrain() -> nn.Module:
    stages = wide(1, True, "convShortcut", False)
    return Network(stages, ("block", "bn1", "fc"), inner=True, stem_norm=False, bias=False)


def meliketoy() -> nn.Module:
    stages = wide(2, False, "shortcut.0", True)
    return Network(stages, ("layer", "bn1", "linear"), inner=False, stem_norm=False, bias=True)


def pyramid() -> nn.Module:
    widths = (16, 20, 24, 28, 32, 36, 40)
    blocks: list[nn.Module] = [
        Pyramid(came, went, 2 if number in (2, 4) else 1)
        for number, (came, went) in enumerate(pairwise(widths))
    ]
    stages = [blocks[:2], blocks[2:4], blocks[4:]]
    return Network(stages, ("layer", "bn_final", "fc"), inner=False, stem_norm=True, bias=False)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize(
    ("make", "title"),
    [
        (xternalbrain, "Pre-act ResNet-14"),
        (meliketoy, "Pre-act ResNet-14"),
        (pyramid, "PyramidNet-14"),
    ],
)
def test_is_read_as_it_is(make: Callable[[], nn.Module], title: str, by_name: bool) -> None:
    network = scrambled(make())
    state = stored(network)
    reading = read_network(dict(sorted(state.items())) if by_name else state)
    assert reading.title == title
    assert reading.extras == ()
    same(network, reading, side=32)


@pytest.mark.parametrize("seed", range(3))
def test_modules_that_were_saved_whole_show_what_shapes_cannot(seed: int, tmp_path: Path) -> None:
    """The place of the stride, the activation, the pool, the epsilon, a dilation."""
    torch.manual_seed(seed)
    dilated = [False, False, seed == 2]
    network = models.resnet50(weights=None, num_classes=3, replace_stride_with_dilation=dilated)
    for module in network.modules():
        if isinstance(module, models.resnet.Bottleneck):
            if seed == 0:
                module.conv1.stride, module.conv2.stride = module.conv2.stride, (1, 1)
            if seed == 1:
                module.relu = nn.LeakyReLU(0.1)
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3
    if seed == 0:
        network.maxpool = nn.Identity()
    if seed == 1:
        network.relu = nn.LeakyReLU(0.1)
    scrambled(network)
    path = tmp_path / "whole.pth"
    torch.save(network, path)
    opened = open_weights(path)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(opened.build()(x), network(x), rtol=1e-3, atol=1e-4)
    said = {one.key: one for one in opened.reading.assumptions}
    assert said["stride"].sure
    assert said["activation"].sure
    assert said["stem"].sure


def test_a_saved_module_that_would_be_built_otherwise_is_refused(tmp_path: Path) -> None:
    network = models.resnet18(weights=None, num_classes=3)
    network.layer3[1].conv1.padding = (0, 0)
    network.layer3[1].conv2.padding = (2, 2)
    path = tmp_path / "whole.pth"
    torch.save(network, path)
    with pytest.raises(Unreadable, match=r"layer3\.1\.conv1 has a padding of \(0, 0\)"):
        open_weights(path)
    network = models.resnet18(weights=None, num_classes=3)
    network.layer1[0].relu = nn.Hardswish()
    torch.save(network, path)
    with pytest.raises(Unreadable, match="Hardswish"):
        open_weights(path)
    network = models.resnet18(weights=None, num_classes=3)
    network.layer2[0].conv1.stride = (1, 1)
    network.layer2[0].conv1 = nn.Sequential(network.layer2[0].conv1, nn.AvgPool2d(2))
    torch.save(network, path)
    with pytest.raises(Unreadable, match=r"layer2\.0\.conv1\.1 is a pool \(AvgPool2d\) within"):
        open_weights(path)
