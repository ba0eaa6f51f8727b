"""Towers of layers, year by year, and above them the challenge's error as it falls."""

from __future__ import annotations

import html
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from resnet_viz.figures.story import layers, percent, places
from resnet_viz.networks import ilsvrc
from resnet_viz.networks.ilsvrc import Entry, Human
from resnet_viz.views.story.figure import Figure, Mark, faded, scaled, text_width
from resnet_viz.views.widgets import theme

_PROLOGUE_GAP = 0.45  # columns between the prologue and the challenge
_ERROR_SHARE = 0.42
_MOST_ERROR = 30.0
_ERROR_TICKS = (0, 10, 20, 30)
_DEPTH_TICKS = (0, 50, 100, 150)
_LAYERS_PER_BLOCK = 3  # of ResNet-152, a bottleneck's
_CENTRE, _RIGHT = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignRight
_LEFT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Column:
    """Where an entry stands, in pixels: the whole ``area``, its ``tower`` and its error ``dot``."""

    entry: Entry
    area: QRectF
    tower: QRectF | None
    dot: QPointF | None


@dataclass(frozen=True)
class Axes:
    """The two panels, one above the other, and the strip of names below them."""

    error: QRectF
    depth: QRectF
    names: QRectF

    def error_at(self, percent: float) -> float:
        """The height of an error, in pixels from the top."""
        return self.error.bottom() - self.error.height() * percent / _MOST_ERROR

    def depth_at(self, layers: float, most: int) -> float:
        """The height of a tower's top, in pixels from the top."""
        return self.depth.bottom() - self.depth.height() * layers / most


def axes(width: float, height: float, line: float, left: float) -> Axes:
    """Share a figure of ``width`` × ``height`` pixels out; ``line`` is a text line's height, and
    ``left`` the room for the axes' numbers."""
    names = QRectF(left, height - 2.4 * line, width - left, 2.4 * line)
    between = 1.5 * line
    free = names.top() - 1.6 * line - between
    error = QRectF(left, 1.6 * line, width - left, _ERROR_SHARE * free)
    depth = QRectF(left, error.bottom() + between, width - left, (1 - _ERROR_SHARE) * free)
    return Axes(error, depth, names)


def columns(rows: tuple[Entry, ...], there: Axes) -> list[Column]:
    """One column for each entry, from left to right; what was never entered stands apart."""
    apart = [row for row in rows if row.error is None]
    wide = there.depth.width() / (len(rows) + _PROLOGUE_GAP * bool(apart))
    most = max(row.depth or 0 for row in rows)
    made, left = [], there.depth.left()
    for row in [*apart, *(row for row in rows if row.error is not None)]:
        area = QRectF(left, 0, wide, there.names.bottom())
        centre = area.center().x()
        side = min(0.46 * wide, 90.0)
        tower = dot = None
        if row.depth is not None:
            top = there.depth_at(row.depth, most)
            tower = QRectF(centre - side / 2, top, side, there.depth.bottom() - top)
        if row.error is not None:
            dot = QPointF(centre, there.error_at(row.error))
        made.append(Column(row, area, tower, dot))
        left += wide * (1 + _PROLOGUE_GAP * (row.error is None))
    return made


def card(entry: Entry) -> str:
    """What there is to know of an entry, with the places in the papers, as a rich text."""
    muted = theme.current().muted
    facts = [layers(entry)]
    if entry.depth is not None:
        facts.append(
            f"{entry.convolutional} convolutional, {entry.fully_connected} fully connected"
        )
    error = "" if entry.error is None else f"<br>top-5 test error {percent(entry.error)}"
    return (
        f"<p><b>{html.escape(entry.name)}</b>, {entry.year}<br>{html.escape(entry.team)}</p>"
        f"<p>{': '.join(facts)}{error}</p><p>{html.escape(entry.note)}</p>"
        + (f"<p>{html.escape(entry.opens)}</p>" if entry.opens else "")
        + f'<p style="color: {muted}">{html.escape(places(entry.sources))}</p>'
    )


def human_card(human: Human) -> str:
    """What there is to know of the person, as a rich text."""
    return (
        f"<p><b>{html.escape(human.label.capitalize())}</b></p>"
        f"<p>top-5 test error about {percent(human.error)}</p><p>{html.escape(human.note)}</p>"
        f'<p style="color: {theme.current().muted}">{html.escape(places(human.sources))}</p>'
    )


class DepthFigure(Figure):
    """The winners as towers, with their errors above; a click opens the network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Depth and error of the winners of ILSVRC, by year", parent)
        self.rows = ilsvrc.entries()
        self.human = ilsvrc.human()
        self.most = max(row.depth or 0 for row in self.rows)

    def _axes(self) -> Axes:
        line = self.fontMetrics().height()
        left = text_width(self.font(), "150") + 1.4 * line
        return axes(self.width() - 4, self.height() - 2, line, left)

    def columns(self) -> list[Column]:
        """Where everything stands at the present size."""
        return columns(self.rows, self._axes())

    def marks_now(self) -> list[Mark]:
        box = self._human_box()
        human = Mark("human", "A person", box.adjusted(0, 0, 0, 6), human_card(self.human), None)
        return [human] + [
            Mark(
                column.entry.name,
                column.entry.name,
                column.area,
                card(column.entry),
                column.entry.network,
            )
            for column in self.columns()
        ]

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.current().panel))
        there, stand = self._axes(), self.columns()
        self._highlight(painter)
        self._draw_grid(painter, there, stand)
        self._draw_human(painter, there, stand)
        for column in stand:
            self._draw_tower(painter, column)
        self._draw_errors(painter, there, stand)
        self._draw_names(painter, there, stand)
        self._draw_legend(painter, there)

    def _highlight(self, painter: QPainter) -> None:
        if self.current is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current().raised))
            painter.drawRoundedRect(self.current.area.adjusted(3, 2, -3, 0), 8, 8)

    def _draw_grid(self, painter: QPainter, there: Axes, stand: list[Column]) -> None:
        style, line = theme.current(), self.fontMetrics().height()
        challenge = next(c.area.left() for c in stand if c.entry.error is not None)
        painter.setFont(self.font())
        for panel, ticks, at, begins in (
            (there.error, _ERROR_TICKS, there.error_at, challenge),
            (
                there.depth,
                _DEPTH_TICKS,
                lambda value: there.depth_at(value, self.most),
                there.depth.left(),
            ),
        ):
            for tick in ticks:
                y = at(tick)
                painter.setPen(QPen(faded(style.line, 1.0 if tick == 0 else 0.45), 1))
                painter.drawLine(QPointF(begins, y), QPointF(panel.right(), y))
                painter.setPen(QColor(style.muted))
                box = QRectF(0, y - line / 2, begins - 6, line)
                painter.drawText(box, _RIGHT | _MIDDLE, str(tick))
        prologue = QRectF(4, 0.2 * line, challenge - 2.6 * line, 2.4 * line)
        painter.setFont(scaled(self.font(), 1.0, bold=True))
        painter.setPen(QColor(style.text))
        wrapped = int(_LEFT | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        painter.drawText(prologue, wrapped, "ILSVRC top-5 test error, %")
        over = QRectF(4, there.depth.top() - 1.35 * line, there.depth.width(), 1.3 * line)
        painter.drawText(over, _LEFT | _MIDDLE, "Layers with weights")
        painter.setFont(self.font())
        painter.setPen(QColor(style.muted))
        prologue.setBottom(there.error.bottom())
        prologue.setTop(0.2 * line + 2.6 * line)
        words = "LeNet-5 is the prologue: it read digits, and never entered."
        painter.drawText(prologue, wrapped, words)

    def _draw_human(self, painter: QPainter, there: Axes, stand: list[Column]) -> None:
        style = theme.current()
        y = there.error_at(self.human.error)
        begins = next(c.area.left() for c in stand if c.entry.error is not None)
        painter.setPen(QPen(QColor(style.warning), style.line_width, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(begins, y), QPointF(there.error.right(), y))
        box = self._human_box()
        painter.setFont(self.font())
        painter.fillRect(box.adjusted(-2, 1, 2, -1), QColor(style.panel))
        painter.drawText(box, _LEFT | _MIDDLE, self._human_words())

    def _human_words(self) -> str:
        return f"{self.human.label}: about {percent(self.human.error)}"

    def _human_box(self) -> QRectF:
        """The words above the dashed line."""
        there, line = self._axes(), self.fontMetrics().height()
        begins = next(c.area.left() for c in self.columns() if c.entry.error is not None)
        top = there.error_at(self.human.error) - 1.15 * line
        return QRectF(begins + 6, top, text_width(self.font(), self._human_words()) + 4, line)

    def _draw_tower(self, painter: QPainter, column: Column) -> None:
        """A slab for each layer, the first at the foot; arcs past those that a shortcut passes."""
        style, tower, entry = theme.current(), column.tower, column.entry
        line = self.fontMetrics().height()
        foot = self._axes().depth.bottom()
        if tower is None or entry.depth is None:
            painter.setPen(QColor(style.muted))
            painter.setFont(self.font())
            box = QRectF(column.area.left(), foot - 1.3 * line, column.area.width(), 1.2 * line)
            painter.drawText(box, _CENTRE, "shallow")
            return
        colour = style.skip if entry.residual else style.branch
        pitch = tower.height() / entry.depth
        gap = min(1.5, 0.3 * pitch)
        known = self.mark(entry.name).opens
        for number in range(entry.depth):
            full = number >= (entry.convolutional or 0)
            slab = QRectF(
                tower.left(), foot - (number + 1) * pitch + gap / 2, tower.width(), pitch - gap
            )
            share = (0.45 if full else 1.0) * (1.0 if known else 0.55)
            painter.fillRect(slab, faded(colour, share))
        if not known:
            painter.setPen(QPen(QColor(style.muted), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(tower.adjusted(-3, -3, 3, 2))
        if entry.residual:
            self._draw_arcs(painter, tower, pitch, entry.depth)
        painter.setPen(QColor(style.text))
        painter.setFont(scaled(self.font(), 1.1, bold=True))
        box = QRectF(column.area.left(), tower.top() - 1.5 * line, column.area.width(), 1.4 * line)
        painter.drawText(box, _CENTRE, str(entry.depth))

    def _draw_arcs(self, painter: QPainter, tower: QRectF, pitch: float, depth: int) -> None:
        path = QPainterPath()
        out = min(22.0, 0.3 * tower.width())
        for first in range(1, depth - 1, _LAYERS_PER_BLOCK):  # without the stem and the head
            low = tower.bottom() - first * pitch
            high = low - _LAYERS_PER_BLOCK * pitch
            path.moveTo(tower.right(), low)
            path.cubicTo(tower.right() + out, low, tower.right() + out, high, tower.right(), high)
        painter.setPen(QPen(QColor(theme.current().skip), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _draw_errors(self, painter: QPainter, there: Axes, stand: list[Column]) -> None:
        style, line = theme.current(), self.fontMetrics().height()
        dots = [(c.entry, c.dot) for c in stand if c.dot is not None]
        path = QPainterPath(dots[0][1])
        for _, dot in dots[1:]:
            path.lineTo(dot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(style.muted), style.line_width))
        painter.drawPath(path)
        bold = scaled(self.font(), 1.25, bold=True)
        painter.setFont(bold)
        for entry, dot in dots:
            painter.setPen(QPen(QColor(style.panel), 2))
            painter.setBrush(QColor(_colour(entry)))
            painter.drawEllipse(dot, 0.42 * line, 0.42 * line)
            words = percent(entry.error or 0.0)
            width = text_width(bold, words)
            # The curve falls, so there is room above it to the right.
            box = QRectF(dot.x() - 0.3 * width, dot.y() - 1.9 * line, width, 1.4 * line)
            human = there.error_at(self.human.error)
            if box.top() < human < dot.y():
                box.moveBottom(human - 0.1 * line)
            painter.setPen(QColor(style.text))
            painter.drawText(box, _CENTRE | Qt.TextFlag.TextDontClip, words)

    def _draw_names(self, painter: QPainter, there: Axes, stand: list[Column]) -> None:
        style, line = theme.current(), self.fontMetrics().height()
        for column in stand:
            entry = column.entry
            room = column.area.width() - 4
            bold = scaled(self.font(), 1.0, bold=True)
            while text_width(bold, entry.name) > room and bold.pointSizeF() > 7:
                bold.setPointSizeF(bold.pointSizeF() - 0.5)
            painter.setFont(bold)
            painter.setPen(QColor(style.text if self.mark(entry.name).opens else style.muted))
            top = there.names.top() + 0.2 * line
            box = QRectF(column.area.left(), top, column.area.width(), line)
            painter.drawText(box, _CENTRE, entry.name)
            painter.setFont(self.font())
            painter.setPen(QColor(style.muted))
            painter.drawText(box.translated(0, 1.1 * line), _CENTRE, str(entry.year))

    def _draw_legend(self, painter: QPainter, there: Axes) -> None:
        """In the free room over the low towers."""
        style, line = theme.current(), self.fontMetrics().height()
        left = there.depth.left() + 10
        painter.setFont(self.font())
        samples: list[tuple[QColor, str]] = [
            (QColor(style.branch), "plain: a layer after a layer"),
            (QColor(style.skip), "with a shortcut past every three layers"),
            (faded(style.branch, 0.45), "fully connected"),
        ]
        for number, (colour, words) in enumerate(samples):
            y = there.depth.top() + (0.4 + 1.25 * number) * line
            width = text_width(self.font(), words) + 2 * line
            painter.fillRect(QRectF(left, y, width, 1.25 * line), QColor(style.panel))
            painter.fillRect(QRectF(left, y + 0.2 * line, 1.2 * line, 0.6 * line), colour)
            painter.setPen(QColor(style.text))
            box = QRectF(left + 1.7 * line, y, width, line)
            painter.drawText(box, _LEFT | _MIDDLE, words)


def _colour(entry: Entry) -> str:
    if entry.depth is None:
        return theme.current().off
    return theme.current().skip if entry.residual else theme.current().branch
