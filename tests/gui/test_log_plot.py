"""The plot over layers: places for what has no logarithm, the sweep, the mouse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from resnet_viz.figures.figure import Axis, Chart
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Series
from resnet_viz.views.plots.plot import EMPTY, Plot

VALUES = (0.0, 1e-3, 1.0, math.inf, math.nan)
NAMES = ("stem", "a", "b", "c", "fc")


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    made = Plot("Gradient norm, L2")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    made.show_chart(
        Chart(
            "Gradient norm, L2",
            Axis.named("block", NAMES),
            Axis.decades("gradient norm, L2", VALUES),
            (Series("residual", VALUES, "skip", "o"),),
            bands=(("Stage 1", 1, 3),),
        )
    )
    return made


def spot(plot: Plot, x: float) -> QPoint:
    """Where a position lies in the plot's viewport."""
    box = plot.plot.getViewBox()
    low, high = box.viewRange()[1]
    return plot.plot.mapFromScene(box.mapViewToScene(QPointF(x, (low + high) / 2)))


def test_values_lie_at_their_powers_of_ten(plot: Plot) -> None:
    curve, edge = plot.lines[0], plot.edges[0]
    x, y = curve.getData()
    assert list(x) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(y, [np.nan, -3, 0, np.nan, np.nan])
    places = {int(point.pos().x()): point.pos().y() for point in edge.points()}
    assert sorted(places) == [0, 3, 4]
    assert places[0] < -3
    assert places[3] > 0
    assert places[4] > places[3]


def test_every_mark_is_inside_the_range(plot: Plot) -> None:
    low, high = plot.plot.getViewBox().viewRange()[1]
    edge = plot.edges[0]
    assert all(low < point.pos().y() < high for point in edge.points())


def test_the_sweep_draws_from_the_right(plot: Plot) -> None:
    plot.reveal(2)
    curve, edge = plot.lines[0], plot.edges[0]
    assert list(curve.getData()[0]) == [2, 3, 4]
    assert {point.pos().x() for point in edge.points()} == {3, 4}
    plot.reveal(None)
    assert list(curve.getData()[0]) == [0, 1, 2, 3, 4]


def test_a_given_scale_is_kept(plot: Plot) -> None:
    scale = Scale(-12, 3, frozenset({"0"}))
    plain = Series("plain", (1.0, 2.0), "branch")
    plot.show_chart(Chart("", Axis.named("", (), 2), Axis.decades("norm", scale), (plain,)))
    assert (plot.scale.low, plot.scale.high) == (-12, 3)
    low, high = plot.plot.getViewBox().viewRange()[1]
    assert low < -12
    assert high > 3


def test_a_click_names_its_position_and_hovering_reads_the_value(qtbot: QtBot, plot: Plot) -> None:
    with qtbot.waitSignal(plot.clicked) as caught:
        qtbot.mouseClick(
            plot.plot.viewport(), Qt.MouseButton.LeftButton, pos=spot(plot, 2.2), delay=5
        )
    assert caught.args == [2]
    plot.hover(QPointF(plot.plot.mapToScene(spot(plot, 1.1))))
    assert plot.readout.text() == "a\nresidual: 0.0010"


def test_an_empty_plot_and_a_new_theme_draw(qtbot: QtBot, plot: Plot) -> None:
    plot.retheme()
    assert not plot.grab().isNull()
    plot.show_chart(EMPTY)
    assert plot.lines == []
    assert not plot.grab().isNull()
