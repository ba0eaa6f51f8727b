"""A plot on linear axes: what plots of bars and of lines have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.views.widgets import theme

LegendEntry = tuple[str, str, str]
"""A sign such as "■", its colour and its name."""


class LinearPlot(QWidget):
    """A title with the quantity and its unit, a plot, and a legend under it.

    The plot does not move; the mouse reads values (`describe`) and clicks. ``clicked`` carries the
    horizontal position. Those that derive from it draw in `redraw`, which is called whenever data,
    size or theme have changed.
    """

    clicked = Signal(float)

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = QLabel(title)
        self.title.setWordWrap(True)
        self.legend = QLabel()
        self.legend.setWordWrap(True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.plot: Any = pg.PlotWidget()
        self.plot.setMinimumHeight(70)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.showGrid(y=True, alpha=0.25)
        self.plot.getAxis("left").setZValue(-20)  # the grid belongs behind what is drawn
        self.plot.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.marker = pg.InfiniteLine(angle=90)
        self.marker.hide()
        self.plot.addItem(self.marker, ignoreBounds=True)
        self.readout = QLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        rows.addWidget(self.legend)
        self.plot.getViewBox().sigResized.connect(self.redraw)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.scene().sigMouseMoved.connect(self._on_move)
        self.plot.viewport().installEventFilter(self)

    def redraw(self) -> None:
        """Draw everything for the size and the theme as they are."""
        raise NotImplementedError

    def describe(self, x: float) -> str:
        """What is to be read at a horizontal position, or "" for nothing."""
        raise NotImplementedError

    def explain(self, entries: Sequence[LegendEntry]) -> None:
        """Write the legend."""
        text = "&emsp;".join(
            f'<span style="color: {colour}">{sign}</span>&nbsp;{name.replace(" ", "&nbsp;")}'
            for sign, colour, name in entries
        )
        self.legend.setText(text)
        self.legend.setVisible(bool(text))

    def set_marker(self, x: float | None) -> None:
        """Draw a vertical line at a position, or none."""
        self.marker.setVisible(x is not None)
        self.marker.setValue(x or 0.0)

    def set_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show exactly this part of the plane, and give the axes room for their labels."""
        metrics = QFontMetrics(self.font())
        self.plot.getAxis("bottom").setHeight(metrics.height() + 6)
        self.plot.getAxis("left").setWidth(metrics.horizontalAdvance("−0.00") + 14)
        self.plot.getViewBox().setRange(xRange=x, yRange=y, padding=0)

    def number_axes(self, *axes: str, on: bool) -> None:
        """Let numbers stand on ``axes``, or, while there is nothing to read there, none."""
        for name in axes:
            self.plot.getAxis(name).setTicks(None if on else [])

    def spacing(self, step: float) -> float:
        """How many pixels ``step`` takes on the horizontal axis."""
        low, high = self.plot.getViewBox().viewRange()[0]
        return float(step * self.plot.getViewBox().width() / max(1e-9, high - low))

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom", "top"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font(), hideOverlappingLabels=200)
            axis.setPen(look.line)
            axis.setTextPen(look.text if name != "top" else look.muted)
        self.title.setStyleSheet(f"color: {look.muted}")
        self.legend.setStyleSheet(f"color: {look.muted}")
        self.readout.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )
        self.marker.setPen(
            pg.mkPen(QColor(look.text), width=0.6 * look.line_width, style=Qt.PenStyle.DotLine)
        )
        self.redraw()

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def _x(self, scene_position: QPointF) -> float | None:
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(scene_position):
            return None
        return float(box.mapSceneToView(scene_position).x())

    def _on_click(self, event: Any) -> None:
        x = self._x(event.scenePos())
        if x is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(x)

    def _on_move(self, scene_position: QPointF) -> None:
        x = self._x(scene_position)
        text = "" if x is None else self.describe(x)
        self.readout.setVisible(bool(text))
        if not text:
            return
        self.readout.setText(text)
        self.readout.adjustSize()
        # Beside the pointer, in the half of the plot that the pointer is not in.
        pointer = self.plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        left = max(0, pointer.x() - 14 - self.readout.width())
        fits = right + self.readout.width() <= self.plot.width()
        upper = pointer.y() > self.plot.height() / 2
        below = max(2, self.plot.height() - self.readout.height() - 2)
        self.readout.move(right if fits else left, 2 if upper else below)
