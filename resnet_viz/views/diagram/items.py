"""The ground of the block diagram as graphics items: main line, input, head and stages."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from resnet_viz.views import theme
from resnet_viz.views.diagram.geometry import Label, Rect
from resnet_viz.views.diagram.layout import Layout, StagePart
from resnet_viz.views.diagram.paint import (
    HAND,
    draw_arrow,
    draw_label,
    hovered,
    qpoint,
    qrect,
    rounded,
    stage_colour,
    tint,
    zoom_of,
)


class GroundItem(QGraphicsItem):
    """What cannot be clicked: the input, the main line, the shapes on it and the head."""

    def __init__(self, layout: Layout, legible: float) -> None:
        super().__init__()
        self._layout, self._legible = layout, legible
        self._picture: QImage | None = None
        self.setZValue(1)

    def set_picture(self, pixels: np.ndarray | None) -> None:
        """Show what the network sees, (S, S, 3) uint8, as the input; None is an empty frame."""
        self._picture = None if pixels is None else theme.to_qimage(pixels)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._layout.width, self._layout.height)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, layout = theme.current(), self._layout
        line = QPen(QColor(look.muted), max(1.2, 0.8 * look.line_width))
        line.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        for edge in layout.edges:
            painter.setPen(line)
            painter.drawPath(rounded([qpoint(point) for point in edge], 9))
            size = min(11.0, 0.75 * layout.spacing)
            if len(edge) > 2 or edge is layout.edges[0] or edge is layout.edges[-1]:
                draw_arrow(painter, edge[-1], size, QColor(look.muted))
        self._paint_input(painter)
        for label in layout.head:
            painter.setPen(QPen(QColor(look.line), 1.2))
            painter.setBrush(QColor(look.raised))
            painter.drawRoundedRect(qrect(label.rect), 4, 4)
            draw_label(painter, label, QColor(look.text), self._legible)
        for label in (*layout.input_labels, layout.head_label):
            draw_label(painter, label, QColor(look.text), self._legible)
        for caption in layout.captions:
            if caption.label.size * zoom_of(painter) < self._legible - 0.01:
                continue
            painter.setPen(QPen(QColor(look.muted), 1.0, Qt.PenStyle.DotLine))
            below = QPointF(caption.edge.x, caption.label.rect.y + 1)
            painter.drawLine(qpoint(caption.edge), below)
            draw_label(painter, caption.label, QColor(look.muted), self._legible)

    def _paint_input(self, painter: QPainter) -> None:
        look, area = theme.current(), qrect(self._layout.input)
        painter.setBrush(QColor(look.raised))
        painter.setPen(QPen(QColor(look.muted), 1.2))
        painter.drawRect(area)
        if self._picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.drawImage(area, self._picture)


class StageItem(QGraphicsItem):
    """A stage's coloured ground in one row."""

    def __init__(self, part: StagePart) -> None:
        super().__init__()
        self.part = part
        self.setZValue(0)

    def boundingRect(self) -> QRectF:
        return qrect(self.part.rect).adjusted(-2, -2, 2, 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colour = stage_colour(self.part.number)
        painter.setBrush(tint(colour, 0.17))
        painter.setPen(QPen(tint(colour, 0.75), 0.6 * theme.current().line_width))
        painter.drawRoundedRect(qrect(self.part.rect), 9, 9)


class StageTitleItem(QGraphicsItem):
    """A stage's title with a switch for all its skips. ``on`` is the share of skips that are on."""

    def __init__(self, part: StagePart, legible: float) -> None:
        super().__init__()
        self.part, self._legible = part, legible
        self.on = 1.0
        self.setZValue(4)
        if part.switch:
            self.setAcceptHoverEvents(True)
            self.setCursor(HAND)

    def boundingRect(self) -> QRectF:
        return qrect(self.part.title.rect).adjusted(-2, -1, 2, 1)

    def set_on(self, on: float) -> None:
        self.on = on
        self.update()
        deed = "switch them all off" if on > 0 else "switch them all on"
        state = {0.0: "off", 1.0: "on"}.get(on, "partly on")
        self.setToolTip(f"Skips of stage {self.part.number}: {state}. Click to {deed}.")

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, part = theme.current(), self.part
        lit = part.switch is not None and hovered(option)
        words = part.title.rect
        if part.switch:
            self._paint_switch(painter, qrect(part.switch), lit)
            left = part.switch.right + 0.45 * part.title.size
            words = Rect(left, words.y, words.right - left, words.height)
        label = Label(part.title.text, words, part.title.size)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        colour = QColor(look.skip if lit else look.text)
        draw_label(painter, label, colour, self._legible, True, align)

    def _paint_switch(self, painter: QPainter, area: QRectF, lit: bool) -> None:
        look = theme.current()
        colour = look.skip if self.on > 0 else look.off
        painter.setPen(QPen(QColor(look.text if lit else colour), 1.4))
        painter.setBrush(tint(colour, 0.25 + 0.6 * (self.on == 1.0)))
        radius = area.height() / 2
        painter.drawRoundedRect(area, radius, radius)
        travel = area.width() - area.height()
        share = 1.0 if self.on == 1.0 else 0.5 if self.on > 0 else 0.0
        knob = QPointF(area.x() + radius + travel * share, area.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.text))
        painter.drawEllipse(knob, 0.72 * radius, 0.72 * radius)
