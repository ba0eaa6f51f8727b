"""The plot: paints a `Chart` with its title, axes, bands, marker, readout and legend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.figure import Axis, Chart
from resnet_viz.figures.numbers import Row, power_of_ten, row_of
from resnet_viz.figures.scale import Scale, Ticks, decade_ticks, spread
from resnet_viz.figures.series import Bars
from resnet_viz.views.plots import marks
from resnet_viz.views.plots.canvas import Readout, make_canvas, retheme_canvas
from resnet_viz.views.plots.legend import Legend
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.plain_text import PlainLabel

_EDGE = 8.0  # pixels between the outermost decade and the edge, so that no marker is cut
_CROWDED = 4.0  # pixels from point to point, below which symbols would hide the line
EMPTY = Chart("", Axis.named("", ()), Axis())


class Plot(QWidget):
    """Draws a `Chart`. The plot does not move; the mouse reads values and clicks.

    ``clicked`` carries the position that was clicked. What is drawn can be asked for: ``lines``
    and ``edges`` (of what has no place on the axis) of each series, ``crosses``, ``marker``.
    """

    clicked = Signal(int)

    def __init__(self, title: str = "", least: int = 80, bare: bool = False) -> None:
        """A ``bare`` plot leaves its title and its legend to what is around it."""
        super().__init__()
        self._bare = bare
        self.chart = EMPTY
        self._compact = False
        self.lines: list[Any] = []
        self.edges: list[Any] = []
        self.bars: list[Any] = []
        self._shades: list[Any] = []
        self._texts: list[Any] = []
        self._references: list[Any] = []
        self._first = 0.0
        self._marked: float | None = None
        self._span = (0.0, 1.0)  # of the vertical axis, on its way to the chart's
        self._heights: np.ndarray | None = None  # of the first series, on its way
        self.title = PlainLabel(title, self)
        self.title.setWordWrap(True)
        self.title.setVisible(bool(title) and not bare)
        if not bare:
            zoom.offer(self, title, self.title)
        self.legend = Legend(self)
        self.plot: Any = make_canvas(least)
        self.plot.setAccessibleName(title)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._grid = pg.PlotCurveItem(connect="pairs")
        self.marker = pg.InfiniteLine(angle=90)
        self._hovered = pg.InfiniteLine(angle=90)
        self.crosses = pg.ScatterPlotItem(symbol="x")
        for item in (self._grid, self.marker, self._hovered, self.crosses):
            self.plot.addItem(item, ignoreBounds=True)
        self.marker.hide()
        self._hovered.hide()
        self.readout = Readout(self.plot)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        rows.addWidget(self.legend)
        self.plot.getViewBox().sigResized.connect(self._arrange)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.scene().sigMouseMoved.connect(self.hover)
        self.plot.viewport().installEventFilter(self)
        self.retheme()

    def show_chart(self, chart: Chart) -> None:
        """Draw ``chart``, all of it."""
        if chart.bands != self.chart.bands:
            self._shade(chart)
        self.chart, self._first = chart, -math.inf
        self._span, self._heights = (chart.y.low, chart.y.high), None
        if chart.title and not self._bare:
            self.title.setText(chart.title)
            self.title.show()
        self._marked = chart.marker
        self._hovered.hide()
        self.readout.hide()
        if not self._bare:
            self.legend.describe(chart)
        self._arrange()

    def on_the_way(self, low: float, high: float, heights: np.ndarray | None) -> None:
        """Let the vertical axis go from ``low`` to ``high``, and the first series stand at
        ``heights``, in the axis' places; None for its own."""
        self._span, self._heights = (low, high), heights
        self._arrange()

    def reveal(self, first: float | None) -> None:
        """Draw only positions from ``first`` on, or everything if it is None."""
        first = -math.inf if first is None else first
        if first != self._first:
            self._first = first
            self._draw_series()

    def set_marker(self, x: float | None) -> None:
        """Draw a vertical line at a position, or none."""
        self._marked = x
        self._arrange()

    def set_compact(self, compact: bool) -> None:
        """Leave the stages' names out, where there is no room for them."""
        self._compact = compact
        self._arrange()

    @property
    def scale(self) -> Scale:
        """The decades and rows in use."""
        y = self.chart.y
        return Scale(int(y.low), int(y.high), y.rows)

    def ticks(self, axis: str) -> dict[str, float]:
        """Text → place of the labels of "left", "bottom", "top" or "right"."""
        levels = self.plot.getAxis(axis).tick_levels
        return {text: at for at, text in levels[0]} if levels else {}

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        retheme_canvas(self.plot)
        self.plot.getAxis("top").setTextPen(look.muted)
        grid = QColor(look.line)
        grid.setAlpha(140)
        self._grid.setPen(pg.mkPen(grid, width=1))
        for label in (self.title, self.legend):
            label.setStyleSheet(f"color: {look.muted}")
        self.readout.retheme()
        self.marker.setPen(pg.mkPen(look.text, width=0.6 * look.line_width))
        self._hovered.setPen(pg.mkPen(look.muted, width=1, style=Qt.PenStyle.DotLine))
        self.crosses.setPen(None)
        self.crosses.setBrush(look.off)
        self._shade(self.chart)
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(400, 220)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
            self._hovered.hide()
        return super().eventFilter(watched, event)

    # ---- laying out

    def _arrange(self) -> None:
        """Lay the range and the ticks out for the plot's size in pixels, and draw."""
        chart, box, metrics = self.chart, self.plot.getViewBox(), QFontMetrics(self.font())
        line = float(metrics.height())
        self._pixel = 0.0  # of the vertical axis
        low, high = self._span
        rows = chart.y.rows if chart.y.log else frozenset[Row]()
        above = [row for row in ("∞", "NaN") if row in rows]
        crosses = 0.0 if chart.crossed is None else 0.5 * line
        under = crosses + (line if "0" in rows else 0.0)
        edge = _EDGE if chart.y.log else 0.0
        room = max(20.0, box.height() - 2 * edge - under - line * len(above))
        pixel = (high - low) / room
        bottom, top = low - pixel * (edge + under), high + pixel * (edge + line * len(above))
        self._places: dict[str, float] = {"0": bottom + pixel * (crosses + line / 2)}
        for number, row in enumerate(above):
            self._places[row] = high + pixel * (edge + line * (number + 0.5))
        ends = [one.labels[0] for one in chart.series if len(one.labels) == 1]
        beside = max((metrics.horizontalAdvance(text) + 14 for text in ends), default=0)
        left, right = chart.x.low, chart.x.high
        right += (right - left) * beside / max(60.0, box.width() - beside)
        self._set_widths(metrics)
        box.setRange(xRange=(left, right), yRange=(bottom, top), padding=0)
        self._spacing = box.width() / max(1e-9, right - left)  # pixels
        self._pixel = pixel
        self._tick_left(line, (left, right))
        self._tick_positions(metrics)
        self._place_marks(bottom + pixel * crosses / 2, line)
        self._draw_series()
        self._draw_bars()
        self._draw_texts(line)

    def _set_widths(self, metrics: QFontMetrics) -> None:
        """Give the axes room for their labels, of which half may stand out past the end."""
        chart, axis = self.chart, self.plot.getAxis
        numbered = bool(chart.x.names or chart.x.ticks or chart.x.ticks is None)
        lines = 1 + max((name.count("\n") for name in chart.x.names), default=0)
        axis("bottom").setHeight(lines * metrics.height() + 6 if numbered else 6)
        bands = bool(chart.bands) and not self._compact
        axis("top").setHeight(metrics.height() + 2 if bands else 4)
        axis("top").setStyle(showValues=bands)
        axis("left").setWidth(_widest(metrics, _texts_of(chart.y)) + 14)
        self.plot.showAxis("right", chart.right is not None)
        spare = 0
        if chart.right is not None:
            spare = _widest(metrics, _texts_of(chart.right)) + 10
            axis("right").setWidth(spare)
        last = chart.x.names[-1] if chart.x.names else ""
        if chart.x.ticks:
            last = chart.x.ticks[-1][1]
        over = max(4, metrics.horizontalAdvance(last or "00") // 2)
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, max(4, over - spare), 0)

    def _tick_left(self, line: float, ends: tuple[float, float]) -> None:
        """As many labels as fit above each other, the rows, and a grid."""
        y, axis = self.chart.y, self.plot.getAxis("left")
        there = bool(self.chart.series or self.chart.bars)
        labelled: Ticks = []
        others: Ticks = []
        if not there:
            axis.setTicks([])
        elif y.log and y.ticks is None:
            low, high = self._span
            powers = range(math.ceil(low), math.floor(high) + 1)
            labelled, others = decade_ticks(self.scale, powers, 0.9 * line * self._pixel)
        elif y.ticks is not None:
            labelled = list(y.ticks)
        else:
            axis.setTicks(None)
        if there and (y.log or y.ticks is not None):
            rows = [(at, row) for row, at in self._places.items() if row in y.rows]
            axis.setTicks([labelled + rows, others])
        own = there and (y.log or y.ticks is not None)
        axis.setGrid(False if own or not there else 64)
        self._grid.setData(
            np.tile(ends, len(labelled)), np.repeat([float(at) for at, _ in labelled], 2)
        )
        if self.chart.right is not None:
            ticks = [(self._across(at), text) for at, text in self.chart.right.ticks or ()]
            self.plot.getAxis("right").setTicks([ticks])

    def _tick_positions(self, metrics: QFontMetrics) -> None:
        """Name positions where no name touches another: the marked one, the ends, each band's
        first, then as many of the others as fit."""
        chart, axis = self.chart, self.plot.getAxis("bottom")
        ticks = chart.x.ticks
        if ticks is None and chart.x.names:
            ticks = tuple(enumerate(chart.x.names))
        if ticks is None:
            axis.setTicks(None if chart.series or chart.bars else [])
        elif ticks:
            firsts = [first for _, first, _ in chart.bands]
            order = [0, len(ticks) - 1, *firsts, *range(len(ticks))]
            if self._marked is not None and chart.x.names:
                order = [round(self._marked), *order]
            taken: dict[int, float] = {}
            for n in dict.fromkeys(n for n in order if 0 <= n < len(ticks)):
                wide = max(map(metrics.horizontalAdvance, ticks[n][1].split("\n")))
                half = wide / 2 + 0.6 * metrics.averageCharWidth()
                if all(
                    abs(ticks[n][0] - ticks[m][0]) * self._spacing >= half + width
                    for m, width in taken.items()
                ):
                    taken[n] = half
            others = [(at, "") for n, (at, _) in enumerate(ticks) if n not in taken]
            axis.setTicks([[ticks[n] for n in sorted(taken)], others])
        else:
            axis.setTicks([])
        titles = [
            ((first + last) / 2, title, last - first + 1) for title, first, last in chart.bands
        ]
        fits = [metrics.horizontalAdvance(t) + 6 <= n * self._spacing for _, t, n in titles]
        if not all(fits):  # "S1" for "Stage 1"
            titles = [(at, f"{t[:1]}{t.split()[-1]}", n) for at, t, n in titles]
            fits = [metrics.horizontalAdvance(t) + 6 <= n * self._spacing for _, t, n in titles]
        shown = [(at, t) for (at, t, _), fit in zip(titles, fits, strict=True) if fit]
        self.plot.getAxis("top").setTicks([shown])

    def _across(self, value: float) -> float:
        """Where a value of the right axis lies on the left one."""
        assert self.chart.right is not None
        right, (low, high) = self.chart.right, self._span
        return low + (value - right.low) / (right.high - right.low) * (high - low)

    # ---- drawing

    def _shade(self, chart: Chart) -> None:
        for shade in self._shades:
            self.plot.removeItem(shade)
        self._shades = []
        for number, (_, first, last) in enumerate(chart.bands, 1):
            colour = QColor(theme.current().colour(f"stage {number}"))
            line = pg.mkPen(colour, width=1)
            colour.setAlpha(40)
            ends = (first - 0.5, last + 0.5)
            shade = pg.LinearRegionItem(ends, brush=colour, pen=line, movable=False)
            shade.setZValue(-10)
            self.plot.addItem(shade, ignoreBounds=True)
            self._shades.append(shade)

    def _place_marks(self, foot: float, line: float) -> None:
        self.marker.setVisible(self._marked is not None)
        self.marker.setValue(self._marked or 0)
        crossed = self.chart.crossed[1] if self.chart.crossed else ()
        size = min(0.5 * line, self._spacing)
        self.crosses.setData(list(crossed), [foot] * len(crossed), size=size)

    def _draw_series(self) -> None:
        """Set the items of the series, making more or taking some away as they are needed."""
        chart, look = self.chart, theme.current()
        while len(self.lines) > len(chart.series):
            self.plot.removeItem(self.lines.pop())
            self.plot.removeItem(self.edges.pop())
        while len(self.lines) < len(chart.series):
            curve, edge = pg.PlotDataItem(connect="finite"), pg.ScatterPlotItem()
            curve.curve.setSegmentedLineMode("off")  # else the dashes start anew at each point
            for item in (curve, edge):
                self.plot.addItem(item, ignoreBounds=True)
            self.lines.append(curve)
            self.edges.append(edge)
        for number, one in enumerate(chart.series):
            x = np.asarray(one.positions, float)
            values, heights = np.asarray(one.values, float), self._heights_of(number)
            spacing = self._spacing * (float(np.diff(x).min()) if len(x) > 1 else 1.0)
            size = min(4 + 2 * look.line_width, max(3.0, 0.7 * spacing))
            if one.hollow:  # hollow markers must not run together
                size += min(4.0, max(1.0, spacing - 2 - size))
            shown = x >= self._first
            self.lines[number].setData(
                x[shown],
                heights[shown],
                pen=marks.line_pen(one) if one.line else None,
                symbol=one.symbol if one.symbol and spacing >= _CROWDED else None,
                symbolPen=marks.outline(one),
                symbolBrush=marks.fill(one),
                symbolSize=size,
            )
            # On its way to a row, a point is still on the axis.
            rows = [
                (at, chart.y.row(value))
                for at, value, height in zip(x[shown], values[shown], heights[shown], strict=True)
                if chart.y.rows and math.isnan(height) and not one.right
            ]
            self.edges[number].setData(
                [
                    {"pos": (at, self._places[row]), "symbol": marks.ROW_SYMBOLS[row]}
                    for at, row in rows
                    if row is not None
                ],
                size=size + 3,
                pen=marks.outline(one),
                brush=marks.fill(one),
            )

    def _heights_of(self, number: int) -> np.ndarray:
        one = self.chart.series[number]
        if number == 0 and self._heights is not None:
            return self._heights
        if one.right and self.chart.right is not None:
            return np.array([self._across(value) for value in self.chart.right.places(one.values)])
        return self.chart.y.places(one.values)

    def _draw_bars(self) -> None:
        for item in (*self.bars, *self._references):
            self.plot.removeItem(item)
        self.bars, self._references = [], []
        look, chart = theme.current(), self.chart
        foot = np.zeros(max((len(bars.values) for bars in chart.bars), default=0))
        for number, bars in enumerate(chart.bars):
            if len(bars.values):
                self._draw_one(bars, foot, number)
        for _, height in chart.references:
            if math.isfinite(chart.y.place(height)):
                pen = pg.mkPen(look.text, width=0.8 * look.line_width, dash=[4, 3])
                reference = pg.InfiniteLine(chart.y.place(height), angle=0, pen=pen)
                self._references.append(reference)
                self.plot.addItem(reference, ignoreBounds=True)

    def _draw_one(self, bars: Bars, foot: np.ndarray, number: int) -> None:
        look, chart = theme.current(), self.chart
        colour = QColor(look.colour(bars.colour))
        outline = pg.mkPen(look.text, width=look.line_width)
        heights = np.nan_to_num(np.asarray(bars.values, float), posinf=0.0)
        count, among = len(heights), len(chart.bars) if chart.grouped else 1
        shift = (number - (among - 1) / 2) * 0.76 / among if chart.grouped else 0.0
        special = chart.outlined[1]
        item = pg.BarGraphItem(
            x=np.arange(count) + shift,
            y0=np.zeros(count) if chart.grouped else foot[:count].copy(),
            height=heights,
            width=0.76 / among,
            brush=colour,
            pens=[outline if n in special else pg.mkPen(colour) for n in range(count)],
        )
        self.bars.append(item)
        self.plot.addItem(item, ignoreBounds=True)
        foot[:count] += heights

    def _draw_texts(self, line: float) -> None:
        """Labels at points, apart from each other where there is one at each series' end, and the
        signs of bars that have no height."""
        for item in self._texts:
            self.plot.removeItem(item)
        self._texts = []
        look, chart = theme.current(), self.chart
        ends = [one for one in chart.series if len(one.labels) == 1]
        heights = [chart.y.place(float(one.values[-1])) for one in ends]
        for one, y in zip(
            ends, spread(heights, 0.95 * line * self._pixel, self._span[1]), strict=True
        ):
            x = float(one.positions[-1])
            self._write(one.labels[0], x, y, look.colour(one.colour), (0, 0.5))
        for bars in chart.bars:
            for x, value in enumerate(bars.values):
                row = row_of(value)
                if row in ("∞", "NaN"):
                    self._write(row, x, chart.y.low, look.text, (0.5, 1))

    def _write(
        self, text: str, x: float, y: float, colour: str, anchor: tuple[float, float]
    ) -> None:
        item = pg.TextItem(text, color=colour, anchor=anchor)
        item.setFont(self.font())
        item.setPos(x, y)
        self._texts.append(item)
        self.plot.addItem(item, ignoreBounds=True)

    @property
    def signs(self) -> list[str]:
        """What is written into the plot."""
        return [item.toPlainText() for item in self._texts]

    # ---- the mouse

    def _position(self, scene_position: QPointF) -> float | None:
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(scene_position):
            return None
        return float(box.mapSceneToView(scene_position).x())

    def _on_click(self, event: Any) -> None:
        x, there = self._position(event.scenePos()), self.chart.positions
        if x is not None and there and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(round(min(max(x, there[0]), there[-1])))

    def hover(self, scene_position: QPointF) -> None:
        """Read out what is under a place of the scene."""
        x = self._position(scene_position)
        text = "" if x is None else self.chart.reading(x)
        self._hovered.setVisible(bool(text))
        number = None if x is None else self.chart.nearest(x)
        if number is not None:
            self._hovered.setValue(self.chart.positions[number])
        self.readout.say(text, scene_position)


def _widest(metrics: QFontMetrics, texts: Iterable[str]) -> int:
    return max((metrics.horizontalAdvance(text) for text in texts), default=0)


def _texts_of(axis: Axis) -> Sequence[str]:
    """The widest texts that will stand at an axis."""
    if axis.ticks is not None:
        return [text for _, text in axis.ticks]
    if axis.log:
        return [power_of_ten(int(axis.low)), power_of_ten(int(axis.high)), *axis.rows, "0"]
    return ["−0.00"]
