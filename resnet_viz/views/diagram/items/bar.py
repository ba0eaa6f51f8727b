"""A bar of the network's level as a graphics item, and what opens or folds equal blocks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.fill_scale import FillScale
from resnet_viz.views.diagram.items.paint import (
    HAND,
    draw_label,
    fill_colour,
    fill_mark,
    hovered,
    paint_fill,
    qrect,
    tint,
)
from resnet_viz.views.diagram.layout.network import Bar, Fold
from resnet_viz.views.widgets import theme


class BarItem(QGraphicsItem):
    """One block or several equal ones: what is in each, and a slice of colour for each."""

    def __init__(self, bar: Bar, is_stem: bool, legible: float, colours: np.ndarray) -> None:
        super().__init__()
        self.bar, self.name, self._legible, self._colours = bar, bar.names[0], legible, colours
        self._is_stem = is_stem
        self.selected = ""
        self.branch = 1.0
        self._values: dict[str, float] = {}
        self._scale: FillScale | None = None
        self._faded = False
        self.setZValue(3)
        self.setAcceptHoverEvents(True)
        self.setCursor(HAND)

    def boundingRect(self) -> QRectF:
        return qrect(self.bar.rect).adjusted(-8, -14, 14, 8)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(qrect(self.bar.rect))
        return path

    def set_fill(self, values: Mapping[str, float], scale: FillScale | None, faded: bool) -> None:
        self._values = {name: values[name] for name in self.bar.names if name in values}
        self._scale, self._faded = scale, faded
        self.update()

    def block_at(self, at: QPointF) -> str:
        """The block whose slice a point lies over or under."""
        for name, place in zip(self.bar.names, self.bar.slices, strict=True):
            end = place.bottom if self.bar.vertical else place.right
            if (at.y() if self.bar.vertical else at.x()) <= end + 0.5:
                return name
        return self.bar.names[-1]

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, bar = theme.current(), self.bar
        area = qrect(bar.rect)
        off = self.branch == 0.0
        colour = look.off if off else look.muted if self._is_stem else look.branch
        lit = hovered(option)
        if len(bar.names) > 1:
            # A small pile: there are more of them.
            for step in (2, 1):
                behind = area.translated(2.5 * step, -2.5 * step)
                painter.setBrush(QColor(look.raised))
                painter.setPen(QPen(tint(colour, 0.55), 1.2))
                painter.drawRoundedRect(behind, 5, 5)
        if self.selected:
            for width, alpha in ((9.0, 0.18), (6.0, 0.3)):
                painter.setPen(QPen(tint(look.accent, alpha), width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(area, 6, 6)
        painter.setBrush(QColor(look.raised))
        outline = look.accent if self.selected else look.text if lit else colour
        wide = 1.3 * look.line_width if self.selected or lit else 0.8 * look.line_width
        painter.setPen(QPen(QColor(outline), min(wide, 0.12 * area.width() + 1.0)))
        painter.drawRoundedRect(area, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint(colour, 0.2))
        painter.drawRoundedRect(area, 5, 5)
        words = QColor(look.off if off else look.text)
        for label in bar.texts:
            draw_label(painter, label, words, self._legible)
        self._paint_slices(painter)

    def _paint_slices(self, painter: QPainter) -> None:
        look = theme.current()
        if not self._values:
            return
        painter.setOpacity(0.4 if self._faded else 1.0)
        if len(self.bar.names) == 1:
            value, place = self._values[self.bar.names[0]], self.bar.slices[0]
            size = min(0.75 * place.height, place.width / 3.4)
            paint_fill(painter, place, value, self._scale, self._colours, size, self._legible)
            painter.setOpacity(1.0)
            return
        for name, place in zip(self.bar.names, self.bar.slices, strict=True):
            value = self._values[name]
            fill = fill_colour(value, self._scale, self._colours)
            area = qrect(place)
            painter.fillRect(area, QColor(look.panel) if fill is None else fill)
            if fill is None:
                # No colour: a stroke across, in the text's colour for 0 and a warning otherwise.
                sign = fill_mark(value, self._scale)
                painter.setPen(QPen(QColor(look.text if sign == "0" else look.warning), 1.2))
                painter.drawLine(area.bottomLeft(), area.topRight())
            if name == self.selected:
                painter.setPen(QPen(QColor(look.text), 1.6))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(area.adjusted(-0.5, -1.5, 0.5, 1.5))
        painter.setOpacity(1.0)


class FoldItem(QGraphicsItem):
    """A plate with "×9": a click opens what is folded, or folds it again."""

    def __init__(self, fold: Fold, legible: float) -> None:
        super().__init__()
        self.fold, self._legible = fold, legible
        self.setZValue(4)
        self.setAcceptHoverEvents(True)
        self.setCursor(HAND)
        deed = "fold them into one bar" if fold.opened else "show each of them"
        self.setToolTip(f"{fold.count} equal blocks. Click to {deed}.")

    def boundingRect(self) -> QRectF:
        return qrect(self.fold.label.rect).adjusted(-2, -2, 2, 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, lit = theme.current(), hovered(option)
        painter.setPen(QPen(QColor(look.text if lit else look.muted), 1.2))
        painter.setBrush(QColor(look.raised) if lit else tint(look.panel, 0.7))
        area = qrect(self.fold.label.rect)
        radius = min(area.height(), area.width()) / 2
        painter.drawRoundedRect(area, radius, radius)
        draw_label(painter, self.fold.label, QColor(look.text), self._legible, True)
