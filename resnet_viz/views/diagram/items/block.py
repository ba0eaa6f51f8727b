"""A block as a graphics item: its box, layers, name and measured fill."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.layout.parts import BlockBox
from resnet_viz.views.diagram.items.item import Deeds, PartItem
from resnet_viz.views.diagram.items.paint import (
    draw_label,
    edges_path,
    hovered,
    paint_fill,
    paint_glow,
    qrect,
    tint,
    zoom_of,
)
from resnet_viz.views.widgets import theme

_LEAST_LAYER = 7.0
"""Layer boxes narrower or lower than this on screen are left out."""


class BlockItem(PartItem):
    """A block's box with the layers of its residual branch, its name and its heat bar."""

    box: BlockBox

    def __init__(self, box: BlockBox, is_stem: bool, legible: float) -> None:
        super().__init__(box, qrect(box.rect).united(qrect(box.heat)), 8, 3, legible)
        self._is_stem = is_stem

    def focus_place(self) -> QRectF:
        return self._place

    def double_clicked(self, at: QPointF, do: Deeds) -> bool:
        do.enter("layers", self.name)
        return True

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
            paint_glow(painter, area)
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
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(edges_path(box.ways))
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
        value = self.value()
        if self.fill is None or value is None:
            return
        painter.setOpacity(0.4 if self.faded else 1.0)
        box, scale = self.box, self.fill.scale
        paint_fill(painter, box.heat, value, scale, box.heat_size, self._legible)
        painter.setOpacity(1.0)
