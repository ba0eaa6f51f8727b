"""Figure values and their numbers: what they hold, and what is read from them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from resnet_viz.figures.cascade import cascade
from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.gradient_flow import gradient_flow
from resnet_viz.figures.looks import DARK, THEMES
from resnet_viz.figures.numbers import change_text, fixed_text
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Bars, Series
from resnet_viz.figures.table import table_of
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.cascade import TracePoint
from tests import fakes


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.934, "0.93"), (-0.0001, "0.00"), (-0.12, "−0.12"), (math.nan, "NaN"), (math.inf, "∞")],
)
def test_fixed_decimals_have_no_negative_zero(value: float, text: str) -> None:
    assert fixed_text(value) == text


@pytest.mark.parametrize(
    ("change", "text"), [(12.34, "+12.3"), (-97.2, "−97.2"), (0.04, "0.0"), (-0.04, "0.0")]
)
def test_changes_have_their_sign(change: float, text: str) -> None:
    assert change_text(change) == text


def test_roles_have_colours_in_every_look() -> None:
    for look in THEMES.values():
        assert look.colour("skip") == look.skip
        assert look.colour("stage 5") == look.stages[0]
    with pytest.raises(ValueError, match="size"):
        DARK.colour("point_size")


def test_an_axis_of_decades_places_what_it_can_and_has_rows_for_the_rest() -> None:
    axis = Axis.decades("norm", (0.0, 1e-3, 10.0, math.nan))
    np.testing.assert_allclose(axis.places([1e-3, 10.0, 0.0]), [-3, 1, math.nan])
    assert [axis.row(v) for v in (0.0, math.nan, math.inf, 1.0)] == ["0", "NaN", None, None]
    assert (axis.low, axis.high) == (-3, 1)


def test_the_gradient_flow_holds_the_norms_of_the_result() -> None:
    off = GateSettings.of({"layer1.0": 0.0, "layer2.0": 0.5})
    made = fakes.result(gates=off)
    chart = gradient_flow(made, block="layer1.1").panels[0]
    assert isinstance(chart, Chart)
    now, before = chart.series
    assert list(now.values) == [block.gradient_norm for block in made.now.blocks]
    assert list(before.values) == [block.gradient_norm for block in made.all_on.blocks]
    assert chart.crossed == ("1 skip off", (1,))
    assert chart.marker == 2
    assert [band[0] for band in chart.bands] == ["Stage 1", "Stage 2", "Stage 3"]
    assert "skip × 0.50" in chart.reading(4.2)


def test_a_trace_is_read_only_where_it_was_measured() -> None:
    points = [TracePoint(2, "b", 1e-9, 0.1, "dog", 0.6), TracePoint(0, "", 1.0, 0.9, "cat", 0.9)]
    chart = cascade(points, 9, 2, "cat").panels[0]
    assert isinstance(chart, Chart)
    assert chart.reading(1.7).startswith("2 off (last: b)")
    assert chart.reading(5.0) == ""
    assert chart.right is not None
    assert [one.right for one in chart.series] == [False, True]


def test_tables_have_a_row_for_each_position_or_for_each_number() -> None:
    x = Axis.named("block", ("a", "b"))
    y = Axis.decades("norm, L2", Scale(-2, 2))
    one = Chart("One", x, y, (Series("now", (1.0, 0.0), "skip"),))
    two = Chart("Two", x, Axis("share"), bars=(Bars("skip", (0.5,), "skip"),))
    wide = table_of(Figure("both", "Both", "", (one, two)))
    assert wide.columns == ("block", "norm, L2: now", "share: skip")
    assert wide.rows == (("a", 1.0, 0.5), ("b", 0.0, None))
    other = Chart("Other", Axis("lag", 0, 2), y, (Series("x", (1.0,), "skip", x=(1.5,)),))
    long = table_of(Figure("all", "All", "", (one, other)))
    assert long.rows[-1] == ("Other", "x", 1.5, 1.0)
    assert len(long.rows) == 3
