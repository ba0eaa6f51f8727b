"""What a residual network is made of, as a frozen value: enough to build it. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viz.networks.family import Combine

Norm = Literal["batch", "group", "none"]
"""Group norm (arXiv:1803.08494) has as many groups as the architecture says."""

Order = Literal["post", "pre", "pyramid"]
"""Where norms and activations stand: after each convolution (He 2015), before it (He 2016,
fig. 4e), or before it with no activation first and a norm last (arXiv:1610.02915, fig. 6d)."""

Activation = Literal["relu", "leaky relu 0.01", "leaky relu 0.1", "silu", "gelu", "elu", "tanh"]

Pool = Literal["none", "max", "max ceil", "max zero", "max 2", "max blur", "avg"]
"""What follows the stem, of stride 2: a maximum of 3×3, "max ceil" one without padding whose last
window may hang over, "max zero" one padded with zeros, "max 2" one of 2×2, "max blur" one of stride
1 and a binomial filter, "avg" a mean of 2×2."""

Blur = Literal["none", "mean", "binomial"]
"""What has a stride in a convolution's place: a mean of 2×2, or the filter of Zhang 2019
(arXiv:1904.11486), 1-2-1 both ways."""

Side = Literal["both", "end", "begin"]
"""Where a padded shortcut has its zeros: half before and half after the old channels, or all at
one end."""

StrideAt = Literal["3x3", "1x1"]
"""Which convolution of a bottleneck has the stride: torchvision's choice, or that of He 2015."""

MAX_CLASSES = 1_000_000


@dataclass(frozen=True)
class Conv:
    """A convolution without its stride. ``kernel`` is the side in pixels; ``norm``: one fits it."""

    came: int
    went: int
    kernel: int
    groups: int = 1
    bias: bool = False
    norm: bool = False


@dataclass(frozen=True)
class Squeeze:
    """Squeeze-and-excitation (arXiv:1709.01507): ``width`` channels to ``hidden`` and back.

    ``after`` counts the convolutions before it. ``linear``: made of linear layers, not of 1×1
    convolutions. ``biases`` are whether the two layers have one.
    """

    width: int
    hidden: int
    after: int
    linear: bool = False
    biases: tuple[bool, bool] = (True, True)


@dataclass(frozen=True)
class BlockSpec:
    """A residual block. ``projection`` None is the identity, with zeros for channels that are new.

    A convolution's ``norm`` precedes it in the orders of 2016, and follows it in that of 2015.
    """

    convs: tuple[Conv, ...]
    stride: int = 1
    projection: Conv | None = None
    squeeze: Squeeze | None = None

    @property
    def came(self) -> int:
        return self.convs[0].came

    @property
    def went(self) -> int:
        return self.convs[-1].went

    @property
    def bottleneck(self) -> bool:
        return len(self.convs) == 3


@dataclass(frozen=True)
class HeadLayer:
    """A layer after the pooling; ``active``: an activation follows it. "conv" is a 1×1."""

    kind: Literal["linear", "conv", "norm"]
    came: int
    went: int
    bias: bool = True
    active: bool = False
    affine: bool = True


@dataclass(frozen=True)
class Architecture:
    """A residual network, from the image to the outputs. Blocks are of one order and one norm.

    ``stem`` are its convolutions, the first of which has ``stem_stride``; ``stem_active``: an
    activation follows the last one. ``final_norm``: a norm (and an activation) follow the last
    block. ``raw_projection``: in the order "pre" a projection reads the block's input, not what the
    first norm and activation make of it. ``dilated`` counts the last stages that have a dilation in
    place of their stride. ``blurred`` is what follows a convolution in a block in place of its
    stride. ``standardised``: the weights of each filter are brought to a mean of 0 and a variance
    of 1 (arXiv:1903.10520). ``pooled``: a mean of 2×2 has the stride in a shortcut's place
    (arXiv:1812.01187, fig. 2c). ``pool_side`` is the side of the map that the head is given;
    ``pool`` "mean", or "max and mean" next to each other.

    ``late_stride``: in a basic block the second convolution has the stride, not the first.
    ``first_stride`` is that of the first stage's first block. ``squeezed_after``, if it is not 0,
    counts the convolutions before each squeeze in place of its own ``after``. ``active_squeeze``:
    an activation stands between the last norm and the squeeze.

    ``head`` () gives the pooled features; ``independent``: each output is a yes or no by itself (a
    sigmoid), not one of the classes (a softmax). ``epsilon`` is that of the norms.
    """

    channels: int
    stem: tuple[Conv, ...]
    stages: tuple[tuple[BlockSpec, ...], ...]
    head: tuple[HeadLayer, ...] = ()
    independent: bool = False
    stem_stride: int = 1
    stem_pool: Pool = "none"
    stem_active: bool = True
    norm: Norm = "batch"
    groups: int = 32
    epsilon: float = 1e-5
    order: Order = "post"
    final_norm: bool = False
    combine: Combine = "add"
    activation: Activation = "relu"
    stride_at: StrideAt = "3x3"
    late_stride: bool = False
    pad_side: Side = "both"
    raw_projection: bool = False
    dilated: int = 0
    blurred: Blur = "none"
    standardised: bool = False
    pooled: bool = False
    first_stride: int = 1
    squeezed_after: int = 0
    active_squeeze: bool = False
    pool: Literal["mean", "max and mean"] = "mean"
    pool_side: int = 1

    @property
    def features(self) -> int:
        """How many numbers the pooling gives."""
        width = self.stages[-1][-1].went * self.pool_side**2
        return width * (2 if self.pool == "max and mean" else 1)

    @property
    def outputs(self) -> int:
        """How many numbers the network gives: classes, or features where it has no head."""
        return self.head[-1].went if self.head else self.features

    @property
    def blocks(self) -> tuple[BlockSpec, ...]:
        return tuple(block for stage in self.stages for block in stage)

    @property
    def depth(self) -> int:
        """Convolutions and linear layers on the longest way, as the papers count them."""
        weighted = sum(layer.kind != "norm" for layer in self.head)
        return len(self.stem) + sum(len(block.convs) for block in self.blocks) + weighted

    @property
    def title(self) -> str:
        """In the papers' words: "SE-ResNeXt-50 32×4d"."""
        blocks = self.blocks
        widest = blocks[0].convs[1]
        squeezed = "SE-" if any(block.squeeze for block in blocks) else ""
        if self.combine == "none":
            name = f"{squeezed}Plain"
        elif blocks[0].bottleneck and widest.groups > 1:
            each = widest.came // widest.groups
            return f"{squeezed}ResNeXt-{self._named_depth} {widest.groups}×{each}d"
        else:
            name = f"{squeezed}ResNet"
        if self.order == "pyramid":
            name = f"{squeezed}PyramidNet"
        name = f"Pre-act {name}" if self.order == "pre" else name
        return f"{name}-{self._named_depth}"

    @property
    def _named_depth(self) -> int:
        """A deep stem counts as one, and a head of several layers too, or of none."""
        return 2 + sum(len(block.convs) for block in self.blocks)
