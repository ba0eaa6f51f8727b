"""The gallery of sample photos, to pick one from."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from resnet_viz.images import gallery
from resnet_viz.views.widgets import theme

SIDE = 150


class GalleryDialog(QDialog):
    """A thumbnail and a title for each sample; a click, or Enter, gives ``chosen`` its name."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sample photos")
        self.list = QListWidget()
        self.list.setAccessibleName("Sample photos")
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(SIDE, SIDE))
        line = self.fontMetrics().height()
        self.list.setGridSize(QSize(SIDE + 20, SIDE + 2 * line))
        self.list.setCursor(Qt.CursorShape.PointingHandCursor)
        blank = QPixmap(SIDE, SIDE)
        blank.fill(theme.current().raised)
        for sample in gallery.SAMPLES:
            item = QListWidgetItem(QIcon(blank), sample.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, sample.name)
            item.setToolTip(f"{sample.what}\n{sample.credit}")
        self.list.setCurrentRow(0)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        hint = QLabel("These photos come with scikit-image.")
        hint.setEnabled(False)
        column = QVBoxLayout(self)
        column.addWidget(self.list)
        column.addWidget(hint)
        rows = -(-len(gallery.SAMPLES) // 5)
        self.resize(5 * (SIDE + 20) + 60, rows * (SIDE + 2 * line) + 4 * line)
        self._without_thumbnail = list(range(len(gallery.SAMPLES)))
        QTimer.singleShot(0, self._next_thumbnail)

    def _next_thumbnail(self) -> None:
        """One thumbnail at a time, so that the dialogue answers while they are made."""
        if not self._without_thumbnail:
            return
        row = self._without_thumbnail.pop(0)
        photo = gallery.load_sample(gallery.SAMPLES[row].name)
        image = theme.to_qimage(gallery.thumbnail(photo, SIDE))
        self.list.item(row).setIcon(QIcon(QPixmap.fromImage(image)))
        QTimer.singleShot(0, self._next_thumbnail)

    def _choose(self, item: QListWidgetItem) -> None:
        self.accept()
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
