"""A small picture of the whole level with a frame around what is seen; the frame can be dragged."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from resnet_viz.views.diagram.canvas import DiagramCanvas
from resnet_viz.views.diagram.items.paint import tint
from resnet_viz.views.widgets import theme

_SHARE, _MARGIN = 0.2, 6


class Minimap(QWidget):
    """Lies in the corner of a canvas and shows itself as soon as that shows but a part."""

    def __init__(self, canvas: DiagramCanvas) -> None:
        super().__init__(canvas.viewport())
        self._canvas = canvas
        self._picture: QPixmap | None = None
        self.setAccessibleName("Overview of the diagram")
        self.setToolTip("The whole diagram. Drag the frame to move the view.")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        canvas.moved.connect(self.follow)
        canvas.resized.connect(self.follow)
        self.hide()

    def forget(self) -> None:
        """Draw the scene anew: it has changed."""
        self._picture = None
        self.follow()

    def follow(self) -> None:
        """Take up the view's place; hide where everything is seen anyway."""
        scene = self._canvas.sceneRect()
        if self._canvas.zoom < 1.05 or scene.isEmpty():
            self.hide()
            return
        view = self._canvas.viewport().size()
        factor = min(_SHARE * view.width() / scene.width(), 0.25 * view.height() / scene.height())
        size = QSize(
            max(24, round(factor * scene.width())), max(16, round(factor * scene.height()))
        )
        if size != self.size():
            self._picture = None
            self.resize(size)
        self.move(view.width() - size.width() - _MARGIN, _MARGIN)
        self.show()
        self.update()

    def frame(self) -> QRectF:
        """What the view shows, in this widget's coordinates."""
        scene, seen = self._canvas.sceneRect(), self._canvas.visible()
        across, down = self.width() / scene.width(), self.height() / scene.height()
        return QRectF(
            (seen.x() - scene.x()) * across,
            (seen.y() - scene.y()) * down,
            seen.width() * across,
            seen.height() * down,
        ).intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        if self._picture is None:
            self._picture = self._drawn()
        painter.drawPixmap(0, 0, self._picture)
        frame = self.frame()
        shade = QColor(look.window)
        shade.setAlphaF(0.45)
        for side in (
            QRectF(0, 0, self.width(), frame.top()),
            QRectF(0, frame.bottom(), self.width(), self.height() - frame.bottom()),
            QRectF(0, frame.top(), frame.left(), frame.height()),
            QRectF(frame.right(), frame.top(), self.width() - frame.right(), frame.height()),
        ):
            painter.fillRect(side, shade)
        painter.setPen(QPen(QColor(look.accent), 2.0))
        painter.drawRect(frame)
        painter.setPen(QPen(QColor(look.line), 1.0))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(tint(theme.current().panel, 1.0))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scene = self._canvas.scene()
        if scene is not None:
            target = QRectF(0, 0, self.width(), self.height())
            scene.render(painter, target, self._canvas.sceneRect())
        painter.end()
        return picture

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _go(self, at: QPointF) -> None:
        scene = self._canvas.sceneRect()
        x = scene.x() + at.x() * scene.width() / self.width()
        y = scene.y() + at.y() * scene.height() / self.height()
        self._canvas.centerOn(x, y)
        self._canvas.moved.emit()
