"""One panel of the degradation figure: training dashed, test solid, against the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.series import Curve
from resnet_viz.views.widgets import theme


class CurvesPlot(QWidget):
    """Curves from 0 to a top that the caller sets, so that two panels share their axes."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: tuple[Curve, ...] = ()
        self._top, self._epochs, self._unit = 1.0, 1, " %"
        self.title = QLabel(title)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.plot: Any = pg.PlotWidget()
        self.plot.setMinimumHeight(90)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.showGrid(y=True, alpha=0.3)
        self.plot.setAccessibleName(title)
        self.items: list[Any] = []
        self.labels: list[Any] = []
        self.readout = QLabel(self.plot)
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

    def show_curves(self, curves: Sequence[Curve], top: float, epochs: int, unit: str) -> None:
        """Draw ``curves`` on axes of 0 to ``epochs`` and 0 to ``top``; ``unit`` follows numbers."""
        self.curves, self._top, self._epochs = tuple(curves), top, max(1, epochs)
        self._unit = unit
        look = theme.current()
        for item in (*self.items, *self.labels):
            self.plot.removeItem(item)
        self.items, self.labels = [], []
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
            item = pg.PlotDataItem(
                np.arange(1, len(curve.values) + 1), np.array(curve.values), pen=pen(curve)
            )
            label = pg.TextItem(f"{curve.values[-1]:.1f}", color=curve.colour, anchor=(0, 0.5))
            label.setFont(self.font())
            for part in (item, label):
                self.plot.addItem(part, ignoreBounds=True)
            self.items.append(item)
            self.labels.append(label)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def _arrange(self) -> None:
        metrics, box = QFontMetrics(self.font()), self.plot.getViewBox()
        self.plot.getAxis("left").setWidth(metrics.horizontalAdvance("100 %") + 14)
        self.plot.getAxis("bottom").setHeight(metrics.height() + 8)
        span = self._epochs
        room = max(0.05, (metrics.horizontalAdvance("00.0") + 14) / max(60.0, box.width()))
        right = span / (1 - min(0.5, room))
        box.setRange(xRange=(0, right), yRange=(0, self._top), padding=0)
        step = max(1, round(span / 8))
        ticks = [(n, str(n)) for n in range(0, span - step + 1, step)]
        self.plot.getAxis("bottom").setTicks([[*ticks, (span, f"{span} epochs")]])
        if self._unit == " %":
            fine = 10 if self._top > 30 else 5
            percents = [(n, f"{n} %") for n in range(0, int(self._top) + 1, fine)]
            self.plot.getAxis("left").setTicks([percents])
        else:
            self.plot.getAxis("left").setTicks(None)
        line = 0.95 * metrics.height() * self._top / max(40.0, box.height())
        places = spread([curve.values[-1] for curve in self.curves], line, self._top)
        for curve, label, y in zip(self.curves, self.labels, places, strict=True):
            label.setPos(len(curve.values) + 0.1, y)

    def _moved(self, scene_position: QPointF) -> None:
        box = self.plot.getViewBox()
        inside = box.sceneBoundingRect().contains(scene_position)
        epoch = round(box.mapSceneToView(scene_position).x())
        rows = [
            f"{curve.name}: {curve.values[epoch - 1]:.2f}{self._unit}"
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


def pen(curve: Curve) -> Any:
    """How a curve is drawn, in the plot and on its button."""
    width = theme.current().line_width * (1.8 if curve.thick else 0.8)
    dash = {"dash": [3, 2]} if curve.dashed else {}
    return pg.mkPen(QColor(curve.colour), width=width, **dash)


def spread(values: Sequence[float], least: float, top: float) -> list[float]:
    """Places for labels at ``values``, moved ``least`` apart, between 0 and ``top``."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    places = [0.0] * len(values)
    floor = least / 2
    for index in order:
        places[index] = max(values[index], floor)
        floor = places[index] + least
    ceiling = top - least / 2
    for index in reversed(order):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - least
    return places
