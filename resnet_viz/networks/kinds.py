"""The kinds of residual block, in one table: to add a kind, write its class and add an entry.

Everything else (gates, structure, parts, the pass and the instruments) asks the entry and knows no
class. An entry says what He 2015 eq. 1 and 2 say: y = act(F(x) + shortcut(x)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from resnet_viz.networks.cifar import CifarBlock
from resnet_viz.networks.family import Combine
from resnet_viz.networks.preact import PreactBlock, PreactBottleneck


def _projected(block: Any, x: Tensor) -> Tensor:
    return x if block.downsample is None else block.downsample(x)


@dataclass(frozen=True)
class BlockKind:
    """What the program has to know of a class of blocks; each function is given the block.

    ``name`` is the kind in a `Structure`. ``branch`` computes F(x), ``shortcut`` what the second
    path makes of x; neither may change x in place. ``entry`` is the first module of the branch,
    which is given the block's input and is called once; ``projection`` the module on the second
    path, None where it is the identity. ``combine`` says how the paths meet: "concat" along
    channels, and "none" where there is no second path. ``merge`` and then ``activation`` follow.
    """

    name: Literal["basic", "bottleneck"]
    branch: Callable[[Any, Tensor], Tensor]
    shortcut: Callable[[Any, Tensor], Tensor] = _projected
    entry: Callable[[Any], nn.Module] = lambda block: block.conv1
    projection: Callable[[Any], nn.Module | None] = lambda block: block.downsample
    combine: Callable[[Any], Combine] = lambda block: "add"
    merge: Callable[[Any], nn.Module | None] = lambda block: None
    activation: Callable[[Any], nn.Module | None] = lambda block: block.relu

    def meet(self, block: nn.Module, out: Tensor | None, identity: Tensor | None) -> Tensor:
        """Let the paths meet, and what follows: y from F(x) and shortcut(x).

        At most one of the two is None, which stands for zeros.
        """
        if self.combine(block) == "concat":
            if out is None or identity is None:
                zeros = torch.zeros_like(identity if out is None else out)  # type: ignore[arg-type]
                out, identity = (zeros, identity) if out is None else (out, zeros)
            assert identity is not None
            out = torch.cat((out, identity), dim=1)
        elif out is None:
            assert identity is not None
            # A copy: an identity shortcut is the block before's output itself, and ReLU works in
            # place.
            out = identity.clone()
        elif identity is not None:
            out = out + identity
        merge, activation = self.merge(block), self.activation(block)
        out = out if merge is None else merge(out)
        return out if activation is None else activation(out)


def _basic(block: Any, x: Tensor) -> Tensor:
    out: Tensor = block.relu(block.bn1(block.conv1(x)))
    out = block.bn2(block.conv2(out))
    return out


def _bottleneck(block: Any, x: Tensor) -> Tensor:
    out: Tensor = block.bn3(block.conv3(block.relu(_basic(block, x))))
    return out


def _own(block: Any, x: Tensor) -> Tensor:
    out: Tensor = block.branch(x)
    return out


def _preactivation(name: Literal["basic", "bottleneck"]) -> BlockKind:
    return BlockKind(name, _own, entry=lambda block: block.bn1, activation=lambda block: None)


KINDS: dict[type[nn.Module], BlockKind] = {
    BasicBlock: BlockKind("basic", _basic),
    Bottleneck: BlockKind("bottleneck", _bottleneck),
    CifarBlock: BlockKind(
        "basic", _own, combine=lambda block: block.combine, merge=lambda block: block.merge
    ),
    PreactBlock: _preactivation("basic"),
    PreactBottleneck: _preactivation("bottleneck"),
}


def kind_of(module: nn.Module) -> BlockKind | None:
    """The entry of a module's class or of the nearest class that it derives from; None if none."""
    return next((KINDS[one] for one in type(module).__mro__ if one in KINDS), None)


def kind(block: nn.Module) -> BlockKind:
    """The entry of a block.

    Raises:
        ValueError: its class is in no entry.
    """
    found = kind_of(block)
    if found is None:
        raise ValueError(f"{type(block).__name__} is not a kind of residual block")
    return found


def residual_blocks(network: nn.Module) -> dict[str, nn.Module]:
    """Every block from input to output, by its module's name; those of plain networks too."""
    return {name: one for name, one in network.named_modules() if kind_of(one) is not None}


def has_skip(block: nn.Module) -> bool:
    """True if there is a second path around the block's layers."""
    return kind(block).combine(block) != "none"
