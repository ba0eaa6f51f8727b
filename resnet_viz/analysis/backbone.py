"""The pyramid of a backbone: the features at the end of each stage, skips on and off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Block, Structure
from resnet_viz.results.backbone import Features, Level, Pyramid, PyramidRequest
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import IDLE, Progress, TaskError


def run(request: PyramidRequest, context: TaskContext) -> Iterator[object]:
    """The pyramid that is asked for, then that of each `PyramidRequest` it is told next.

    Raises:
        TaskError: the network has no stages.
        As `Session.run`.
    """
    waiting: list[object] = [request]
    while True:
        asked = context.newest(waiting)
        if asked is IDLE:
            yield IDLE
            continue
        assert isinstance(asked, PyramidRequest)
        yield from _pyramid(asked, context)


def _pyramid(request: PyramidRequest, context: TaskContext) -> Iterator[object]:
    title = request.snapshot.own_spec.title
    yield Progress(f"Running {title}", 0, 2)
    plain = replace(request.snapshot, gates=GateSettings())
    result = context.session.run(plain, context.cancelled)
    structure = result.structure
    if not structure.stages:
        raise TaskError(f"{title} has no stages; choose a residual network in the explorer")
    on, off = result.now, None
    if structure.skips:
        yield Progress(f"Running {title} without its skips", 1, 2)
        closed = GateSettings().with_skips(structure.skips, 0.0)
        off = context.session.run(replace(plain, gates=closed), context.cancelled).now
    titles = level_titles(structure)
    pyramid = Pyramid(
        Measured(request.snapshot, title, result.weights), request.snapshot.spec.input_size
    )
    for stage, name in zip(structure.stages, titles, strict=True):
        yield Progress(f"{name} of {title}", len(pyramid.levels), len(titles))
        last = stage.blocks[-1]
        level = Level(
            name,
            stage.number,
            last.name,
            stride(last),
            Features.of(on.block(last.name).activation),
            None if off is None else Features.of(off.block(last.name).activation),
        )
        pyramid = replace(pyramid, levels=(*pyramid.levels, level))
    yield pyramid


def stride(block: Block) -> int:
    """How many pixels of the network's input lie between neighbours of the block's output."""
    ways = [block.layers, block.shortcut_layers, *block.branches]
    return max((way[-1].jump for way in ways if way), default=1)


def level_titles(structure: Structure) -> tuple[str, ...]:
    """ "C2", "C3", … where the strides are 4, 8, … as in Lin 2017 §3, else "stage 1" and so on."""
    strides = [stride(stage.blocks[-1]) for stage in structure.stages]
    if strides == [4 * 2**number for number in range(len(strides))]:
        return tuple(f"C{number + 2}" for number in range(len(strides)))
    return tuple(f"stage {stage.number}" for stage in structure.stages)
