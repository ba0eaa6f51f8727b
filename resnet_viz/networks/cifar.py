"""The CIFAR networks of He et al. 2015 (arXiv:1512.03385) §4.2: depth 6n + 2, residual or plain.

Parameter and block names follow torchvision's ResNet (``conv1``, ``bn1``, ``layer1.0``, ``fc``), so
that one set of tools serves both families.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.networks.family import Combine, Nonlinearity, Shortcut

STAGE_WIDTHS = (16, 32, 64)

NONLINEARITIES: dict[Nonlinearity, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky relu": lambda: nn.LeakyReLU(0.01, inplace=True),
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "identity": nn.Identity,
}
"""What can stand where He 2015 has ReLU; GELU is that of arXiv:1606.08415."""


class PadShortcut(nn.Module):
    """Option A of He 2015 §3.3: subsample by ``stride`` and fill the extra channels with zeros.

    Shapes: (N, C_in, H, W) → (N, C_out, H/stride, W/stride). It has no parameters.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        extra = out_channels - in_channels
        self.before, self.after = extra // 2, extra - extra // 2

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, self.before, self.after))


class CifarBlock(nn.Module):
    """Two 3×3 convolutions and, unless ``combine`` is "none", a shortcut around them.

    Shapes: (N, C_in, H, W) → (N, C_out, H/stride, W/stride).

    ``combine`` says how the two paths meet: "add" (He 2015 eq. 1), "concat" (along channels, after
    which a 1×1 convolution, ``merge``, brings the width back to C_out), or "none": the plain
    network of He 2015 §4.2, which has no second path. With ``skip_init`` the branch is multiplied
    by a learnable scalar, ``scale``, that starts at 0 (De & Smith 2020, arXiv:2002.10444 §3).
    """

    expansion = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        combine: Combine = "add",
        shortcut: Shortcut = "pad",
        norm: bool = True,
        nonlinearity: Nonlinearity = "relu",
        skip_init: bool = False,
    ) -> None:
        super().__init__()
        self.combine = combine
        self.stride = stride

        def norm_layer() -> nn.Module:
            return nn.BatchNorm2d(out_channels) if norm else nn.Identity()

        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=not norm)
        self.bn1 = norm_layer()
        # Called "relu" as in torchvision, whatever it is.
        self.relu = NONLINEARITIES[nonlinearity]()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=not norm)
        self.bn2 = norm_layer()
        # Only where there is a second path: alone, a branch times 0 would let nothing through.
        scaled = skip_init and combine != "none"
        self.scale = nn.Parameter(torch.zeros(())) if scaled else None
        self.downsample: nn.Module | None = None
        if combine != "none" and (stride != 1 or in_channels != out_channels):
            if shortcut == "pad":
                self.downsample = PadShortcut(in_channels, out_channels, stride)
            else:
                self.downsample = nn.Sequential(
                    nn.Conv2d(in_channels, out_channels, 1, stride, bias=not norm), norm_layer()
                )
        self.merge = (
            nn.Conv2d(2 * out_channels, out_channels, 1, bias=True) if combine == "concat" else None
        )

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch F(x), before the paths meet."""
        out: Tensor = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return out if self.scale is None else self.scale * out

    def forward(self, x: Tensor) -> Tensor:
        out = self.branch(x)
        if self.combine == "none":
            return self.relu(out)
        identity = x if self.downsample is None else self.downsample(x)
        if self.merge is None:
            return self.relu(out + identity)
        return self.relu(self.merge(torch.cat((out, identity), dim=1)))


class CifarResNet(nn.Module):
    """A 6n + 2 layer network for 32×32 images: a 3×3 stem, three stages, one classifier.

    Shapes: (N, 3, H, W) → (N, ``num_classes``) logits; stages have 16, 32 and 64 channels and the
    second and third halve the resolution (He 2015 §4.2, table 6 and the text above it).
    """

    def __init__(
        self,
        depth: int,
        combine: Combine = "add",
        shortcut: Shortcut = "pad",
        norm: bool = True,
        num_classes: int = 10,
        nonlinearity: Nonlinearity = "relu",
        skip_init: bool = False,
    ) -> None:
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(
                f"depth {depth} is not 6n + 2 with n ≥ 1; try 8, 20, 32, 44, 56 or 110"
            )
        if combine not in get_args(Combine):
            raise ValueError(f"combine {combine!r} is none of {', '.join(get_args(Combine))}")
        if shortcut not in get_args(Shortcut):
            raise ValueError(f"shortcut {shortcut!r} is none of {', '.join(get_args(Shortcut))}")
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(
                f"nonlinearity {nonlinearity!r} is none of {', '.join(NONLINEARITIES)}"
            )
        self.depth, self.combine = depth, combine
        blocks = (depth - 2) // 6
        width = STAGE_WIDTHS[0]
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=not norm)
        self.bn1 = nn.BatchNorm2d(width) if norm else nn.Identity()
        self.relu = NONLINEARITIES[nonlinearity]()
        in_channels = width
        for number, out_channels in enumerate(STAGE_WIDTHS, start=1):
            stage = []
            for index in range(blocks):
                stride = 2 if number > 1 and index == 0 else 1
                stage.append(
                    CifarBlock(
                        in_channels,
                        out_channels,
                        stride,
                        combine,
                        shortcut,
                        norm,
                        nonlinearity,
                        skip_init,
                    )
                )
                in_channels = out_channels
            setattr(self, f"layer{number}", nn.Sequential(*stage))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        for number in range(1, len(STAGE_WIDTHS) + 1):
            x = getattr(self, f"layer{number}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


def initialise_he(network: nn.Module) -> None:
    """Draw every convolution from He's normal distribution (He 2015b, arXiv:1502.01852 eq. 10)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
