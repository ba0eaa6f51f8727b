"""What a network is made of: stem, stages, blocks and layers, with shapes, parameters and MACs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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
