"""One method's maps at every block, from input to output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import torch

from resnet_viz.analysis.attribution.scene import Refused, Scene
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.parts import parts_of
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.depth import OF_BLOCKS, BlockMap, DepthRequest, DepthResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import Progress, TaskError

_PARTS = 10_000  # of the work, in progress


def run(request: DepthRequest, context: TaskContext) -> Iterator[object]:
    """Progress, and `DepthResult`, which grows by a map each; of `DepthRequest`.

    Raises:
        TaskError: the method has no map of a block.
        As `Session.subject`.
    """
    if request.method not in OF_BLOCKS:
        raise TaskError(f"{request.method!r} has no map of a block; take {', '.join(OF_BLOCKS)}")
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    target = request.snapshot.target
    if target is None:
        with torch.no_grad():
            target = int(subject.network(subject.image)[0].argmax())
    blocks = tuple(part.name for part in parts_of(subject.network))
    try:
        scene = Scene(
            subject.network, subject.image, target, own_statistics=not subject.weights.trained
        )
    except Refused as error:
        raise TaskError(f"{subject.spec.title}: {error}") from error
    off = GateSettings().with_skips(subject.gates.blocks, 0.0)
    sides = [False, True] if subject.gates.blocks else [False]
    method = METHODS[request.method]
    attribute = import_module(method.where).attribute
    result = DepthResult(
        request,
        Measured(request.snapshot, subject.spec.title, subject.weights),
        blocks,
        subject.labels[target],
        len(sides) > 1,
    )
    todo = [(block, without) for block in blocks for without in sides]
    for place, (block, without) in enumerate(todo):
        subject.gates.set(off if without else GateSettings())
        scene.look_at(block)
        text = f"{method.title} at {block}, {place + 1} of {len(todo)} maps"
        steps = attribute(scene)
        while True:
            context.stop_if_cancelled()
            try:
                done, total = next(steps)
            except StopIteration as stop:
                values = stop.value.detach().float().cpu().numpy()
                break
            share = (place + done / max(1, total)) / len(todo)
            yield Progress(text, round(_PARTS * share), _PARTS)
        result = replace(result, maps=(*result.maps, BlockMap(block, without, values)))
        yield result
