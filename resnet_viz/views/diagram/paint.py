"""How every level paints: fonts, labels, arrows and rounded lines."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath
from PySide6.QtWidgets import QStyle, QStyleOptionGraphicsItem

from resnet_viz.views import theme
from resnet_viz.views.diagram.geometry import Label, Point, Rect

LEAST_HIT = 16.0
"""The least width of what can be clicked, in pixels at fit."""

HAND = Qt.CursorShape.PointingHandCursor


def qrect(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)


def qpoint(point: Point) -> QPointF:
    return QPointF(point.x, point.y)


def tint(colour: str, alpha: float) -> QColor:
    mixed = QColor(colour)
    mixed.setAlphaF(alpha)
    return mixed


@lru_cache(maxsize=256)
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


def rounded(points: list[QPointF], radius: float) -> QPainterPath:
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


def luminance(colour: QColor) -> float:
    """How bright a colour is, from 0 to 1; black text reads better than white above 0.18."""
    red, green, blue = (part**2.2 for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def stage_colour(number: int) -> str:
    colours = theme.current().stages
    return colours[(number - 1) % len(colours)]
