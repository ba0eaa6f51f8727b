"""Probabilities of both sides, class by class, with their difference."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.figures.comparison import OTHER_CLASSES, TOP, rows
from resnet_viz.results.comparison import Comparison
from resnet_viz.views.widgets import theme


class Odds(QWidget):
    """For each class two bars from 0 to 100 %, the left side's above the right side's."""

    def __init__(self) -> None:
        super().__init__()
        self._comparison: Comparison | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_comparison(self, comparison: Comparison) -> None:
        """Draw the classes that matter to either side."""
        self._comparison = comparison
        self.setAccessibleName("Probabilities, left and right")
        self.setAccessibleDescription("; ".join(" ".join(row) for row in self.rows()))
        self.update()

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Class, probability at the left, at the right, and the difference in points."""
        return [] if self._comparison is None else rows(self._comparison)

    def sizeHint(self) -> QSize:
        return QSize(320, (TOP + 1) * self._line())

    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look, given = theme.current(), self._comparison
        if given is None:
            return
        painter.setPen(QColor(look.muted))
        if not given.same_classes:
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap,
                OTHER_CLASSES,
            )
            return
        metrics, line = self.fontMetrics(), self._line()
        number = metrics.horizontalAdvance("< 0.1 %") + 6
        change = metrics.horizontalAdvance("−100.0") + 6
        name = min(metrics.horizontalAdvance("automobile") + 8, self.width() // 3)
        columns = self.width() - change - 2 * number
        centre, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        for x, width, text in (
            (columns, number, "left"),
            (columns + number, number, "right"),
            (columns + 2 * number, change, "points"),
        ):
            painter.drawText(QRectF(x, 0, width, line), centre | right, text)
        for row, (index, texts) in enumerate(zip(given.top(TOP), self.rows(), strict=True), 1):
            top = row * line
            painter.setPen(QColor(look.text))
            label = ("◎ " if index == given.left.now.target else "") + texts[0]
            shown = metrics.elidedText(label, Qt.TextElideMode.ElideRight, name)
            painter.drawText(QRectF(0, top, name, line), centre, shown)
            for half, (run, colour) in enumerate(
                ((given.left.now, look.skip), (given.right.now, look.branch))
            ):
                share = float(np.nan_to_num(run.probabilities[index]))
                room = columns - name - 6
                height = (line - 4) / 2
                area = QRectF(name, top + 2 + half * height, room, height - 1)
                painter.fillRect(area, QColor(look.raised))
                area.setWidth(max(1.0, room * share))
                painter.fillRect(area, QColor(colour))
            for x, width, text in (
                (columns, number, texts[1]),
                (columns + number, number, texts[2]),
                (columns + 2 * number, change, texts[3]),
            ):
                painter.drawText(QRectF(x, top, width, line), centre | right, text)
