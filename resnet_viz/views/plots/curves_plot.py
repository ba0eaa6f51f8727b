"""One panel of the degradation figure: training dashed, test solid, against the epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.figure import Chart
from resnet_viz.figures.learning import curves as curves_chart
from resnet_viz.figures.numbers import number_text, row_of
from resnet_viz.figures.scale import Scale, decade_ticks, spread
from resnet_viz.figures.series import Curve
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.plain_text import PlainLabel

_LEADER = 14
"""Pixels between a curve's end and its name, where a line leads from one to the other."""

_MOST_ROOM = 0.42
"""The share of the plot's width that the names at the curves' ends may take."""

__all__ = ["CurvesPlot", "pen", "spread"]


class CurvesPlot(QWidget):
    """Curves on axes that the caller sets, so that panels share them; each has its name at its end.

    Where there is little room, the number alone stands there.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: tuple[Curve, ...] = ()
        self._top, self._epochs, self._unit = 1.0, 1, " %"
        self._scale: Scale | None = None
        self._leaders: list[Any] = []
        self._beside: tuple[Curve, ...] = ()
        self.title = PlainLabel(title)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        zoom.offer(self, title, self.title)
        self.plot: Any = pg.PlotWidget(enableMenu=False)
        self.plot.setMinimumHeight(90)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.showGrid(y=True, alpha=0.3)
        self.plot.setAccessibleName(title)
        self.items: list[Any] = []
        self.labels: list[Any] = []
        self.readout = PlainLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        self.plot.getViewBox().sigResized.connect(self._arrange)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.plot.viewport().installEventFilter(self)

    def show_curves(
        self,
        curves: Sequence[Curve],
        top: float,
        epochs: int,
        unit: str,
        scale: Scale | None = None,
        beside: Sequence[Curve] = (),
    ) -> None:
        """Draw ``curves`` on axes of 0 to ``epochs`` and 0 to ``top``; ``unit`` follows numbers.

        With a ``scale``, its decades are the vertical axis instead. The names have as much room as
        those of the panel ``beside`` this one, so that the horizontal axes are the same too.
        """
        self._beside = tuple(beside)
        self.curves, self._top, self._epochs = tuple(curves), top, max(1, epochs)
        self._unit, self._scale = unit, scale
        look = theme.current()
        for item in (*self.items, *self.labels, *self._leaders):
            self.plot.removeItem(item)
        self.items, self.labels, self._leaders = [], [], []
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font())
            axis.setPen(look.line)
            axis.setTextPen(look.text)
        self.readout.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )
        for curve in self.curves:
            heights = np.array([self._height(value) for value in curve.values])
            item = pg.PlotDataItem(
                np.arange(1, len(curve.values) + 1), heights, pen=pen(curve), connect="finite"
            )
            leader = pg.PlotCurveItem(
                pen=pg.mkPen(QColor(theme.current().colour(curve.colour)), width=1)
            )
            label = pg.TextItem(color=theme.current().colour(curve.colour), anchor=(0, 0.5))
            label.setFont(self.font())
            for part in (item, leader, label):
                self.plot.addItem(part, ignoreBounds=True)
            self.items.append(item)
            self._leaders.append(leader)
            self.labels.append(label)
        self._arrange()

    @property
    def chart(self) -> Chart:
        """What is drawn, as a value."""
        return curves_chart(
            self.title.text(), self.curves, self._top, self._epochs, self._unit, self._scale
        )

    def _height(self, value: float) -> float:
        """Where a value is on the vertical axis; NaN where a logarithm has no place for it."""
        if self._scale is None:
            return value
        return math.log10(value) if row_of(value) is None else math.nan

    @property
    def _ends(self) -> tuple[float, float]:
        return (0.0, self._top) if self._scale is None else (self._scale.low, self._scale.high)

    def _number(self, value: float) -> str:
        return f"{value:.1f}" if self._scale is None else number_text(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def _arrange(self) -> None:
        metrics, box = QFontMetrics(self.font()), self.plot.getViewBox()
        self.plot.getAxis("left").setWidth(metrics.horizontalAdvance("100 %") + 14)
        self.plot.getAxis("bottom").setHeight(metrics.height() + 8)
        span, width = self._epochs, max(60.0, box.width())
        all_names = self._names(metrics, width)
        needed = max(map(metrics.horizontalAdvance, all_names), default=0) + _LEADER + 10
        names = all_names[: len(self.curves)]
        right = span / (1 - min(0.5, max(0.05, needed / width)))
        low, high = self._ends
        box.setRange(xRange=(0, right), yRange=(low, high), padding=0)
        line = (metrics.height() + 2) * (high - low) / max(40.0, box.height())
        self._tick(metrics, width / right, line)
        ends = [self._height(curve.values[-1]) for curve in self.curves]
        places = spread([end if math.isfinite(end) else low for end in ends], line, high, low)
        for number, (curve, y) in enumerate(zip(self.curves, places, strict=True)):
            last, beside = len(curve.values), len(curve.values) + _LEADER * right / width
            self.labels[number].setText(names[number])
            self.labels[number].setPos(beside, y)
            self._leaders[number].setData([last, beside], [ends[number], y])

    def _names(self, metrics: QFontMetrics, width: float) -> list[str]:
        """What stands at the ends of these curves and of those beside: name and number, or only
        one of them where there is no room for both."""
        curves = (*self.curves, *self._beside)
        numbers = [self._number(curve.values[-1]) + self._unit for curve in curves]
        titles = [curve.name for curve in curves]
        whole = [f"{title} {number}" for title, number in zip(titles, numbers, strict=True)]
        for names in (whole, titles):
            if max(map(metrics.horizontalAdvance, names), default=0) <= _MOST_ROOM * width:
                return names
        return numbers

    def _tick(self, metrics: QFontMetrics, pixels: float, least: float) -> None:
        """Label the axes; an epoch has so many ``pixels``, and ``least`` is a line's height."""
        span, last = self._epochs, f"{self._epochs} epochs"
        step = max(1, round(span / 8))
        # Numbers that would touch the last one, which has the unit, are left out.
        text = metrics.horizontalAdvance(last) / 2 + metrics.horizontalAdvance("00")
        ticks = [(n, str(n)) for n in range(0, span, step) if (span - n) * pixels >= text]
        self.plot.getAxis("bottom").setTicks([[*ticks, (span, last)]])
        left = self.plot.getAxis("left")
        if self._scale is not None:
            powers = range(self._scale.low, self._scale.high + 1)
            left.setTicks(list(decade_ticks(self._scale, powers, least)))
        elif self._unit == " %":
            fine = 10 if self._top > 30 else 5
            left.setTicks([[(n, f"{n} %") for n in range(0, int(self._top) + 1, fine)]])
        else:
            left.setTicks(None)

    def _moved(self, scene_position: QPointF) -> None:
        box = self.plot.getViewBox()
        inside = box.sceneBoundingRect().contains(scene_position)
        epoch = round(box.mapSceneToView(scene_position).x())
        rows = [
            f"{curve.name}: {self._exact(curve.values[epoch - 1])}{self._unit}"
            for curve in self.curves
            if 1 <= epoch <= len(curve.values)
        ]
        self.readout.setVisible(inside and bool(rows))
        if not inside or not rows:
            return
        self.readout.setText("\n".join([f"Epoch {epoch}", *rows]))
        self.readout.adjustSize()
        pointer = self.plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        fits = right + self.readout.width() <= self.plot.width()
        self.readout.move(right if fits else max(0, pointer.x() - 14 - self.readout.width()), 2)

    def _exact(self, value: float) -> str:
        return f"{value:.2f}" if self._scale is None else number_text(value, 3)


def pen(curve: Curve) -> Any:
    """How a curve is drawn, in the plot and on its button."""
    width = theme.current().line_width * (1.8 if curve.thick else 0.8)
    dash = {"dash": [3, 2]} if curve.dashed else {}
    return pg.mkPen(QColor(theme.current().colour(curve.colour)), width=width, **dash)
