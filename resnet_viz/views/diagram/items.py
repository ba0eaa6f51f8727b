"""The parts of the block diagram as graphics items. They read the theme when they paint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPathItem,
    QStyle,
    QStyleOptionGraphicsItem,
    QWidget,
)

from resnet_viz.views import theme
from resnet_viz.views.diagram.heat import GradientScale, number_text, sign
from resnet_viz.views.diagram.layout import (
    LINE,
    Arc,
    BlockBox,
    Label,
    Layout,
    Point,
    Rect,
    StagePart,
)

LEAST_HIT = 16.0
"""The least width of what can be clicked, in pixels at fit."""

_LEAST_LAYER = 7.0
"""Layer boxes narrower or lower than this on screen are left out."""

_HAND = Qt.CursorShape.PointingHandCursor


def qrect(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)


def qpoint(point: Point) -> QPointF:
    return QPointF(point.x, point.y)


def tint(colour: str, alpha: float) -> QColor:
    mixed = QColor(colour)
    mixed.setAlphaF(alpha)
    return mixed


def text_font(size: float, bold: bool = False) -> QFont:
    """The application's font at a size in pixels, rounded down so that measured text fits."""
    font = QFont()
    font.setPixelSize(max(1, int(size)))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def zoom_of(painter: QPainter) -> float:
    return QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())


def hovered(option: QStyleOptionGraphicsItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_MouseOver)


def draw_label(
    painter: QPainter,
    label: Label,
    colour: QColor,
    legible: float,
    bold: bool = False,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter,
) -> None:
    """Draw a label in its rectangle, unless it would be too small to read."""
    if label.size * zoom_of(painter) < legible - 0.01:
        return
    painter.save()
    painter.setPen(colour)
    painter.setFont(text_font(label.size, bold))
    area = qrect(label.rect)
    painter.translate(area.center())
    if label.turned:
        painter.rotate(-90)
        area = area.transposed()
    area.moveCenter(QPointF(0, 0))
    painter.drawText(area, align | Qt.TextFlag.TextDontClip, label.text)
    painter.restore()


def draw_arrow(painter: QPainter, tip: Point, size: float, colour: QColor) -> None:
    """A filled arrowhead that points to the right."""
    path = QPainterPath(qpoint(tip))
    path.lineTo(tip.x - size, tip.y - 0.55 * size)
    path.lineTo(tip.x - size, tip.y + 0.55 * size)
    path.closeSubpath()
    painter.fillPath(path, colour)


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
            painter.drawPath(_rounded([qpoint(point) for point in edge], 9))
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


def _rounded(points: list[QPointF], radius: float) -> QPainterPath:
    """A polyline with rounded corners."""
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        for end, is_exit in ((before, False), (after, True)):
            away = end - corner
            length = max(1e-6, (away.x() ** 2 + away.y() ** 2) ** 0.5)
            near = corner + away * (min(radius, length / 2) / length)
            if is_exit:
                path.quadTo(corner, near)
            else:
                path.lineTo(near)
    path.lineTo(points[-1])
    return path


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


def stage_colour(number: int) -> str:
    colours = theme.current().stages
    return colours[(number - 1) % len(colours)]


class StageTitleItem(QGraphicsItem):
    """A stage's title with a switch for all its skips. ``on`` is the share of skips that are on."""

    def __init__(self, part: StagePart, legible: float) -> None:
        super().__init__()
        self.part, self._legible = part, legible
        self.on = 1.0
        self.setZValue(4)
        if part.switch:
            self.setAcceptHoverEvents(True)
            self.setCursor(_HAND)

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


class BlockItem(QGraphicsItem):
    """A block's box with the layers of its residual branch, its name and its heat bar."""

    def __init__(self, box: BlockBox, is_stem: bool, legible: float, colours: np.ndarray) -> None:
        super().__init__()
        self.box, self._legible, self._colours = box, legible, colours
        self._is_stem = is_stem
        self.selected = False
        self.branch = 1.0
        self.norm: float | None = None
        self.faded = False
        self._scale: GradientScale | None = None
        self.setZValue(3)
        self.setAcceptHoverEvents(True)
        self.setCursor(_HAND)

    def boundingRect(self) -> QRectF:
        box = self.box
        return qrect(box.rect).united(qrect(box.heat)).adjusted(-8, -8, 8, 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(qrect(self.box.rect).united(qrect(self.box.heat)))
        return path

    def set_heat(self, norm: float | None, scale: GradientScale | None, faded: bool) -> None:
        """Colour the bar by a gradient norm, or clear it; ``faded`` marks a value of the past."""
        self.norm, self._scale, self.faded = norm, scale, faded
        self.update()

    @property
    def mark(self) -> str:
        """The sign that stands in place of a colour: "0", "NaN", "∞" or ""."""
        return "" if self.norm is None else sign(self.norm)

    def heat_colour(self) -> QColor | None:
        """The bar's colour, or None where there is none to show."""
        if self.norm is None or self.mark or self._scale is None:
            return None
        index = round(255 * self._scale.position(self.norm))
        red, green, blue = (int(part) for part in self._colours[index])
        return QColor(red, green, blue)

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
            name = Label(box.title.text, box.title.rect, self._header_size)
            draw_label(painter, name, QColor(look.text), self._legible, True)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint(colour, 0.3 * strength))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 4, 4)
            name = Label(box.title.text, box.rect, box.title.size)
            draw_label(painter, name, QColor(look.text), self._legible, True)
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
        return min(self.box.title.size, self.box.title.rect.height / 1.15)

    def _paint_layers(self, painter: QPainter, colour: str, strength: float) -> None:
        look, box = theme.current(), self.box
        thickness = 0.8 * look.line_width * min(1.0, 0.08 * box.layers[0].rect.width)
        pen = QPen(tint(colour, strength), max(1.2, thickness))
        if self.branch == 0.0:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawLine(QPointF(box.rect.x, box.trunk), QPointF(box.rect.right, box.trunk))
        pen.setStyle(Qt.PenStyle.SolidLine)
        for layer in box.layers:
            area = qrect(layer.rect)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.raised))
            painter.drawRect(area)
            painter.setPen(pen)
            painter.setBrush(tint(colour, 0.26 * strength))
            painter.drawRoundedRect(area, 3, 3)
            words = look.off if self.branch == 0.0 else look.text
            draw_label(painter, layer, QColor(words), self._legible)

    def _paint_heat(self, painter: QPainter) -> None:
        if self.norm is None:
            return
        look, box = theme.current(), self.box
        area = qrect(box.heat)
        painter.setOpacity(0.4 if self.faded else 1.0)
        fill = self.heat_colour()
        painter.setPen(QPen(QColor(look.muted), 1.0))
        painter.setBrush(QColor(look.panel) if fill is None else fill)
        painter.drawRoundedRect(area, 3, 3)
        if fill is None:
            size = min(0.95 * area.height() / 1.1, area.width() / 2.3)
            label = Label(self.mark or number_text(self.norm), box.heat, size)
            colour = QColor(look.text if self.mark == "0" else look.warning)
            draw_label(painter, label, colour, 0.0, True)
        else:
            dark = _luminance(fill) < 0.18
            words = Label(number_text(self.norm), box.heat, box.heat_size)
            draw_label(painter, words, QColor("#ffffff" if dark else "#000000"), self._legible)
        painter.setOpacity(1.0)


def _luminance(colour: QColor) -> float:
    """How bright a colour is, from 0 to 1; black text reads better than white above 0.18."""
    red, green, blue = (part**2.2 for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


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
        self.setCursor(_HAND)
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
