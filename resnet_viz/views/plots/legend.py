"""A piece of each curve, bar and line of a chart and its name, in as many rows as they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.figures.figure import Chart
from resnet_viz.figures.series import Bars, Series
from resnet_viz.views.plots import marks
from resnet_viz.views.widgets import theme

_SWATCH, _GAP, _APART = 30, 5, 15


@dataclass(frozen=True)
class _Entry:
    name: str
    draw: Callable[[QPainter, QPointF], None]


class Legend(QWidget):
    """Names what has a name; hidden without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[_Entry] = []
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self._entries]

    def describe(self, chart: Chart) -> None:
        """Name the series, the bars, the references and what is special."""
        self._entries = list(_entries(chart)) if chart.legend else []
        self.setVisible(bool(self._entries))
        self.setAccessibleName("; ".join(self.names))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = {place.y() for place in self._places(width)}
        return round(len(rows) * self._line())

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(120, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._line())

    def _line(self) -> int:
        return max(18, self.fontMetrics().height() + 2)

    def _places(self, width: int) -> list[QPointF]:
        """Where each entry begins."""
        x, y, places = 0.0, 0.0, []
        for entry in self._entries:
            wide = _SWATCH + _GAP + self.fontMetrics().horizontalAdvance(entry.name)
            if x and x + wide > width:
                x, y = 0.0, y + self._line()
            places.append(QPointF(x, y))
            x += wide + _APART
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._line()
        for entry, place in zip(self._entries, self._places(self.width()), strict=True):
            painter.save()
            entry.draw(painter, QPointF(place.x() + _SWATCH / 2, place.y() + line / 2))
            painter.restore()
            painter.setPen(QColor(theme.current().muted))
            left = place.x() + _SWATCH + _GAP
            words = QRectF(left, place.y(), self.width() - left, line)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, entry.name)


def draw_series(series: Series, painter: QPainter, middle: QPointF) -> None:
    """A piece of a curve with its symbol."""
    half = QPointF(_SWATCH / 2 - 1, 0)
    if series.line:
        painter.setPen(marks.line_pen(series))
        painter.drawLine(middle - half, middle + half)
    if series.symbol:
        painter.translate(middle)
        size = 4 + 2 * theme.current().line_width + (3 if series.hollow else 0)
        brush = pg.mkBrush(marks.fill(series))
        drawSymbol(painter, series.symbol, size, marks.outline(series), brush)


def draw_cross(painter: QPainter, middle: QPointF) -> None:
    """The cross at the foot of a position."""
    painter.translate(middle)
    look = theme.current()
    size = 4 + 2 * look.line_width
    drawSymbol(painter, "x", size, QPen(Qt.PenStyle.NoPen), pg.mkBrush(look.off))


def _entries(chart: Chart) -> list[_Entry]:
    found = [_Entry(one.name, partial(draw_series, one)) for one in chart.series if one.name]
    found += [_Entry(bars.name, partial(_draw_bar, bars)) for bars in chart.bars if bars.name]
    for name, value in chart.references:
        found.append(_Entry(f"{name}: {chart.y.text(value)}", _draw_reference))
    if chart.outlined[1]:
        found.append(_Entry(chart.outlined[0], _draw_outline))
    if chart.crossed is not None and chart.crossed[1]:
        found.append(_Entry(chart.crossed[0], draw_cross))
    return found


def _draw_bar(bars: Bars, painter: QPainter, middle: QPointF) -> None:
    painter.fillRect(_square(middle), QColor(theme.current().colour(bars.colour)))


def _square(middle: QPointF) -> QRectF:
    return QRectF(middle.x() - 5, middle.y() - 5, 10, 10)


def _draw_reference(painter: QPainter, middle: QPointF) -> None:
    look = theme.current()
    painter.setPen(pg.mkPen(look.text, width=0.8 * look.line_width, dash=[4, 3]))
    half = QPointF(_SWATCH / 2 - 1, 0)
    painter.drawLine(middle - half, middle + half)


def _draw_outline(painter: QPainter, middle: QPointF) -> None:
    painter.setPen(QPen(QColor(theme.current().text), theme.current().line_width))
    painter.drawRect(_square(middle))
