"""What a network is made of: stem, stages, blocks and layers, with shapes, parameters and MACs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    pass

Shape = tuple[int, ...]
"""The shape of one sample, without the batch: (channels, height, width) or (features,)."""


@dataclass(frozen=True)
class Layer:
    """One module without children. ``macs`` counts multiply-accumulates of one forward pass.

    ``kernel``, ``stride``, ``padding`` (in pixels, of both sides) and ``groups`` are those of
    convolutions and pools; a ``kernel`` of 0 is none. ``receptive_field`` is the side, in pixels of
    the network's input, of what one value of the output can see on the way through this layer, and
    ``jump`` how far apart the fields of neighbours are; it may be larger than the input.
    ``states`` are the names of its tensors in a state dict.
    """

    name: str
    kind: str
    text: str
    output_shape: Shape
    parameters: int
    macs: int
    input_shape: Shape = ()
    kernel: int = 0
    stride: int = 1
    padding: int = 0
    groups: int = 1
    receptive_field: int = 0
    jump: int = 1
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A block, or the stem (``kind`` "stem"), the unit of everything that is shown.

    ``name`` is the module's, such as "layer3.1" or "inception4a", or "stem"; in VGG the paper's,
    such as "conv3_2". ``shortcut`` says what lies on the second path: "identity", "pad" (option
    A), "projection" (option B), or "none" where there is none; ``combine`` how paths meet.
    ``layers`` are those of the residual branch, in order; ``shortcut_layers`` those of the
    projection, if any.

    ``branches`` are the paths that an inception module concatenates, each with its layers; what
    ``layers`` has besides comes before they part (a pool). ``activation`` names the nonlinearity
    that follows the meeting of the paths: none for the stem, for single convolutions (theirs is
    one of the ``layers``) and in the order of He 2016.
    """

    name: str
    kind: Literal["stem", "basic", "bottleneck", "inception", "conv"]
    combine: Literal["add", "concat", "none"]
    shortcut: Literal["identity", "pad", "projection", "none"]
    input_shape: Shape
    output_shape: Shape
    layers: tuple[Layer, ...]
    shortcut_layers: tuple[Layer, ...] = ()
    branches: tuple[tuple[Layer, ...], ...] = ()
    activation: str = ""
    receptive_field: int = 0

    @property
    def has_skip(self) -> bool:
        """True if there is a skip path that can be switched off."""
        return self.shortcut != "none"

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
    """A network's blocks from input to output. ``head`` are the layers after the last block.

    ``why_no_skips`` is a sentence for networks without skips, and empty for the others. ``depth``
    counts the convolutions and fully connected layers on the longest way through the branches, as
    the papers do.
    """

    network: str
    title: str
    input_shape: Shape
    stem: Block
    stages: tuple[Stage, ...]
    head: tuple[Layer, ...]
    why_no_skips: str = ""

    @property
    def depth(self) -> int:
        ways = [block.branches or (block.layers,) for block in self.blocks]
        return sum(max(map(_weighted, way)) for way in ways) + _weighted(self.head)

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


def _weighted(layers: tuple[Layer, ...]) -> int:
    return sum(layer.kind in ("Conv2d", "Linear") for layer in layers)
