"""Finds the network of the catalog that weights were made for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeVar

from resnet_viz.networks.catalog import CATALOG, DEEPEST, NetworkSpec, find
from resnet_viz.networks.download import WeightsError

Shape = tuple[int, ...]

_LISTED = 3


class Shaped(Protocol):
    """A tensor, or what is known of one in a file."""

    @property
    def shape(self) -> tuple[int, ...]: ...


T = TypeVar("T")


class Unrecognised(WeightsError):
    """The file is sound but fits no network; ``nearest`` is the name of the one it is most like,
    and ``likeness`` the share of tensors that agree with it."""

    def __init__(self, sentence: str, nearest: str, likeness: float) -> None:
        super().__init__(sentence)
        self.nearest, self.likeness = nearest, likeness


@dataclass(frozen=True)
class Match:
    """The network that a file fits, with how many classes, and the titles of ``others`` that it
    fits as well (a plain network has the same weights as its residual twin)."""

    spec: NetworkSpec
    classes: int
    others: tuple[str, ...] = ()


def network_of(
    state: Mapping[str, Shaped],
    file: str,
    preferred: str | None = None,
    look: Callable[[], None] = lambda: None,
) -> Match:
    """Find the network that ``state``, read from ``file``, fits; of several, ``preferred``.

    ``look`` is called before each comparison, and may raise to stop.

    Raises:
        Unrecognised: no network fits; the sentence names the nearest and where it differs.
    """
    fits: list[tuple[NetworkSpec, int]] = []
    nearest: tuple[float, NetworkSpec, list[str], int] | None = None
    for spec in _candidates(state, preferred):
        look()
        expected, head = shapes(spec)
        there = {
            name: tuple(value.shape)
            for name, value in renamed(state, expected, spec.unused).items()
        }
        classes = _classes(there, expected, head)
        wanted = expected | {
            name: (classes, *shape[1:]) for name, shape in expected.items() if name in head
        }
        differ = _differences(there, wanted)
        if not differ:
            fits.append((spec, classes))
            continue
        together = len(wanted | there)
        likeness = 1 - len(differ) / together
        if nearest is None or likeness > nearest[0]:
            nearest = (likeness, spec, differ, together)
    if fits:
        spec, classes = fits[0]
        return Match(spec, classes, tuple(other.title for other, _ in fits[1:]))
    assert nearest is not None
    likeness, spec, differ, together = nearest
    more = f" and {len(differ) - _LISTED} more" if len(differ) > _LISTED else ""
    raise Unrecognised(
        f"{file} fits none of the networks; the nearest is {spec.title}, but "
        f"{len(differ)} of {together} tensors differ: {'; '.join(differ[:_LISTED])}{more}. "
        "Open weights that were made for one of the networks",
        spec.name,
        likeness,
    )


def renamed(
    state: Mapping[str, T], expected: Collection[str], unused: tuple[str, ...] = ()
) -> Mapping[str, T]:
    """The same tensors under the ``expected`` names, where other authors call them otherwise.

    Projections are also called "shortcut", the classifier "linear", or "fc.1" where a dropout was
    put before it. Names that begin with one of ``unused`` are left out.
    """
    ready: dict[str, T] = {}
    for key, value in state.items():
        if key.startswith(unused):
            continue
        name = key
        if key not in expected:
            other = re.sub(
                r"^linear\.|^fc\.\d+\.", "fc.", key.replace(".shortcut.", ".downsample.")
            )
            if other in expected and other not in state:
                name = other
        ready[name] = value
    return ready


def _candidates(state: Mapping[str, Shaped], preferred: str | None) -> Iterator[NetworkSpec]:
    """The preferred network, those of the catalog, and the CIFAR family of the file's depth."""
    first = None if preferred is None else find(preferred)
    if first is not None:
        yield first
    yield from (spec for spec in CATALOG.values() if spec != first)
    blocks = {key.split(".")[1] for key in state if key.startswith("layer1.")}
    depth = 6 * len(blocks) + 2
    if blocks and depth <= DEEPEST and f"resnet{depth}-projection" not in CATALOG:
        for kind in ("resnet{}", "resnet{}-projection", "plain{}", "preact-resnet{}"):
            spec = find(f"cifar-{kind.format(depth)}")
            if spec != first:
                yield spec


@cache
def shapes(spec: NetworkSpec) -> tuple[dict[str, Shape], tuple[str, ...]]:
    """The shapes of the network's tensors, and the names of those of its classifier."""
    import torch
    from torch import nn

    with torch.device("meta"):
        network = spec.build()
    *_, last = (name for name, one in network.named_modules() if isinstance(one, nn.Linear))
    sizes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    return sizes, (f"{last}.weight", f"{last}.bias")


def _classes(there: dict[str, Shape], expected: dict[str, Shape], head: tuple[str, ...]) -> int:
    """How many classes the file's classifier has, if it is one for the same features."""
    found, own = there.get(head[0], ()), expected[head[0]]
    return found[0] if len(found) == 2 and found[1:] == own[1:] and found[0] else own[0]


def _differences(there: dict[str, Shape], wanted: dict[str, Shape]) -> list[str]:
    """One text for each tensor that is missing, superfluous or of another shape."""
    differ = []
    for name in (*wanted, *(name for name in there if name not in wanted)):
        if name.endswith(".num_batches_tracked") and name not in there:
            continue  # a count that only training needs and that many files leave out
        if there.get(name) != wanted.get(name):
            has, needs = (str(x[name]) if name in x else "missing" for x in (there, wanted))
            differ.append(f"{name} is {has} there and {needs} in the network")
    return differ
