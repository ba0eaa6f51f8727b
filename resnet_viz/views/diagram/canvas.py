"""The view of a level's scene: it zooms, pans and reports what was clicked."""

from __future__ import annotations

from PySide6.QtCore import (
    QEasingCurve,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsView, QWidget

from resnet_viz.views.diagram.items.item import Deeds, DiagramItem

MORPH_MS = 260


class DiagramCanvas(QGraphicsView):
    """A graphics view that pans when dragged and reports wheel and clicks.

    A zoom of 1 is the fitted layout; it cannot be zoomed out further. ``clicked`` and
    ``double_clicked`` carry the item, or None, and the point in the scene; ``wheeled`` a factor and
    the cursor's place in the viewport. ``deeds`` is what items answer a right click with; where one
    does, no menu follows.
    """

    clicked = Signal(object, QPointF)
    double_clicked = Signal(object, QPointF)
    wheeled = Signal(float, QPointF)
    resized = Signal()
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setMouseTracking(True)
        self.base_zoom = 1.0
        self.deeds: Deeds | None = None
        self._pressed: QPoint | None = None
        self._last = QPoint()
        self._panning = False
        self._nothing_follows = False
        self._answered = False
        self.horizontalScrollBar().valueChanged.connect(self.moved)
        self.verticalScrollBar().valueChanged.connect(self.moved)

    @property
    def zoom(self) -> float:
        """The zoom, of which 1 shows the whole diagram."""
        return self.transform().m11() / self.base_zoom

    def fit_scene(self) -> None:
        """Show the whole scene."""
        rect = self.sceneRect()
        if rect.isEmpty():
            return
        view = self.viewport().rect()
        self.base_zoom = min(1.0, view.width() / rect.width(), view.height() / rect.height())
        self.resetTransform()
        self.scale(self.base_zoom, self.base_zoom)
        self.centerOn(rect.center())
        self.moved.emit()

    def show_rect(
        self, rect: QRectF, least: float, most: float, start: QPointF | None = None
    ) -> None:
        """Show a part of the scene as large as the view allows, within two scales.

        Where it is too large for the least scale, its beginning is shown: ``start``, which is in
        the middle of its edge, or its corner.
        """
        view = self.viewport().rect()
        fitting = 0.93 * min(view.width() / rect.width(), view.height() / rect.height())
        scale = max(least, min(most, fitting), self.base_zoom)
        self.resetTransform()
        self.scale(scale, scale)
        half = QPointF(view.width() / scale / 2, view.height() / scale / 2)
        middle = rect.center()
        margin = 12 / scale
        start = start or rect.topLeft()
        if rect.width() > 2 * half.x():
            middle.setX(max(start.x(), rect.left() + half.x() - margin))
        if rect.height() > 2 * half.y():
            middle.setY(max(start.y(), rect.top() + half.y() - margin))
        self.centerOn(middle)
        self.moved.emit()

    def zoom_by(self, factor: float, about: QPointF | None = None, most: float = 12.0) -> None:
        """Zoom about a point of the viewport, by default its middle; ``most`` is a zoom."""
        about = about or QPointF(self.viewport().rect().center())
        factor = min(max(self.zoom * factor, 1.0), max(1.0, most)) / self.zoom
        before = self.viewportTransform().inverted()[0].map(about)
        self.scale(factor, factor)
        after = self.viewportTransform().map(before)
        self._scroll(round(after.x() - about.x()), round(after.y() - about.y()))
        self.moved.emit()

    def scene_point(self, at: QPointF) -> QPointF:
        """A point of the viewport in the scene."""
        return self.viewportTransform().inverted()[0].map(at)

    def item_at(self, at: QPoint) -> DiagramItem | None:
        """The uppermost item at a point of the viewport."""
        item = self.itemAt(at)
        return item if isinstance(item, DiagramItem) else None

    def visible(self) -> QRectF:
        """The part of the scene that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def picture(self) -> QPixmap:
        """What the viewport shows, without the widgets on it."""
        view = self.viewport()
        ratio = self.devicePixelRatioF()
        shot = QPixmap(view.size() * ratio)
        shot.setDevicePixelRatio(ratio)
        shot.fill(self.backgroundBrush().color())
        painter = QPainter(shot)
        painter.setRenderHints(self.renderHints())
        self.render(painter, QRectF(view.rect()), view.rect())
        painter.end()
        return shot

    def _scroll(self, dx: int, dy: int) -> None:
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + dx)
        down.setValue(down.value() + dy)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.wheeled.emit(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position().toPoint()
            self._panning = False
            self._nothing_follows = False
        elif event.button() == Qt.MouseButton.RightButton:
            at = event.position().toPoint()
            item = self.item_at(at)
            self._answered = bool(
                item and self.deeds and item.asked(self.viewport().mapToGlobal(at), self.deeds)
            )
        event.ignore()  # The parent takes the focus.

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A right click on a switch has had its answer; elsewhere others may have a menu."""
        event.setAccepted(self._answered)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._panning or far:
            self._panning = True
            self._scroll(self._last.x() - at.x(), self._last.y() - at.y())
            self._last = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            if not self._panning and not self._nothing_follows:
                at = self._pressed
                self.clicked.emit(self.item_at(at), self.mapToScene(at))
            self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position().toPoint()
        item = self.item_at(at)
        # The second of two quick clicks on a switch, such as an arc, is a click of its own.
        if item is None or not item.repeated:
            self._nothing_follows = True
            self.double_clicked.emit(item, self.mapToScene(at))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class Morph(QWidget):
    """Leads from one level to the next: both pictures move as one, while one fades into the other.

    What has the user's attention, a block or a stage, lies at another place and in another size in
    the two pictures; in between it goes from one to the other.
    """

    def __init__(self, canvas: DiagramCanvas) -> None:
        super().__init__(canvas.viewport())
        self._before = self._after = QPixmap()
        self._from = self._to = QRectF()
        self._share = 1.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.animation = QVariantAnimation(self)
        self.animation.setDuration(MORPH_MS)
        self.animation.setStartValue(0.0)
        self.animation.setEndValue(1.0)
        self.animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self.animation.valueChanged.connect(self._step)
        self.animation.finished.connect(self.hide)
        self.hide()

    def play(
        self, before: QPixmap, start: QRectF, after: QPixmap, end: QRectF, area: QRect
    ) -> None:
        """Go from ``before``, in which the matter lies at ``start``, to ``after`` and ``end``."""
        self._before, self._after, self._from, self._to = before, after, start, end
        self._share = 0.0
        self.setGeometry(area)
        self.show()
        self.raise_()
        self.animation.stop()
        self.animation.start()

    def stop(self) -> None:
        """Show where it leads at once."""
        self.animation.stop()
        self.hide()

    def _step(self, value: float) -> None:
        self._share = float(value)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        share, start, end = self._share, self._from, self._to
        now = QRectF(
            start.x() + share * (end.x() - start.x()),
            start.y() + share * (end.y() - start.y()),
            start.width() + share * (end.width() - start.width()),
            start.height() + share * (end.height() - start.height()),
        )
        painter.fillRect(self.rect(), self.palette().window())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for shot, place, alpha in (
            (self._before, start, 1.0 - share),
            (self._after, end, share),
        ):
            painter.save()
            painter.setOpacity(alpha)
            painter.translate(now.center())
            # One factor for both directions, so that text is not squeezed.
            ways = (now.width() / max(1.0, place.width()), now.height() / max(1.0, place.height()))
            painter.scale(*(2 * [(ways[0] * ways[1]) ** 0.5]))
            painter.translate(-place.center())
            painter.drawPixmap(0, 0, shot)
            painter.restore()
        painter.end()
