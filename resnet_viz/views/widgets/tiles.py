"""Many small maps, each with a name: scrollable, and only what is seen is coloured and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar, QToolTip, QWidget

from resnet_viz.images import overlay
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import plain

GAP = 5


@dataclass(frozen=True, eq=False)
class Tile:
    """A map (h, w) with the ends of its colour scale and its name.

    ``tip`` gives the tooltip; it is asked for only when it is to be seen.
    """

    label: str
    tip: Callable[[], str]
    values: np.ndarray
    low: float
    high: float


class Tiles(QAbstractScrollArea):
    """Tiles in rows of ``columns()``, each ``side()`` pixels wide; subclasses give both.

    ``moved`` tells that the user went to a tile, with the keys or the mouse; ``opened`` that it
    was clicked or that Enter was pressed on it. Both carry the tile's place.
    """

    moved = Signal(int)
    opened = Signal(int)

    def __init__(self, table: np.ndarray, parent: QWidget | None = None) -> None:
        """``table`` is (256, 3) uint8."""
        super().__init__(parent)
        self._table = table
        self._tiles: Sequence[Tile] = ()
        self._current = -1
        self._pictures: dict[int, QPixmap] = {}
        self._cell = (1, 1)
        self._label_width = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setMouseTracking(True)

    def columns(self) -> int:
        raise NotImplementedError

    def side(self) -> int:
        raise NotImplementedError

    def show_tiles(self, tiles: Sequence[Tile], current: int = -1) -> None:
        """Show other tiles, with the one at ``current`` outlined; −1 is none."""
        self._tiles = tiles
        self._pictures.clear()
        self._current = current
        self.relayout()

    def set_current(self, place: int) -> None:
        """Outline a tile and bring it into view."""
        self._current = place
        if 0 <= place < len(self._tiles):
            self.setAccessibleDescription(self._tiles[place].tip().replace("\n", ", "))
            cell = self.cell(place)
            self._bring(
                self.horizontalScrollBar(), cell.left(), cell.right(), self.viewport().width()
            )
            self._bring(
                self.verticalScrollBar(), cell.top(), cell.bottom(), self.viewport().height()
            )
        self.viewport().update()

    @property
    def tiles(self) -> Sequence[Tile]:
        return self._tiles

    @property
    def current(self) -> int:
        return self._current

    @property
    def label_width(self) -> int:
        """The width of the longest label, in pixels."""
        return self._label_width

    def relayout(self) -> None:
        """Fit the scroll bars to the tiles; also to be called when the font has changed."""
        metrics = self.fontMetrics()
        longest = max((tile.label for tile in self._tiles), key=len, default="")
        self._label_width = metrics.horizontalAdvance(longest)
        width = max(self.side(), self._label_width) + GAP
        height = self.side() + metrics.height() + 4
        self._cell = (width, height)
        rows = -(-len(self._tiles) // self.columns()) if self._tiles else 0
        across = min(len(self._tiles), self.columns()) * width
        for bar, whole, page, step in (
            (self.horizontalScrollBar(), across, self.viewport().width(), width),
            (self.verticalScrollBar(), rows * height, self.viewport().height(), height),
        ):
            bar.setRange(0, max(0, whole - page))
            bar.setPageStep(page)
            bar.setSingleStep(max(1, step // 2))
        self.viewport().update()

    def cell(self, place: int) -> QRect:
        """Where a tile is with its label, in the viewport's pixels."""
        width, height = self._cell
        row, column = divmod(place, self.columns())
        x = column * width - self.horizontalScrollBar().value()
        y = row * height - self.verticalScrollBar().value()
        return QRect(x, y, width, height)

    def place_at(self, point: QPoint) -> int:
        """The place of the tile at ``point`` of the viewport, or −1."""
        width, height = self._cell
        column = (point.x() + self.horizontalScrollBar().value()) // width
        row = (point.y() + self.verticalScrollBar().value()) // height
        place = row * self.columns() + column
        inside = 0 <= column < self.columns() and 0 <= place < len(self._tiles)
        return place if inside else -1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.relayout()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and place >= 0:
            self._go(place)
            self.opened.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self.place_at(event.position().toPoint()) >= 0
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if not self._tiles:
            event.ignore()
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.opened.emit(self._current)
            return
        page = max(1, self.viewport().height() // self._cell[1]) * self.columns()
        last = len(self._tiles) - 1
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns(),
            Qt.Key.Key_Down: self.columns(),
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -last,
            Qt.Key.Key_End: last,
        }
        if key not in steps:
            event.ignore()
            return
        self._go(0 if self._current < 0 else min(last, max(0, self._current + steps[Qt.Key(key)])))

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos())
            tip = self._tiles[place].tip() if place >= 0 else ""
            QToolTip.showText(event.globalPos(), plain(tip), self.viewport())
            return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        dirty = event.rect()
        for place in self._seen(dirty):
            self._draw(painter, place)

    def _seen(self, dirty: QRect) -> list[int]:
        width, height = self._cell
        x, y = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        columns = range(
            max(0, (dirty.left() + x) // width),
            min(self.columns(), (dirty.right() + x) // width + 1),
        )
        rows = range(max(0, (dirty.top() + y) // height), (dirty.bottom() + y) // height + 1)
        places = (row * self.columns() + column for row in rows for column in columns)
        return [place for place in places if place < len(self._tiles)]

    def _draw(self, painter: QPainter, place: int) -> None:
        colours = theme.current()
        tile, cell, side = self._tiles[place], self.cell(place), self.side()
        square = QRect(cell.x() + (cell.width() - side) // 2, cell.y() + 2, side, side)
        centre = Qt.AlignmentFlag.AlignCenter
        if tile.values.any():
            painter.drawPixmap(square, self._picture(place))
        else:
            painter.fillRect(square, QColor(colours.raised))
            painter.setPen(QColor(colours.muted))
            painter.drawText(square, centre, "0")
        chosen = place == self._current
        # A dark map needs an edge on a dark ground.
        pen = QPen(QColor(colours.line), 1)
        if chosen:
            pen = QPen(QColor(colours.accent), colours.line_width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(square)
        painter.setPen(QColor(colours.text if chosen else colours.muted))
        under = QRect(cell.x(), square.bottom() + 2, cell.width(), self.fontMetrics().height())
        painter.drawText(under, centre, tile.label)

    def _picture(self, place: int) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = max(1, round(self.side() * ratio))
        picture = self._pictures.get(place)
        if picture is None or picture.width() != size:
            tile = self._tiles[place]
            shares = overlay.share(tile.values, tile.low, tile.high)
            if max(shares.shape) <= size:
                shares = overlay.enlarge(shares, size, size)
            image = theme.to_qimage(overlay.colour(shares, self._table))
            if image.width() != size:
                image = image.scaled(
                    size,
                    size,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            picture = QPixmap.fromImage(image)
            self._pictures[place] = picture
        return picture

    def _go(self, place: int) -> None:
        changed = place != self._current
        self.set_current(place)
        if changed:
            self.moved.emit(place)

    @staticmethod
    def _bring(bar: QScrollBar, start: int, end: int, page: int) -> None:
        """Scroll so that ``start`` to ``end``, in the viewport's pixels, is seen."""
        if start < 0:
            bar.setValue(bar.value() + start)
        elif end >= page:
            bar.setValue(bar.value() + end - page + 1)
