"""The cascade's trace: gradient at the stem and the target's probability against skips off."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from resnet_viz.engine.cascade import TracePoint
from resnet_viz.figures.numbers import number_text, power_of_ten, row_of
from resnet_viz.figures.scale import Scale
from resnet_viz.views.widgets import theme

_ROW_SYMBOLS = {"0": "t", "∞": "t1", "NaN": "h"}
_MARGIN = 0.08  # of the plot's height, above and below the scales


class TracePlot(QWidget):
    """Two curves over the number of skips that are off.

    Left, on a logarithmic axis: the norm of the gradient at the stem; right, from 0 to 100 %: the
    probability of the target. Heights are fractions of the plot, in which both axes have their
    ticks.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[TracePoint, ...] = ()
        self._count, self._position = 1, 0
        self._target, self._short = "", False
        self._scale = Scale.covering([])
        self.legend = QLabel()
        self.legend.setWordWrap(True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.plot: Any = pg.PlotWidget()
        self.plot.setMinimumHeight(80)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.showAxis("right")
        self.plot.setAccessibleName("Gradient at the stem and probability against skips off")
        for axis in ("left", "bottom", "right"):
            self.plot.getAxis(axis).setStyle(hideOverlappingLabels=200)
        self._grid = pg.PlotCurveItem(connect="pairs")
        self._marker = pg.InfiniteLine(angle=90)
        self.gradient = pg.PlotDataItem(connect="finite")
        self.probability = pg.PlotDataItem(connect="finite")
        self.probability.curve.setSegmentedLineMode("off")
        self.edge = pg.ScatterPlotItem()
        for item in (self._grid, self._marker, self.probability, self.gradient, self.edge):
            self.plot.addItem(item, ignoreBounds=True)
        self.readout = QLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.legend)
        rows.addWidget(self.plot, 1)
        self.plot.getViewBox().sigResized.connect(self._arrange)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.plot.viewport().installEventFilter(self)
        self.retheme()

    def show_trace(
        self,
        points: Sequence[TracePoint],
        count: int,
        position: int,
        target: str,
        short: bool = False,
    ) -> None:
        """Draw ``points`` on an axis from 0 to ``count`` skips off, and mark ``position``.

        The legend names the curves, or, if it is to be ``short``, gives their values there.
        """
        self._points = tuple(sorted(points, key=lambda point: point.off))
        self._count, self._position = max(1, count), position
        self._target, self._short = target, short
        self._scale = Scale.covering(point.gradient for point in self._points)
        self.readout.hide()
        self._arrange()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom", "right"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font())
            axis.setPen(look.line)
            axis.setTextPen(look.branch if name == "left" else look.text)
        grid = QColor(look.line)
        grid.setAlpha(140)
        self._grid.setPen(pg.mkPen(grid, width=1))
        self._marker.setPen(pg.mkPen(look.muted, width=1))
        self.readout.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def height_of(self, gradient: float) -> float:
        """Where a norm stands, as a fraction of the plot; off the scale, in a row at the edge."""
        row, scale = row_of(gradient), self._scale
        if row is not None:
            return -_MARGIN if row == "0" else 1 + _MARGIN
        return (math.log10(gradient) - scale.low) / (scale.high - scale.low)

    def _arrange(self) -> None:
        scale, metrics = self._scale, QFontMetrics(self.font())
        self._name_curves()
        room = self.plot.getViewBox().height() / (1 + 4 * _MARGIN)
        span = scale.high - scale.low
        least = 0.9 * metrics.height() * span / max(20.0, room)
        step = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100, 1000) if s >= least)
        step = min(step, span)
        powers = [p for p in range(scale.low, scale.high + 1) if (scale.high - p) % step == 0]
        labels = [(self.height_of(10.0**p), power_of_ten(p)) for p in powers]
        rows = [(-_MARGIN if row == "0" else 1 + _MARGIN, row) for row in scale.rows]
        left = self.plot.getAxis("left")
        left.setTicks([labels + rows])
        left.setWidth(max(metrics.horizontalAdvance(text) for _, text in labels) + 14)
        right = self.plot.getAxis("right")
        right.setTicks([[(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]])
        right.setWidth(metrics.horizontalAdvance("100 %") + 10)
        heights = np.repeat([y for y, _ in labels], 2)
        self._grid.setData(np.tile([-0.5, self._count + 0.5], len(labels)), heights)
        self._tick_numbers(metrics)
        self.plot.getViewBox().setRange(
            xRange=(-0.5, self._count + 0.5),
            yRange=(-2 * _MARGIN, 1 + 2 * _MARGIN),
            padding=0,
        )
        self._draw()

    def _name_curves(self) -> None:
        look, target = theme.current(), html.escape(f"“{self._target}”")
        point = next((p for p in self._points if p.off == self._position), None)
        if self._short and point is not None:
            gradient = f"● Stem {number_text(point.gradient)}"
            probability = f"□ {target} {percent(point.probability)}"
        elif self._short:
            gradient, probability = "● Gradient at the stem", f"□ {target}"
        else:
            gradient, probability = "● Gradient at the stem (L2 norm)", f"□ Probability of {target}"
        self.legend.setText(
            f"<span style='color:{look.branch}'>{gradient}</span> &nbsp; "
            f"<span style='color:{look.text}'>{probability}</span>"
        )

    def _tick_numbers(self, metrics: QFontMetrics) -> None:
        """Numbers on the lower axis, the last of which says what they count."""
        last = f"{self._count} off"
        spacing = max(1e-6, self.plot.getViewBox().width() / (self._count + 1))
        least = (metrics.horizontalAdvance("00") + metrics.averageCharWidth()) / spacing
        step = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100) if s >= least or s == 100)
        free = self._count - (metrics.horizontalAdvance(last) / spacing)
        numbers = [(n, str(n)) for n in range(0, self._count, step) if n <= free]
        axis = self.plot.getAxis("bottom")
        axis.setHeight(metrics.height() + 6)
        axis.setTicks([[*numbers, (self._count, last)]])
        overhang = metrics.horizontalAdvance(last) // 2
        spare = max(4, overhang - int(self.plot.getAxis("right").width()))
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, spare, 0)

    def _draw(self) -> None:
        look = theme.current()
        size = 3 + 1.6 * look.line_width
        offs = [point.off for point in self._points]
        on_scale = [
            self.height_of(p.gradient) if row_of(p.gradient) is None else math.nan
            for p in self._points
        ]
        self.gradient.setData(
            offs,
            np.array(on_scale),
            pen=pg.mkPen(look.branch, width=1.5 * look.line_width),
            symbol="o",
            symbolPen=pg.mkPen(look.branch),
            symbolBrush=QColor(look.branch),
            symbolSize=size,
        )
        self.probability.setData(
            offs,
            np.array([p.probability for p in self._points], float),
            pen=pg.mkPen(look.text, width=0.75 * look.line_width, dash=[3, 3]),
            symbol="s",
            symbolPen=pg.mkPen(look.text, width=0.5 * look.line_width),
            symbolBrush=None,
            symbolSize=size + 1,
        )
        rows = [(p.off, p.gradient, row_of(p.gradient)) for p in self._points]
        self.edge.setData(
            [
                {"pos": (off, self.height_of(norm)), "symbol": _ROW_SYMBOLS[row]}
                for off, norm, row in rows
                if row is not None
            ],
            size=size + 3,
            pen=pg.mkPen(look.branch),
            brush=QColor(look.branch),
        )
        self._marker.setVisible(bool(self._points))
        self._marker.setValue(self._position)

    def _moved(self, scene_position: QPointF) -> None:
        box = self.plot.getViewBox()
        inside = box.sceneBoundingRect().contains(scene_position)
        x = box.mapSceneToView(scene_position).x()
        near = [p for p in self._points if abs(p.off - x) <= 0.5] if inside else []
        self.readout.setVisible(bool(near))
        if not near:
            return
        self.readout.setText(describe(near[0], self._target, "\n"))
        self.readout.adjustSize()
        pointer = self.plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        fits = right + self.readout.width() <= self.plot.width()
        left = max(0, pointer.x() - 14 - self.readout.width())
        upper = pointer.y() > self.plot.height() / 2
        below = max(2, self.plot.height() - self.readout.height() - 2)
        self.readout.move(right if fits else left, 2 if upper else below)


def percent(share: float) -> str:
    """A share of 1 as a percentage."""
    return f"{100 * share:.0f} %"


def describe(point: TracePoint, target: str, separator: str) -> str:
    """A point of the trace in words."""
    off = "All skips on" if not point.off else f"{point.off} off"
    last = f" (last: {point.block})" if point.block else ""
    parts = [
        f"{off}{last}",
        f"gradient at the stem {number_text(point.gradient)}",
        f"“{target}” {percent(point.probability)}",
    ]
    if point.top != target:
        parts.append(f"it now says “{point.top}”, {percent(point.top_probability)}")
    return separator.join(parts)
