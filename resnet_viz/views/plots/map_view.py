"""Numbers on a plane as coloured squares, with contour lines and marked points: paints a `Map`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import contourpy
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.figures.figure import Axis, Map
from resnet_viz.images import overlay
from resnet_viz.views.plots.canvas import Readout, make_canvas, retheme_canvas
from resnet_viz.views.widgets import theme

Reading = Callable[[Map, float, float], str]
"""What is read at a place of a map, or "" for nothing."""


class MapView(QWidget):
    """Draws `show_map` as a square, its axes beside it: a square for each number, labelled lines at
    the map's levels, and its points. ``reading`` is what the pointer reads."""

    def __init__(self, name: str, reading: Reading) -> None:
        super().__init__()
        self.map: Map | None = None
        self._reading = reading
        self._items: list[Any] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.setMinimumSize(170, 170)
        self.plot: Any = make_canvas(60)
        self.plot.setParent(self)
        self.plot.showAxis("top", False)
        self.plot.setAspectLocked(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image, ignoreBounds=True)
        self.readout = Readout(self.plot)
        self.plot.scene().sigMouseMoved.connect(self.hover)
        self.plot.viewport().installEventFilter(self)
        self.retheme()

    def show_map(self, shown: Map) -> None:
        """Draw ``shown``, which has both axes and grows upwards."""
        self.map = shown
        self._redraw()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        retheme_canvas(self.plot)
        self.readout.retheme()
        self._redraw()

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the plane square, with its axes beside it."""
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
        return super().eventFilter(watched, event)

    def hover(self, scene_position: QPointF) -> None:
        """Read out what is under a place of the scene."""
        at = self.plot.getViewBox().mapSceneToView(scene_position)
        text = "" if self.map is None else self._reading(self.map, at.x(), at.y())
        self.readout.say(text, scene_position)

    def _place(self) -> None:
        metrics = QFontMetrics(self.font())
        left, below = metrics.horizontalAdvance("−0.5") + 12, metrics.height() + 6
        self.plot.getAxis("left").setWidth(left)
        self.plot.getAxis("bottom").setHeight(below)
        side = max(60, min(self.width() - left, self.height() - below) - 8)
        width, height = side + left + 8, side + below + 8
        x, y = (self.width() - width) // 2, (self.height() - height) // 2
        self.plot.setGeometry(x, y, width, height)

    def _redraw(self) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        shown = self.map
        if shown is None or shown.x is None or shown.y is None:
            return
        look, x, y = theme.current(), shown.x, shown.y
        area = QRectF(x.low, y.low, x.high - x.low, y.high - y.low)
        self.image.setImage(coloured(shown))
        self.image.setRect(area)
        self.plot.getViewBox().setRange(area, padding=0.01)
        for name, axis in (("bottom", x), ("left", y)):
            self.plot.getAxis(name).setTicks([list(axis.ticks or ())])
        self._place()
        self._draw_levels(shown, x, y)
        for symbol, _, across, up in shown.points:
            size = (8 if symbol == "star" else 6) + 4 * look.line_width
            pen, brush = pg.mkPen(look.panel, width=1), QColor(look.text)
            self._add(
                pg.ScatterPlotItem([across], [up], symbol=symbol, size=size, pen=pen, brush=brush)
            )

    def _draw_levels(self, shown: Map, x: Axis, y: Axis) -> None:
        """Lines at each level, interpolated on the logarithm, and its label on the longest.

        A single row or column, such as a measurement that has just begun, has none.
        """
        if min(shown.values.shape) < 2:
            return
        look, font = theme.current(), self.font()
        font.setPointSizeF(0.85 * look.point_size)
        centres = [
            axis.low + (np.arange(count) + 0.5) * (axis.high - axis.low) / count
            for axis, count in ((x, shown.values.shape[1]), (y, shown.values.shape[0]))
        ]
        heights = np.where(shown.values > 0, shown.values, np.nan)
        known = np.ma.masked_invalid(np.log(heights) if shown.log else shown.values)
        generator = contourpy.contour_generator(centres[0], centres[1], known)
        for number, level in enumerate(shown.levels):
            found = generator.lines(math.log(level) if shown.log else level)
            lines = [line for line in map(np.asarray, found) if len(line) > 1]
            if not lines:
                continue
            points = np.concatenate([np.vstack([line, [[np.nan, np.nan]]]) for line in lines])
            pen = pg.mkPen(_on_top_of(shown, level), width=0.55 * look.line_width)
            self._add(pg.PlotCurveItem(points[:, 0], points[:, 1], pen=pen, connect="finite"))
            longest = max(lines, key=len)
            inside = np.abs(longest).max(axis=1) < 0.86 * centres[0][-1]
            longest = longest[inside] if inside.any() else longest
            # Each label in a direction of its own, so that they do not lie on one another.
            angles = np.arctan2(longest[:, 1], longest[:, 0])
            away = np.abs(np.angle(np.exp(1j * (angles - (0.6 + 2.2 * number)))))
            at = longest[int(away.argmin())]
            label = pg.TextItem(f"{level:g}", color=look.text, anchor=(0.5, 0.5))
            label.fill = pg.mkBrush(look.panel)
            label.setFont(font)
            label.setPos(float(at[0]), float(at[1]))
            self._add(label)

    def _add(self, item: Any) -> None:
        self._items.append(item)
        self.plot.addItem(item, ignoreBounds=True)


def coloured(shown: Map) -> np.ndarray:
    """(rows, columns, 4) uint8 RGBA; see-through where there is no number."""
    values = np.asarray(shown.values, float)
    if shown.log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(values)
    # What is infinite stands at the end of the scale; only what is not known is left blank.
    values = np.where(np.isinf(values), np.where(values > 0, shown.high, shown.low), values)
    share = overlay.share(values, shown.low, shown.high)
    known = ~np.isnan(share)
    table = theme.colour_map(shown.colours)
    rgba = np.zeros((*share.shape, 4), np.uint8)
    rgba[known, :3] = table[(share[known] * 255).round().astype(int)]
    rgba[known, 3] = 255
    return rgba


def _on_top_of(shown: Map, level: float) -> QColor:
    """Of the text's and the panel's colour, the one that stands out from the level's own."""
    share = ((math.log10(level) if shown.log else level) - shown.low) / (shown.high - shown.low)
    table = theme.colour_map(shown.colours)
    red, green, blue = (int(v) for v in table[round(255 * min(1.0, max(0.0, share)))])
    light = QColor(red, green, blue).lightnessF()
    look = theme.current()
    choices = (QColor(look.text), QColor(look.panel))
    return max(choices, key=lambda colour: abs(colour.lightnessF() - light))
