"""A square picture in which a point can be chosen, with boxes drawn around places."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.picture import Picture

Box = tuple[QRectF, str]
"""A place in shares of the picture's sides, and its colour."""

_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PointPicture(Picture):
    """``pointed`` carries a point in shares of the sides: a click, a drag, or an arrow key, which
    goes on by ``step`` from ``point``."""

    pointed = Signal(float, float)

    def __init__(self, title: str = "") -> None:
        super().__init__(title)
        self.boxes: tuple[Box, ...] = ()
        self.point = (0.5, 0.5)
        self.step = 1 / 32
        # As low as it gets before the page scrolls.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def mark(self, point: tuple[float, float], boxes: tuple[Box, ...]) -> None:
        """Draw ``boxes``; arrow keys start from ``point``."""
        self.point, self.boxes = point, boxes
        self.update()

    def paint_over(self, painter: QPainter, rect: QRect) -> None:
        look = theme.current()
        for box, colour in self.boxes:
            place = QRectF(
                rect.x() + box.x() * rect.width(),
                rect.y() + box.y() * rect.height(),
                max(3.0, box.width() * rect.width()),
                max(3.0, box.height() * rect.height()),
            )
            for pen, width in (("#000000", look.line_width + 2), (colour, look.line_width)):
                painter.setPen(QPen(QColor(pen), width))
                painter.drawRect(place)
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.accent), look.line_width))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def at(self, position: QPointF) -> tuple[float, float] | None:
        """A position in the widget as shares of the picture's sides; None outside it."""
        rect = self.image_rect()
        if rect.isEmpty() or not rect.contains(position.toPoint()):
            return None
        return (
            (position.x() - rect.x()) / rect.width(),
            (position.y() - rect.y()) / rect.height(),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._point_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point_to(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        across, down = (
            min(1 - self.step / 2, max(self.step / 2, now + by * self.step))
            for now, by in zip(self.point, step, strict=True)
        )
        self.pointed.emit(across, down)

    def _point_to(self, position: QPointF) -> None:
        found = self.at(position)
        if found is not None:
            self.pointed.emit(min(found[0], 1 - 1e-9), min(found[1], 1 - 1e-9))
