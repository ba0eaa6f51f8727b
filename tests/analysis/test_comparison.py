"""Comparing: corresponding blocks, differences, and the task with two sessions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.analysis import comparison as compare
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.comparison import CompareRequest, Comparison, counterpart, difference
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Progress, TaskError
from tests import fakes

UNTRAINED = WeightsChoice("untrained")
SNAPSHOT = Snapshot("resnet20", fakes.photo(), weights=UNTRAINED, device="cpu")


def context(*commands: object) -> TaskContext:
    told = list(commands)

    def take() -> list[object]:
        taken, told[:] = list(told), []
        return taken

    return TaskContext(Session(), take, lambda: False)


@pytest.mark.parametrize(
    ("block", "other", "expected"),
    [
        ("stem", "resnet56", "stem"),
        ("layer1.0", "resnet56", "layer1.0"),
        ("layer2.1", "resnet56", "layer2.4"),
        ("layer3.2", "resnet56", "layer3.8"),
        ("layer3.2", "resnet18", "layer3.1"),
    ],
)
def test_blocks_correspond_by_stage_and_share(block: str, other: str, expected: str) -> None:
    structures = [build_structure(catalog.find(name)) for name in ("resnet20", other)]
    assert counterpart(structures[0], block, structures[1]) == expected


def test_the_difference_of_maps_of_two_sizes() -> None:
    left, right = np.array([[1.0]], np.float32), np.array([[1.0, 2.0], [3.0, np.nan]], np.float32)
    np.testing.assert_array_equal(difference(left, right), [[0.0, 1.0], [2.0, np.nan]])
    np.testing.assert_array_equal(difference(right, left), [[0.0, -1.0], [-2.0, np.nan]])


def test_both_sides_are_what_a_session_gives_for_the_left_sides_target() -> None:
    request = CompareRequest(SNAPSHOT, replace(SNAPSHOT, network="plain20"))
    updates = [*_until_idle(request, context())]
    assert [type(update) for update in updates] == [Progress, Progress, Comparison]
    found = updates[-1]
    assert isinstance(found, Comparison)
    left = Session().run(request.left)
    right = Session().run(replace(request.right, target=left.now.target))
    assert found.left.now.target == found.right.now.target == left.now.target
    np.testing.assert_array_equal(found.left.now.logits, left.now.logits)
    np.testing.assert_array_equal(found.right.now.logits, right.now.logits)
    assert [b.gradient_norm for b in found.right.now.blocks] == [
        b.gradient_norm for b in right.now.blocks
    ]


def test_a_side_can_have_all_its_skips_off_and_the_newest_request_is_next() -> None:
    on = CompareRequest(SNAPSHOT, SNAPSHOT)
    off = CompareRequest(SNAPSHOT, SNAPSHOT, right_off=True)
    updates = [*_until_idle(on, context(on, off))]
    found = [update for update in updates if isinstance(update, Comparison)]
    assert len(found) == 1
    skips = build_structure(catalog.find("resnet20")).skips
    assert found[0].left.snapshot.gates.all_on
    assert found[0].right.snapshot.gates == GateSettings().with_skips(skips, 0.0)


def test_networks_of_other_classes_keep_their_own_target() -> None:
    request = CompareRequest(SNAPSHOT, replace(SNAPSHOT, network="resnet18"))
    *_, found = _until_idle(request, context())
    assert isinstance(found, Comparison)
    assert not found.same_classes
    assert found.right.now.target == found.right.now.top(1)[0]


def test_weights_that_are_not_at_hand_are_named() -> None:
    request = CompareRequest(SNAPSHOT, Snapshot("resnet18", fakes.photo(), device="cpu"))
    with pytest.raises(TaskError, match="weights of ResNet-18 are not at hand"):
        list(_until_idle(request, context()))


def test_the_top_classes_are_those_of_both_sides_after_the_target() -> None:
    *_, found = _until_idle(
        CompareRequest(SNAPSHOT, replace(SNAPSHOT, network="plain20")), context()
    )
    assert isinstance(found, Comparison)
    top = found.top(5)
    assert len(set(top)) == 5
    assert top[0] == found.left.now.target
    assert found.right.now.top(1)[0] in top


def _until_idle(request: CompareRequest, given: TaskContext) -> list[object]:
    updates = []
    for update in compare.run(request, given):
        if update is IDLE:
            break
        updates.append(update)
    return updates
