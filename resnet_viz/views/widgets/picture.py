"""A picture with a title above it, as large as its widget lets it be."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.views.widgets import theme

_LEAST = 0.8  # how far a title shrinks to fit


class Picture(QWidget):
    """Shows a QImage with its aspect ratio kept, or words where there is none yet."""

    resized = Signal()
    margin = 1

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._tail = title, ""
        self._words = ""
        self._image: QImage | None = None
        self._crisp = False
        self._scaled: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(72, 72)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def set_title(self, title: str, tail: str = "") -> None:
        """The line above the picture; where it does not fit, ``title`` is cut short."""
        self._title, self._tail = title, tail
        self.setAccessibleName(title + tail)
        self.update()

    def set_image(self, image: QImage, crisp: bool = False) -> None:
        """Show ``image``; ``crisp`` keeps its pixels square and sharp when they are enlarged."""
        self._image, self._crisp, self._scaled = image, crisp, None
        self.update()

    def set_words(self, words: str) -> None:
        """Show ``words`` in place of a picture."""
        self._image, self._scaled, self._words = None, None, words
        self.update()

    @property
    def image(self) -> QImage | None:
        """The picture as it was given, not as it is scaled."""
        return self._image

    def area(self) -> QRect:
        """The part of the widget that the picture may fill, below the title."""
        top = self.fontMetrics().height() + 4 if self._title else 0
        return self.rect().adjusted(self.margin, top + self.margin, -self.margin, -self.margin)

    def image_rect(self) -> QRect:
        """Where the picture is drawn, in the widget's pixels; empty if there is none."""
        area = self.area()
        if self._image is None or area.width() < 1 or area.height() < 1:
            return QRect()
        ratio = self.devicePixelRatioF()
        width, height = self._image.width() / ratio, self._image.height() / ratio
        scale = min(area.width() / width, area.height() / height)
        if self._crisp and scale >= 1:
            scale = int(scale)  # so that every pixel is drawn equally large
        rect = QRect(0, 0, max(1, round(width * scale)), max(1, round(height * scale)))
        rect.moveCenter(area.center())
        return rect

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.current()
        if self._title:
            painter.setPen(QColor(colours.text))
            self._draw_title(painter)
        if self._image is None:
            painter.setPen(QColor(colours.muted))
            painter.drawText(
                self.area(),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self._words,
            )
            return
        rect = self.image_rect()
        painter.drawPixmap(rect, self._pixmap(self._image, rect))
        painter.setPen(QColor(colours.line))
        painter.drawRect(QRectF(rect).adjusted(-0.5, -0.5, 0.5, 0.5))
        self.paint_over(painter, rect)

    def paint_over(self, painter: QPainter, rect: QRect) -> None:
        """What a subclass draws on the picture, which fills ``rect``."""

    def source(self, image: QImage, size: QSize) -> QImage:
        """What is scaled to ``size`` for the screen: ``image``, or a subclass's copy of it that is
        nearer to that size."""
        return image

    def _draw_title(self, painter: QPainter) -> None:
        """Somewhat smaller where it is too wide, and cut short where that is not enough."""
        painter.save()
        needed = painter.fontMetrics().horizontalAdvance(self._title + self._tail)
        if needed > self.width():
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * max(_LEAST, 0.98 * self.width() / needed))
            painter.setFont(font)
        metrics = painter.fontMetrics()
        room = self.width() - metrics.horizontalAdvance(self._tail)
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideMiddle, room)
        line = QRect(0, 0, self.width(), self.fontMetrics().height())
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, title + self._tail)
        painter.restore()

    def _pixmap(self, image: QImage, rect: QRect) -> QPixmap:
        """The picture scaled to ``rect``; kept, since a large photo takes long to scale."""
        size = rect.size() * self.devicePixelRatioF()
        if self._scaled is None or self._scaled.size() != size:
            mode = (
                Qt.TransformationMode.FastTransformation
                if self._crisp
                else Qt.TransformationMode.SmoothTransformation
            )
            scaled = self.source(image, size).scaled(
                size, Qt.AspectRatioMode.IgnoreAspectRatio, mode
            )
            self._scaled = QPixmap.fromImage(scaled)
        return self._scaled
