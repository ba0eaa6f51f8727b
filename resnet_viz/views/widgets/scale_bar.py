"""A colour bar: what the colours of a map mean, with its least and greatest value and unit."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.figures.numbers import number_text
from resnet_viz.views.widgets import theme

_BAR = 72
_GAP = 6


class ScaleBar(QWidget):
    """A colour bar lying on its side: least value, colours, greatest value, unit."""

    def __init__(self, table: np.ndarray, parent: QWidget | None = None) -> None:
        """``table`` is (256, 3) uint8."""
        super().__init__(parent)
        self._strip = theme.to_qimage(table[np.newaxis])
        self._low, self._high, self._unit = "", "", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_table(self, table: np.ndarray) -> None:
        """Take other colours, (256, 3) uint8."""
        self._strip = theme.to_qimage(table[np.newaxis])
        self.update()

    def set_range(self, low: float, high: float, unit: str) -> None:
        """Label the ends with numbers. Where both are the same there are no colours to explain."""
        if np.isnan(low) or np.isnan(high):
            self.set_labels("", "no finite value", "")
        elif low == high:
            self.set_labels("", f"all {number_text(high, 3)}", unit)
        else:
            self.set_labels(number_text(low, 3), number_text(high, 3), unit)

    def set_labels(self, low: str, high: str, unit: str) -> None:
        """Label the ends with words; without a ``low``, ``high`` stands alone, with no colours."""
        self._low, self._high, self._unit = low, high, unit
        self.setAccessibleName(f"Colour scale: {self.text()}")
        self.setToolTip(self.accessibleName())
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The labels in one line, with "to" in place of the colours."""
        ends = f"{self._low} to {self._high}" if self._low else self._high
        return f"{ends} {self._unit}".strip()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = sum(
            metrics.horizontalAdvance(t) + _GAP for t in (self._low, self._high, self._unit)
        )
        return QSize(_BAR + words, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = self.fontMetrics()
        left = 0
        if self._low:
            left = self._draw_bar(painter)
        whole = QRect(left, 0, self.width(), self.height())
        painter.setPen(QColor(theme.current().text))
        painter.drawText(whole, Qt.AlignmentFlag.AlignVCenter, self._high)
        painter.setPen(QColor(theme.current().muted))
        unit = whole.translated(metrics.horizontalAdvance(self._high) + _GAP, 0)
        painter.drawText(unit, Qt.AlignmentFlag.AlignVCenter, self._unit)

    def _draw_bar(self, painter: QPainter) -> int:
        """Draw the least value and the colours; gives where they end."""
        metrics = self.fontMetrics()
        low = metrics.horizontalAdvance(self._low)
        high = metrics.horizontalAdvance(self._high)
        unit = metrics.horizontalAdvance(self._unit)
        spare = self.width() - low - high - unit - 3 * _GAP
        bar = QRect(low + _GAP, 3, max(24, min(spare, 3 * _BAR)), self.height() - 6)
        painter.drawImage(bar, self._strip)
        painter.setPen(QColor(theme.current().line))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(theme.current().text))
        painter.drawText(QRect(0, 0, low, self.height()), Qt.AlignmentFlag.AlignVCenter, self._low)
        return bar.right() + 1 + _GAP
