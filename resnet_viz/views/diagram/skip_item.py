"""A block's skip as a graphics item: the arc, and the sign that joins it with the branch."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from resnet_viz.views import theme
from resnet_viz.views.diagram.geometry import LINE, Label, Rect
from resnet_viz.views.diagram.layout import Arc, BlockBox
from resnet_viz.views.diagram.paint import (
    HAND,
    LEAST_HIT,
    draw_label,
    hovered,
    qpoint,
    qrect,
    tint,
    zoom_of,
)


class SkipItem(QGraphicsPathItem):
    """A block's skip: the arc over its box and the sign that joins it with the branch."""

    def __init__(self, box: BlockBox, arc: Arc, junction: Rect, sign_: str, legible: float) -> None:
        super().__init__()
        self.name, self.arc, self.junction = box.name, arc, junction
        self.gate = 1.0
        self._sign, self._legible = sign_, legible
        self._roof = QRectF(arc.start.x, arc.top, arc.end.x - arc.start.x, box.rect.y - arc.top)
        # Thick lines of a projector would run together between small blocks.
        self._thin = min(1.0, max(0.5, junction.width / 14))
        self.setPath(self._curve())
        self.setZValue(2)
        self.setAcceptHoverEvents(True)
        self.setCursor(HAND)
        self.set_gate(1.0)

    def _curve(self) -> QPainterPath:
        start, end, top = self.arc.start, self.arc.end, self.arc.top
        bend = min(0.42 * (end.x - start.x), 1.1 * (start.y - top))
        path = QPainterPath(qpoint(start))
        path.lineTo(start.x, min(start.y, top + bend))
        path.quadTo(start.x, top, start.x + bend, top)
        path.lineTo(end.x - bend, top)
        path.quadTo(end.x, top, end.x, min(end.y, top + bend))
        path.lineTo(end.x, end.y)
        return path

    def set_gate(self, gate: float) -> None:
        """Draw the skip at ``gate`` in [0, 1]: 0 is cut, between is thin and see-through."""
        look = theme.current()
        self.gate = gate
        colour = tint(look.skip, 0.45 + 0.55 * gate) if gate else QColor(look.off)
        pen = QPen(colour, self._thin * look.line_width * (0.45 + 0.75 * gate if gate else 0.8))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if not gate:
            pen.setDashPattern([3.0, 2.0])
        self.setPen(pen)
        state = "on" if gate == 1 else "off" if gate == 0 else f"at {gate:.2g}"
        self.setToolTip(
            f"Skip of {self.name}: {state}. Click to switch it {'off' if gate else 'on'}."
        )
        self.update()

    def boundingRect(self) -> QRectF:
        shape = self.path().boundingRect().united(qrect(self.junction))
        return shape.adjusted(-LEAST_HIT, -LEAST_HIT, LEAST_HIT, LEAST_HIT)

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(LEAST_HIT)
        hit = stroker.createStroke(self.path())
        side = max(LEAST_HIT, self.junction.width)
        around = QRectF(0, 0, side, side)
        around.moveCenter(qrect(self.junction).center())
        hit.addEllipse(around)
        roof = QPainterPath()
        roof.addRect(self._roof)
        return hit.united(roof)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        lit = hovered(option)
        if lit:
            painter.setPen(QPen(tint(theme.current().skip, 0.3), self.pen().widthF() + 8))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(self.path())
        marks = self._marks()
        gate = marks[-1] if self.gate < 1.0 else None
        if gate is not None and self.gate == 0.0:
            self._paint_cut_arc(painter, gate.rect)
        else:
            painter.setPen(self.pen())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(self.path())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.pen().color())
        dot = max(1.8, 0.9 * self.pen().widthF())
        painter.drawEllipse(qpoint(self.arc.start), dot, dot)
        for mark in marks:
            if mark.text:
                self._paint_plate(painter, mark, mark is not gate)
        self._paint_junction(painter, lit)

    def _marks(self) -> list[Label]:
        """What lies on the arc, from left to right: the shortcut's kind, then the gate's mark.

        That mark is the gate's value, or without text the place of the cut. Where there is no room
        for both, it stays alone.
        """
        kind, size = self.arc.label, self.arc.text_size
        height = LINE * size
        row = Rect(0.0, self.arc.top - height / 2, 0.0, height)
        if self.gate == 1.0:
            return [kind] if kind else []
        words = f"{self.gate:.2g}" if self.gate else ""
        width = (0.62 * len(words) + 0.6) * size if words else min(18.0, max(10.0, 0.9 * size))
        gate = Label(words, replace(row, width=width), size)
        marks = [kind, gate] if kind else [gate]
        gap = 5.0
        room = self.arc.end.x - self.arc.start.x - 10
        if sum(mark.rect.width + gap for mark in marks) - gap > room:
            marks = [gate]
        x = (self.arc.start.x + self.arc.end.x + gap) / 2
        x -= sum(mark.rect.width + gap for mark in marks) / 2
        placed = []
        for mark in marks:
            placed.append(replace(mark, rect=replace(mark.rect, x=x)))
            x += mark.rect.width + gap
        return placed

    def _paint_plate(self, painter: QPainter, label: Label, framed: bool) -> None:
        look = theme.current()
        if label.size * zoom_of(painter) < self._legible - 0.01:
            return
        colour = QColor(look.off if self.gate == 0.0 else look.skip)
        painter.setPen(QPen(colour, 1.2) if framed else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(look.panel))
        painter.drawRoundedRect(qrect(label.rect), 3, 3)
        words = QColor(look.off if self.gate == 0.0 else look.text)
        draw_label(painter, label, words, self._legible)

    def _paint_cut_arc(self, painter: QPainter, cut: Rect) -> None:
        """The dashed arc with a gap at ``cut`` and two strokes across it."""
        look = theme.current()
        painter.save()
        whole, gap = QPainterPath(), QPainterPath()
        whole.addRect(self.boundingRect())
        gap.addRect(qrect(cut))
        painter.setClipPath(whole.subtracted(gap), Qt.ClipOperation.IntersectClip)
        painter.setPen(self.pen())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())
        painter.restore()
        painter.setPen(QPen(QColor(look.text), max(1.3, 0.7 * self._thin * look.line_width)))
        middle, half = qrect(cut).center(), cut.width / 2
        stroke = QPointF(0.25 * half, -0.7 * half)
        for aside in (-0.34 * half, 0.34 * half):
            at = middle + QPointF(aside, 0)
            painter.drawLine(at - stroke, at + stroke)

    def _paint_junction(self, painter: QPainter, lit: bool) -> None:
        look = theme.current()
        area = qrect(self.junction)
        off = self.gate == 0.0
        colour = QColor(look.off if off else look.text)
        painter.setPen(
            QPen(QColor(look.skip) if lit else colour, 0.75 * self._thin * look.line_width)
        )
        painter.setBrush(QColor(look.raised if off else look.panel))
        painter.drawEllipse(area)
        painter.setPen(QPen(colour, 0.75 * self._thin * look.line_width))
        reach, middle = 0.28 * area.width(), area.center()
        if self._sign == "‖":
            for x in (-0.45 * reach, 0.45 * reach):
                up = QPointF(x, reach)
                painter.drawLine(middle + up, middle + QPointF(x, -reach))
        else:
            painter.drawLine(middle - QPointF(reach, 0), middle + QPointF(reach, 0))
            painter.drawLine(middle - QPointF(0, reach), middle + QPointF(0, reach))
