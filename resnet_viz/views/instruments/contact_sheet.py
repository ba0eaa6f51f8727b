"""A contact sheet: a folder's photos in rows, each with what the network answers to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from resnet_viz.figures.numbers import per_cent
from resnet_viz.results.folder import FolderPhoto
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.photo_strip import BROKEN
from resnet_viz.views.widgets.plain_text import plain

SIDE = 64  # pixels on screen
_EDGE = 4  # pixels of the line that tells right from wrong


class ContactSheet(QListWidget):
    """Tiles of photos; arrow keys step through those that are shown. ``stepped`` carries a path."""

    stepped = Signal(str)

    def __init__(self, name: str, row: bool = False, parent: QWidget | None = None) -> None:
        """With ``row`` the tiles stand in one row."""
        super().__init__(parent)
        self._row = row
        self._photos: list[FolderPhoto] = []
        self._said: list[str] = []
        self._labels: tuple[str, ...] = ()
        self.setAccessibleName(name)
        self.setAccessibleDescription("Arrow keys step through the photos.")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(not row)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setIconSize(QSize(SIDE, SIDE))
        if row:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentRowChanged.connect(self._step)

    @property
    def photos(self) -> Sequence[FolderPhoto]:
        return self._photos

    @property
    def shown(self) -> list[FolderPhoto]:
        """Those that no filter hides."""
        return [one for n, one in enumerate(self._photos) if not self.item(n).isHidden()]

    def clear_photos(self) -> None:
        """Show none."""
        self.blockSignals(True)
        self.clear()
        self.blockSignals(False)
        self._photos, self._said = [], []

    def add(
        self, photos: Sequence[FolderPhoto], labels: tuple[str, ...], said: Sequence[str] = ()
    ) -> None:
        """Show more photos; ``said`` stands under each in place of its name."""
        self._labels = labels
        self.blockSignals(True)
        for number, photo in enumerate(photos):
            self._photos.append(photo)
            self._said.append(said[number] if said else "")
            item = QListWidgetItem(self)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            item.setSizeHint(self.gridSize())
            self._fill(len(self._photos) - 1)
        self.blockSignals(False)

    def filter(self, keep: Callable[[FolderPhoto], bool]) -> None:
        """Hide the photos that are not to be kept."""
        for number, photo in enumerate(self._photos):
            self.item(number).setHidden(not keep(photo))

    def select(self, path: str) -> None:
        """Mark the tile of a file, or none; this is no step of the user's."""
        places = [n for n, one in enumerate(self._photos) if one.path == path]
        self.blockSignals(True)
        self.setCurrentRow(places[0] if places else -1)
        self.blockSignals(False)

    def retheme(self) -> None:
        """Take fonts and colours of the current theme."""
        font = self.font()
        font.setPointSizeF(theme.current().point_size * 0.8)
        self.setFont(font)
        line = self.fontMetrics().height()
        width = max(SIDE, self.fontMetrics().horizontalAdvance("automobile 99.9 %")) + 12
        self.setGridSize(QSize(width, SIDE + 2 * line + 14))
        for number in range(self.count()):
            self.item(number).setSizeHint(self.gridSize())
            self._fill(number)
        if self._row:
            bar = self.horizontalScrollBar().sizeHint().height()
            self.setFixedHeight(self.gridSize().height() + 4 + bar)

    def _step(self, row: int) -> None:
        if 0 <= row < len(self._photos):
            self.stepped.emit(self._photos[row].path)

    def _fill(self, number: int) -> None:
        photo, item = self._photos[number], self.item(number)
        first, second = self._words(photo, self._said[number])
        item.setText(f"{first}\n{second}")
        lines = [photo.path, photo.sentence or second]
        if photo.label is not None:
            lines.append(f"In the folder of the class “{self._labels[photo.label]}”")
        if photo.off is not None:
            lines.append(f"Without skips: {self._answer(photo.off.label, photo.off.probability)}")
        item.setToolTip(plain("\n".join(lines)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(lines))
        item.setIcon(QIcon(_tile(photo)))

    def _words(self, photo: FolderPhoto, said: str) -> tuple[str, str]:
        if photo.on is None:
            return said or photo.name, BROKEN
        mark = {True: "✓ ", False: "✗ ", None: ""}[photo.right]
        return said or photo.name, mark + self._answer(photo.on.label, photo.on.probability)

    def _answer(self, label: int, probability: float) -> str:
        return f"{self._labels[label]} {per_cent(probability)}"


def _tile(photo: FolderPhoto) -> QPixmap:
    """The thumbnail over a line that tells right from wrong, which the words do too."""
    look = theme.current()
    made = QPixmap(SIDE, SIDE)
    made.fill(QColor(look.raised))
    painter = QPainter(made)
    if isinstance(photo.thumbnail, np.ndarray):
        painter.drawImage(made.rect(), theme.to_qimage(photo.thumbnail))
    else:
        painter.setPen(QColor(look.warning))
        painter.drawText(made.rect(), Qt.AlignmentFlag.AlignCenter, "✗")
    if photo.right is not None:
        colour = QColor(look.skip if photo.right else look.stages[3])
        painter.fillRect(0, SIDE - _EDGE, SIDE, _EDGE, colour)
    painter.end()
    return made
