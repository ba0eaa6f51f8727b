"""Maps in rows that scroll sideways only."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QStyle, QWidget

from resnet_viz.views.widgets.tiles import Tiles


class FilmStrip(Tiles):
    """All tiles in ``rows`` rows, one below the other, as they would be in a film."""

    def __init__(
        self, table: np.ndarray, parent: QWidget | None = None, rows: int = 1, side: int = 40
    ) -> None:
        """``table`` is (256, 3) uint8; ``side`` is that of a tile, in pixels."""
        super().__init__(table, parent)
        self._rows, self._side = rows, side

    def set_rows(self, rows: int) -> None:
        """Take so many rows from the next tiles on."""
        self._rows = rows
        self.fit_height()

    def columns(self) -> int:
        return max(1, -(-len(self.tiles) // self._rows))

    def side(self) -> int:
        return self._side

    def fit_height(self) -> None:
        """Take as much height as the rows and the scroll bar need."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        row = self.side() + self.fontMetrics().height() + 4
        self.setFixedHeight(self._rows * row + 2 + bar)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (turn.y() or turn.x()))
