"""Where a network's blocks begin and end: the one place that knows the kinds of networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn
from torchvision.models.googlenet import BasicConv2d, Inception
from torchvision.models.vgg import VGG

from resnet_viz.networks.kinds import kind, residual_blocks

PartKind = Literal["stem", "basic", "bottleneck", "inception", "conv"]


@dataclass(frozen=True)
class Part:
    """A block. ``output`` is the module that gives the block's output; ``module_name`` its name.

    What is computed after the part before it, and up to ``output``, belongs to the part.
    """

    name: str
    kind: PartKind
    stage: int
    module_name: str
    output: nn.Module


def parts_of(network: nn.Module) -> tuple[Part, ...]:
    """The stem and every block, from input to output; what comes after them is the head.

    In networks of blocks (ResNet and its kin, GoogLeNet) the stem is all that comes before the
    first one. In networks of single convolutions (LeNet, AlexNet, VGG) a block is a convolution
    with the norm and the nonlinearity that follow it, and the first of them is the stem. A pool
    belongs to the block after it and begins a stage, as in ResNet's table 1, so that all blocks
    of a stage have one resolution. Fully connected layers, and what comes after the last
    convolution's nonlinearity, are the head: they have no places to draw a map of.

    Raises:
        ValueError: the network is of neither kind.
    """
    blocks: dict[str, nn.Module] = {
        **residual_blocks(network),
        **{name: one for name, one in network.named_modules() if isinstance(one, Inception)},
    }
    if blocks:
        return _of_blocks(network, blocks)
    if isinstance(getattr(network, "features", None), nn.Sequential):
        return _of_convolutions(network)
    raise ValueError(
        f"{type(network).__name__} has neither residual or inception blocks nor convolutions in "
        "a Sequential called features"
    )


def _of_blocks(network: nn.Module, blocks: dict[str, nn.Module]) -> tuple[Part, ...]:
    first = next(iter(blocks))
    stem_name, stem = "", network
    for name, module in network.named_modules():
        if name == first:
            break
        # A container such as layer1 is met before its first block, but is not part of the stem.
        if not any(module.children()) and not first.startswith(f"{name}."):
            stem_name, stem = name, module
    parts = [Part("stem", "stem", 0, stem_name, stem)]
    stages: list[str] = []
    for name, module in blocks.items():
        word: PartKind = "inception"
        if isinstance(module, Inception):
            # "inception4a" belongs to stage 4 of the paper, the second one that has blocks.
            stage = name[:-1]
        else:
            stage, word = name.rpartition(".")[0], kind(module).name
        if stage not in stages:
            stages.append(stage)
        parts.append(Part(name, word, len(stages), name, module))
    return tuple(parts)


_AFTER_A_CONVOLUTION = (nn.BatchNorm2d, nn.ReLU, nn.Tanh)


def _of_convolutions(network: nn.Module) -> tuple[Part, ...]:
    """VGG's convolutions are called "conv3_2" as in the paper, others' "conv4"."""
    features = network.features
    assert isinstance(features, nn.Sequential)
    ends: list[tuple[int, str, nn.Module]] = []
    stage, pooled = 1, False
    for name, module in features.named_children():
        if isinstance(module, nn.Conv2d):
            stage, pooled = stage + pooled, False
            ends.append((stage, name, module))
        elif isinstance(module, _AFTER_A_CONVOLUTION):
            ends[-1] = (stage, name, module)
        else:
            pooled = pooled or "Pool" in type(module).__name__
    # The stem alone may fill the first stage; stages are counted without it.
    empty = 1 if len(ends) > 1 and ends[1][0] == 2 else 0
    parts = []
    for index, (stage, name, module) in enumerate(ends):
        title = f"conv{index + 1}"
        if isinstance(network, VGG):
            title = f"conv{stage}_{1 + index - [number for number, *_ in ends].index(stage)}"
        word: PartKind = "conv" if index else "stem"
        parts.append(
            Part(
                title if index else "stem",
                word,
                stage - empty if index else 0,
                f"features.{name}",
                module,
            )
        )
    return tuple(parts)


def has_hidden_relu(module: nn.Module) -> bool:
    """True if the module ends with a ReLU that is a function and not a module of its own."""
    return isinstance(module, BasicConv2d)
