"""How a series is drawn: its line and its symbols, in plots and in their legends."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from resnet_viz.figures.numbers import Row
from resnet_viz.figures.series import Series
from resnet_viz.views.widgets import theme

ROW_SYMBOLS: dict[Row, str] = {"0": "t", "∞": "t1", "NaN": "h"}


def colour(series: Series) -> QColor:
    made = QColor(theme.current().colour(series.colour))
    made.setAlphaF(series.opacity)
    return made


def line_pen(series: Series) -> QPen:
    """Dashed with flat caps, which keep the gaps open: another curve shows through."""
    dash = {"dash": [3, 3]} if series.dashed else {}
    pen: QPen = pg.mkPen(colour(series), width=theme.current().line_width * series.width, **dash)
    if series.dashed:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def outline(series: Series) -> QPen:
    width = 0.75 * theme.current().line_width if series.hollow else 1
    pen: QPen = pg.mkPen(colour(series), width=width)
    return pen


def fill(series: Series) -> QColor | None:
    return None if series.hollow else colour(series)
