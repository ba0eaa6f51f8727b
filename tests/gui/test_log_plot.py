"""The plot over layers: places for what has no logarithm, the sweep, the mouse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from resnet_viz.figures.series import Series
from resnet_viz.views.plots.log_plot import LogPlot
from resnet_viz.views.widgets import theme

VALUES = (0.0, 1e-3, 1.0, math.inf, math.nan)
NAMES = ("stem", "a", "b", "c", "fc")


@pytest.fixture
def plot(qtbot: QtBot) -> LogPlot:
    made = LogPlot("Gradient norm, L2")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    made.show_series([Series("residual", VALUES, theme.current().skip)], NAMES, [("Stage 1", 1, 3)])
    return made


def spot(plot: LogPlot, x: float) -> QPoint:
    """Where a position lies in the plot's viewport."""
    box = plot.plot.getViewBox()
    low, high = box.viewRange()[1]
    return plot.plot.mapFromScene(box.mapViewToScene(QPointF(x, (low + high) / 2)))


def test_values_lie_at_their_powers_of_ten(plot: LogPlot) -> None:
    curve, edge = plot._drawn[0]
    x, y = curve.getData()
    assert list(x) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(y, [np.nan, -3, 0, np.nan, np.nan])
    places = {int(point.pos().x()): point.pos().y() for point in edge.points()}
    assert sorted(places) == [0, 3, 4]
    assert places[0] < -3
    assert places[3] > 0
    assert places[4] > places[3]


def test_every_mark_is_inside_the_range(plot: LogPlot) -> None:
    low, high = plot.plot.getViewBox().viewRange()[1]
    _, edge = plot._drawn[0]
    assert all(low < point.pos().y() < high for point in edge.points())


def test_the_sweep_draws_from_the_right(plot: LogPlot) -> None:
    plot.reveal(2)
    curve, edge = plot._drawn[0]
    assert list(curve.getData()[0]) == [2, 3, 4]
    assert {point.pos().x() for point in edge.points()} == {3, 4}
    plot.reveal(None)
    assert list(curve.getData()[0]) == [0, 1, 2, 3, 4]


def test_a_given_scale_is_kept(plot: LogPlot) -> None:
    from resnet_viz.figures.scale import Scale

    plot.show_series(
        [Series("plain", (1.0, 2.0), "#ffffff")], scale=Scale(-12, 3, frozenset({"0"}))
    )
    assert (plot.scale.low, plot.scale.high) == (-12, 3)
    low, high = plot.plot.getViewBox().viewRange()[1]
    assert low < -12
    assert high > 3


def test_a_click_names_its_position_and_hovering_reads_the_value(
    qtbot: QtBot, plot: LogPlot
) -> None:
    with qtbot.waitSignal(plot.clicked) as caught:
        qtbot.mouseClick(
            plot.plot.viewport(), Qt.MouseButton.LeftButton, pos=spot(plot, 2.2), delay=5
        )
    assert caught.args == [2]
    plot._on_move(QPointF(plot.plot.mapToScene(spot(plot, 1.1))))
    assert plot.readout.text() == "a\nresidual: 0.0010"


def test_an_empty_plot_and_a_new_theme_draw(qtbot: QtBot, plot: LogPlot) -> None:
    plot.retheme()
    assert not plot.grab().isNull()
    plot.clear()
    assert plot._drawn == []
    assert not plot.grab().isNull()
