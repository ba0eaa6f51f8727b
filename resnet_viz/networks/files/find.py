"""Finds the networks in a file: each part that begins with a stem convolution."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from resnet_viz.networks.files.contents import (
    Candidate,
    FileContents,
    ModuleInfo,
    Plain,
    TensorInfo,
)

MOST_CHANNELS = 16
"""How many channels an image may have."""

_STEM_CONVS = 4  # a stem has one convolution, or three, or four
_DEEPEST = 40  # names with more parts are no network's

_ORDER: tuple[tuple[str, int, str], ...] = (
    (r"loss|criterion|lpips|perceptual|metric|fid|discrim", 5, "which only training needs"),
    (r"attack", 4, "which wraps the network for attacks"),
    (r"target|momentum|encoder_k$|_k$|^key", 2, "which follows the other in training"),
    (r"ema|averag|swa|shadow", -2, "the running mean of the weights, meant for use"),
    (r"online|encoder_q$|_q$|query|base_encoder", -1, "the one that is trained and then used"),
)
"""Words in the names of networks, by which of two goes first, and what they say."""


@dataclass
class _Node:
    """A part of a name. ``stems`` and ``convs`` count the convolutions below it."""

    path: tuple[str, ...]
    inner: dict[str, _Node] = field(default_factory=dict)
    tensors: dict[str, TensorInfo] = field(default_factory=dict)
    convs: int = 0
    stems: int = 0
    layers: int = 0

    def all(self) -> Iterator[TensorInfo]:
        yield from self.tensors.values()
        for node in self.inner.values():
            yield from node.all()


def find_networks(contents: FileContents) -> tuple[Candidate, ...]:
    """The networks in a file, the one to take first; at least one.

    A network is the largest part of the names that holds one stem convolution (of at most
    `MOST_CHANNELS` channels), so heads beside a backbone are in it. Where the file holds no
    convolution, all its layers are one candidate. What optimizers keep is in none.
    """
    optimizers = tuple(f"{path}." for path in _optimizers(contents.evidence))
    root = _tree(info for name, info in contents.tensors.items() if not name.startswith(optimizers))
    cores = list(_cores(root)) or [root]
    places = {core.path: _whole(root, core, cores) for core in cores}
    order = {name: number for number, name in enumerate(contents.tensors)}
    found = [_candidate(places[core.path], contents, order, optimizers) for core in cores]
    return _ranked([candidate for candidate in found if candidate.tensors])


def beside(contents: FileContents, candidate: Candidate) -> tuple[str, ...]:
    """The names of the file's tensors that are not in ``candidate``, in the file's order."""
    inside = {info.name for info in candidate.tensors.values()}
    return tuple(name for name in contents.tensors if name not in inside)


def _optimizers(evidence: Plain, path: str = "") -> Iterator[str]:
    """Where the states of optimizers are, which have "param_groups" (torch.optim.Optimizer)."""
    if isinstance(evidence, Mapping):
        if "param_groups" in evidence:
            yield path
        else:
            for key, value in evidence.items():
                yield from _optimizers(value, f"{path}.{key}" if path else key)
    elif isinstance(evidence, tuple):
        for number, value in enumerate(evidence):
            yield from _optimizers(value, f"{path}.{number}" if path else str(number))


# --- The tree of names -------------------------------------------------------------------------


def _tree(tensors: Iterator[TensorInfo]) -> _Node:
    root = _Node(())
    for info in tensors:
        *parts, last = info.name.split(".")
        if len(parts) > _DEEPEST:
            continue
        weight = info.is_floating and _is_weight(last) and min(info.shape, default=1) > 0
        conv = weight and len(info.shape) == 4
        stem = (
            conv
            and info.shape[1] <= MOST_CHANNELS
            and info.shape[0] > info.shape[1]
            and min(info.shape[2:]) > 1
        )
        layer = weight and len(info.shape) > 1
        node = root
        for depth in range(len(parts) + 1):
            node.convs += conv
            node.stems += stem
            node.layers += layer
            if depth < len(parts):
                part = parts[depth]
                node = node.inner.setdefault(part, _Node((*node.path, part)))
        node.tensors[last] = info
    return root


def _is_weight(last: str) -> bool:
    return "weight" in last or last in ("w", "kernel") or last.endswith("_w")


def _cores(node: _Node) -> Iterator[_Node]:
    """The smallest parts that hold a stem and what follows it."""
    kids = [kid for kid in node.inner.values() if kid.stems]
    own = any(len(info.shape) == 4 for info in node.tensors.values())
    if not kids:
        return
    kinds = Counter(map(_signature, kids))
    for kid in kids:
        copied = kinds[_signature(kid)] > 1
        if kid.convs <= _STEM_CONVS and node.convs > kid.convs + own and not copied:
            yield node  # the kid is the stem alone, and the rest lies beside it
            return
    found = [core for kid in kids for core in _cores(kid)]
    yield from found or [node]


def _signature(node: _Node) -> tuple[object, ...]:
    return tuple((info.name[len(".".join(node.path)) :], info.shape) for info in node.all())


def _whole(root: _Node, core: _Node, cores: list[_Node]) -> _Node:
    """The largest part that holds ``core`` and no other network, without bare wrappers around."""
    way = [root]
    for part in core.path:
        way.append(way[-1].inner[part])
    others = [other.path for other in cores if other is not core]
    while len(way) > 1 and any(other[: len(way[0].path)] == way[0].path for other in others):
        del way[0]
    while len(way) > 1 and way[1].layers == way[0].layers:
        del way[0]  # nothing beside the next part is a layer
    return way[0]


# --- Candidates --------------------------------------------------------------------------------


def _candidate(
    node: _Node, contents: FileContents, order: Mapping[str, int], optimizers: tuple[str, ...]
) -> Candidate:
    wrappers = set(_wrappers(node))
    depth = len(node.path)
    tensors: dict[str, TensorInfo] = {}
    for info in sorted(node.all(), key=lambda one: order[one.name]):
        parts = info.name.split(".")
        name = ".".join(
            part
            for number, part in enumerate(parts)
            if number >= depth and tuple(parts[: number + 1]) not in wrappers
        )
        tensors.setdefault(name, info)
    prefix = "".join(f"{part}." for part in node.path)
    modules: dict[str, ModuleInfo] = {}
    for path, module in contents.modules.items():
        if path == prefix[:-1] or path.startswith(prefix):
            parts = path.split(".") if path else []
            kept = [
                part
                for number, part in enumerate(parts)
                if number >= depth and tuple(parts[: number + 1]) not in wrappers
            ]
            modules.setdefault(".".join(kept), module)
    return Candidate(prefix, "", "", tensors, modules)


def _wrappers(node: _Node) -> Iterator[tuple[str, ...]]:
    """The paths of wrappers: the only part in another one, under a private name or "module".

    So torch.compile, DistributedDataParallel, FSDP and activation checkpoints keep what they wrap.
    """
    for name, kid in node.inner.items():
        alone = len(node.inner) == 1 and not node.tensors
        if alone and kid.inner and (name.startswith("_") or name == "module"):
            yield kid.path
        yield from _wrappers(kid)


def _ranked(found: list[Candidate]) -> tuple[Candidate, ...]:
    """The candidates with titles and reasons, the one for inference first."""
    if len(found) == 1:
        (only,) = found
        return (replace(only, reason="it is the only one in the file"),)
    kept: list[Candidate] = []
    same: dict[str, list[str]] = {}
    for candidate in found:
        numbers = {info.place for info in candidate.tensors.values()}
        twin = next(
            (
                one
                for one in kept
                if {info.place for info in one.tensors.values()} & numbers == numbers
            ),
            None,
        )
        if twin is None:
            kept.append(candidate)
        else:
            same.setdefault(twin.prefix, []).append(candidate.prefix.rstrip("."))
    titles = _titles([candidate.prefix for candidate in found])
    shapes = {
        candidate.prefix: tuple(info.shape for info in candidate.tensors.values())
        for candidate in kept
    }
    alike = len(set(shapes.values())) < len(kept)
    scored = []
    for number, candidate in enumerate(kept):
        title = titles[candidate.prefix]
        score, why = _score(title, alike)
        scored.append((score, number, title, why, candidate))
    scored.sort(key=lambda one: one[:2])
    ranked = []
    for place, (_, _, title, why, candidate) in enumerate(scored):
        reason = why or ("it comes first in the file" if not place else "another one in the file")
        for other in same.get(candidate.prefix, ()):
            reason += f"; {other} holds the same numbers"
        ranked.append(replace(candidate, title=title, reason=reason))
    return tuple(ranked)


def _titles(prefixes: list[str]) -> dict[str, str]:
    """What tells the prefixes apart, for the user."""
    split = [prefix.rstrip(".").split(".") for prefix in prefixes]
    shared = 0
    while all(len(parts) > shared + 1 for parts in split) and (
        len({parts[shared] for parts in split}) == 1
    ):
        shared += 1
    wrapping = {"module", "model", "net", "network", "backbone", "state_dict"}
    titles = {}
    for prefix, parts in zip(prefixes, split, strict=True):
        own = parts[shared:]
        while len(own) > 1 and own[-1] in wrapping:
            own = own[:-1]
        titles[prefix] = ".".join(own)
    if len(set(titles.values())) < len(titles):
        return {prefix: prefix.rstrip(".") for prefix in prefixes}
    return titles


def _score(title: str, alike: bool) -> tuple[int, str]:
    """Where a network comes in the order, the lowest first, and why. ``alike``: another has the
    same shapes, as a teacher has that is the running mean of its student."""
    words = title.lower().split(".")
    for pattern, score, why in _ORDER:
        if any(re.search(pattern, word) for word in words):
            return score, why
    if any("teacher" in word for word in words):
        if alike:
            return -1, "a teacher of the student's own shape, commonly the mean of its weights"
        return 1, "the teacher, from which the smaller student learnt"
    if any("student" in word for word in words):
        return 0, "the student, which learnt from the teacher"
    return 0, ""
