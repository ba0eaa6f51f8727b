"""A plot of a few series over layers or blocks, on a logarithmic axis with places for 0, ∞, NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.numbers import Row, number_text, power_of_ten, row_of
from resnet_viz.figures.scale import Scale, decade_ticks
from resnet_viz.figures.series import Series
from resnet_viz.views.widgets import theme

_ROW_SYMBOLS: dict[Row, str] = {"0": "t", "∞": "t1", "NaN": "h"}
_EDGE = 8.0  # pixels between the outermost decade and the edge, so that no marker is cut


class LogPlot(QWidget):
    """Draws `Series` over one another; ``y_title`` names the quantity and its unit.

    ``clicked`` carries the position that was clicked.
    """

    clicked = Signal(int)

    def __init__(self, y_title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: tuple[Series, ...] = ()
        self._names: tuple[str, ...] = ()
        self._bands: tuple[tuple[str, int, int], ...] = ()
        self._scale = Scale.covering([])
        self._first = 0
        self._drawn: list[tuple[Any, Any]] = []
        self._shades: list[Any] = []
        self.title = QLabel(y_title)
        self.title.setWordWrap(True)
        self.legend = _Legend()
        self.plot = self._make_plot()
        self.setAccessibleName(y_title)
        self.readout = QLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        rows.addWidget(self.legend)
        self.retheme()

    @property
    def scale(self) -> Scale:
        """The vertical range in use."""
        return self._scale

    def show_series(
        self,
        series: Sequence[Series],
        names: Sequence[str] = (),
        bands: Sequence[tuple[str, int, int]] = (),
        scale: Scale | None = None,
    ) -> None:
        """Draw ``series``, all of them whole.

        ``names`` label the positions; ``bands`` are (title, first, last position) of the stages,
        in order; ``scale`` is the vertical range, by default the least that shows everything.
        """
        self._series, self._names, self._bands = tuple(series), tuple(names), tuple(bands)
        self._scale = scale or Scale.covering(v for one in series for v in one.values)
        self._first = 0
        self.readout.hide()
        self._hovered.hide()
        self._rebuild()

    def clear(self) -> None:
        """Show nothing."""
        self.show_series(())

    def reveal(self, first: int | None) -> None:
        """Draw only positions from ``first`` on, or everything if it is None."""
        first = first or 0
        if first != self._first:
            self._first = first
            self._draw()

    def set_marker(self, index: int | None) -> None:
        """Draw a vertical line at a position, or none."""
        self._marker.setVisible(index is not None)
        self._marker.setValue(index or 0)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use; series keep the colours they were given."""
        look = theme.current()
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom", "top"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font())
            axis.setPen(look.line)
            axis.setTextPen(look.text if name != "top" else look.muted)
        grid = QColor(look.line)
        grid.setAlpha(140)
        self._grid.setPen(pg.mkPen(grid, width=1))
        self.title.setStyleSheet(f"color: {look.muted}")
        self.readout.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )
        self._marker.setPen(pg.mkPen(look.text, width=look.line_width * 0.6))
        self._hovered.setPen(pg.mkPen(look.muted, width=1, style=Qt.PenStyle.DotLine))
        self._rebuild()

    def sizeHint(self) -> QSize:
        return QSize(420, 240)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
            self._hovered.hide()
        return super().eventFilter(watched, event)

    def _make_plot(self) -> Any:
        plot = pg.PlotWidget()
        plot.setMinimumHeight(90)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.showAxis("top")
        plot.getAxis("top").setStyle(tickLength=0, tickTextOffset=1)
        for axis in ("left", "bottom", "top"):  # a label may stand out past the end of its axis
            plot.getAxis(axis).setStyle(hideOverlappingLabels=200)
        self._grid = pg.PlotCurveItem(connect="pairs")
        self._marker = pg.InfiniteLine(angle=90)
        self._hovered = pg.InfiniteLine(angle=90)
        for item in (self._grid, self._marker, self._hovered):
            plot.addItem(item, ignoreBounds=True)
        self._marker.hide()
        self._hovered.hide()
        plot.getViewBox().sigResized.connect(self._arrange)
        plot.scene().sigMouseClicked.connect(self._on_click)
        plot.scene().sigMouseMoved.connect(self._on_move)
        plot.viewport().installEventFilter(self)
        return plot

    @property
    def _count(self) -> int:
        return max((len(one.values) for one in self._series), default=0)

    def _rebuild(self) -> None:
        """Make the items of the series and of the bands anew, and arrange them."""
        for curve, edge in self._drawn:
            self.plot.removeItem(curve)
            self.plot.removeItem(edge)
        for shade in self._shades:
            self.plot.removeItem(shade)
        self._drawn, self._shades = [], []
        colours = theme.current().stages
        for number, (_, first, last) in enumerate(self._bands):
            colour = QColor(colours[number % len(colours)])
            line = pg.mkPen(colour, width=1)
            colour.setAlpha(40)
            shade = pg.LinearRegionItem(
                (first - 0.5, last + 0.5), brush=colour, pen=line, movable=False
            )
            shade.setZValue(-10)
            self.plot.addItem(shade, ignoreBounds=True)
            self._shades.append(shade)
        for one in self._series:
            curve = pg.PlotDataItem(connect="finite", pen=_pen(one))
            curve.curve.setSegmentedLineMode("off")  # else the dashes start anew at each point
            edge = pg.ScatterPlotItem()
            for item in (curve, edge):
                self.plot.addItem(item, ignoreBounds=True)
            self._drawn.append((curve, edge))
        self.legend.describe(self._series)
        self._arrange()

    def _arrange(self) -> None:
        """Lay the range and the ticks out for the plot's size in pixels."""
        count, scale, box = self._count, self._scale, self.plot.getViewBox()
        if not count:
            self._grid.setData([], [])
            for name in ("left", "bottom", "top"):
                self.plot.getAxis(name).setTicks([])
            return
        metrics = QFontMetrics(self.font())
        line = float(metrics.height())
        self.plot.getAxis("bottom").setHeight(metrics.height() + 6 if self._names else 6)
        self.plot.getAxis("top").setHeight(metrics.height() + 2 if self._bands else 4)
        left = max(metrics.horizontalAdvance(power_of_ten(p)) for p in (scale.low, scale.high))
        left = max(left, *(metrics.horizontalAdvance(row) for row in scale.rows or {"0"}))
        self.plot.getAxis("left").setWidth(left + 14)
        overhang = metrics.horizontalAdvance(self._names[-1]) // 2 if self._names else 0
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, max(4, overhang), 0)

        above = [row for row in ("∞", "NaN") if row in scale.rows]
        under = line if "0" in scale.rows else 0.0
        room = max(20.0, box.height() - 2 * _EDGE - under - line * len(above))
        unit = (scale.high - scale.low) / room  # decades in a pixel
        bottom = scale.low - unit * (_EDGE + under)
        top = scale.high + unit * (_EDGE + line * len(above))
        self._places: dict[str, float] = {"0": bottom + unit * line / 2}
        for number, row in enumerate(above):
            self._places[row] = scale.high + unit * (_EDGE + line * (number + 0.5))
        box.setRange(xRange=(-0.5, count - 0.5), yRange=(bottom, top), padding=0)
        self._tick_decades(0.9 * line * unit, count)
        self._spacing = box.width() / count
        self._tick_positions(metrics)
        self._draw()

    def _tick_decades(self, least: float, count: int) -> None:
        """Label as many decades as fit with ``least`` decades between them, and the rows."""
        scale = self._scale
        labelled, others = decade_ticks(scale, range(scale.low, scale.high + 1), least)
        rows = [(y, row) for row, y in self._places.items() if row in scale.rows]
        self.plot.getAxis("left").setTicks([labelled + rows, others])
        lines = np.repeat([float(y) for y, _ in labelled], 2)
        self._grid.setData(np.tile([-0.5, count - 0.5], len(labelled)), lines)

    def _tick_positions(self, metrics: QFontMetrics) -> None:
        """Name positions where no name touches another: the ends, each band's first, the rest."""
        names = self._names
        firsts = [first for _, first, _ in self._bands]
        taken: dict[int, float] = {}
        for x in dict.fromkeys([0, len(names) - 1, *firsts, *range(len(names))] if names else []):
            half = metrics.horizontalAdvance(names[x]) / 2 + metrics.averageCharWidth() * 0.6
            apart = (abs(x - y) * self._spacing >= half + width for y, width in taken.items())
            if all(apart):
                taken[x] = half
        self.plot.getAxis("bottom").setTicks([[(x, names[x]) for x in sorted(taken)]])
        titles = [
            ((first + last) / 2, title)
            for title, first, last in self._bands
            if metrics.horizontalAdvance(title) + 6 <= (last - first + 1) * self._spacing
        ]
        self.plot.getAxis("top").setTicks([titles])

    def _draw(self) -> None:
        if not self._count:
            return
        look = theme.current()
        size = min(4 + 2 * look.line_width, max(3.0, 0.7 * self._spacing))
        for one, (curve, edge) in zip(self._series, self._drawn, strict=True):
            shown = [(x, v) for x, v in enumerate(one.values) if x >= self._first]
            powers = [math.log10(v) if row_of(v) is None else math.nan for _, v in shown]
            marks = {"symbol": one.symbol} if self._spacing >= 5 else {"symbol": None}
            curve.setData(
                [x for x, _ in shown],
                np.array(powers),
                symbolPen=pg.mkPen(one.colour),
                symbolBrush=QColor(one.colour),
                symbolSize=size,
                **marks,
            )
            rows = [(x, row_of(v)) for x, v in shown]
            edge.setData(
                [
                    {"pos": (x, self._places[row]), "symbol": _ROW_SYMBOLS[row]}
                    for x, row in rows
                    if row is not None and row in self._places
                ],
                size=size + 3,
                pen=pg.mkPen(one.colour),
                brush=QColor(one.colour),
            )

    def _nearest(self, scene_position: QPointF) -> int | None:
        box = self.plot.getViewBox()
        if not self._count or not box.sceneBoundingRect().contains(scene_position):
            return None
        return min(self._count - 1, max(0, round(box.mapSceneToView(scene_position).x())))

    def _on_click(self, event: Any) -> None:
        index = self._nearest(event.scenePos())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(index)

    def _on_move(self, scene_position: QPointF) -> None:
        index = self._nearest(scene_position)
        self._hovered.setVisible(index is not None)
        self.readout.setVisible(index is not None)
        if index is None:
            return
        self._hovered.setValue(index)
        name = self._names[index] if index < len(self._names) else str(index)
        values = [
            f"{one.name}: {number_text(one.values[index])}"
            for one in self._series
            if index < len(one.values)
        ]
        self.readout.setText("\n".join([name, *values]))
        self.readout.adjustSize()
        # Beside the pointer, in the half of the plot that the pointer is not in.
        pointer = self.plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        left = max(0, pointer.x() - 14 - self.readout.width())
        fits = right + self.readout.width() <= self.plot.width()
        upper = pointer.y() > self.plot.height() / 2
        below = max(2, self.plot.height() - self.readout.height() - 2)
        self.readout.move(right if fits else left, 2 if upper else below)


def _pen(series: Series) -> QPen:
    dash = {"dash": [3, 3]} if series.dashed else {}
    pen: QPen = pg.mkPen(series.colour, width=theme.current().line_width, **dash)
    if series.dashed:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


class _Legend(QWidget):
    """A piece of each curve and its name."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(5)
        self._row.addStretch(1)

    def describe(self, series: Sequence[Series]) -> None:
        while self._row.count() > 1:
            item = self._row.takeAt(0)
            widget = item.widget() if item else None
            if widget:
                widget.hide()  # it is deleted only later, and must not show under the new one
                widget.deleteLater()
        for number, one in enumerate(series):
            label = QLabel(one.name)
            label.setContentsMargins(0, 0, 10, 0)
            self._row.insertWidget(2 * number, _Swatch(one))
            self._row.insertWidget(2 * number + 1, label)


class _Swatch(QWidget):
    def __init__(self, series: Series) -> None:
        super().__init__()
        self._series = series
        self.setFixedSize(30, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QRectF(self.rect()).center()
        painter.setPen(_pen(self._series))
        painter.drawLine(QPointF(1, middle.y()), QPointF(self.width() - 1, middle.y()))
        painter.translate(middle)
        size = 4 + 2 * theme.current().line_width
        colour = self._series.colour
        drawSymbol(painter, self._series.symbol, size, pg.mkPen(colour), pg.mkBrush(colour))
