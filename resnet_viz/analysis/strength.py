"""How the gradient and the answer change as skips are turned down (He 2016, arXiv:1603.05027, §3).

There, shortcuts scaled by λ multiply what comes through them alone by the product of all λ (eq. 6
to 8); here the trained network is given, and only the scale is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resnet_viz.analysis.probe import Prober
from resnet_viz.analysis.task import TaskContext
from resnet_viz.results.measured import Measured
from resnet_viz.results.strength import StrengthPoint, StrengthRequest, StrengthResult
from resnet_viz.results.task import Progress, TaskError


def run(request: StrengthRequest, context: TaskContext) -> Iterator[object]:
    """One pass at each strength, from 1 downwards; `StrengthResult` grows by a point each.

    The target is the snapshot's, or the most probable class at strength 1.

    Raises:
        TaskError: a block that is named has no skip.
        As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    missing = [name for name in request.blocks if name not in subject.gates.blocks]
    if missing:
        raise TaskError(
            f"{subject.spec.title} has no skip at {missing[0]}; choose other skips and measure "
            "again"
        )
    watched = ("stem", *(stage.blocks[0].name for stage in subject.structure.stages))
    on = Measured(request.snapshot, subject.spec.title, subject.weights)
    target = request.snapshot.target
    result: StrengthResult | None = None
    total = len(request.strengths)
    prober = Prober(subject.network, subject.gates)
    for number, strength in enumerate(reversed(request.strengths)):
        yield Progress(f"Strength {strength:g}, {number + 1} of {total} passes", number, total)
        subject.gates.set(request.gates(strength))
        found = prober.probe(subject.image, target, context.cancelled)
        target = found.target
        top = found.top(1)[0]
        point = StrengthPoint(
            strength,
            tuple(found.block(name).gradient_norm for name in watched),
            top,
            float(found.probabilities[top]),
            float(found.probabilities[target]),
        )
        if result is None:
            result = StrengthResult(request, on, subject.labels, watched, target, ())
        result = replace(result, points=(*result.points, point))
        yield result
