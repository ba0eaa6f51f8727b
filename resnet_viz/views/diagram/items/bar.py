"""A bar of the network's level as a graphics item, and what opens or folds equal blocks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.layout.parts import Bar, Fold
from resnet_viz.views.diagram.items.item import Deeds, DiagramItem, PartItem
from resnet_viz.views.diagram.items.paint import (
    draw_label,
    fill_colour,
    fill_mark,
    hovered,
    paint_fill,
    paint_glow,
    qrect,
    tint,
)
from resnet_viz.views.widgets import theme


class BarItem(PartItem):
    """One block or several equal ones: what is in each, and a slice of colour for each."""

    box: Bar

    def __init__(self, bar: Bar, is_stem: bool, legible: float) -> None:
        super().__init__(bar, qrect(bar.rect), 14, 3, legible)
        self._is_stem = is_stem

    def block_at(self, at: QPointF) -> str:
        """The block whose slice a point lies over or under."""
        for name, place in zip(self.box.names, self.box.slices, strict=True):
            end = place.bottom if self.box.vertical else place.right
            if (at.y() if self.box.vertical else at.x()) <= end + 0.5:
                return name
        return self.box.names[-1]

    def focus_place(self) -> QRectF:
        if len(self.box.names) == 1 or not self.selected:
            return super().focus_place()
        return qrect(self.box.slices[self.box.names.index(self.selected)])

    def double_clicked(self, at: QPointF, do: Deeds) -> bool:
        do.enter("blocks", self.block_at(at))
        return True

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, bar = theme.current(), self.box
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
            painter.setBrush(Qt.BrushStyle.NoBrush)
            paint_glow(painter, area)
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
        if self.fill is None:
            return
        painter.setOpacity(0.4 if self.faded else 1.0)
        alone, scale = len(self.box.names) == 1, self.fill.scale
        for name, place in zip(self.box.names, self.box.slices, strict=True):
            value = self.value(name)
            if value is None:
                continue
            if alone:
                size = min(0.75 * place.height, place.width / 3.4)
                paint_fill(painter, place, value, scale, size, self._legible)
                continue
            fill = fill_colour(value, scale)
            area = qrect(place)
            painter.fillRect(area, QColor(look.panel) if fill is None else fill)
            if fill is None:
                # No colour: a stroke across, in the text's colour for 0 and a warning otherwise.
                sign = fill_mark(value, scale)
                painter.setPen(QPen(QColor(look.text if sign == "0" else look.warning), 1.2))
                painter.drawLine(area.bottomLeft(), area.topRight())
            if name == self.selected:
                painter.setPen(QPen(QColor(look.text), 1.6))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(area.adjusted(-0.5, -1.5, 0.5, 1.5))
        painter.setOpacity(1.0)


class FoldItem(DiagramItem):
    """A plate with "×9": a click opens what is folded, or folds it again."""

    repeated = True

    def __init__(self, fold: Fold, legible: float) -> None:
        super().__init__(qrect(fold.label.rect).adjusted(-2, -2, 2, 2), 0, 4)
        self.fold, self._legible = fold, legible
        deed = "fold them into one bar" if fold.opened else "show each of them"
        self.setToolTip(f"{fold.count} equal blocks. Click to {deed}.")

    def clicked(self, at: QPointF, do: Deeds) -> None:
        do.fold(self.fold.key)

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
