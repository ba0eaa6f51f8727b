"""A block as a graphics item: its box, layers, name and measured fill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.fill_scale import FillScale
from resnet_viz.views.diagram.items.paint import (
    HAND,
    draw_label,
    edges_path,
    fill_colour,
    fill_mark,
    hovered,
    paint_fill,
    qrect,
    tint,
    zoom_of,
)
from resnet_viz.views.diagram.layout.parts import BlockBox
from resnet_viz.views.widgets import theme

_LEAST_LAYER = 7.0
"""Layer boxes narrower or lower than this on screen are left out."""


class BlockItem(QGraphicsItem):
    """A block's box with the layers of its residual branch, its name and its heat bar."""

    def __init__(self, box: BlockBox, is_stem: bool, legible: float, colours: np.ndarray) -> None:
        super().__init__()
        self.box, self.name, self._legible, self._colours = box, box.name, legible, colours
        self._is_stem = is_stem
        self.selected = False
        self.branch = 1.0
        self.norm: float | None = None
        self.faded = False
        self._scale: FillScale | None = None
        self.setZValue(3)
        self.setAcceptHoverEvents(True)
        self.setCursor(HAND)

    def boundingRect(self) -> QRectF:
        box = self.box
        return qrect(box.rect).united(qrect(box.heat)).adjusted(-8, -8, 8, 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(qrect(self.box.rect).united(qrect(self.box.heat)))
        return path

    def set_heat(self, norm: float | None, scale: FillScale | None, faded: bool) -> None:
        """Colour the bar by a value, or clear it; ``faded`` marks a value of the past."""
        self.norm, self._scale, self.faded = norm, scale, faded
        self.update()

    @property
    def mark(self) -> str:
        """The sign that stands in place of a colour: "0", "NaN", "∞" or ""."""
        return fill_mark(self.norm, self._scale)

    def heat_colour(self) -> QColor | None:
        """The bar's colour, or None where there is none to show."""
        return fill_colour(self.norm, self._scale, self._colours)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, box = theme.current(), self.box
        area = qrect(box.rect)
        detailed = self._is_detailed(zoom_of(painter))
        off = self.branch == 0.0
        colour = look.off if off else look.muted if self._is_stem else look.branch
        strength = 0.35 + 0.65 * self.branch
        if self.selected:
            for width, alpha in ((9.0, 0.18), (6.0, 0.3)):
                painter.setPen(QPen(tint(look.accent, alpha), width))
                painter.drawRoundedRect(area, 6, 6)
        painter.setBrush(QColor(look.raised))
        painter.setPen(QPen(QColor(look.muted if hovered(option) else look.line), 1.2))
        if not detailed:
            painter.setPen(QPen(tint(colour, strength), 1.2))
        if self.selected or hovered(option):
            outline = look.accent if self.selected else look.text
            painter.setPen(QPen(QColor(outline), 1.3 * look.line_width))
        painter.drawRoundedRect(area, 5, 5)
        if detailed:
            self._paint_layers(painter, colour, strength)
            name = replace(box.title, size=self._header_size)
            draw_label(painter, name, QColor(look.text), self._legible, True)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint(colour, 0.3 * strength))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 4, 4)
            draw_label(painter, box.alone, QColor(look.text), self._legible, True)
        self._paint_heat(painter)

    def _is_detailed(self, zoom: float) -> bool:
        """True if there is room for layer boxes below the name; else the name fills the box."""
        box = self.box
        room = min(min(layer.rect.width, layer.rect.height) for layer in box.layers or [box.title])
        named = box.title.size * zoom >= self._legible - 0.01
        return room * zoom >= _LEAST_LAYER and not (
            named and self._header_size * zoom < self._legible
        )

    @property
    def _header_size(self) -> float:
        if self.box.vertical:
            return self.box.title.size
        return min(self.box.title.size, self.box.title.rect.height / 1.15)

    def _paint_layers(self, painter: QPainter, colour: str, strength: float) -> None:
        look, box = theme.current(), self.box
        thickness = 0.8 * look.line_width * min(1.0, 0.08 * box.layers[0].rect.width)
        pen = QPen(tint(colour, strength), max(1.2, thickness))
        if self.branch == 0.0:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        if box.ways:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(edges_path(box.ways))
        elif box.vertical:
            painter.drawLine(QPointF(box.trunk, box.rect.y), QPointF(box.trunk, box.rect.bottom))
        else:
            painter.drawLine(QPointF(box.rect.x, box.trunk), QPointF(box.rect.right, box.trunk))
        pen.setStyle(Qt.PenStyle.SolidLine)
        for layer in box.layers:
            area = qrect(layer.rect)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.raised))
            painter.drawRect(area)
            painter.setPen(pen)
            painter.setBrush(tint(colour, 0.26 * strength))
            radius = min(3.0, 0.22 * area.width())
            painter.drawRoundedRect(area, radius, radius)
            words = look.off if self.branch == 0.0 else look.text
            draw_label(painter, layer, QColor(words), self._legible)

    def _paint_heat(self, painter: QPainter) -> None:
        if self.norm is None:
            return
        painter.setOpacity(0.4 if self.faded else 1.0)
        paint_fill(
            painter,
            self.box.heat,
            self.norm,
            self._scale,
            self._colours,
            self.box.heat_size,
            self._legible,
        )
        painter.setOpacity(1.0)
