"""Weights made random from the top down: Adebayo 2018 (arXiv:1810.03292) §3."""

from __future__ import annotations

import numpy as np
from torch import nn

from resnet_viz.networks.parts import parts_of

HEAD = "head"
MOST = 12
"""Parts at most; of more, several become random at once."""


def parts_from_the_top(network: nn.Module) -> dict[str, list[str]]:
    """The names of the modules with weights of each part, the head first and the stem last."""
    parts = parts_of(network)
    found: dict[str, list[str]] = {part.name: [] for part in parts}
    found[HEAD] = []
    names, place, passed = [part.name for part in parts], 0, False
    for name, module in network.named_modules():
        if any(True for _ in module.children()):
            continue
        for number, part in enumerate(parts):
            if name == part.module_name or name.startswith(f"{part.module_name}."):
                place, passed, owner = number, True, part.name
                break
        else:  # before the first part's end, or between two, and so of the one that it leads to
            after = place + passed
            owner = names[after] if after < len(names) else HEAD
        if module.state_dict():
            found[owner].append(name)
    return {name: found[name] for name in reversed(found) if found[name]}


def chosen_parts(parts: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """At most `MOST` steps: the last part of each, and all modules that become random in it."""
    names = list(parts)
    ends = np.unique(np.linspace(0, len(names) - 1, min(MOST, len(names))).round().astype(int))
    steps, start = [], 0
    for end in (int(end) for end in ends):
        steps.append((names[end], [m for name in names[start : end + 1] for m in parts[name]]))
        start = end + 1
    return steps


def forget(network: nn.Module, drawn: nn.Module, modules: list[str]) -> None:
    """Give ``modules`` of ``network`` the weights, and statistics, that they have in ``drawn``."""
    for name in modules:
        network.get_submodule(name).load_state_dict(
            drawn.get_submodule(name).state_dict(), strict=False
        )


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's, of |values|; equal ones have their mean rank. NaN where all of one are equal."""
    ranks = [_ranks(np.abs(values.ravel())) for values in (one, other)]
    if not all(np.ptp(rank) > 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: np.ndarray = np.cumsum(counts) - (counts - 1) / 2
    return means[which]
