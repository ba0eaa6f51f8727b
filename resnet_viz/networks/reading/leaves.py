"""The layers of a file: tensors that belong together, by the name before their last dot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from resnet_viz.networks.download import WeightsError


class Shaped(Protocol):
    """What is asked of a tensor in a file before it is read."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> str: ...


class Unreadable(WeightsError):
    """The file holds weights, but no network that can be built from them; the text says why."""


LeafKind = Literal["conv", "linear", "norm", "other"]

_EXTRA = re.compile(
    r"(^|\.)(total_ops|total_params|num_batches_tracked|[a-z_]*fake_quant[a-z_]*"
    r"|activation_post_process|[a-z_]*observer[a-z_]*)(\.|$)"
)
"""What tools leave beside the weights: counts of operations, observers of a quantisation."""

_ALIASES = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean"}
_ALIASES |= {"moving_variance": "running_var", "moving_var": "running_var"}


@dataclass(frozen=True)
class Leaf:
    """A layer. ``tensors`` maps torch's words (weight, bias, running_mean, running_var) to names in
    the file; ``shape`` is that of its weight, or of what it has."""

    name: str
    kind: LeafKind
    shape: tuple[int, ...]
    tensors: Mapping[str, str]

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split(".")) if self.name else ()

    @property
    def width(self) -> int:
        """How many channels a norm has, or a convolution or linear layer gives."""
        return self.shape[0]

    @property
    def takes(self) -> int:
        """The channels that one group of a convolution, or a linear layer, is given."""
        return self.shape[1]

    @property
    def bias(self) -> bool:
        return "bias" in self.tensors

    @property
    def side(self) -> int:
        """The kernel's side.

        Raises:
            Unreadable: it is not square, or even.
        """
        height, width = self.shape[2:]
        if height != width or height % 2 == 0:
            raise Unreadable(
                f"{self.name} is a convolution of {height}×{width}, which is not known"
            )
        return height

    @property
    def watched(self) -> bool:
        """True for a norm that has stored what it saw in training."""
        return "running_var" in self.tensors


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts "block2" before "block10"."""
    pieces = re.split(r"(\d+)", name)
    return tuple((0, int(x)) if x.isdigit() else (1, x) for x in pieces if x)


def is_sorted(names: list[str]) -> bool:
    """True if the names are in the order of the alphabet, which says nothing about the layers."""
    return len(names) > 2 and names == sorted(names)


def leaves(tensors: Mapping[str, Shaped]) -> tuple[list[Leaf], list[str]]:
    """The layers in the file's order, or by their names where that is the alphabet's; and the names
    of tensors that tools have left.

    Layers of a convolution and its norm that share one name (detectron2's "conv1.norm") are two.
    """
    groups: dict[str, dict[str, str]] = {}
    extras = []
    for name in tensors:
        layer, _, word = name.rpartition(".")
        if _EXTRA.search(name) and word != "num_batches_tracked":
            extras.append(name)
            continue
        groups.setdefault(layer, {})[_ALIASES.get(word, word)] = name
    found = [_leaf(layer, words, tensors) for layer, words in groups.items()]
    if is_sorted(list(tensors)):
        found.sort(key=lambda leaf: natural(leaf.name))
    return found, extras


def _leaf(layer: str, words: dict[str, str], tensors: Mapping[str, Shaped]) -> Leaf:
    shapes = {word: tuple(tensors[name].shape) for word, name in words.items()}
    weight = shapes.get("weight", ())
    known = set(words) <= {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
    kind: LeafKind = "other"
    shape = weight
    if known and len(weight) == 4:
        kind = "conv" if set(words) <= {"weight", "bias"} else "other"
    elif known and len(weight) == 2:
        kind = "linear" if set(words) <= {"weight", "bias"} else "other"
    elif known and "running_mean" in words and "running_var" in words:
        kind, shape = "norm", shapes["running_var"]
    elif known and len(weight) == 1 and "bias" in words:
        kind = "norm"
    if kind == "norm" and (
        len(shape) != 1
        or any(shapes[word] != shape for word in words if word != "num_batches_tracked")
    ):
        kind = "other"
    if kind in ("conv", "linear") and "bias" in words and shapes["bias"] != weight[:1]:
        kind = "other"
    if 0 in shape:  # a layer of nothing
        kind = "other"
    if not shape:
        shape = max(shapes.values(), key=len, default=())
    return Leaf(layer, kind, shape, words)
