"""Points on a plane: a `Chart` whose two axes are directions, read and clicked point by point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.figure import Chart
from resnet_viz.views.plots import marks
from resnet_viz.views.plots.canvas import Readout, make_canvas, retheme_canvas
from resnet_viz.views.plots.legend import Legend
from resnet_viz.views.plots.plot import EMPTY
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.plain_text import PlainLabel

_NEAR = 14.0  # pixels from a point, within which it is read and clicked

Spot = tuple[int, int]
"""The number of a series, and of a point in it."""


class PlanePlot(QWidget):
    """Draws each series of a chart as points, joined where it has a line.

    ``tell`` says what a point is, for the pointer; ``clicked`` carries the series' number and the
    point's. ``ringed`` is the point with a ring around it.
    """

    clicked = Signal(int, int)

    def __init__(self, title: str = "", least: int = 120, legend: bool = True) -> None:
        """Without ``legend``, what is around it names the series."""
        super().__init__()
        self._named = legend
        self.chart = EMPTY
        self.tell: Callable[[int, int], str] = lambda series, point: ""
        self.ringed: Spot | None = None
        self.items: list[Any] = []
        self.title = PlainLabel(title, self)
        self.title.setWordWrap(True)
        zoom.offer(self, title, self.title)
        self.plot: Any = make_canvas(least)
        self.plot.showAxis("right", False)
        self.plot.setAccessibleName(title)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.legend = Legend(self)
        self.axes = PlainLabel(self)
        self.axes.setWordWrap(True)
        self._ring = pg.ScatterPlotItem(symbol="o")
        self._ring.setZValue(10)
        self.plot.addItem(self._ring, ignoreBounds=True)
        self.readout = Readout(self.plot)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        rows.addWidget(self.axes)
        rows.addWidget(self.legend)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.scene().sigMouseMoved.connect(self.hover)
        self.plot.viewport().installEventFilter(self)
        self.retheme()

    def show_chart(self, chart: Chart) -> None:
        """Draw ``chart``, all of it."""
        self.chart = chart
        self.title.setText(chart.title)
        self.axes.setText(f"→ {chart.x.title}, ↑ {chart.y.title}" if chart.x.title else "")
        self.readout.hide()
        if self._named:
            self.legend.describe(chart)
        self._draw()

    def ring(self, spot: Spot | None) -> None:
        """Put a ring around a point, or around none."""
        self.ringed = spot
        at = self.place(spot) if spot is not None else None
        there = at is not None and bool(np.isfinite(at).all())
        look = theme.current()
        self._ring.setData(
            [float(at[0])] if there and at is not None else [],
            [float(at[1])] if there and at is not None else [],
            size=12 + 3 * look.line_width,
            pen=pg.mkPen(look.text, width=look.line_width),
            brush=None,
        )

    def place(self, spot: Spot) -> np.ndarray:
        """Where a point stands, (2,)."""
        one = self.chart.series[spot[0]]
        return np.array([float(one.positions[spot[1]]), float(one.values[spot[1]])])

    def on_screen(self, spot: Spot) -> QPointF:
        """Where a point is drawn, in the plot's viewport."""
        x, y = self.place(spot)
        scene = self.plot.getViewBox().mapViewToScene(QPointF(x, y))
        return QPointF(self.plot.mapFromScene(scene))

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        retheme_canvas(self.plot)
        for label in (self.title, self.axes, self.legend):
            label.setStyleSheet(f"color: {look.muted}")
        self.readout.retheme()
        self._draw()

    def sizeHint(self) -> QSize:
        return QSize(320, 280)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def _draw(self) -> None:
        for item in self.items:
            self.plot.removeItem(item)
        self.items = []
        look, chart = theme.current(), self.chart
        box = self.plot.getViewBox()
        box.setRange(
            xRange=(chart.x.low, chart.x.high), yRange=(chart.y.low, chart.y.high), padding=0
        )
        metrics = QFontMetrics(self.font())
        for name, axis in (("bottom", chart.x), ("left", chart.y)):
            self.plot.getAxis(name).setTicks([list(axis.ticks or ()), []])
        texts = [text for _, text in chart.y.ticks or ()]
        self.plot.getAxis("left").setWidth(
            max(map(metrics.horizontalAdvance, texts), default=0) + 14
        )
        self.plot.getAxis("bottom").setHeight(metrics.height() + 6)
        self.plot.getAxis("top").setHeight(4)
        wide = max((metrics.horizontalAdvance(text) for _, text in chart.x.ticks or ()), default=0)
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, max(4, wide // 2), 0)
        for one in chart.series:
            x, y = np.asarray(one.positions, float), np.asarray(one.values, float)
            item = pg.PlotDataItem(
                x,
                y,
                connect="finite",
                pen=marks.line_pen(one) if one.line else None,
                symbol=one.symbol or None,
                symbolSize=4 + 1.5 * look.line_width + (3 if one.hollow else 0),
                symbolPen=marks.outline(one),
                symbolBrush=marks.fill(one),
            )
            self.plot.addItem(item, ignoreBounds=True)
            self.items.append(item)
            if len(one.labels) == len(x):
                for text, across, up in zip(one.labels, x, y, strict=True):
                    self._write(text, across, up)
        self.ring(self.ringed if self.ringed and self._has(self.ringed) else None)

    def _write(self, text: str, across: float, up: float) -> None:
        if not text or not np.isfinite([across, up]).all():
            return
        label = pg.TextItem(text, color=theme.current().text, anchor=(0, 1))
        label.setFont(self.font())
        label.setPos(across, up)
        self.plot.addItem(label, ignoreBounds=True)
        self.items.append(label)

    def _has(self, spot: Spot) -> bool:
        series = self.chart.series
        return spot[0] < len(series) and spot[1] < len(series[spot[0]].values)

    # ---- the mouse

    def nearest(self, scene_position: QPointF) -> Spot | None:
        """The point that is nearest to a place of the scene, if one is near it."""
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(scene_position):
            return None
        pixel = box.viewPixelSize()
        at = box.mapSceneToView(scene_position)
        best: Spot | None = None
        least = _NEAR
        for number, one in enumerate(self.chart.series):
            x, y = np.asarray(one.positions, float), np.asarray(one.values, float)
            away = np.hypot((x - at.x()) / pixel[0], (y - at.y()) / pixel[1])
            if len(away) and np.isfinite(away).any() and np.nanmin(away) < least:
                least = float(np.nanmin(away))
                best = (number, int(np.nanargmin(away)))
        return best

    def hover(self, scene_position: QPointF) -> None:
        """Read out what is under a place of the scene."""
        spot = self.nearest(scene_position)
        self.readout.say("" if spot is None else self.tell(*spot), scene_position)

    def _on_click(self, event: Any) -> None:
        spot = self.nearest(event.scenePos())
        if spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*spot)
