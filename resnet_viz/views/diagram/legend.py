"""The legend below the diagram: the colours of the blocks' values, and of branch and skip."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.figures.fill_scale import FillScale
from resnet_viz.views.diagram.items.paint import colour_row, wide_colours
from resnet_viz.views.widgets import theme


class Legend(QWidget):
    """A colour bar with labelled decades, then a key to the lines where there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale: FillScale | None = None
        self.has_skips = True
        self.setAccessibleName("Legend of the diagram")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_scale(self, scale: FillScale | None, tip: str = "") -> None:
        self.scale = scale
        self.setToolTip(tip)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, int(2.15 * QFontMetricsF(self.font()).height()) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        columns = self._key_columns()
        key = sum(self._column_width(metrics, column) for column in columns)
        left = self._paint_bar(painter, metrics, key) if self.scale else 10.0
        for column in columns:
            width = self._column_width(metrics, column)
            if left + width > self.width():
                break
            self._paint_column(painter, metrics, left, column)
            left += width
        painter.end()

    def _paint_bar(self, painter: QPainter, metrics: QFontMetricsF, key: float) -> float:
        """Paint bar and ticks, leaving ``key`` pixels if it can; returns where they end."""
        look, scale = theme.current(), self.scale
        assert scale is not None
        line = metrics.height()
        left = 1.2 * line
        rest = self.width() - left - 3.4 * line
        width = max(min(8 * line, rest), min(17 * line, rest - key))
        bar = QRectF(left, 3, width, 0.85 * line)
        first, last = (colour_row(end) for end in scale.ends)
        colours = wide_colours()[None, first : last + 1]
        painter.drawImage(bar, theme.to_qimage(colours))
        painter.setPen(QPen(QColor(look.muted), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        self._paint_anchor(painter, bar, scale.ends)
        most = max(1, int(width / (metrics.horizontalAdvance("10⁻⁸⁸") * 1.4)))
        for share, words in scale.ticks(most):
            at = left + width * share
            painter.setPen(QPen(QColor(look.muted), 1.0))
            painter.drawLine(QPointF(at, bar.bottom()), QPointF(at, bar.bottom() + 4))
            painter.setPen(QColor(look.text))
            half = metrics.horizontalAdvance(words) / 2
            painter.drawText(QPointF(at - half, bar.bottom() + 4 + metrics.ascent()), words)
        return left + width + 2.2 * line

    @staticmethod
    def _paint_anchor(painter: QPainter, bar: QRectF, ends: tuple[float, float]) -> None:
        """Strokes across the bar where the scale of all skips on ends and others go on."""
        first, last = ends
        painter.setPen(QPen(QColor(theme.current().text), 1.6))
        for place in (0.0, 1.0):
            if first < place < last:
                x = bar.x() + bar.width() * (place - first) / (last - first)
                painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 4))

    def _key_columns(self) -> list[list[tuple[str, str, Qt.PenStyle]]]:
        """The key's lines, as columns of at most two; the last are left out first."""
        look = theme.current()
        if not self.has_skips:
            return [[("layers", look.branch, Qt.PenStyle.SolidLine)]]
        branch = ("residual branch", look.branch, Qt.PenStyle.SolidLine)
        skip = ("skip", look.skip, Qt.PenStyle.SolidLine)
        return [[skip, branch], [("skip off", look.off, Qt.PenStyle.DashLine)]]

    @staticmethod
    def _column_width(metrics: QFontMetricsF, column: list[tuple[str, str, Qt.PenStyle]]) -> float:
        return max(metrics.horizontalAdvance(row[0]) for row in column) + 3.2 * metrics.height()

    @staticmethod
    def _paint_column(
        painter: QPainter,
        metrics: QFontMetricsF,
        x: float,
        column: list[tuple[str, str, Qt.PenStyle]],
    ) -> None:
        look, line = theme.current(), metrics.height()
        y = 3 + 0.45 * line
        for words, colour, style in column:
            painter.setPen(QPen(QColor(colour), 1.3 * look.line_width, style))
            painter.drawLine(QPointF(x, y), QPointF(x + 1.6 * line, y))
            painter.setPen(QColor(look.text))
            painter.drawText(QPointF(x + 2.0 * line, y + 0.36 * metrics.ascent()), words)
            y += 1.05 * line
