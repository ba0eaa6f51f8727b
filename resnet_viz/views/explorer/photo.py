"""The user's photo with the crop box on it, and what the network sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.photo_strip import PhotoStrip
from resnet_viz.engine.state import ExplorerState
from resnet_viz.images.photo import Crop, Photo, clamp_crop, default_crop, halved
from resnet_viz.images.planes import planes_in_words
from resnet_viz.results.result import Result
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Key
from resnet_viz.views.widgets.photo_strip import PhotoStripView
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

_HANDLE = 9  # pixels: the side of a corner's handle, and about how far from the corner it reacts
_FINE = 1024  # pixels of the longer side of what is drawn, where the widget is no larger
_SMALLEST = 8.0  # photo pixels: the least side of a crop
_HELP = (
    "Drag the box to move it and its corners to resize it. "
    "Arrow keys move it, with Shift further; + and − resize it; "
    "a double click or Home brings the default back."
)
Corner = tuple[int, int]
"""Which corner of the box: 0 or 1 from the left, 0 or 1 from the top."""


class CropEditor(Picture):
    """A photo with a square box that the user moves and resizes.

    ``dragged`` carries each new Crop, inside the photo; ``reset`` asks for the default one.
    """

    dragged = Signal(object)
    reset = Signal()
    margin = _HANDLE

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Photo", parent)
        self._photo: Photo | None = None
        self._crop = Crop(0, 0, 1)
        self._held: Corner | None = None
        self._from: tuple[QPointF, Crop] | None = None
        self.drags = 0
        """How often the box has been taken hold of."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setToolTip(_HELP)
        self.setAccessibleDescription(_HELP)

    @property
    def crop(self) -> Crop:
        return self._crop

    def set_photo(self, photo: Photo) -> None:
        if self._photo is None or not photo.beside(self._photo):
            self._from = None  # the next frame of a video does not end a drag
        self._photo = photo
        self.set_title(photo.name, f" · {photo.width}×{photo.height}")
        self.set_image(theme.to_qimage(halved(photo, _FINE)))

    def source(self, image: QImage, size: QSize) -> QImage:
        """To scale a photo of 16 megapixels at once would hold up the window."""
        longest = max(size.width(), size.height())
        if self._photo is not None and longest > max(image.width(), image.height()):
            return theme.to_qimage(halved(self._photo, longest))
        return image

    def set_crop(self, crop: Crop) -> None:
        self._crop = crop
        self.update()

    def box(self) -> QRectF:
        """The crop in the widget's pixels."""
        rect, photo = self.image_rect(), self._photo
        if photo is None or rect.isEmpty():
            return QRectF()
        across, down = rect.width() / photo.width, rect.height() / photo.height
        crop = self._crop
        return QRectF(
            rect.x() + crop.x * across,
            rect.y() + crop.y * down,
            crop.size * across,
            crop.size * down,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._held = self._corner_at(event.position())
            if self._held is not None or self.box().contains(event.position()):
                self._from = (self._on_photo(event.position()), self._crop)
                self.drags += 1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            self._show_cursor(event.position())
            return
        point = self._on_photo(event.position())
        start, before = self._from
        if self._held is None:
            moved = point - start
            self._offer(Crop(before.x + moved.x(), before.y + moved.y(), before.size))
        else:
            self._offer(self._resized(before, self._held, point - start))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self.reset.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, photo, crop = event.key(), self._photo, self._crop
        step = 0.05 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.01
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        sizes = {Qt.Key.Key_Plus: 1.05, Qt.Key.Key_Equal: 1.05, Qt.Key.Key_Minus: 1 / 1.05}
        if photo is None:
            event.ignore()
        elif key in moves:
            right, down = moves[Qt.Key(key)]
            x = crop.x + right * step * photo.width
            self._offer(Crop(x, crop.y + down * step * photo.height, crop.size))
        elif key in sizes:
            size = max(_SMALLEST, crop.size * sizes[Qt.Key(key)])
            shift = (crop.size - size) / 2
            self._offer(Crop(crop.x + shift, crop.y + shift, size))
        elif key == Qt.Key.Key_Home:
            self.reset.emit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paint_over(self, painter: QPainter, rect: QRect) -> None:
        box = self.box()
        outside = QPainterPath()
        outside.addRect(QRectF(rect))
        inside = QPainterPath()
        inside.addRect(box)
        painter.fillPath(outside.subtracted(inside), QColor(0, 0, 0, 150))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.current()
        # White on black is seen on every photo.
        painter.setPen(QPen(QColor("black"), colours.line_width + 2))
        painter.drawRect(box)
        painter.setPen(QPen(QColor("white"), colours.line_width))
        painter.drawRect(box)
        painter.setPen(QPen(QColor("black"), 1))
        painter.setBrush(QColor(colours.accent if self.hasFocus() else "white"))
        side = min(_HANDLE, max(4.0, box.width() / 3))
        for corner in (box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight()):
            painter.drawRect(QRectF(corner.x() - side / 2, corner.y() - side / 2, side, side))

    def _corner_at(self, point: QPointF) -> Corner | None:
        """The corner whose handle is at ``point``. A small box keeps its middle for moving."""
        box = self.box()
        inner = min(_HANDLE, box.width() / 4)
        if box.adjusted(inner, inner, -inner, -inner).contains(point):
            return None
        for right, x in enumerate((box.left(), box.right())):
            for low, y in enumerate((box.top(), box.bottom())):
                if max(abs(point.x() - x), abs(point.y() - y)) <= _HANDLE:
                    near_right = int(abs(point.x() - box.right()) < abs(point.x() - box.left()))
                    near_low = int(abs(point.y() - box.bottom()) < abs(point.y() - box.top()))
                    return (near_right, near_low) if box.width() < 2 * _HANDLE else (right, low)
        return None

    def _show_cursor(self, point: QPointF) -> None:
        corner = self._corner_at(point)
        shapes = Qt.CursorShape
        if corner is not None:
            falling = corner[0] == corner[1]
            self.setCursor(shapes.SizeFDiagCursor if falling else shapes.SizeBDiagCursor)
        elif self.box().contains(point):
            self.setCursor(shapes.SizeAllCursor)
        else:
            self.unsetCursor()

    def _on_photo(self, point: QPointF) -> QPointF:
        """From the widget's pixels to the photo's."""
        rect, photo = self.image_rect(), self._photo
        if photo is None or rect.isEmpty():
            return QPointF()
        return QPointF(
            (point.x() - rect.x()) * photo.width / rect.width(),
            (point.y() - rect.y()) * photo.height / rect.height(),
        )

    def _resized(self, before: Crop, corner: Corner, moved: QPointF) -> Crop:
        """``before`` with one corner moved; the opposite one stays, and so does the square."""
        if self._photo is None:
            return before
        right, low = corner
        wider = moved.x() if right else -moved.x()
        taller = moved.y() if low else -moved.y()
        anchor_x = before.x + (0 if right else before.size)
        anchor_y = before.y + (0 if low else before.size)
        room = min(
            self._photo.width - anchor_x if right else anchor_x,
            self._photo.height - anchor_y if low else anchor_y,
        )
        size = min(room, max(_SMALLEST, before.size + max(wider, taller, key=abs)))
        return Crop(
            anchor_x if right else anchor_x - size, anchor_y if low else anchor_y - size, size
        )

    def _offer(self, crop: Crop) -> None:
        if self._photo is not None:
            self.dragged.emit(clamp_crop(crop, self._photo))


class PhotoView(ExplorerPanel):
    """The photo and its crop box above or beside what the network sees, over the other photos."""

    KEYS = {  # noqa: RUF012
        "move": Key("← → ↑ ↓", "Move the crop; with Shift in larger steps"),
        "size": Key("+, −", "Change its size"),
        "reset": Key("Home", "Take the whole photo again"),
    }

    def __init__(
        self,
        state: ExplorerState,
        parent: QWidget | None = None,
        strip: PhotoStrip | None = None,
    ) -> None:
        super().__init__(state, parent)
        self.strip = strip or PhotoStrip(state, self)
        self.strip_view = PhotoStripView(self.strip)
        self._result: Result | None = None
        self.setAccessibleName("Photo")
        self.editor = CropEditor()
        self.seen = Picture("Network input")
        self.hint = PlainLabel("Drop, paste or open a photo")
        self.hint.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.note = PlainLabel()
        self.note.setWordWrap(True)
        self._pictures = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._pictures.setSpacing(6)
        self._pictures.addWidget(self.editor, 1)
        self._pictures.addWidget(self.seen, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(self._pictures, 1)
        column.addWidget(self.note)
        column.addWidget(self.hint)
        column.addWidget(self.strip_view)
        self.strip.replaced.connect(self._strip_replaced)
        # One drag, or the arrow keys until the next one, are one step to undo.
        self.editor.dragged.connect(lambda crop: state.set_crop(crop, ("crop", self.editor.drags)))
        self.editor.reset.connect(lambda: state.set_crop(None))
        state.photo_changed.connect(self._show_photo)
        state.crop_changed.connect(self._show_crop)
        state.network_changed.connect(self._show_crop)
        self._show_photo(state.snapshot.photo)
        self.retheme()

    @classmethod
    def of(cls, explorer: Explorer) -> Self:
        return cls(explorer.state, strip=explorer.photos)

    def show_result(self, result: Result) -> None:
        """Show what the network saw in ``result``."""
        self._result = result
        self.strip.remember(result)
        self._show_note()
        self._show_crop()
        self._show_seen()

    @property
    def controls(self) -> Sequence[QWidget]:
        return (self.hint,)

    def retheme(self) -> None:
        """Take the colours and the fonts of the current theme."""
        font = self.font()
        font.setPointSizeF(theme.current().point_size * 0.9)
        self.hint.setFont(font)
        self.note.setFont(font)
        self.note.setStyleSheet(f"color: {theme.current().warning}")
        self.strip_view.retheme()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() > self.height()
        self._pictures.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def _show_photo(self, photo: Photo) -> None:
        self.editor.set_photo(photo)
        self._show_note()
        self._show_crop()
        self._show_seen()

    def _show_note(self) -> None:
        """What was done to the photo, and what a network of other than 3 channels gets of it."""
        snapshot = self._state.snapshot
        channels = snapshot.own_spec.channels
        text = " ".join(filter(None, (snapshot.photo.note, planes_in_words(channels))))
        self.note.setText(text)
        self.note.setToolTip(plain(text))
        self.note.setVisible(bool(text))

    def _strip_replaced(self) -> None:
        there = bool(self.strip.paths)
        self.hint.setVisible(not there)
        if there:
            self.strip_view.setFocus()

    def _show_crop(self) -> None:
        self.editor.set_crop(self._current_crop())

    def _current_crop(self) -> Crop:
        snapshot, result = self._state.snapshot, self._result
        if snapshot.crop is not None:
            return clamp_crop(snapshot.crop, snapshot.photo)
        if result is not None:
            made = result.snapshot
            photos = made.photo, snapshot.photo
            same = photos[0].beside(photos[1]) and photos[0].size == photos[1].size
            if same and made.network == snapshot.network and made.crop is None:
                return result.crop
        return default_crop(snapshot.photo, snapshot.own_spec.crop_fraction)

    def _show_seen(self) -> None:
        result = self._result
        if result is None or not result.snapshot.photo.beside(self._state.snapshot.photo):
            self.seen.set_title("Network input")
            self.seen.set_words("appears with the next pass")
            return
        height, width = result.network_input.shape[:2]
        self.seen.set_title("Network input", f": {width}×{height}")
        self.seen.set_image(theme.to_qimage(result.network_input), crisp=True)
