"""The strip: colours on a logarithmic scale, signs, the sweep."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from resnet_viz.figures.scale import Scale
from resnet_viz.views.plots.strip import Cell, NetworkStrip
from resnet_viz.views.widgets import theme

CELLS = (Cell("stem", 0, False), Cell("layer1.0", 1, True), Cell("fc", 0, False))
SCALE = Scale(-4, 0)


@pytest.fixture
def strip(qtbot: QtBot) -> NetworkStrip:
    made = NetworkStrip()
    qtbot.addWidget(made)
    made.show_network("ResNet-8", CELLS)
    made.resize(300, made.sizeHint().height())
    made.show()
    return made


def pixel(strip: NetworkStrip, index: int) -> QColor:
    """The colour in a cell's lower half, clear of its sign."""
    rect = strip.cell_rect(index)
    image = strip.grab().toImage()
    return image.pixelColor(round(rect.center().x() + rect.width() / 3), round(rect.bottom() - 5))


def test_a_cell_has_the_colour_of_its_norm(strip: NetworkStrip) -> None:
    table = theme.colour_map("viridis")
    strip.show_values((1e-4, 1e-2, 1.0), SCALE)
    for index, row in enumerate((0, 128, 255)):
        assert strip.colour_of(index) == QColor(*(int(value) for value in table[row]))
        assert pixel(strip, index) == strip.colour_of(index)


@pytest.mark.parametrize("value", [0.0, math.inf, math.nan])
def test_what_has_no_logarithm_has_no_colour(strip: NetworkStrip, value: float) -> None:
    strip.show_values((value, 1.0, 1.0), SCALE)
    assert strip.colour_of(0) is None
    assert pixel(strip, 0) == QColor(theme.current().raised)


def test_the_sweep_leaves_what_it_has_not_reached_dark(strip: NetworkStrip) -> None:
    strip.show_values((1.0, 1.0, 1.0), SCALE)
    strip.set_front(0.6)
    assert pixel(strip, 0) == QColor(theme.current().raised)
    assert pixel(strip, 2) == strip.colour_of(2)
    strip.set_front(None)
    assert pixel(strip, 0) == strip.colour_of(0)


def test_values_must_fit_the_cells(strip: NetworkStrip) -> None:
    with pytest.raises(ValueError, match="2 values for 3 cells"):
        strip.show_values((1.0, 2.0), SCALE)


def test_a_click_names_its_cell(qtbot: QtBot, strip: NetworkStrip) -> None:
    with qtbot.waitSignal(strip.clicked) as caught:
        spot = strip.cell_rect(1).center().toPoint()
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=spot)
    assert caught.args == [1]
    strip.set_marker(1)
    assert not strip.grab().isNull()


def test_a_pulse_lights_up_and_fades(qtbot: QtBot, strip: NetworkStrip) -> None:
    strip.show_values((1.0, 1.0, 1.0), SCALE)
    before = strip.grab().toImage()
    strip.pulse()
    qtbot.waitUntil(lambda: strip.grab().toImage() != before)
    assert pixel(strip, 1) == strip.colour_of(1)
    qtbot.waitUntil(lambda: strip.grab().toImage() == before)
