"""The task of the compare page: two snapshots, each with a session of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resnet_viz.analysis.session import Session, labels_of
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.walk import build_structure
from resnet_viz.networks.weights import availability, official
from resnet_viz.results.comparison import CompareRequest, Comparison
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Progress, TaskError


def run(request: CompareRequest, context: TaskContext) -> Iterator[object]:
    """Compare what ``request`` says, then whatever `CompareRequest` it is told next.

    The two networks stay loaded, so that a toggled skip costs one pass on its side.

    Raises:
        TaskError: a side's weights are not at hand.
    """
    sides = Session(), Session()
    waiting: list[object] = [request]
    while True:
        asked = context.newest(waiting)
        if asked is IDLE:
            yield IDLE
            continue
        assert isinstance(asked, CompareRequest)
        for snapshot in (asked.left, asked.right):
            _check_weights(snapshot)
        yield Progress(f"Running {asked.left.spec.title}", 0, 2)
        left = sides[0].run(_gated(asked.left, asked.left_off), context.cancelled)
        yield Progress(f"Running {asked.right.spec.title}", 1, 2)
        right = _gated(asked.right, asked.right_off)
        if labels_of(right) == left.labels:
            right = replace(right, target=left.now.target)
        else:
            right = replace(right, target=None)
        yield Comparison(left, sides[1].run(right, context.cancelled))


def _gated(snapshot: Snapshot, off: bool) -> Snapshot:
    if not off:
        return snapshot
    skips = build_structure(snapshot.own_spec).skips
    return replace(snapshot, gates=GateSettings().with_skips(skips, 0.0))


def _check_weights(snapshot: Snapshot) -> None:
    spec = snapshot.own_spec
    there = availability(spec)
    if snapshot.weights.kind == "default" and official(spec) is not None and not there.at_hand:
        raise TaskError(
            f"The weights of {spec.title} are not at hand ({there.text}); open it in the explorer "
            "first, which downloads them, or compare another network"
        )
