"""What lies over the picture: black or white, a frozen picture, a spotlight, and the pen."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from resnet_viz.views.widgets import theme

Blank = Literal["", "black", "white"]

_DIM = 190
"""How dark everything outside of the spotlight is, of 255."""


class Veil(QWidget):
    """Covers the stage. The mouse goes through it except while it draws or points."""

    def __init__(self, stage: QWidget) -> None:
        super().__init__(stage)
        self.setProperty("overlay", True)
        self.setAccessibleName("Over the picture")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.blank: Blank = ""
        self.frozen: QPixmap | None = None
        self.spotlight = self.pen = False
        self.strokes: list[list[QPointF]] = []
        self._pointer = QPointF()
        self._follow()

    def set_blank(self, blank: Blank) -> None:
        """Show nothing but one colour; "" shows the picture again."""
        self.blank = blank
        self._follow()

    def set_frozen(self, picture: QPixmap | None) -> None:
        """Show a picture in the place of the stage; None shows the stage again."""
        self.frozen = picture
        self._follow()

    def set_spotlight(self, on: bool) -> None:
        """Darken all but what the mouse points at."""
        self.spotlight, self.pen = on, False
        self._pointer = QPointF(self.mapFromGlobal(self.cursor().pos()))
        self._follow()

    def set_pen(self, on: bool) -> None:
        """Let the mouse draw."""
        self.pen, self.spotlight = on, False
        self._follow()

    def clear(self) -> None:
        """Take away what was drawn."""
        self.strokes = []
        self._follow()

    def _follow(self) -> None:
        taken = self.pen or self.spotlight
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not taken)
        shapes = Qt.CursorShape
        self.setCursor(
            shapes.CrossCursor if self.pen else shapes.BlankCursor if taken else shapes.ArrowCursor
        )
        there = bool(self.blank or self.frozen is not None or taken or self.strokes)
        self.setVisible(there)
        self.raise_()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.pen:
            self.strokes.append([event.position()])
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self.pen and self.strokes and event.buttons() & Qt.MouseButton.LeftButton:
            self.strokes[-1].append(event.position())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.frozen is not None:
            painter.drawPixmap(self.rect(), self.frozen)
        if self.blank:
            painter.fillRect(self.rect(), QColor(self.blank))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.spotlight:
            dark, light = QPainterPath(), QPainterPath()
            dark.addRect(self.rect())
            radius = self.height() / 6
            light.addEllipse(self._pointer, radius, radius)
            painter.fillPath(dark.subtracted(light), QColor(0, 0, 0, _DIM))
        look = theme.current()
        pen = QPen(QColor(look.warning), 1.6 * look.line_width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for stroke in self.strokes:
            if len(stroke) == 1:
                painter.drawPoint(stroke[0])
            painter.drawPolyline(stroke)
