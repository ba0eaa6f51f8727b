"""Builds the network that an `Architecture` describes, of blocks that the program knows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.networks.architecture import (
    Activation,
    Architecture,
    BlockSpec,
    Conv,
    HeadLayer,
    Side,
    Squeeze,
)
from resnet_viz.networks.kinds import KINDS, BlockKind, kind

ACTIVATIONS: Mapping[Activation, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky relu 0.01": lambda: nn.LeakyReLU(0.01),
    "leaky relu 0.1": lambda: nn.LeakyReLU(0.1),
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
}


class SqueezeExcitation(nn.Module):
    """Scales each channel by a number in (0, 1) that depends on all means: Hu 2018, fig. 2.

    Shapes: (N, C, H, W) → (N, C, H, W). Its layers are 1×1 convolutions, which do what linear
    layers do to the means.
    """

    def __init__(self, spec: Squeeze) -> None:
        super().__init__()
        first, second = spec.biases
        self.fc1 = nn.Conv2d(spec.width, spec.hidden, 1, bias=first)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(spec.hidden, spec.width, 1, bias=second)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(self.relu(self.fc1(means))))


class ZeroPad(nn.Module):
    """Option A of He 2015 §3.3 with its zeros at the side of the channels that ``side`` says.

    Shapes: (N, C_in, H, W) → (N, C_out, H/stride, W/stride). It has no parameters.
    """

    def __init__(self, came: int, went: int, stride: int, side: Side, pooled: bool) -> None:
        super().__init__()
        self.stride, self.pooled = stride, pooled
        extra = went - came
        self.before = {"both": extra // 2, "end": 0, "begin": extra}[side]
        self.after = extra - self.before

    def forward(self, x: Tensor) -> Tensor:
        if self.pooled and self.stride > 1:
            x = functional.avg_pool2d(x, self.stride, self.stride, ceil_mode=True)
        else:
            x = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, self.before, self.after))


class ConcatPool(nn.Module):
    """Each channel's maximum, then each one's mean: (N, C, H, W) → (N, 2C, 1, 1)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((functional.adaptive_max_pool2d(x, 1), x.mean((2, 3), keepdim=True)), 1)


class StandardisedConv(nn.Conv2d):
    """A convolution whose filters have a mean of 0 and a variance of 1: arXiv:1903.10520 eq. 2.

    Shapes: as `nn.Conv2d`.
    """

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        weight = (self.weight - mean) * torch.rsqrt(variance + 1e-8)
        return self._conv_forward(x, weight, self.bias)


class Blur(nn.Module):
    """The binomial filter 1-2-1 both ways, of stride 2: (N, C, H, W) → (N, C, H/2, W/2)."""

    def forward(self, x: Tensor) -> Tensor:
        line = x.new_tensor([0.25, 0.5, 0.25])
        kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
        return functional.conv2d(
            functional.pad(x, (1, 1, 1, 1), "reflect"), kernel, None, 2, groups=x.shape[1]
        )


def _norm(of: Architecture, width: int) -> nn.Module:
    if of.norm == "group":
        return nn.GroupNorm(of.groups, width, eps=of.epsilon)
    return nn.BatchNorm2d(width, eps=of.epsilon)


def _conv(of: Architecture, spec: Conv, stride: int, dilation: int = 1) -> nn.Conv2d:
    padding = dilation * (spec.kernel // 2)
    made = StandardisedConv if of.standardised else nn.Conv2d
    return made(
        spec.came, spec.went, spec.kernel, stride, padding, dilation, spec.groups, spec.bias
    )


class ResidualUnit(nn.Module):
    """A residual block as a `BlockSpec` says, in its network's order. See its two classes.

    Shapes: (N, C_in, H, W) → (N, C_out, H/stride, W/stride).
    """

    def __init__(self, of: Architecture, spec: BlockSpec, stride: int, dilation: int) -> None:
        super().__init__()
        self.order, self.combine = of.order, of.combine
        self.shares = (
            of.order == "pre" and spec.projection is not None and not of.raw_projection
        ) and of.combine != "none"
        strided = int(of.stride_at == "3x3" if spec.bottleneck else of.late_stride)
        branch: list[str] = []

        def add(name: str, module: nn.Module) -> None:
            self.add_module(name, module)
            branch.append(name)

        # Where the paths part, if what they share is computed for both.
        self.enter = nn.Identity()
        self.relu = ACTIVATIONS[of.activation]()
        for number, conv in enumerate(spec.convs):
            blurs = of.blurred != "none" and stride > 1 and number == strided
            blur = Blur() if of.blurred == "binomial" else nn.AvgPool2d(stride, stride)
            its = _conv(
                of,
                conv,
                stride if number == strided and not blurs else 1,
                dilation if conv.kernel > 1 else 1,
            )
            name = f"conv{number + 1}"
            if of.order == "post":
                add(name, its)
                if conv.norm:
                    add(f"bn{number + 1}", _norm(of, conv.went))
                squeeze = spec.squeeze
                after = 0 if squeeze is None else of.squeezed_after or squeeze.after
                squeezes = after == number + 1
                if number + 1 < len(spec.convs) or (squeezes and of.active_squeeze):
                    branch.append("relu")
                if squeezes and squeeze is not None:
                    add("se", SqueezeExcitation(squeeze))
                if blurs:
                    add("pool", blur)
                continue
            if conv.norm:
                add(f"bn{number + 1}", _norm(of, conv.came))
            if of.order == "pre" or number > 0:
                branch.append("relu")
            add(name, its)
            if blurs:
                add("pool", blur)
            if number + 1 == len(spec.convs):
                if of.order == "pyramid":
                    add(f"bn{number + 2}", _norm(of, conv.went))
                if spec.squeeze is not None:
                    add("se", SqueezeExcitation(spec.squeeze))
        self.steps = tuple(branch)
        self.downsample = _shortcut(of, spec, stride)

    def branch(self, x: Tensor) -> Tensor:
        """The residual branch F(x), before the paths meet."""
        return self._run(self.steps, self.enter(x))

    def shortcut(self, x: Tensor) -> Tensor:
        """What the second path makes of the block's input."""
        if self.downsample is None:
            return x
        shared: Tensor = self.downsample(self._run(self._shared, x) if self.shares else x)
        return shared

    @property
    def _shared(self) -> tuple[str, ...]:
        return self.steps[: self.steps.index("conv1")]

    def _run(self, steps: tuple[str, ...], x: Tensor) -> Tensor:
        for name in steps:
            x = self.get_submodule(name)(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        if not self.shares or self.downsample is None:
            identity = None if self.combine == "none" else self.shortcut(x)
            return kind(self).meet(self, self._run(self.steps, x), identity)
        # Both paths begin with the same norm and activation, which are computed once.
        x = self._run(self._shared, x)
        out = self._run(self.steps[len(self._shared) :], x)
        return kind(self).meet(self, out, self.downsample(x))


class BasicUnit(ResidualUnit):
    """Two convolutions, as He 2015 fig. 5, left."""


class BottleneckUnit(ResidualUnit):
    """1×1, 3×3 and 1×1, as He 2015 fig. 5, right."""


def _kind(name: Literal["basic", "bottleneck"]) -> BlockKind:
    return BlockKind(
        name,
        branch=lambda block, x: block.branch(x),
        shortcut=lambda block, x: block.shortcut(x),
        entry=lambda block: block.enter,
        combine=lambda block: block.combine,
        activation=lambda block: block.relu if block.order == "post" else None,
    )


KINDS[BasicUnit] = _kind("basic")
KINDS[BottleneckUnit] = _kind("bottleneck")


def _shortcut(of: Architecture, spec: BlockSpec, stride: int) -> nn.Module | None:
    if of.combine == "none":
        return None
    its = spec.projection
    if its is None:
        if stride == 1 and spec.came == spec.went:
            return None
        return ZeroPad(spec.came, spec.went, stride, of.pad_side, of.pooled)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if of.pooled and stride > 1:
        layers["pool"] = nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)
        stride = 1
    layers["conv"] = _conv(of, its, stride)
    if its.norm:
        layers["norm"] = _norm(of, its.went)
    return nn.Sequential(layers)


class BuiltResNet(nn.Module):
    """The network of an `Architecture`.

    Shapes: (N, C, H, W) → (N, outputs): logits, or the pooled features where it has no head.
    """

    def __init__(self, of: Architecture) -> None:
        super().__init__()
        self.architecture = of
        self.independent = of.independent
        stem: OrderedDict[str, nn.Module] = OrderedDict()
        for number, conv in enumerate(of.stem, start=1):
            stem[f"conv{number}"] = _conv(of, conv, of.stem_stride if number == 1 else 1)
            if conv.norm:
                stem[f"bn{number}"] = _norm(of, conv.went)
            if number < len(of.stem) or of.stem_active:
                stem[f"relu{number}"] = ACTIVATIONS[of.activation]()
        if of.stem_pool == "max":
            stem["maxpool"] = nn.MaxPool2d(3, 2, 1)
        elif of.stem_pool == "max 2":
            stem["maxpool"] = nn.MaxPool2d(2)
        elif of.stem_pool == "avg":
            stem["avgpool"] = nn.AvgPool2d(2)
        elif of.stem_pool == "max zero":
            stem["pad"] = nn.ZeroPad2d(1)
            stem["maxpool"] = nn.MaxPool2d(3, 2)
        elif of.stem_pool == "max blur":
            stem["maxpool"] = nn.MaxPool2d(3, 1, 1)
            stem["blur"] = Blur()
        elif of.stem_pool == "max ceil":
            stem["maxpool"] = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.stem = nn.Sequential(stem)
        dilation = 1
        for number, stage in enumerate(of.stages, start=1):
            before = dilation
            dilates = number > len(of.stages) - of.dilated
            units = []
            for place, spec in enumerate(stage):
                stride = of.first_stride if number == 1 and place == 0 else spec.stride
                if dilates:
                    dilation, stride = dilation * stride, 1
                made = BottleneckUnit if spec.bottleneck else BasicUnit
                units.append(made(of, spec, stride, before if place == 0 else dilation))
            self.add_module(f"layer{number}", nn.Sequential(*units))
        width = of.stages[-1][-1].went
        self.norm = _norm(of, width) if of.final_norm else None
        self.relu = ACTIVATIONS[of.activation]() if of.final_norm else None
        self.pool = (
            ConcatPool() if of.pool == "max and mean" else nn.AdaptiveAvgPool2d(of.pool_side)
        )
        self.flatten = nn.Flatten()
        self.head = nn.Sequential(_head(of.head, of.epsilon))

    def features(self, x: Tensor) -> Tensor:
        """The pooled features, before any head: (N, C, H, W) → (N, features)."""
        x = self.stem(x)
        for number in range(1, len(self.architecture.stages) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        if self.norm is not None and self.relu is not None:
            x = self.relu(self.norm(x))
        pooled: Tensor = self.flatten(self.pool(x))
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x))
        return logits


def _head(layers: tuple[HeadLayer, ...], epsilon: float) -> OrderedDict[str, nn.Module]:
    """A 1×1 convolution does to pooled features what a linear layer does, and is built as one."""
    made: OrderedDict[str, nn.Module] = OrderedDict()
    for number, layer in enumerate(layers, start=1):
        if layer.kind == "norm":
            made[f"bn{number}"] = nn.BatchNorm1d(layer.went, eps=epsilon, affine=layer.affine)
        else:
            made[f"fc{number}"] = nn.Linear(layer.came, layer.went, layer.bias)
        if layer.active:
            made[f"relu{number}"] = nn.ReLU()
    return made


def build(of: Architecture) -> BuiltResNet:
    """The untrained network, on torch's current default device, in evaluation mode."""
    network = BuiltResNet(of)
    network.eval()
    return network
