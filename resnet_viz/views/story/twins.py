"""Degradation in four dots: deeper is worse without shortcuts and better with them."""

from __future__ import annotations

import html

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from resnet_viz.figures.story import places
from resnet_viz.networks import ilsvrc
from resnet_viz.networks.ilsvrc import Twin
from resnet_viz.views.story.figure import Figure, Mark, faded, scaled, text_width
from resnet_viz.views.widgets import theme

_LEAST, _MOST = 24.0, 30.0  # percent
_TICKS = (24, 26, 28, 30)
_ALONG = {18: 0.40, 34: 0.62}  # of the width; the names stand outside
_CENTRE, _RIGHT = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignRight
_LEFT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter


class TwinsFigure(Figure):
    """Error at 18 and 34 layers, a line for the plain pair and one for the residual pair."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Error of plain and residual twins at 18 and 34 layers", parent)
        self.setMinimumSize(360, 280)
        self.rows, self.where = ilsvrc.twins()

    def _field(self) -> QRectF:
        line = self.fontMetrics().height()
        left = text_width(self.font(), "30") + 1.2 * line
        return QRectF(left, 2.2 * line, self.width() - left - line, self.height() - 6.4 * line)

    def dot(self, row: Twin) -> QPointF:
        """Where a row lies at the present size."""
        field = self._field()
        up = (row.error - _LEAST) / (_MOST - _LEAST)
        along = _ALONG[row.depth]
        return QPointF(field.left() + along * field.width(), field.bottom() - up * field.height())

    def marks_now(self) -> list[Mark]:
        reach = 0.8 * self.fontMetrics().height()
        made = []
        for row in sorted(self.rows, key=lambda row: (row.depth, row.residual)):
            dot = self.dot(row)
            area = QRectF(dot.x() - reach, dot.y() - reach, 2 * reach, 2 * reach)
            made.append(Mark(row.name, row.name, area, self._card(row), row.network))
        return made

    def _card(self, row: Twin) -> str:
        kind = "with shortcuts" if row.residual else "without shortcuts"
        muted = theme.current().muted
        where = places(self.where)
        return (
            f"<p><b>{html.escape(row.name)}</b>: {row.depth} layers, {kind}</p>"
            f"<p>top-1 error {row.error:.2f} % (validation set, ten crops)</p>"
            + (f"<p>{html.escape(row.opens)}</p>" if row.opens else "")
            + f'<p style="color: {muted}">{html.escape(where)}</p>'
        )

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.current().panel))
        self._draw_grid(painter)
        for residual in (False, True):
            self._draw_pair(painter, [row for row in self.rows if row.residual is residual])

    def _draw_grid(self, painter: QPainter) -> None:
        style, line, field = theme.current(), self.fontMetrics().height(), self._field()
        painter.setFont(self.font())
        for tick in _TICKS:
            y = field.bottom() - (tick - _LEAST) / (_MOST - _LEAST) * field.height()
            painter.setPen(QPen(faded(style.line, 0.5), 1))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(QColor(style.muted))
            box = QRectF(0, y - line / 2, field.left() - 6, line)
            painter.drawText(box, _RIGHT | _MIDDLE, str(tick))
        for depth, along in _ALONG.items():
            x = field.left() + along * field.width()
            box = QRectF(x - 6 * line, field.bottom() + 0.5 * line, 12 * line, 1.2 * line)
            painter.drawText(box, _CENTRE, f"{depth} layers")
        painter.setFont(scaled(self.font(), 1.0, bold=True))
        painter.setPen(QColor(style.text))
        over = QRectF(4, 0.2 * line, self.width() - 4, 1.3 * line)
        painter.drawText(over, _LEFT | _MIDDLE, "Top-1 error on ImageNet-1K, %")
        painter.setFont(self.font())
        painter.setPen(QColor(style.muted))
        under = QRectF(4, self.height() - 2.4 * line, self.width() - 8, 2.2 * line)
        words = f"The axis begins at 24 %. {places(self.where)}"
        painter.drawText(under, int(_LEFT | _MIDDLE | Qt.TextFlag.TextWordWrap), words)

    def _draw_pair(self, painter: QPainter, pair: list[Twin]) -> None:
        style, line = theme.current(), self.fontMetrics().height()
        residual = pair[0].residual
        colour = QColor(style.skip if residual else style.branch)
        painter.setPen(
            QPen(
                colour,
                1.5 * style.line_width,
                Qt.PenStyle.SolidLine if residual else Qt.PenStyle.DashLine,
            )
        )
        dots = [self.dot(row) for row in pair]
        painter.drawLine(dots[0], dots[1])
        bold = scaled(self.font(), 1.15, bold=True)
        painter.setFont(bold)
        for row, dot in zip(pair, dots, strict=True):
            if self.current is not None and self.current.key == row.name:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(faded(style.text, 0.35))
                painter.drawEllipse(dot, 0.75 * line, 0.75 * line)
            painter.setPen(QPen(QColor(style.panel), 2))
            painter.setBrush(colour)
            radius = 0.45 * line
            if residual:
                painter.drawEllipse(dot, radius, radius)
            else:
                painter.drawRect(QRectF(dot.x() - radius, dot.y() - radius, 2 * radius, 2 * radius))
            words = f"{row.name}  {row.error:.2f}"
            width = text_width(bold, words)
            left = dot.x() - width - line if row.depth == 18 else dot.x() + line
            down = 0.05 * line if residual else -1.35 * line  # both pairs begin at nearly one place
            box = QRectF(left, dot.y() + down, width, 1.3 * line)
            painter.setPen(QColor(style.text))
            painter.drawText(box, _CENTRE | Qt.TextFlag.TextDontClip, words)
