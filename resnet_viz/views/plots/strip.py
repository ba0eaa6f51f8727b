"""A network as a strip: its layers or blocks in a row, coloured by a measured norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_viz.figures.numbers import number_text, row_of
from resnet_viz.figures.scale import Scale
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import plain

HEAT_MAP = "viridis"
_PULSE = 350  # milliseconds
_GLOW_STEP = 0.3


@dataclass(frozen=True)
class Cell:
    """One block or layer. ``stage`` is 0 before the first stage and after the last."""

    name: str
    stage: int
    has_skip: bool


class NetworkStrip(QWidget):
    """From the input at the left to the loss at the right, with an arc over each cell that has a
    skip. Zero, infinity and not-a-number are marked with their sign instead of a colour.

    ``clicked`` carries the number of the cell that was clicked.
    """

    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self._cells: tuple[Cell, ...] = ()
        self._values: tuple[float, ...] | None = None
        self._scale: Scale | None = None
        self._front: float | None = None
        self._marker: int | None = None
        self._glow = 0.0
        self._colours = theme.colour_map(HEAT_MAP)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._pulse = QVariantAnimation(self)
        self._pulse.setStartValue(1.0)
        self._pulse.setEndValue(0.0)
        self._pulse.setDuration(_PULSE)
        self._pulse.valueChanged.connect(self._set_glow)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self._cells

    @property
    def front(self) -> float | None:
        """Where the sweep is, as a position among the cells."""
        return self._front

    def show_network(self, title: str, cells: Sequence[Cell]) -> None:
        """Draw another network, without values yet."""
        self._title, self._cells = title, tuple(cells)
        self._values, self._front = None, None
        self.setAccessibleName(f"{title}, {len(cells)} cells")
        self.updateGeometry()
        self.update()

    def show_values(self, values: Sequence[float] | None, scale: Scale | None) -> None:
        """Colour each cell by its value on the logarithmic ``scale``; None for no colours.

        Raises:
            ValueError: there are not as many values as cells.
        """
        if values is not None and len(values) != len(self._cells):
            raise ValueError(f"{len(values)} values for {len(self._cells)} cells")
        self._values, self._scale = None if values is None else tuple(values), scale
        self.update()

    def set_front(self, position: float | None) -> None:
        """Show a sweep that has come from the right to ``position``: cells left of it are dark."""
        self._front = position
        self.update()

    def set_marker(self, index: int | None) -> None:
        """Outline a cell, or none."""
        self._marker = index
        self.update()

    def pulse(self) -> None:
        """Flash once, so that a new measurement is seen to arrive."""
        self._pulse.stop()
        self._pulse.start()

    def retheme(self) -> None:
        """Take the colours of the theme in use."""
        self._colours = theme.colour_map(HEAT_MAP)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, round((4.6 if self._title else 3.5) * self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def colour_of(self, index: int) -> QColor | None:
        """The colour of a cell, or None if it has none: no value, or one off the scale."""
        if self._values is None or self._scale is None or row_of(self._values[index]) is not None:
            return None
        low, high = self._scale.low, self._scale.high
        share = (np.log10(self._values[index]) - low) / max(1, high - low)
        red, green, blue = self._colours[round(255 * float(np.clip(share, 0, 1)))]
        return QColor(int(red), int(green), int(blue))

    def cell_rect(self, index: int) -> QRectF:
        """Where a cell is drawn."""
        line = self.fontMetrics().height()
        pitch = (self.width() - 8) / max(1, len(self._cells))
        gap = min(6.0, 0.22 * pitch)
        top = (2.2 if self._title else 1.1) * line
        return QRectF(
            4 + index * pitch + gap / 2, top, pitch - gap, self.height() - top - 0.5 * line
        )

    def _set_glow(self, value: float) -> None:
        """Few steps rather than smooth ones: a strip that pulses all the time costs little."""
        if value in (0.0, 1.0) or abs(value - self._glow) >= _GLOW_STEP:
            self._glow = value
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(look.text))
        line = self.fontMetrics().height()
        painter.drawText(
            QRectF(4, 0, self.width() - 8, line), Qt.AlignmentFlag.AlignLeft, self._title
        )
        for index, cell in enumerate(self._cells):
            self._paint_cell(painter, index, cell)
        if self._front is not None and self._cells:
            pitch = (self.width() - 8) / len(self._cells)
            x = 4 + (self._front + 0.5) * pitch
            glow = QColor(look.accent)
            for width, alpha in ((14, 50), (8, 100), (3, 255)):
                glow.setAlpha(alpha)
                painter.setPen(QPen(glow, width))
                top = (1.3 if self._title else 0.2) * line
                painter.drawLine(round(x), round(top), round(x), self.height() - 2)

    def _paint_cell(self, painter: QPainter, index: int, cell: Cell) -> None:
        look = theme.current()
        rect = self.cell_rect(index)
        lit = self._front is None or index >= self._front
        fill = self.colour_of(index) if lit else None
        radius = min(4.0, rect.width() / 3)
        stage = QColor(
            look.stages[(cell.stage - 1) % len(look.stages)] if cell.stage else look.line
        )
        painter.setPen(QPen(stage, 1.5 + 2 * self._glow))
        if rect.width() < 4:  # an outline would leave no room for the colour
            painter.setPen(Qt.PenStyle.NoPen)
        if index == self._marker:
            painter.setPen(QPen(QColor(look.text), 3))
        painter.setBrush(fill or QColor(look.raised))
        painter.drawRoundedRect(rect, radius, radius)
        if self._glow > 0 and fill is not None:
            # The edge alone: a flash over the fill would falsify its colour.
            flash = QColor(look.text)
            flash.setAlphaF(self._glow)
            painter.setPen(QPen(flash, 1 + 2 * self._glow))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, radius, radius)
        sign = row_of(self._values[index]) if self._values is not None and lit else None
        if sign is not None:
            painter.setPen(QColor(look.warning))
            wide = self.fontMetrics().horizontalAdvance(sign) <= rect.width()
            if wide:
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, sign)
            else:
                painter.drawLine(rect.topLeft(), rect.bottomRight())
        if cell.has_skip:
            skip = QColor(look.skip)
            skip.setAlphaF(1.0 if lit else 0.35)
            painter.setPen(QPen(skip, max(1.0, 0.8 * look.line_width)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            height = min(0.8 * self.fontMetrics().height(), rect.width())
            arc = QPainterPath(rect.topLeft())
            arc.cubicTo(
                rect.left(), rect.top() - 1.3 * height,
                rect.right(), rect.top() - 1.3 * height,
                rect.right(), rect.top(),
            )  # fmt: skip
            painter.drawPath(arc)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._cell_at(event.position().x())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(index)

    def _cell_at(self, x: float) -> int | None:
        rects = enumerate(map(self.cell_rect, range(len(self._cells))))
        return next((i for i, rect in rects if rect.left() <= x <= rect.right()), None)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            index = self._cell_at(event.pos().x())
            if index is None:
                QToolTip.hideText()
            else:
                value = "" if self._values is None else f": {number_text(self._values[index])}"
                tip = plain(f"{self._cells[index].name}{value}")
                QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)
