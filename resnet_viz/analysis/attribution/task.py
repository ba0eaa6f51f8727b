"""The task of attribution: each chosen method, with all skips on and with all off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import numpy as np
import torch

from resnet_viz.analysis.attribution.scene import Refused, Scene
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.attribution import AttributionMap, AttributionRequest, AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import Progress, TaskError

_PARTS = 10_000  # of the work, in progress


def run(request: AttributionRequest, context: TaskContext) -> Iterator[object]:
    """As `_run`, with the time that it has taken."""
    steps, taken = _run(request, context), 0.0
    while True:
        began = time.perf_counter()
        update = next(steps, None)
        taken += time.perf_counter() - began
        if update is None:
            return
        yield replace(update, seconds=taken) if isinstance(update, AttributionResult) else update


def _run(request: AttributionRequest, context: TaskContext) -> Iterator[object]:
    """Progress and `AttributionResult`, which grows by a map each; of `AttributionRequest`.

    Raises:
        TaskError: there is no such method or class, or A and B are one.
        As `Session.subject`.
    """
    for name in request.methods:
        if name not in METHODS:
            raise TaskError(f"There is no method {name!r}; choose of {', '.join(METHODS)}")
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    with torch.no_grad():
        target = request.target
        if target is None:
            target = request.snapshot.target
        if target is None:
            target = int(subject.network(subject.image)[0].argmax())
    for number in (target, request.against):
        if number is not None and not 0 <= number < len(subject.labels):
            raise TaskError(f"There is no class {number}; choose 0 to {len(subject.labels) - 1}")
    if target == request.against:
        raise TaskError(f"A and B are both “{subject.labels[target]}”; choose another class as B")
    try:
        scene = Scene(
            subject.network,
            subject.image,
            target,
            request.against,
            request.block,
            not subject.weights.trained,
        )
    except (Refused, ValueError) as error:
        raise TaskError(f"{subject.spec.title}: {error}") from error

    off = GateSettings().with_skips(subject.gates.blocks, 0.0)
    if request.as_set:
        subject.gates.set(request.snapshot.gates)
    on_score, off_score = float(scene.scores(subject.image)), None
    both = bool(subject.gates.blocks) and not request.as_set
    if both:
        subject.gates.set(off)
        off_score = float(scene.scores(subject.image))
    result = AttributionResult(
        request,
        Measured(request.snapshot, subject.spec.title, subject.weights),
        scene.block,
        subject.picture,
        subject.labels,
        target,
        request.against,
        (on_score, off_score),
    )
    yield result
    sides = [False, True] if both else [False]
    todo = [(name, side) for name in request.methods for side in sides]
    channels = len(scene.at_block()[0])
    costs = [METHODS[name].worth(channels) for name, _ in todo]
    for place, (name, without) in enumerate(todo):
        if not request.as_set:
            subject.gates.set(off if without else GateSettings())
        said = ", skips off" if without else ", skips on" if len(sides) > 1 else ""
        text = f"{METHODS[name].title}{said}, {place + 1} of {len(todo)} maps"
        steps = import_module(METHODS[name].where).attribute(scene)
        while True:
            context.stop_if_cancelled()
            try:
                done, total = next(steps)
            except StopIteration as stop:
                values = stop.value.detach().float().cpu().numpy()
                found = AttributionMap(name, without, values)
                break
            except Refused as refusal:
                found = AttributionMap(name, without, np.full((1, 1), np.nan), str(refusal))
                break
            worth = sum(costs[:place]) + costs[place] * done / max(1, total)
            yield Progress(text, round(_PARTS * worth / sum(costs)), _PARTS)
        result = replace(result, maps=(*result.maps, found))
        yield result
