"""Residual alignment: a line is found where there is one, and the outputs are the pass's."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.analysis.alignment import run, way
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.figures.alignment import alignment
from resnet_viz.results.alignment import AlignmentRequest, AlignmentResult
from resnet_viz.results.result import Snapshot
from tests import fakes


def test_equal_steps_on_a_line_are_straight_even_and_in_one_direction() -> None:
    direction = np.random.default_rng(0).standard_normal(50)
    found = way("Stage 1", {f"b{n}": 3 + n * direction for n in range(6)})
    assert found.straight == pytest.approx(1.0)
    assert found.uneven == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(found.explained, (1, 0), atol=1e-9)
    steps = np.diff(found.places[:, 0])
    np.testing.assert_allclose(np.abs(steps), np.linalg.norm(direction))
    np.testing.assert_allclose(found.places[:, 1], 0, atol=1e-6)


def test_a_way_that_turns_back_is_not_straight() -> None:
    a, b = np.eye(2)
    square = way("Stage 1", {"0": 0 * a, "1": a, "2": a + b, "3": b})
    assert square.straight == pytest.approx(1 / 3)
    assert square.uneven == pytest.approx(0.0)
    uneven = way("Stage 1", {"0": 0 * a, "1": a, "2": 4 * a})
    assert uneven.straight == pytest.approx(1.0)
    assert uneven.uneven == pytest.approx(0.5)
    alone = way("Stage 1", {"0": a})
    assert np.isnan(alone.straight)


def test_the_ways_are_those_of_the_pass_and_of_the_twin() -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    *_, result = run(AlignmentRequest(snapshot), TaskContext(Session(), list, lambda: False))
    assert isinstance(result, AlignmentResult)
    assert [one.plain for one in result.both] == [False, True]
    whole = Session().run(snapshot)
    for found in result.screen.ways:
        rows = np.stack([whole.now.block(name).activation.ravel() for name in found.blocks])
        steps = np.linalg.norm(np.diff(rows.astype(np.float64), axis=0), axis=1)
        straight = np.linalg.norm(rows[-1] - rows[0]) / steps.sum()
        assert found.straight == pytest.approx(float(straight), rel=1e-3)
        apart = np.linalg.norm(np.diff(found.places, axis=0), axis=1)
        np.testing.assert_allclose(apart, steps, rtol=1e-3)  # three points lie in one plane
    figure = alignment(result)
    assert (len(figure.panels), figure.columns) == (6, 3)
