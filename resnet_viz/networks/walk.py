"""One walk through a network without numbers, which finds out what its structure is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchvision.models.googlenet import Inception

from resnet_viz.networks.builder import SqueezeExcitation
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.kinds import kind
from resnet_viz.networks.parts import Part, has_hidden_relu, parts_of
from resnet_viz.networks.structure import Block, Layer, Shape, Stage, Structure


@dataclass(frozen=True)
class _Call:
    """A module, and the shapes of what it was given and gave."""

    name: str
    module: nn.Module
    came: Shape
    went: Shape


@dataclass(frozen=True)
class _Field:
    """What one value sees of the input: ``size`` pixels, its neighbour's being ``jump`` further.

    ``side`` is the side of the map that the value is on.
    """

    size: int
    jump: int
    side: int

    def through(self, kernel: int, stride: int, side: int) -> _Field:
        """The field after a window of ``kernel``: r + (k − 1)·j, then the jump is j·s."""
        return _Field(self.size + (kernel - 1) * self.jump, self.jump * stride, side)


@cache
def build_structure(spec: NetworkSpec) -> Structure:
    """Run a network on torch's meta device, which has shapes but no numbers.

    Multiply-accumulates are those of convolutions and linear layers, as in He 2015 table 1.

    Raises:
        ValueError: the network cannot take an input of that size; the sentence names it.
    """
    with torch.device("meta"):
        network = spec.build()
    ends = {part.module_name: part for part in parts_of(network)}
    input_shape = (spec.channels, spec.input_size, spec.input_size)
    try:
        calls = _calls(network, input_shape, set(ends))
    except RuntimeError as error:
        raise ValueError(
            f"{spec.title} cannot take pictures of {spec.input_size}×{spec.input_size} pixels; "
            "choose another size"
        ) from error

    blocks: list[Block] = []
    stages: dict[int, list[Block]] = {}
    field = _Field(1, 1, spec.input_size)
    came: Shape = input_shape
    before: list[_Call] = []
    for call in calls:
        part = ends.get(call.name)
        if part is None or not any(call.module.children()):
            before.append(call)
        if part is None:
            continue
        block, field = _block(part, came, call.went, before, field)
        before, came = [], call.went
        blocks.append(block)
        if part.stage:
            stages.setdefault(part.stage, []).append(block)
    return Structure(
        spec.name,
        spec.title,
        input_shape,
        blocks[0],
        tuple(Stage(number, tuple(inside)) for number, inside in stages.items()),
        _traced(before, field)[0],
        _why_no_skips(spec, blocks),
    )


def _calls(network: nn.Module, input_shape: Shape, ends: set[str]) -> list[_Call]:
    """Every module without children, and those called ``ends``, in the order in which they end."""
    calls: list[_Call] = []

    def watch(name: str, module: nn.Module) -> None:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            calls.append(_Call(name, module, tuple(inputs[0].shape[1:]), tuple(output.shape[1:])))

        module.register_forward_hook(hook)

    whole: list[str] = []  # the layers that are shown as one though they have parts
    for name, module in network.named_modules():
        inner = any(name.startswith(f"{one}.") for one in whole)
        if isinstance(module, SqueezeExcitation):
            whole.append(name)
        leaf = not any(module.children()) or has_hidden_relu(module) or name in whole
        if not inner and (name in ends or leaf):
            watch(name, module)
    with torch.no_grad():
        network(torch.empty(1, *input_shape, device="meta"))
    return calls


def _block(
    part: Part, came: Shape, went: Shape, calls: list[_Call], field: _Field
) -> tuple[Block, _Field]:
    """A block of these calls, and the field of its output."""
    if isinstance(part.output, Inception):
        return _inception(part, came, went, calls, field)
    if part.kind in ("basic", "bottleneck"):
        return _residual(part, came, went, calls, field)
    layers, field = _traced(calls, field)
    made = Block(
        part.name, part.kind, "none", "none", came, went, layers, receptive_field=field.size
    )
    return made, field


def _inception(
    part: Part, came: Shape, went: Shape, calls: list[_Call], field: _Field
) -> tuple[Block, _Field]:
    inside = f"{part.module_name}."
    first, field = _traced([call for call in calls if not call.name.startswith(inside)], field)
    branches, fields = [], []
    for name, _ in part.output.named_children():
        path = [call for call in calls if f"{call.name}.".startswith(f"{inside}{name}.")]
        layers, after = _traced(path, field)
        branches.append(layers)
        fields.append(after)
    field = max(fields, key=lambda after: after.size)
    made = Block(
        part.name,
        part.kind,
        "concat",
        "none",
        came,
        went,
        (*first, *(layer for branch in branches for layer in branch)),
        branches=tuple(branches),
        receptive_field=field.size,
    )
    return made, field


def _residual(
    part: Part, came: Shape, went: Shape, calls: list[_Call], field: _Field
) -> tuple[Block, _Field]:
    block, its = part.output, kind(part.output)
    ends, path = its.activation(block), its.projection(block)
    activation = ""
    if ends is not None:
        # The last one follows the meeting of the paths, so it is on neither of them.
        last = max(i for i, call in enumerate(calls) if call.module is ends)
        activation = type(calls.pop(last).module).__name__
    on_skip = set() if path is None else set(path.modules())
    second = [call for call in calls if call.module in on_skip]
    layers, along = _traced([call for call in calls if call not in second], field)
    shortcut_layers, across = _traced(second, field)
    shortcut: Literal["identity", "pad", "projection", "none"] = "identity"
    if its.combine(block) == "none":
        shortcut = "none"
    elif second:
        padded = all(layer.parameters == 0 for layer in shortcut_layers)
        shortcut = "pad" if padded else "projection"
    field = along if along.size > across.size else across
    made = Block(
        part.name,
        part.kind,
        its.combine(block),
        shortcut,
        came,
        went,
        layers,
        shortcut_layers,
        activation=activation,
        receptive_field=field.size,
    )
    return made, field


def _traced(calls: Sequence[_Call], field: _Field) -> tuple[tuple[Layer, ...], _Field]:
    """The layers of these calls one after the other, and the field after the last."""
    layers = []
    for call in calls:
        layer, field = _layer(call, field)
        layers.append(layer)
    return tuple(layers), field


_WORDS = {
    "BatchNorm2d": "batch norm",
    "MaxPool2d": "max pool",
    "AvgPool2d": "average pool",
    "AdaptiveAvgPool2d": "average pool",
    "PadShortcut": "pad with zeros",
    "ZeroPad": "pad with zeros",
    "ConcatPool": "max and mean",
    "ZeroPad2d": "pad with zeros",
    "Blur": "binomial filter",
    "BatchNorm1d": "batch norm",
    "GroupNorm": "group norm",
    "Tanh": "tanh",
    "Dropout": "dropout",
    "Flatten": "flatten",
}


def _layer(call: _Call, field: _Field) -> tuple[Layer, _Field]:
    module: Any = call.module
    if has_hidden_relu(module):
        ends = Layer(
            f"{call.name}.relu", "ReLU", "ReLU", call.went, 0, 0, call.went,
            receptive_field=field.size, jump=field.jump,
        )  # fmt: skip
        return ends, field
    kind = "Conv2d" if isinstance(module, nn.Conv2d) else type(module).__name__
    text, macs = _WORDS.get(kind, kind), 0
    kernel, stride, padding, groups = 0, 1, 0, 1
    if kind == "Conv2d":
        kernel, stride = _side(module.kernel_size), _side(module.stride)
        padding, groups = _side(module.padding), module.groups
        text = f"{kernel}×{kernel}, {module.out_channels}"
        text += f", /{stride}" if stride > 1 else ""
        text += f", {groups} groups" if groups > 1 else ""
        macs = call.went[1] * call.went[2] * module.weight.numel()
    elif kind == "Linear":
        text = f"fc, {module.out_features}"
        macs = module.weight.numel()
        # It sees the whole map, whatever is left of it.
        field = field.through(field.side, 1, 1)
    elif kind in ("MaxPool2d", "AvgPool2d"):
        kernel, stride = _side(module.kernel_size), _side(module.stride)
        padding = _side(module.padding)
    elif kind == "AdaptiveAvgPool2d":
        stride = max(1, call.came[1] // call.went[1])
        kernel = max(1, call.came[1] - (call.went[1] - 1) * stride)
    elif kind in ("PadShortcut", "ZeroPad"):
        stride = module.stride
    elif kind == "Blur":
        kernel, stride, padding = 3, 2, 1
    elif isinstance(module, SqueezeExcitation):
        text = f"squeeze, {module.fc1.out_channels}"
        macs = module.fc1.weight.numel() + module.fc2.weight.numel()
        # Each value depends on the means of the whole map.
        field = field.through(field.side, 1, field.side)
    if len(call.went) == 3:
        field = field.through(max(1, kernel), stride, call.went[1])
    layer = Layer(
        call.name,
        kind,
        text,
        call.went,
        sum(p.numel() for p in module.parameters()),
        macs,
        call.came,
        kernel,
        stride,
        padding,
        groups,
        field.size,
        field.jump,
        tuple(f"{call.name}.{key}" for key in module.state_dict()),
    )
    return layer, field


def _side(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]


def _why_no_skips(spec: NetworkSpec, blocks: Sequence[Block]) -> str:
    if any(block.has_skip for block in blocks):
        return ""
    if any(block.branches for block in blocks):
        return (
            f"{spec.title} has no skips: its modules join four branches, and each of them "
            f"transforms what it is given ({spec.paper})"
        )
    if spec.combine == "none":
        return (
            f"{spec.title} has no skips: it is ResNet-{spec.depth} with every shortcut taken away "
            f"({spec.paper}, §4.2)"
        )
    return f"{spec.title} has no skips: each layer only sees the one before ({spec.paper})"
