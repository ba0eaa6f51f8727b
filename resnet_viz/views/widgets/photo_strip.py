"""A strip of photos: thumbnails in a row, with the network's answer under each."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from resnet_viz.engine.photo_strip import Answer, PhotoStrip
from resnet_viz.figures.numbers import per_cent
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import plain

SIDE = 56  # pixels on screen
BROKEN = "cannot be opened"
NOT_YET = "…"


class PhotoStripView(QListWidget):
    """The photos of a `PhotoStrip`, hidden where there are none; arrow keys step through them.

    ``stepped`` carries the place of the photo that the user goes to.
    """

    stepped = Signal(int)

    def __init__(self, strip: PhotoStrip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strip = strip
        self.setAccessibleName("Photos")
        self.setAccessibleDescription("Arrow keys step through the photos.")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(SIDE, SIDE))
        self.currentRowChanged.connect(self._step)
        strip.replaced.connect(self._fill)
        strip.tile_changed.connect(self._show_tile)
        self._fill()

    def retheme(self) -> None:
        """Take the fonts of the current theme."""
        font = self.font()
        font.setPointSizeF(theme.current().point_size * 0.8)
        self.setFont(font)
        line = self.fontMetrics().height()
        width = max(SIDE, self.fontMetrics().horizontalAdvance("automobile 99.9 %")) + 12
        self.setGridSize(QSize(width, SIDE + 2 * line + 12))
        for place in range(self.count()):
            # Else the words are cut to the width of the picture.
            self.item(place).setSizeHint(self.gridSize())
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(SIDE + 2 * line + 16 + bar)

    def _fill(self) -> None:
        self.blockSignals(True)
        self.clear()
        for path in self._strip.paths:
            item = QListWidgetItem(Path(path).name, self)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.retheme()
        self.setCurrentRow(max(0, self._strip.current) if self._strip.paths else -1)
        self.blockSignals(False)
        self.setVisible(bool(self._strip.paths))
        self._show_tile(-1)

    def _step(self, place: int) -> None:
        self.stepped.emit(place)
        self._strip.go(place)

    def _show_tile(self, place: int) -> None:
        for number in range(self.count()) if place < 0 else (place,):
            item = self.item(number)
            name = Path(self._strip.paths[number]).name
            sentence, answer = self._strip.sentence(number), self._strip.answer(number)
            said = BROKEN if sentence else _told(answer)
            item.setText(f"{name}\n{said}")
            item.setToolTip(plain(sentence or f"{self._strip.paths[number]}\n{said}"))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {sentence or said}")
            item.setIcon(QIcon(self._picture(number, bool(sentence))))

    def _picture(self, place: int, broken: bool) -> QPixmap:
        pixels = self._strip.thumbnail(place)
        if pixels is not None:
            return QPixmap.fromImage(theme.to_qimage(pixels))
        look = theme.current()
        blank = QPixmap(SIDE, SIDE)
        blank.fill(QColor(look.raised))
        if broken:
            painter = QPainter(blank)
            painter.setPen(QColor(look.warning))
            painter.drawText(blank.rect(), Qt.AlignmentFlag.AlignCenter, "✗")
            painter.end()
        return blank


def _told(answer: Answer | None) -> str:
    return NOT_YET if answer is None else f"{answer.label} {per_cent(answer.probability)}"
