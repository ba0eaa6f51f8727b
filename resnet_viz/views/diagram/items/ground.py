"""The ground of the block diagram as graphics items: main line, input, head and stages."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.layout.geometry import Label, Rect
from resnet_viz.figures.layout.parts import Layout, Part, StagePart
from resnet_viz.networks.gates import GateSettings
from resnet_viz.views.diagram.items.item import Deeds, DiagramItem
from resnet_viz.views.diagram.items.paint import (
    arrow_path,
    draw_label,
    edges_path,
    hovered,
    qpoint,
    qrect,
    stage_colour,
    tint,
    zoom_of,
)
from resnet_viz.views.widgets import theme


class MainLineItem(DiagramItem):
    """What cannot be clicked: the input, the main line, the shapes on it and the head."""

    def __init__(self, bounds: QRectF, layout: Layout[Part], legible: float) -> None:
        super().__init__(bounds, 0, 1, clickable=False)
        self._layout, self._legible = layout, legible
        self._picture: QImage | None = None
        edges = layout.edges
        self._line = edges_path(edges)
        self._arrows = QPainterPath()
        size = min(11.0, 0.75 * layout.spacing)
        for edge in edges:
            if len(edge) > 2 or edge is edges[0] or edge is edges[-1]:
                self._arrows.addPath(arrow_path(edge[-2], edge[-1], size))

    def set_picture(self, pixels: np.ndarray | None) -> None:
        """Show what the network sees, (S, S, 3) uint8, as the input; None is an empty frame."""
        self._picture = None if pixels is None else theme.to_qimage(pixels)
        self.update()

    def shape(self) -> QPainterPath:
        """Nothing: the mouse goes through to what lies below."""
        return QPainterPath()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, layout = theme.current(), self._layout
        line = QPen(QColor(look.muted), max(1.2, 0.8 * look.line_width))
        line.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(line)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._line)
        painter.fillPath(self._arrows, QColor(look.muted))
        self._paint_input(painter)
        for label in layout.head:
            painter.setPen(QPen(QColor(look.line), 1.2))
            painter.setBrush(QColor(look.raised))
            painter.drawRoundedRect(qrect(label.rect), 4, 4)
            draw_label(painter, label, QColor(look.text), 0.85 * self._legible)
        for label in (*layout.input_labels, *layout.notes):
            draw_label(painter, label, QColor(look.text), self._legible)
        for caption in layout.captions:
            if caption.label.size * zoom_of(painter) < self._legible - 0.01:
                continue
            painter.setPen(QPen(QColor(look.muted), 1.0, Qt.PenStyle.DotLine))
            below = QPointF(caption.edge.x, caption.label.rect.y + 1)
            if layout.vertical:
                below = QPointF(caption.label.rect.x + 1, caption.edge.y)
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


class StageItem(DiagramItem):
    """A stage's coloured ground in one row. A double click leads to its block ``inside``, if
    there is one."""

    def __init__(self, part: StagePart, inside: str) -> None:
        super().__init__(qrect(part.rect).adjusted(-2, -2, 2, 2), 0, 0, clickable=False)
        self.part, self._inside = part, inside

    def double_clicked(self, at: QPointF, do: Deeds) -> bool:
        if self._inside:
            do.enter("blocks", self._inside)
        return bool(self._inside)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colour = stage_colour(self.part.number)
        painter.setBrush(tint(colour, 0.17))
        painter.setPen(QPen(tint(colour, 0.75), 0.6 * theme.current().line_width))
        painter.drawRoundedRect(qrect(self.part.rect), 9, 9)


class StageTitleItem(DiagramItem):
    """A stage's title with a switch for all its skips. ``on`` is the share of skips that are on."""

    repeated = True

    def __init__(self, part: StagePart, names: tuple[str, ...], legible: float) -> None:
        place = qrect(part.title.rect).adjusted(-2, -1, 2, 1)
        super().__init__(place, 0, 4, clickable=part.switch is not None)
        self.part, self._names, self._legible = part, names, legible
        self.on = 1.0

    def show_gates(self, gates: GateSettings) -> None:
        if not self._names:
            return
        values = [gates.skip(name) for name in self._names]
        some = 0.5 if any(values) else 0.0
        self.on = 1.0 if all(value == 1 for value in values) else some
        deed = "switch them all off" if self.on > 0 else "switch them all on"
        state = {0.0: "off", 1.0: "on"}.get(self.on, "partly on")
        self.setToolTip(f"Skips of stage {self.part.number}: {state}. Click to {deed}.")
        self.update()

    def clicked(self, at: QPointF, do: Deeds) -> None:
        if self._names:
            do.switch(self._names)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, part = theme.current(), self.part
        lit = part.switch is not None and hovered(option)
        words, switch = part.title.rect, part.switch
        painter.save()
        if part.vertical and part.title.turned:
            # Along the column: x runs down it from the title's right upper corner.
            painter.translate(words.right, words.y)
            painter.rotate(90)
            words = Rect(0.0, 0.0, part.title.rect.height, part.title.rect.width)
            if switch:
                across = part.title.rect.right - switch.right
                switch = Rect(switch.y - part.title.rect.y, across, switch.height, switch.width)
        if switch:
            self._paint_switch(painter, qrect(switch), lit)
            left = switch.right + 0.45 * part.title.size
            words = Rect(left, words.y, words.right - left, words.height)
        label = Label(part.title.text, words, part.title.size)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        colour = QColor(look.skip if lit else look.text)
        draw_label(painter, label, colour, self._legible, True, align)
        painter.restore()

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


class FocusItem(DiagramItem):
    """A ring around what the keys act on, as long as the diagram has the keyboard."""

    def __init__(self) -> None:
        super().__init__(QRectF(), 12, 6, clickable=False)
        self.hide()

    def put(self, place: QRectF) -> None:
        """Lie around a place of the scene."""
        self.prepareGeometryChange()
        self._place = place

    def shape(self) -> QPainterPath:
        """Nothing: the mouse goes through."""
        return QPainterPath()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, zoom = theme.current(), zoom_of(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Light within dark, so that it is seen on any ground.
        area = self._place.adjusted(*(sign * 5 / max(1.0, zoom) for sign in (-1, -1, 1, 1)))
        for colour, width, style in (
            (look.panel, 5.0, Qt.PenStyle.SolidLine),
            (look.text, 2.2, Qt.PenStyle.DashLine),
        ):
            pen = QPen(QColor(colour), width, style)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRoundedRect(area, 7, 7)
