"""The task of the compare page: one method's map for either side."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from resnet_viz.analysis.attribution import task
from resnet_viz.analysis.task import TaskContext
from resnet_viz.results.attribution import (
    AttributionMap,
    AttributionRequest,
    AttributionResult,
    Pair,
    PairRequest,
)


def run(request: PairRequest, context: TaskContext) -> Iterator[object]:
    """Progress, then `Pair`; of `PairRequest`.

    Raises:
        As `task.run`.
    """
    found: list[AttributionMap] = []
    for side in (request.left, request.right):
        found.append((yield from _map(side, context)))
    yield Pair(request, *found)


def _map(
    request: AttributionRequest, context: TaskContext
) -> Generator[object, None, AttributionMap]:
    maps: tuple[AttributionMap, ...] = ()
    for update in task.run(request, context):
        if isinstance(update, AttributionResult):
            maps = update.maps
        else:
            yield update
    return maps[0]
