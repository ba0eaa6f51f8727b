"""The level of layers as graphics items: a block's frame, and a card for each of its layers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.layout.geometry import LINE, Label, Rect
from resnet_viz.figures.layout.parts import HEAD, Card, Frame
from resnet_viz.figures.numbers import number_text
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.facts import layer_card
from resnet_viz.views.diagram.items.item import Deeds, DiagramItem, PartItem
from resnet_viz.views.diagram.items.paint import (
    draw_label,
    edges_path,
    heat_colours,
    hovered,
    paint_fill,
    paint_sign,
    qrect,
    stage_colour,
    text_font,
    tint,
    zoom_of,
)
from resnet_viz.views.widgets import theme


class FrameItem(PartItem):
    """A block's ground with its title, its part of the main line, and its output's picture."""

    box: Frame

    def __init__(self, frame: Frame, legible: float) -> None:
        super().__init__(frame, qrect(frame.rect), 6, 0, legible)
        self._lines = edges_path(frame.lines)
        self._picture: QImage | None = None
        self._range = ""

    def describe(self, structure: Structure, gates: GateSettings, result: Result | None) -> None:
        if self.name != HEAD:
            super().describe(structure, gates, result)

    def double_clicked(self, at: QPointF, do: Deeds) -> bool:
        do.frame(self.name)
        return True

    def set_activation(self, activation: np.ndarray | None) -> None:
        """Show the mean over channels of what left the block, (C, h, w), from least to most."""
        self._picture = None
        if activation is not None and activation.ndim == 3:
            mean = activation.mean(axis=0)
            low, high = float(mean.min()), float(mean.max())
            if np.isfinite(low) and np.isfinite(high):
                scaled = (mean - low) / (high - low) if high > low else np.zeros_like(mean)
                self._picture = theme.to_qimage(heat_colours()[(255 * scaled).astype(np.uint8)])
                self._range = f"{number_text(low)} to {number_text(high)}"
            else:
                self._range = "NaN or ∞"
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, frame = theme.current(), self.box
        area = qrect(frame.rect)
        colour = stage_colour(frame.stage) if frame.stage else look.muted
        painter.setPen(QPen(tint(colour, 0.75), 0.6 * look.line_width))
        painter.setBrush(tint(colour, 0.17 if frame.stage else 0.08))
        painter.drawRoundedRect(area, 10, 10)
        if self.selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(look.accent), 1.6 * look.line_width))
            painter.drawRoundedRect(area, 10, 10)
        draw_label(painter, frame.title, QColor(look.text), self._legible, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.muted), max(1.2, 0.8 * look.line_width)))
        painter.drawPath(self._lines)
        if frame.junction is not None and frame.arc is None:
            painter.setPen(QPen(QColor(look.text), 0.75 * look.line_width))
            painter.setBrush(QColor(look.panel))
            painter.drawEllipse(qrect(frame.junction))
            paint_sign(painter, qrect(frame.junction), True)
        if frame.thumbnail is not None:
            self._paint_output(painter, frame.thumbnail)
        value = self.value()
        if frame.fill is not None and self.fill is not None and value is not None:
            painter.setOpacity(0.4 if self.faded else 1.0)
            size = 0.72 * min(frame.fill.height, frame.fill.width / 3)
            paint_fill(painter, frame.fill, value, self.fill.scale, size, self._legible)
            painter.setOpacity(1.0)

    def _paint_output(self, painter: QPainter, place: Rect) -> None:
        look, area = theme.current(), qrect(place)
        painter.setPen(QPen(QColor(look.muted), 1.2))
        painter.setBrush(QColor(look.raised))
        painter.drawRect(area)
        if self._picture is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(area, self._picture)
        size = min(0.15 * place.height, place.width / (0.62 * max(8, len(self._range))))
        if size * zoom_of(painter) < 0.8 * self._legible:
            return
        strip = QRectF(area.x(), area.bottom() - LINE * size, area.width(), LINE * size)
        painter.fillRect(strip, tint(look.panel, 0.75))
        painter.setPen(QColor(look.text))
        painter.setFont(text_font(size))
        painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, self._range)


class CardItem(DiagramItem):
    """A layer's card. Convolutions and other layers with parameters have the branch's colour."""

    def __init__(self, card: Card, block: str, legible: float) -> None:
        super().__init__(qrect(card.rect), 5, 3)
        self.card, self.block, self._legible = card, block, legible
        self._in_block = block not in (HEAD, "stem")
        self.is_convolution = card.layer.kernel > 0 and card.layer.parameters > 0
        self.selected = False
        self.off = False
        tip = layer_card(card.layer)
        if self.is_convolution:
            tip += "<br>Double click: its kernels, and how it computes one pixel."
        self.setToolTip(tip)

    @property
    def name(self) -> str:
        return self.card.layer.name

    def show_gates(self, gates: GateSettings) -> None:
        gate = gates.skip(self.block) if self.card.on_shortcut else gates.branch(self.block)
        self.off = gate == 0.0
        self.update()

    def show_selection(self, name: str) -> None:
        """Outline the card if its layer is called ``name``."""
        self.selected = self.name == name
        self.update()

    def clicked(self, at: QPointF, do: Deeds) -> None:
        do.select(self.block, self.name)

    def double_clicked(self, at: QPointF, do: Deeds) -> bool:
        if self.is_convolution:
            do.open_convolution(self.name)
        else:
            do.frame(self.block)
        return True

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, card = theme.current(), self.card
        area = qrect(card.rect)
        colour = look.skip if card.on_shortcut else look.branch
        if self.off:
            colour = look.off
        elif not self._in_block:
            colour = look.muted
        strength = 1.0 if card.layer.parameters else 0.55
        zoom = zoom_of(painter)
        painter.setBrush(QColor(look.raised))
        painter.setPen(QPen(tint(colour, strength), 0.7 * look.line_width))
        if self.selected:
            painter.setPen(QPen(QColor(look.accent), 1.6 * look.line_width))
        elif hovered(option):
            painter.setPen(QPen(QColor(look.text), 0.9 * look.line_width))
        painter.drawRoundedRect(area, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint(colour, 0.24 * strength))
        painter.drawRoundedRect(area, 5, 5)
        words = QColor(look.off if self.off else look.text)
        if card.title.size * zoom >= self._legible - 0.01:
            draw_label(painter, card.title, words, self._legible, True)
            quiet = QColor(look.off if self.off else look.muted)
            for line in card.lines:
                draw_label(painter, line, quiet, 0.9 * self._legible)
        elif card.layer.parameters:
            # From afar the heading alone, as large as the card lets it be.
            short = card.layer.text.split(",")[0]
            screen = card.rect
            size = min(screen.width / (0.66 * max(3, len(short))), screen.height / 1.5)
            label = Label(short, card.rect, min(size, 2.4 * card.title.size))
            draw_label(painter, label, words, self._legible, True)
