"""What a network is made of: stem, stages, blocks and layers, with shapes, parameters and MACs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor, nn

    from resnet_viz.networks.catalog import NetworkSpec

Shape = tuple[int, ...]
"""The shape of one sample, without the batch: (channels, height, width) or (features,)."""


@dataclass(frozen=True)
class Layer:
    """One module without children. ``macs`` counts multiply-accumulates of one forward pass."""

    name: str
    kind: str
    text: str
    output_shape: Shape
    parameters: int
    macs: int


@dataclass(frozen=True)
class Block:
    """A residual block, or the stem (``kind`` "stem"), the unit of everything that is shown.

    ``name`` is the module's, such as "layer3.1", or "stem". ``shortcut`` says what lies on the
    second path: "identity", "pad" (option A), "projection" (option B), or "none" where there is
    none; ``combine`` how the two meet. ``layers`` are those of the residual branch, in order;
    ``shortcut_layers`` those of the projection, if any.
    """

    name: str
    kind: Literal["stem", "basic", "bottleneck"]
    combine: Literal["add", "concat", "none"]
    shortcut: Literal["identity", "pad", "projection", "none"]
    input_shape: Shape
    output_shape: Shape
    layers: tuple[Layer, ...]
    shortcut_layers: tuple[Layer, ...] = ()

    @property
    def has_skip(self) -> bool:
        """True if there is a skip path that can be switched off."""
        return self.combine != "none"

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in (*self.layers, *self.shortcut_layers))

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in (*self.layers, *self.shortcut_layers))


@dataclass(frozen=True)
class Stage:
    """Consecutive blocks of one width and resolution. ``number`` counts from 1, as in "layer1"."""

    number: int
    blocks: tuple[Block, ...]

    @property
    def skips(self) -> tuple[str, ...]:
        """The names of its blocks that have a skip."""
        return tuple(block.name for block in self.blocks if block.has_skip)


@dataclass(frozen=True)
class Structure:
    """A network's blocks from input to output. ``head`` are the layers after the last block."""

    network: str
    title: str
    input_shape: Shape
    stem: Block
    stages: tuple[Stage, ...]
    head: tuple[Layer, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The stem and every block, from input to output."""
        return (self.stem, *(block for stage in self.stages for block in stage.blocks))

    @property
    def skips(self) -> tuple[str, ...]:
        """The names of the blocks that have a skip."""
        return tuple(block.name for block in self.blocks if block.has_skip)

    @property
    def parameters(self) -> int:
        return sum(b.parameters for b in self.blocks) + sum(x.parameters for x in self.head)

    @property
    def macs(self) -> int:
        return sum(b.macs for b in self.blocks) + sum(x.macs for x in self.head)

    def block(self, name: str) -> Block:
        """The block called ``name``.

        Raises:
            ValueError: there is none.
        """
        for block in self.blocks:
            if block.name == name:
                return block
        raise ValueError(
            f"{self.title} has no block {name!r}; its blocks are stem and "
            f"{self.blocks[1].name} to {self.blocks[-1].name}"
        )

    def stage_of(self, name: str) -> int:
        """The number of the stage that holds block ``name``; 0 for the stem."""
        return next((s.number for s in self.stages if name in [b.name for b in s.blocks]), 0)


@cache
def build_structure(spec: NetworkSpec) -> Structure:
    """Walk through a network on torch's meta device, which has shapes but no numbers.

    Multiply-accumulates are those of convolutions and linear layers, as in He 2015 table 1.
    """
    import torch

    from resnet_viz.networks.skips import has_skip, residual_blocks

    with torch.device("meta"):
        network = spec.build()
    calls: list[tuple[str, nn.Module, Shape, Shape]] = []

    def watch(name: str, module: nn.Module) -> None:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            calls.append((name, module, tuple(inputs[0].shape[1:]), tuple(output.shape[1:])))

        module.register_forward_hook(hook)

    modules = residual_blocks(network)
    for name, module in network.named_modules():
        if name in modules or not any(module.children()):
            watch(name, module)
    input_shape = (3, spec.input_size, spec.input_size)
    with torch.no_grad():
        network(torch.empty(1, *input_shape, device="meta"))

    before: list[Layer] = []
    stem: Block | None = None
    stages: dict[int, list[Block]] = {}
    for name, module, came, went in calls:
        if name not in modules:
            before.append(_layer(name, module, came, went))
            continue
        block = modules[name]
        first = next(i for i, layer in enumerate(before) if layer.name.startswith(f"{name}."))
        if stem is None:
            shape = before[first - 1].output_shape
            stem = Block("stem", "stem", "none", "none", input_shape, shape, tuple(before[:first]))
        inside = before[first:]
        before = []
        # The last ReLU follows the addition, so it is on neither path.
        last = max(i for i, layer in enumerate(inside) if layer.kind == "ReLU")
        del inside[last]
        shortcut_name = f"{name}.downsample"
        second = tuple(layer for layer in inside if layer.name.startswith(shortcut_name))
        shortcut: Literal["identity", "pad", "projection", "none"] = "identity"
        if not has_skip(block):
            shortcut = "none"
        elif second:
            shortcut = "pad" if second[0].kind == "PadShortcut" else "projection"
        stages.setdefault(int(name.split(".")[0].removeprefix("layer")), []).append(
            Block(
                name,
                "bottleneck" if hasattr(block, "conv3") else "basic",
                getattr(block, "combine", "add"),
                shortcut,
                came,
                went,
                tuple(layer for layer in inside if layer not in second),
                second,
            )
        )
    assert stem is not None
    return Structure(
        spec.name,
        spec.title,
        input_shape,
        stem,
        tuple(Stage(number, tuple(blocks)) for number, blocks in stages.items()),
        tuple(before),
    )


_WORDS = {
    "BatchNorm2d": "batch norm",
    "MaxPool2d": "max pool",
    "AdaptiveAvgPool2d": "average pool",
    "PadShortcut": "pad with zeros",
}


def _layer(name: str, module: Any, came: Shape, went: Shape) -> Layer:
    kind = type(module).__name__
    parameters = sum(p.numel() for p in module.parameters())
    text, macs = _WORDS.get(kind, kind), 0
    if kind == "Conv2d":
        side, width = module.kernel_size[0], module.out_channels
        stride = f", /{module.stride[0]}" if module.stride[0] > 1 else ""
        text = f"{side}×{side}, {width}{stride}"
        macs = went[1] * went[2] * module.weight.numel()
    elif kind == "Linear":
        text = f"fc, {module.out_features}"
        macs = module.weight.numel()
    return Layer(name, kind, text, went, parameters, macs)
