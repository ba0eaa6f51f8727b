"""The slider under everything: where the training stands, and the checkpoints to go back to."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.views.widgets import theme

_EDGE = 10


class TimeLine(QWidget):
    """Steps from left to right, with a tick at each checkpoint and a handle.

    The handle snaps to checkpoints, and to the newest step. ``asked`` carries the step that the
    user went to, by mouse or with the arrow keys, Home and End.
    """

    asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checkpoints: tuple[int, ...] = ()
        self.newest = self.position = 0
        self.setAccessibleName("Time")
        self.setToolTip("Go back in time: drag, or ← → from checkpoint to checkpoint, Home, End")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_time(self, position: int, newest: int, checkpoints: tuple[int, ...]) -> None:
        """Put the handle at ``position`` of ``newest`` steps."""
        self.position, self.newest, self._checkpoints = position, newest, checkpoints
        self.setAccessibleDescription(self.text())
        self.update()

    def text(self) -> str:
        """Where the handle is, in words."""
        if self.position == self.newest:
            return f"Step {self.position}"
        return f"Step {self.position} of {self.newest}"

    @property
    def stops(self) -> tuple[int, ...]:
        """The steps that can be gone to."""
        return tuple(sorted({*self._checkpoints, self.newest}))

    def x_of(self, step: int) -> float:
        """Where a step is, in pixels."""
        return _EDGE + step / max(1, self.newest) * (self.width() - 2 * _EDGE)

    def sizeHint(self) -> QSize:
        return QSize(300, max(26, round(1.3 * self.fontMetrics().height())))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        here = self.x_of(self.position)
        painter.setPen(QPen(QColor(look.line), 4))
        painter.drawLine(QPointF(_EDGE, middle), QPointF(self.width() - _EDGE, middle))
        if self.newest:
            painter.setPen(QPen(QColor(look.accent), 4))
            painter.drawLine(QPointF(_EDGE, middle), QPointF(here, middle))
            painter.setPen(QPen(QColor(look.text), 1.5))
            for step in self._checkpoints:
                x = self.x_of(step)
                painter.drawLine(QPointF(x, middle + 4), QPointF(x, self.height() - 1))
        painter.setPen(QPen(QColor(look.text if self.hasFocus() else look.line), 2))
        painter.setBrush(QColor(look.accent if self.newest else look.off))
        painter.drawRoundedRect(QRectF(here - 6, middle - 9, 12, 18), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_near(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_near(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, here = Qt.Key, self.position
        before = [step for step in self.stops if step < here]
        after = [step for step in self.stops if step > here]
        wanted = {
            keys.Key_Left: before[-1:],
            keys.Key_Right: after[:1],
            keys.Key_Home: before[:1],
            keys.Key_End: after[-1:],
        }.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted:
            self._go(wanted[0])

    def _go_near(self, x: float) -> None:
        nearest = min(self.stops, key=lambda step: abs(self.x_of(step) - x))
        if nearest != self.position:
            self._go(nearest)

    def _go(self, step: int) -> None:
        self.position = step
        self.update()
        self.asked.emit(step)
