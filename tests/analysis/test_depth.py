"""One method's maps at every block: those of the attribution at each, in order."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.analysis import depth
from resnet_viz.analysis.attribution import task as attribution
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.results.attribution import AttributionRequest, AttributionResult
from resnet_viz.results.depth import OF_BLOCKS, DepthRequest, DepthResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Progress, TaskError
from tests import fakes

CONTEXT = TaskContext(Session(), list, lambda: False)
SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu", target=4)


def measured(request: DepthRequest) -> list[object]:
    return list(depth.run(request, CONTEXT))


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam"])
def test_every_block_has_the_map_that_attribution_gives_it(method: str) -> None:
    updates = measured(DepthRequest(SNAPSHOT, method))
    result = updates[-1]
    assert isinstance(result, DepthResult)
    assert result.blocks[0] == "stem"
    assert [(one.block, one.off) for one in result.maps] == [
        (block, off) for block in result.blocks for off in (False, True)
    ]
    for block in ("stem", "layer2.0", result.blocks[-1]):
        *_, wanted = attribution.run(AttributionRequest(SNAPSHOT, (method,), block), CONTEXT)
        assert isinstance(wanted, AttributionResult)
        for one, off in zip(wanted.maps, (False, True), strict=True):
            found = result.map(block, off)
            assert found is not None
            np.testing.assert_allclose(found.values, one.values, rtol=1e-4, atol=1e-6)
    parts = [update.done for update in updates if isinstance(update, Progress) and update.total]
    assert parts == sorted(parts)


def test_a_network_whose_parts_end_with_a_relu_has_maps_too() -> None:
    snapshot = Snapshot("plain20", fakes.photo(), device="cpu")
    result = measured(DepthRequest(snapshot))[-1]
    assert isinstance(result, DepthResult)
    assert not result.two_sides
    on = CONTEXT.session.run(snapshot).now
    for one in result.maps:
        wanted = on.block(one.block).cam
        np.testing.assert_allclose(one.values, wanted, rtol=1e-3, atol=1e-5)


def test_a_method_of_the_input_is_refused() -> None:
    assert "gradient" not in OF_BLOCKS
    with pytest.raises(TaskError, match="no map of a block"):
        measured(DepthRequest(SNAPSHOT, "gradient"))
