"""The CIFAR networks with the order of He et al. 2016 (arXiv:1603.05027), fig. 4e.

Each convolution comes after its batch norm and ReLU, and nothing follows the addition, so that the
skips lead from the first convolution to the last norm without a single layer on the way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_viz.networks.cifar import STAGE_WIDTHS, PadShortcut, initialise_he


class PreactBlock(nn.Module):
    """BN-ReLU-conv twice, 3×3 each, and a shortcut around them that nothing follows.

    Shapes: (N, C_in, H, W) → (N, C_out, H/stride, W/stride). Where they differ the shortcut is
    option A of He 2015 §3.3, which has no parameters: the path stays clean.
    """

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(in_channels, width, stride)

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch F(x)."""
        out = self.conv1(self.relu(self.bn1(x)))
        return self.conv2(self.relu(self.bn2(out)))

    def forward(self, x: Tensor) -> Tensor:
        out = self.branch(x)
        identity = x if self.downsample is None else self.downsample(x)
        return out + identity


class PreactBottleneck(nn.Module):
    """BN-ReLU-conv three times, 1×1, 3×3 and 1×1, and a shortcut that nothing follows.

    Shapes: (N, C_in, H, W) → (N, 4 · ``width``, H/stride, W/stride).
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(in_channels, width * self.expansion, stride)

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch F(x)."""
        out = self.conv1(self.relu(self.bn1(x)))
        out = self.conv2(self.relu(self.bn2(out)))
        return self.conv3(self.relu(self.bn3(out)))

    def forward(self, x: Tensor) -> Tensor:
        out = self.branch(x)
        identity = x if self.downsample is None else self.downsample(x)
        return out + identity


def _shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    if stride == 1 and in_channels == out_channels:
        return None
    return PadShortcut(in_channels, out_channels, stride)


class PreactResNet(nn.Module):
    """A pre-activation network for 32×32 images; depth 6n + 2, or 9n + 2 with ``bottleneck``.

    Shapes: (N, 3, H, W) → (N, ``num_classes``) logits. The first convolution has no norm or ReLU of
    its own (the first block begins with them), and a last norm and ReLU come before the pooling.
    """

    def __init__(self, depth: int, bottleneck: bool = False, num_classes: int = 10) -> None:
        super().__init__()
        block = PreactBottleneck if bottleneck else PreactBlock
        a_block = 9 if bottleneck else 6
        if depth < 8 or (depth - 2) % a_block:
            raise ValueError(f"depth {depth} is not {a_block}n + 2 with n ≥ 1")
        self.depth = depth
        self.conv1 = nn.Conv2d(3, STAGE_WIDTHS[0], 3, 1, 1, bias=False)
        in_channels = STAGE_WIDTHS[0]
        for number, width in enumerate(STAGE_WIDTHS, start=1):
            stage = []
            for index in range((depth - 2) // a_block):
                stride = 2 if number > 1 and index == 0 else 1
                stage.append(block(in_channels, width, stride))
                in_channels = width * block.expansion
            setattr(self, f"layer{number}", nn.Sequential(*stage))
        self.bn = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        for number in range(1, len(STAGE_WIDTHS) + 1):
            x = getattr(self, f"layer{number}")(x)
        x = self.avgpool(self.relu(self.bn(x)))
        return self.fc(torch.flatten(x, 1))


def resnet164(num_classes: int = 10) -> PreactResNet:
    """The bottleneck network of He 2016, table 3."""
    network = PreactResNet(164, bottleneck=True, num_classes=num_classes)
    initialise_he(network)
    return network
