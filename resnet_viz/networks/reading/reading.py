"""What was made out of a file: an architecture, where its tensors are, and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from resnet_viz.networks.architecture import Architecture
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.preprocessing import IMAGENET, Preprocessing

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_viz.networks.builder import BuiltResNet


INPUT = ("size", "normalisation")
"""The assumptions that are about the preprocessing."""


@dataclass(frozen=True)
class Assumption:
    """Something that names and shapes cannot show. ``key`` is the field that it is about.

    ``what`` says what was assumed about in words, "the max pool after the stem"; ``guess`` is the
    choice that was made and ``choices`` maps every choice in words, the guess among them, to the
    fields of the architecture, or of the preprocessing, that it stands for. ``reason`` says where
    the guess comes from, and ``sure``: the file itself or the names of a known project say so.
    """

    key: str
    what: str
    guess: str
    choices: Mapping[str, tuple[tuple[str, Any], ...]]
    reason: str
    sure: bool = False

    @property
    def alternatives(self) -> tuple[str, ...]:
        return tuple(choice for choice in self.choices if choice != self.guess)

    @property
    def sentence(self) -> str:
        """For the user."""
        if self.sure:
            return f"{self.what[0].upper()}{self.what[1:]}: {self.guess} ({self.reason})"
        return f"The file cannot show {self.what}: taken as {self.guess} ({self.reason})"


@dataclass(frozen=True)
class Reading:
    """A network as it was understood. ``names`` maps those of the built network's tensors to the
    file's; ``extras`` are the file's tensors that it has no use for; ``notes`` are sentences on
    what the file is, and ``preprocessing`` what its input should be."""

    architecture: Architecture
    names: Mapping[str, str]
    assumptions: tuple[Assumption, ...] = ()
    extras: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    dialect: str = ""

    @property
    def title(self) -> str:
        return self.architecture.title

    def spec(self, name: str) -> NetworkSpec:
        """The network for the rest of the program, under a name of its own."""
        of = self.architecture
        size, mean, std = 224, IMAGENET.mean, IMAGENET.std
        if self.preprocessing is not None:
            made_for = self.preprocessing
            size, mean, std = made_for.size, made_for.mean, made_for.std
        padded = all(block.projection is None for block in of.blocks)
        return NetworkSpec(
            name,
            self.title,
            "file",
            of.depth,
            size,
            1.0 if size < 64 else 224 / 256,
            mean,
            std,
            of.combine,
            "pad" if padded else "projection",
            order="post" if of.order == "post" else "pre",
            classes=of.outputs,
            channels=of.channels,
            group="From a file",
            architecture=of,
        )

    def chosen(self, key: str, choice: str) -> Reading:
        """The same with another choice for one of its assumptions.

        Raises:
            ValueError: there is no such assumption or choice.
        """
        for assumption in self.assumptions:
            if assumption.key == key and choice in assumption.choices:
                others = tuple(
                    replace(one, guess=choice, reason="it was chosen", sure=True)
                    if one.key == key
                    else one
                    for one in self.assumptions
                )
                fields = dict(assumption.choices[choice])
                if key in INPUT and self.preprocessing is not None:
                    made_for = replace(self.preprocessing, **fields)
                    return replace(self, preprocessing=made_for, assumptions=others)
                return replace(
                    self, architecture=replace(self.architecture, **fields), assumptions=others
                )
        raise ValueError(f"there is no choice {choice!r} of {key}")

    def sentences(self) -> tuple[str, ...]:
        """What the user should know: notes, then what was assumed, the least sure first."""
        unsure = sorted(self.assumptions, key=lambda one: one.sure)
        return (*self.notes, *(one.sentence for one in unsure))


class Loadable(Protocol):
    """A tensor in a file."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def load(self) -> Tensor: ...


def build_with_weights(reading: Reading, tensors: Mapping[str, Loadable]) -> BuiltResNet:
    """The network with the file's numbers, in float32, in evaluation mode.

    Raises:
        WeightsError: a tensor cannot be read, is of another shape, or holds whole numbers or
            values that are not finite.
    """
    import torch

    from resnet_viz.networks.builder import build

    with torch.device("meta"):
        network = build(reading.architecture)
    state: dict[str, Tensor] = {}
    for name, expected in network.state_dict().items():
        if name.endswith("num_batches_tracked"):  # of no use without training
            state[name] = torch.zeros((), dtype=torch.long)
            continue
        source = reading.names.get(name)
        if source is None:
            raise WeightsError(f"the network needs {name}, and the file has nothing for it")
        value = tensors[source].load()
        if expected.is_floating_point():
            if not value.is_floating_point():
                raise WeightsError(
                    f"{source} holds whole numbers where fractions are needed; "
                    "choose weights that are not quantised"
                )
            if not value.isfinite().all():
                raise WeightsError(
                    f"{source} has values that are not finite numbers; "
                    "choose weights from a training run that did not diverge"
                )
        if value.shape != expected.shape:
            if value.numel() != expected.numel() or (
                [n for n in value.shape if n > 1] != [n for n in expected.shape if n > 1]
            ):
                raise WeightsError(
                    f"{source} is {tuple(value.shape)} where {tuple(expected.shape)} is needed"
                )
            value = value.reshape(expected.shape)
        state[name] = value.to(expected.dtype).contiguous()
    network.load_state_dict(state, assign=True)
    return network.requires_grad_(False).eval()
