"""How every level paints: fonts, labels, arrows and rounded lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QStyle, QStyleOptionGraphicsItem

from resnet_viz.figures.fill_scale import FillScale
from resnet_viz.figures.layout.geometry import Label, Point, Rect
from resnet_viz.figures.layout.parts import Arc
from resnet_viz.figures.numbers import number_text, power_of_ten, row_of
from resnet_viz.views.widgets import theme

LEAST_HIT = 16.0
"""The least width of what can be clicked, in pixels at fit."""

_LEAST_FIGURE = 8.0
"""How small a block's figure may get, in pixels of the screen: the diagram is there for it."""

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


def arrow_path(tail: Point, tip: Point, size: float) -> QPainterPath:
    """A filled arrowhead at ``tip`` that points away from ``tail``."""
    along = QPointF(tip.x - tail.x, tip.y - tail.y)
    length = max(1e-6, (along.x() ** 2 + along.y() ** 2) ** 0.5)
    along *= size / length
    across = QPointF(-along.y(), along.x()) * 0.55
    path = QPainterPath(qpoint(tip))
    path.lineTo(qpoint(tip) - along + across)
    path.lineTo(qpoint(tip) - along - across)
    path.closeSubpath()
    return path


def edges_path(edges: Sequence[Sequence[Point]]) -> QPainterPath:
    """All edges of the main line as one path with rounded corners."""
    path = QPainterPath()
    for edge in edges:
        path.addPath(rounded([qpoint(point) for point in edge], 9))
    return path


SWAP = QTransform(0, 1, 1, 0, 0, 0)
"""Swaps x and y."""


def arc_path(arc: Arc) -> QPainterPath:
    """A skip's curve, from the fork to the junction."""
    start, end, top = qpoint(arc.start), qpoint(arc.end), arc.top
    if arc.vertical:
        start, end = start.transposed(), end.transposed()
    bend = min(0.42 * (end.x() - start.x()), 1.1 * (start.y() - top))
    path = QPainterPath(start)
    path.lineTo(start.x(), min(start.y(), top + bend))
    path.quadTo(start.x(), top, start.x() + bend, top)
    path.lineTo(end.x() - bend, top)
    path.quadTo(end.x(), top, end.x(), min(end.y(), top + bend))
    path.lineTo(end)
    return SWAP.map(path) if arc.vertical else path


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


def fill_mark(value: float | None, scale: FillScale | None) -> str:
    """The sign that stands in place of a colour: "0", "NaN", "∞" or ""."""
    if value is None:
        return ""
    return (row_of(value) or "") if scale is None else scale.mark(value)


@cache
def heat_colours() -> np.ndarray:
    """The colours of measured values, from least to most, (256, 3) uint8."""
    return theme.colour_map("viridis")


_BELOW = ((255, 120, 90), (196, 30, 60), (120, 8, 84))
_ABOVE = ((255, 240, 120), (255, 248, 200), (255, 255, 255))


@cache
def wide_colours() -> np.ndarray:
    """``heat_colours`` between those of values below and above its scale, (768, 3) uint8.

    Its dark end goes over into red: there is no room left for darker ones.
    """
    colours = heat_colours()

    def between(*stops: Sequence[int] | np.ndarray) -> np.ndarray:
        at = np.linspace(0, len(stops) - 1, 257)
        parts = [np.interp(at, range(len(stops)), [stop[i] for stop in stops]) for i in range(3)]
        return np.stack(parts, axis=1).round().astype(np.uint8)

    below = between(*_BELOW, colours[0])[:-1]
    return np.concatenate([below, colours, between(colours[-1], *_ABOVE)[1:]])


def colour_row(position: float) -> int:
    """The row of ``wide_colours`` for a position from −1 to 2."""
    if position < 0.0:
        return 256 - max(1, round(-256 * max(position, -1.0)))
    if position > 1.0:
        return 511 + max(1, round(256 * min(position - 1.0, 1.0)))
    return 256 + round(255 * position)


def fill_colour(value: float | None, scale: FillScale | None) -> QColor | None:
    """The colour of a value, or None where it has none."""
    if value is None or scale is None or fill_mark(value, scale):
        return None
    red, green, blue = (int(x) for x in wide_colours()[colour_row(scale.position(value))])
    return QColor(red, green, blue)


def paint_fill(
    painter: QPainter,
    place: Rect,
    value: float,
    scale: FillScale | None,
    size: float,
    legible: float,
) -> None:
    """A value as a coloured bar with its figure, or its mark where it has no colour."""
    look, area = theme.current(), qrect(place)
    fill = fill_colour(value, scale)
    painter.setPen(QPen(QColor(look.muted), 1.0))
    painter.setBrush(QColor(look.panel) if fill is None else fill)
    painter.drawRoundedRect(area, 3, 3)
    if fill is None:
        words = fill_mark(value, scale) or number_text(value)
        label = Label(words, place, min(0.95 * area.height() / 1.1, area.width() / 2.3))
        colour = QColor(look.text if words == "0" else look.warning)
        draw_label(painter, label, colour, 0.0, True)
    elif scale is not None:
        ink = QColor("#ffffff" if luminance(fill) < 0.18 else "#000000")
        least = max(_LEAST_FIGURE / painter.device().devicePixelRatioF(), 0.75 * legible)
        zoom = zoom_of(painter)
        draw_label(painter, figure(scale, value, place, size, least / zoom), ink, 0.99 * least)


def figure(scale: FillScale, value: float, place: Rect, size: float, least: float) -> Label:
    """A value in as many digits as fit, at ``size`` or a little less; the last resort is its
    decade."""
    turned = place.height > 1.2 * place.width
    along, across = (place.height, place.width) if turned else (place.width, place.height)
    # Where equal figures would be too small to read, each is as large as it can be.
    size = min(size, across / 1.15) if size >= least else across / 1.25
    options = [scale.text(value)]
    if options[0] == number_text(value):
        options.append(number_text(value, 1))
        options += [power_of_ten(round(math.log10(value)))] if "×" in options[0] else []
    for words in options:
        fitting = min(size, (along - 3) / _em(words))
        if fitting >= least:
            break
    return Label(words, place, fitting, turned)


@lru_cache(maxsize=1024)
def _em(words: str) -> float:
    """The width of a line of text at font size 1."""
    return QFontMetricsF(text_font(100.0)).horizontalAdvance(words) / 100


def paint_glow(painter: QPainter, area: QRectF) -> None:
    """The glow around what is selected."""
    for width, alpha in ((9.0, 0.18), (6.0, 0.3)):
        painter.setPen(QPen(tint(theme.current().accent, alpha), width))
        painter.drawRoundedRect(area, 6, 6)


def paint_sign(painter: QPainter, area: QRectF, concat: bool) -> None:
    """What joins paths, in a circle: ‖ where they are put side by side, else +."""
    middle, reach = area.center(), 0.28 * area.width()
    if concat:
        for x in (-0.45 * reach, 0.45 * reach):
            painter.drawLine(middle + QPointF(x, reach), middle + QPointF(x, -reach))
    else:
        painter.drawLine(middle - QPointF(reach, 0), middle + QPointF(reach, 0))
        painter.drawLine(middle - QPointF(0, reach), middle + QPointF(0, reach))


def luminance(colour: QColor) -> float:
    """How bright a colour is, from 0 to 1; black text reads better than white above 0.18."""
    red, green, blue = (part**2.2 for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def stage_colour(number: int) -> str:
    colours = theme.current().stages
    return colours[(number - 1) % len(colours)]
