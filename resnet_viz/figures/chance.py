"""When a network without its skips answers by chance, so that its maps explain nothing."""

from __future__ import annotations

from resnet_viz.figures.numbers import per_cent
from resnet_viz.networks.cards import read_derived
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import Result

NEAR = 2.0
"""A network whose most probable class has at most so many times 1/K has not chosen one; and one
that is right at most so many times as often as 1/K on labelled images guesses."""


def by_chance(result: Result) -> str:
    """A sentence where ``result.now`` is an answer by chance and that of all skips on is not.

    It is one where it was measured: where no class has more than `NEAR` times 1/K of the
    probability, or where all skips are off in a network that comes with the program and that then
    is right no more often than that on CIFAR-10's test images. "" anywhere else.
    """
    if result.now is result.all_on or len(result.labels) < 2:
        return ""
    if not result.snapshot.own_spec.has_classes or result.snapshot.own_spec.independent:
        return ""
    chance = 1 / len(result.labels)
    best = float(result.now.probabilities.max())
    if best <= NEAR * chance < float(result.all_on.probabilities.max()):
        return (
            "This map explains nothing: the answer is by chance "
            f"(at most {per_cent(best)}; guessing gives {per_cent(chance)})."
        )
    gates, skips = result.snapshot.gates, result.structure.skips
    choice = result.snapshot.weights
    spec = result.snapshot.own_spec
    if not spec.embedded or choice != WeightsChoice() or any(map(gates.skip, skips)):
        return ""
    try:
        measured = read_derived(spec, "collapse") or {}
        accuracy, images = float(measured["skips_off"]["accuracy"]), int(measured["images"])
    except (KeyError, TypeError, ValueError):
        return ""
    if accuracy > NEAR * chance:
        return ""
    return (
        "This map explains nothing: the answer is by chance "
        f"(right for {per_cent(accuracy)} of {images:,} test images, as guessing is)."
    )
