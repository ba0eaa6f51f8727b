"""The level of layers as graphics items: a block's frame, and a card for each of its layers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.fill_scale import FillScale
from resnet_viz.figures.numbers import number_text
from resnet_viz.views.diagram.facts import layer_card
from resnet_viz.views.diagram.items.paint import (
    HAND,
    draw_label,
    edges_path,
    hovered,
    paint_fill,
    qrect,
    stage_colour,
    text_font,
    tint,
    zoom_of,
)
from resnet_viz.views.diagram.layout.geometry import LINE, Label, Rect
from resnet_viz.views.diagram.layout.layers import Card, Frame
from resnet_viz.views.widgets import theme

THUMBNAIL_MAP = "viridis"


class FrameItem(QGraphicsItem):
    """A block's ground with its title, its part of the main line, and its output's picture."""

    def __init__(self, frame: Frame, legible: float, colours: np.ndarray) -> None:
        super().__init__()
        self.frame, self.name, self._legible, self._colours = frame, frame.name, legible, colours
        self._lines = edges_path(frame.lines)
        self._picture: QImage | None = None
        self._range = ""
        self.selected = False
        self._value: float | None = None
        self._scale: FillScale | None = None
        self._faded = False
        self.setZValue(0)
        self.setAcceptHoverEvents(True)
        self.setCursor(HAND)

    def boundingRect(self) -> QRectF:
        return qrect(self.frame.rect).adjusted(-6, -6, 6, 6)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(qrect(self.frame.rect))
        return path

    def set_fill(self, value: float | None, scale: FillScale | None, faded: bool) -> None:
        self._value, self._scale, self._faded = value, scale, faded
        self.update()

    def set_activation(self, activation: np.ndarray | None) -> None:
        """Show the mean over channels of what left the block, (C, h, w), from least to most."""
        self._picture = None
        if activation is not None and activation.ndim == 3:
            mean = activation.mean(axis=0)
            low, high = float(mean.min()), float(mean.max())
            if np.isfinite(low) and np.isfinite(high):
                scaled = (mean - low) / (high - low) if high > low else np.zeros_like(mean)
                self._picture = theme.to_qimage(self._colours[(255 * scaled).astype(np.uint8)])
                self._range = f"{_short(low)} to {_short(high)}"
            else:
                self._range = "NaN or ∞"
        self.update()

    @property
    def has_picture(self) -> bool:
        return self._picture is not None

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, frame = theme.current(), self.frame
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
            paint_concatenation(painter, qrect(frame.junction))
        if frame.thumbnail is not None:
            self._paint_output(painter, frame.thumbnail)
        if frame.fill is not None and self._value is not None:
            painter.setOpacity(0.4 if self._faded else 1.0)
            size = 0.72 * min(frame.fill.height, frame.fill.width / 3)
            paint_fill(
                painter, frame.fill, self._value, self._scale, self._colours, size, self._legible
            )
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


def paint_concatenation(painter: QPainter, area: QRectF) -> None:
    """The sign of paths that are put side by side, as in an inception module."""
    look = theme.current()
    painter.setPen(QPen(QColor(look.text), 0.75 * look.line_width))
    painter.setBrush(QColor(look.panel))
    painter.drawEllipse(area)
    middle, reach = area.center(), 0.28 * area.width()
    for x in (-0.45 * reach, 0.45 * reach):
        painter.drawLine(middle + QPointF(x, reach), middle + QPointF(x, -reach))


def _short(value: float) -> str:
    return number_text(value)


class CardItem(QGraphicsItem):
    """A layer's card. Convolutions and other layers with parameters have the branch's colour."""

    def __init__(self, card: Card, block: str, in_block: bool, legible: float) -> None:
        super().__init__()
        self.card, self.block, self._legible = card, block, legible
        self._in_block = in_block
        self.is_convolution = card.layer.kernel > 0 and card.layer.parameters > 0
        self.selected = False
        self.off = False
        self.setZValue(3)
        self.setAcceptHoverEvents(True)
        self.setCursor(HAND)
        tip = layer_card(card.layer)
        if self.is_convolution:
            tip += "<br>Double click: its kernels, and how it computes one pixel."
        self.setToolTip(tip)

    @property
    def name(self) -> str:
        return self.card.layer.name

    def boundingRect(self) -> QRectF:
        return qrect(self.card.rect).adjusted(-5, -5, 5, 5)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(qrect(self.card.rect))
        return path

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

    def centre(self) -> QPointF:
        return qrect(self.card.rect).center()
