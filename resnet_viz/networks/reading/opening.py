"""Opens a user's file: which networks are in it, and what the chosen one is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.networks.files.contents import Candidate, FileContents, ModuleInfo
from resnet_viz.networks.files.find import beside, find_networks
from resnet_viz.networks.files.reader import read_file
from resnet_viz.networks.reading.leaves import Unreadable
from resnet_viz.networks.reading.network import read_network
from resnet_viz.networks.reading.reading import Reading, build_with_weights

if TYPE_CHECKING:
    from resnet_viz.networks.builder import BuiltResNet


@dataclass(frozen=True)
class Opened:
    """A file, the networks in it, and the one of them that was read."""

    contents: FileContents
    candidates: tuple[Candidate, ...]
    candidate: Candidate
    reading: Reading

    def build(self) -> BuiltResNet:
        """The network with the file's numbers, in evaluation mode.

        Raises:
            WeightsError: the file's numbers cannot be read or used.
        """
        return build_with_weights(self.reading, self.candidate.tensors)

    def sentences(self) -> tuple[str, ...]:
        """What the user should know: which of several networks it is, and what was assumed."""
        which: tuple[str, ...] = ()
        if len(self.candidates) > 1:
            others = ", ".join(one.title for one in self.candidates if one is not self.candidate)
            which = (
                f"The file holds {len(self.candidates)} networks: {self.candidate.title} is taken "
                f"({self.candidate.reason}); there is also {others}",
            )
        return (*which, *self.reading.sentences())


def open_weights(path: Path, which: str | None = None) -> Opened:
    """Open the network in the file at ``path`` that is for use, or the one of the prefix ``which``.

    Raises:
        Unreadable: the file holds weights, but of no residual network that can be built; the
            sentence names what is in the way.
        WeightsError: the file is missing, damaged, or no file of weights.
        ValueError: there is no network ``which``.
    """
    contents = read_file(path)
    candidates = find_networks(contents)
    chosen = candidates[0]
    if which is not None:
        chosen = next((one for one in candidates if one.prefix == which), chosen)
        if chosen.prefix != which:
            raise ValueError(f"{path.name} holds no network {which!r}")
    return Opened(contents, candidates, chosen, read_candidate(contents, chosen))


def read_candidate(contents: FileContents, candidate: Candidate) -> Reading:
    """The network that is called ``candidate`` in a file.

    Raises:
        Unreadable: it is none that can be built; the sentence names the file and what is in the
            way.
    """
    values: Mapping[str, object] = contents.evidence
    others = beside(contents, candidate)
    try:
        reading = read_network(candidate.tensors, candidate.modules, values, others)
        if candidate.modules:
            _check_modules(reading, candidate.modules)
        return reading
    except Unreadable as error:
        raise Unreadable(
            f"{contents.path.name} holds no residual network that is known here: {error}; open "
            "weights of a residual network, or of one from the list"
        ) from error


_NOT_OFFERED = ("Hardswish", "Mish", "SELU", "CELU", "Softplus", "ReLU6", "Hardtanh", "RReLU")


def _check_modules(reading: Reading, modules: Mapping[str, ModuleInfo]) -> None:
    """Compare every convolution as it would be built with the module that was saved.

    Raises:
        Unreadable: they differ, or the network has activations that cannot be built.
    """
    import torch
    from torch import nn

    from resnet_viz.networks.builder import build

    for path, module in modules.items():
        if module.kind in _NOT_OFFERED:
            raise Unreadable(f"{path or 'it'} is a {module.kind}, which is not known here")
    _check_pools(reading, modules)
    with torch.device("meta"):
        network = build(reading.architecture)
    for name, built in network.named_modules():
        source = reading.names.get(f"{name}.weight", "").rpartition(".")[0]
        if not isinstance(built, nn.Conv2d) or source not in modules:
            continue
        for word in ("stride", "padding", "dilation"):
            there, here = modules[source].attributes.get(word), getattr(built, word)
            if isinstance(there, tuple) and there != here:
                raise Unreadable(
                    f"{source} has a {word} of {there} where {here} was expected, and such a "
                    "network is not known here"
                )


def _check_pools(reading: Reading, modules: Mapping[str, ModuleInfo]) -> None:
    """
    Raises:
        Unreadable: a pool stands in a block's branch.
    """
    convs = re.compile(r"(layer\d+\.\d+)\.(conv\d|downsample\.conv)\.weight")
    branches: dict[str, list[str]] = {}
    skips: list[str] = []
    for name, source in reading.names.items():
        found = convs.fullmatch(name)
        if found and found[2].startswith("conv"):
            branches.setdefault(found[1], []).append(source)
        elif found:
            skips.append(source)
    for sources in branches.values():
        inside = _shared(sources)
        for path, module in modules.items():
            pools = re.search(r"(?<!Adaptive)(Avg|Max)Pool|Blur", module.kind)
            last = path.rpartition(".")[0]
            on_skip = any(last != inside and skip.startswith(f"{last}.") for skip in skips)
            if pools and path.startswith(f"{inside}.") and not on_skip:
                raise Unreadable(
                    f"{path} is a pool ({module.kind}) within a block, and its place is not known"
                )


def _shared(names: Sequence[str]) -> str:
    """The path that all names begin with."""
    parts = []
    for these in zip(*(name.split(".") for name in names), strict=False):
        if len(set(these)) > 1:
            break
        parts.append(these[0])
    return ".".join(parts)
