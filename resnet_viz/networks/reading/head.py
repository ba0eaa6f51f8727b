"""Reads what follows the last block: a norm, the pooling's width, the layers up to the outputs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from resnet_viz.networks.architecture import HeadLayer, Order
from resnet_viz.networks.reading.blocks import RawBlock
from resnet_viz.networks.reading.leaves import Leaf, Unreadable

_CLASSIFIER = re.compile(
    r"^(fc\w*|classifier\w*|classif\w*|linear\w*|head|heads|last_linear|logits?|output\w*|out"
    r"|dense\w*|final\w*|cls\w*|mlp|score|\d+)$",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"(aux|project|predict|prototype|queue|criterion|loss|metric|_acc|fpn|rpn|roi|neck|bbox|anchor"
    r"|decoder|decode_head|segment|mask|teacher|momentum|rotation|jigsaw|online|memory|centroid"
    r"|normal|mean|std|arcface|margin|discriminat|head|classifier|last_layer)",
    re.IGNORECASE,
)
"""What lies beside a network and changes nothing of what its blocks compute."""


@dataclass(frozen=True)
class Trunk:
    """The file's layers ``found``; those of ``rest`` are in no block and not in the stem."""

    found: Sequence[Leaf]
    rest: Sequence[Leaf]
    blocks: Sequence[RawBlock]
    stem: tuple[str, ...]
    order: Order
    by_name: bool

    @property
    def prefix(self) -> tuple[str, ...]:
        """What the names of the stem and of all blocks begin with."""
        paths = [name.split(".")[:-1] for name in (*self.stem, *(b.name for b in self.blocks))]
        shared: list[str] = []
        for parts in zip(*paths, strict=False):
            if len(set(parts)) > 1:
                break
            shared.append(parts[0])
        return tuple(shared)


@dataclass(frozen=True)
class Head:
    """``leaves`` are the layers' of the head in order, ``extras`` what is not used. ``guessed``
    are the places between linear layers where an activation was taken for granted; ``unknown`` is
    the name of a head whose layers are not known, if there is no other."""

    final_norm: list[Leaf] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    layers: tuple[HeadLayer, ...] = ()
    extras: list[Leaf] = field(default_factory=list)
    guessed: tuple[str, ...] = ()
    pool: Literal["mean", "max and mean"] = "mean"
    pool_side: int = 1
    name: str = ""
    unknown: str = ""


def read_head(trunk: Trunk) -> Head:
    """The head of a network, or none.

    Raises:
        Unreadable: a layer beside the blocks is not known, and could change what they compute.
    """
    width = trunk.blocks[-1].went
    prefix = trunk.prefix
    groups: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in trunk.rest:
        groups.setdefault(_group(leaf, prefix), []).append(leaf)
    final_norm: list[Leaf] = []
    extras: list[Leaf] = []
    heads: list[tuple[tuple[str, ...], list[Leaf]]] = []
    for key, inside in groups.items():
        if (
            trunk.order != "post"
            and not final_norm
            and len(inside) == 1
            and inside[0].kind == "norm"
            and inside[0].width == width
            and key[: len(prefix)] == prefix
        ):
            final_norm = inside
        elif flow := _in_flow(inside, width):
            heads.append((key, flow))
        else:
            extras += inside
    chosen = _choose(heads, prefix)
    for key, inside in heads:
        if chosen is None or key != chosen[0]:
            extras += inside
    for leaf in extras:
        _allow(leaf, trunk, prefix)
    if chosen is None:
        unknown = [
            ".".join(key)
            for key, inside in groups.items()
            if key[:-1] == prefix and _CLASSIFIER.match(key[-1]) and inside[0] in extras
        ]
        return Head(final_norm, extras=extras, unknown=", ".join(unknown))
    key, inside = chosen
    layers, guessed = _layers(inside)
    pool: Literal["mean", "max and mean"] = "mean"
    side, first = 1, inside[0].width if inside[0].kind == "norm" else inside[0].takes
    if first == 2 * width:
        pool = "max and mean"
    elif first != width:
        side = round((first / width) ** 0.5)
    return Head(
        final_norm, inside, tuple(layers), extras, tuple(guessed), pool, side, ".".join(key)
    )


def _group(leaf: Leaf, prefix: tuple[str, ...]) -> tuple[str, ...]:
    """The container that a layer belongs to, seen from the network, or from the file outside it."""
    shared = 0
    for one, other in zip(leaf.parts, prefix, strict=False):
        if one != other:
            break
        shared += 1
    rest = leaf.parts[shared:]
    if len(rest) == 1:
        # Layers that lie side by side: "fc1", "bn_fc1" and "fc2" are one head.
        return (*leaf.parts[:shared], re.sub(r"\d+$", "", rest[0]) or "0")
    return leaf.parts[: shared + 1]


def _begins(inside: Sequence[Leaf], width: int) -> bool:
    first = inside[0]
    if first.kind == "norm":
        takes = first.width
    elif first.kind == "linear" or (first.kind == "conv" and first.shape[2:] == (1, 1)):
        takes = first.takes
    else:
        return False
    if takes in (width, 2 * width):
        return any(leaf.kind != "norm" for leaf in inside)
    side = round((takes / width) ** 0.5)
    return first.kind == "linear" and 1 < side <= 14 and side * side * width == takes


def _in_flow(inside: list[Leaf], width: int) -> list[Leaf]:
    """The layers as they follow each other from the pooled features on, [] if they do not."""
    if _begins(inside, width) and _is_chain(inside):
        return inside
    if any(leaf.kind not in ("linear", "conv") for leaf in inside):
        return []
    left, flow = list(inside), []
    given = width
    while left:
        fitting = [leaf for leaf in left if leaf.takes == given]
        if len(fitting) != 1:
            return []
        flow.append(fitting[0])
        left.remove(fitting[0])
        given = fitting[0].width
    return flow if _begins(flow, width) and _is_chain(flow) else []


def _is_chain(inside: Sequence[Leaf]) -> bool:
    given = None
    for leaf in inside:
        if leaf.kind == "norm":
            takes = leaf.width
        elif leaf.kind == "linear" or (leaf.kind == "conv" and leaf.shape[2:] == (1, 1)):
            takes = leaf.takes
        else:
            return False
        if given is not None and takes != given:
            return False
        given = leaf.width
    return True


def _choose(
    heads: Sequence[tuple[tuple[str, ...], list[Leaf]]], prefix: tuple[str, ...]
) -> tuple[tuple[str, ...], list[Leaf]] | None:
    """The classifier: the one that is called so, nearest to the network."""

    def rank(head: tuple[tuple[str, ...], list[Leaf]]) -> tuple[bool, bool, int]:
        key, _ = head
        own = key[-1] if key else ""
        return (
            not _CLASSIFIER.match(own),
            key[:-1] != prefix,
            len(key),
        )

    named = [
        head
        for head in heads
        if head[0] and (_CLASSIFIER.match(head[0][-1]) or not _BESIDE.search(head[0][-1]))
    ]
    return min(named, key=rank, default=None)


def _allow(leaf: Leaf, trunk: Trunk, prefix: tuple[str, ...]) -> None:
    """Let a layer beside the network be, or refuse.

    Raises:
        Unreadable: it lies among the network's own layers, and is not known.
    """
    inside = leaf.parts[: len(prefix)] == prefix
    if not inside or any(_BESIDE.search(part) for part in leaf.parts[len(prefix) :]):
        return
    if leaf.kind == "other" and sum(size > 1 for size in leaf.shape) < 2:
        return  # counters and other buffers
    places = {one.name: place for place, one in enumerate(trunk.found)}
    block = trunk.blocks[-1]
    after = places[leaf.name] > places[block.convs[-1].name]
    where = "after the last block" if after and not trunk.by_name else "beside the blocks"
    raise Unreadable(
        f"{next(iter(leaf.tensors.values()))} is a layer {where} whose place is not known"
    )


def _index(leaf: Leaf) -> int | None:
    last = leaf.parts[-1] if leaf.parts else ""
    return int(last) if last.isdigit() else None


def _layers(inside: list[Leaf]) -> tuple[list[HeadLayer], list[str]]:
    """The layers, and where an activation stands between them.

    In a numbered list a gap has room for one, after the norm if there is one; layers with names
    leave it open, and get one.
    """
    layers: list[HeadLayer] = []
    guessed: list[str] = []
    waiting = False  # a linear layer whose activation has not come yet
    for number, leaf in enumerate(inside):
        last = number + 1 == len(inside)
        waiting = waiting or leaf.kind != "norm"
        following = None if last else inside[number + 1]
        here, there = _index(leaf), None if following is None else _index(following)
        room = following is not None
        if here is not None and there is not None:
            room = there > here + 1
        elif following is not None and following.kind == "norm":
            room = False  # the norm comes first, as nearly everywhere
        active = room and waiting
        if active:
            waiting = False
            guessed.append(leaf.name)
        kind: Literal["linear", "conv", "norm"] = "linear"
        if leaf.kind != "linear":
            kind = "norm" if leaf.kind == "norm" else "conv"
        layers.append(
            HeadLayer(
                kind,
                leaf.width if leaf.kind == "norm" else leaf.takes,
                leaf.width,
                leaf.bias,
                active,
                "weight" in leaf.tensors,
            )
        )
    return layers, guessed
