"""A block's skip as a graphics item: the arc, and the sign that joins it with the branch."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.layout.geometry import LINE, Label, Rect, transposed
from resnet_viz.figures.layout.parts import Part
from resnet_viz.views.diagram.items.item import Deeds, DiagramItem
from resnet_viz.views.diagram.items.paint import (
    LEAST_HIT,
    arc_path,
    draw_label,
    hovered,
    paint_sign,
    qpoint,
    qrect,
    tint,
    zoom_of,
)
from resnet_viz.views.widgets import theme


class SkipItem(DiagramItem):
    """The skip of a block, or of several folded ones: an arc over their box and a sign at its end.

    With ``roof`` the ground between the arc and the box can be clicked too. ``figures`` tell what
    the sign adds, as rich text.
    """

    repeated = True

    def __init__(self, box: Part, concat: bool, legible: float, roof: bool) -> None:
        assert box.arc is not None
        assert box.junction is not None
        arc, junction = box.arc, box.junction
        self._path = arc_path(arc)
        super().__init__(self._path.boundingRect().united(qrect(junction)), LEAST_HIT, 2)
        self.names, self.arc, self.junction = box.names, arc, junction
        self.gate = 1.0
        self.figures = ""
        self._concat, self._legible = concat, legible
        self._pen = QPen()
        self._hit = self._hit_path(box.rect if roof else None)
        # Thick lines of a projector would run together between small blocks.
        self._thin = min(1.0, max(0.5, junction.width / 14))
        self.set_gate(1.0)

    def _hit_path(self, box: Rect | None) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(LEAST_HIT)
        hit = stroker.createStroke(self._path)
        arc, side = self.arc, max(LEAST_HIT, self.junction.width)
        around = QRectF(0, 0, side, side)
        around.moveCenter(qrect(self.junction).center())
        hit.addEllipse(around)
        if box is None:
            return hit
        under = QRectF(arc.start.x, arc.top, arc.end.x - arc.start.x, box.y - arc.top)
        if arc.vertical:
            under = QRectF(arc.top, arc.start.y, box.x - arc.top, arc.end.y - arc.start.y)
        roof = QPainterPath()
        roof.addRect(under)
        return hit.united(roof)

    def path(self) -> QPainterPath:
        """The arc, from the fork to the junction."""
        return self._path

    def pen(self) -> QPen:
        """What the arc is drawn with."""
        return self._pen

    def clicked(self, at: QPointF, do: Deeds) -> None:
        do.switch(self.names)

    def asked(self, at: QPoint, do: Deeds) -> bool:
        do.explain(self.names[-1], at)
        return True

    def set_gate(self, gate: float) -> None:
        """Draw the skip at ``gate`` in [0, 1]: 0 is cut, between is thin and see-through."""
        look = theme.current()
        self.gate = gate
        colour = tint(look.skip, 0.45 + 0.55 * gate) if gate else QColor(look.off)
        pen = QPen(colour, self._thin * look.line_width * (0.45 + 0.75 * gate if gate else 0.8))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if not gate:
            pen.setDashPattern([3.0, 2.0])
        self._pen = pen
        state = "on" if gate == 1 else "off" if gate == 0 else f"at {gate:.2g}"
        deed = "off" if gate else "on"
        words = f"Skip of {self.names[0]}: {state}. Click to switch it {deed}."
        if len(self.names) > 1:
            both = f"{self.names[0]} to {self.names[-1]}"
            words = f"Skips of {both}: {state}. Click to switch them {deed}."
        self.setToolTip(f"{escape(words)}{self.figures}")
        self.update()

    def shape(self) -> QPainterPath:
        return self._hit

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
        if self.gate == 1.0:
            return [kind] if kind else []
        vertical = self.arc.vertical
        first, last = (
            (self.arc.start.y, self.arc.end.y) if vertical else (self.arc.start.x, self.arc.end.x)
        )
        height = LINE * size
        words = f"{self.gate:.2g}" if self.gate else ""
        width = (0.62 * len(words) + 0.6) * size if words else min(18.0, max(10.0, 0.9 * size))
        gate = Label(words, Rect(0.0, self.arc.top - height / 2, width, height), size, vertical)
        if kind and vertical:
            kind = replace(kind, rect=transposed(kind.rect))
        marks = [kind, gate] if kind else [gate]
        gap = 5.0
        if sum(mark.rect.width + gap for mark in marks) - gap > last - first - 10:
            marks = [gate]
        x = (first + last + gap) / 2
        x -= sum(mark.rect.width + gap for mark in marks) / 2
        placed = []
        for mark in marks:
            rect = replace(mark.rect, x=x)
            placed.append(replace(mark, rect=transposed(rect) if vertical else rect))
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
        vertical = self.arc.vertical
        middle, half = qrect(cut).center(), (cut.height if vertical else cut.width) / 2
        stroke = QPointF(0.25 * half, -0.7 * half)
        for aside in (-0.34 * half, 0.34 * half):
            one, two = QPointF(aside, 0) - stroke, QPointF(aside, 0) + stroke
            if vertical:
                one, two = one.transposed(), two.transposed()
            painter.drawLine(middle + one, middle + two)

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
        paint_sign(painter, area, self._concat)
