"""A loss on a plane as coloured squares with contour lines."""

from __future__ import annotations

import math
from typing import Any

import contourpy
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from resnet_viz.views.instruments.loss_scale import LossScale, loss_text
from resnet_viz.views.widgets import theme


class ContourView(QWidget):
    """Draws `show_loss`: a square for each measured point, labelled lines at the scale's levels.

    A cross marks the weights themselves, a star the least measured loss.
    """

    def __init__(self) -> None:
        super().__init__()
        self._loss = np.full((1, 1), np.nan)
        self._axis = np.zeros(1)
        self._scale = LossScale()
        self._items: list[Any] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Contour lines of the loss")
        self.plot: Any = pg.PlotWidget(self)
        self.setMinimumSize(170, 170)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setAspectLocked(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image, ignoreBounds=True)
        self.readout = QLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        self.plot.scene().sigMouseMoved.connect(self._on_move)
        self.plot.viewport().installEventFilter(self)
        self.retheme()

    def show_loss(self, loss: np.ndarray, axis: np.ndarray, scale: LossScale) -> None:
        """``loss`` is (n, n), rows along the vertical ``axis`` (n,); NaN is left blank."""
        self._loss, self._axis, self._scale = loss, axis, scale
        self._redraw()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font(), hideOverlappingLabels=200)
            axis.setPen(look.line)
            axis.setTextPen(look.text)
        self.readout.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )
        self._redraw()

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the plane square, with its axes beside it."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        metrics = QFontMetrics(self.font())
        left, below = metrics.horizontalAdvance("−0.5") + 12, metrics.height() + 6
        self.plot.getAxis("left").setWidth(left)
        self.plot.getAxis("bottom").setHeight(below)
        side = max(60, min(self.width() - left, self.height() - below) - 8)
        width, height = side + left + 8, side + below + 8
        x, y = (self.width() - width) // 2, (self.height() - height) // 2
        self.plot.setGeometry(x, y, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def _redraw(self) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        if len(self._axis) < 2:
            return
        look = theme.current()
        reach, step = float(self._axis[-1]), float(self._axis[1] - self._axis[0])
        side = 2 * reach + step
        self.image.setImage(self._scale.colours(self._loss))
        self.image.setRect(QRectF(-side / 2, -side / 2, side, side))
        self.plot.getViewBox().setRange(QRectF(-side / 2, -side / 2, side, side), padding=0.01)
        ticks = [
            [(v, f"{v:g}".replace("-", "−")) for v in (-reach, -reach / 2, 0, reach / 2, reach)]
        ]
        for name in ("left", "bottom"):
            self.plot.getAxis(name).setTicks(ticks)
        self._place()
        self._draw_levels()
        for (x, y), symbol, size in ((self._least(), "star", 8), ((0.0, 0.0), "+", 6)):
            if not math.isnan(x):
                self._add(
                    pg.ScatterPlotItem(
                        [x],
                        [y],
                        symbol=symbol,
                        size=size + 4 * look.line_width,
                        pen=pg.mkPen(look.panel, width=1),
                        brush=QColor(look.text),
                    )
                )

    def _least(self) -> tuple[float, float]:
        if np.isnan(self._loss).all():
            return math.nan, math.nan
        row, column = np.unravel_index(int(np.nanargmin(self._loss)), self._loss.shape)
        return float(self._axis[column]), float(self._axis[row])

    def _draw_levels(self) -> None:
        """Lines at each level, interpolated on the logarithm, and its label on the longest."""
        known = np.ma.masked_invalid(np.log(np.where(self._loss > 0, self._loss, np.nan)))
        generator = contourpy.contour_generator(self._axis, self._axis, known)
        look, font = theme.current(), self.font()
        font.setPointSizeF(0.85 * look.point_size)
        for number, level in enumerate(self._scale.levels):
            lines = [np.asarray(line) for line in generator.lines(math.log(level))]
            lines = [line for line in lines if len(line) > 1]
            if not lines:
                continue
            colour = self._on_top_of(level)
            points = np.concatenate([np.vstack([line, [[np.nan, np.nan]]]) for line in lines])
            pen = pg.mkPen(colour, width=0.55 * look.line_width)
            self._add(pg.PlotCurveItem(points[:, 0], points[:, 1], pen=pen, connect="finite"))
            longest = max(lines, key=len)
            inside = np.abs(longest).max(axis=1) < 0.86 * self._axis[-1]
            longest = longest[inside] if inside.any() else longest
            # Each label in a direction of its own, so that they do not lie on one another.
            angles = np.arctan2(longest[:, 1], longest[:, 0])
            away = np.abs(np.angle(np.exp(1j * (angles - (0.6 + 2.2 * number)))))
            x, y = longest[int(away.argmin())]
            label = pg.TextItem(f"{level:g}", color=look.text, anchor=(0.5, 0.5))
            label.fill = pg.mkBrush(look.panel)
            label.setFont(font)
            label.setPos(float(x), float(y))
            self._add(label)

    def _on_top_of(self, level: float) -> QColor:
        """Of the text's and the panel's colour, the one that stands out from the level's own."""
        red, green, blue, _ = (int(v) for v in self._scale.colours(np.array([level]))[0])
        light = QColor(red, green, blue).lightnessF()
        look = theme.current()
        choices = (QColor(look.text), QColor(look.panel))
        return max(choices, key=lambda colour: abs(colour.lightnessF() - light))

    def _add(self, item: Any) -> None:
        self._items.append(item)
        self.plot.addItem(item, ignoreBounds=True)

    def _on_move(self, scene_position: QPointF) -> None:
        text = self._describe(self.plot.getViewBox().mapSceneToView(scene_position))
        self.readout.setVisible(bool(text))
        if not text:
            return
        self.readout.setText(text)
        self.readout.adjustSize()
        pointer = self.plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        fits = right + self.readout.width() <= self.plot.width()
        self.readout.move(
            right if fits else max(0, pointer.x() - 14 - self.readout.width()),
            2 if pointer.y() > self.plot.height() / 2 else self.plot.height() - 40,
        )

    def _describe(self, where: QPointF) -> str:
        if len(self._axis) < 2:
            return ""
        step = float(self._axis[1] - self._axis[0])
        column, row = (round((v - self._axis[0]) / step) for v in (where.x(), where.y()))
        size = len(self._axis)
        if not (0 <= row < size and 0 <= column < size):
            return ""
        x, y = self._axis[column], self._axis[row]
        return f"({x:.2g}, {y:.2g}): loss {loss_text(float(self._loss[row, column]))}"
