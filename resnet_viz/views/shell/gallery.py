"""The gallery of sample photos, to pick one from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.images import cifar10_test, gallery
from resnet_viz.images.photo import Photo, PhotoError
from resnet_viz.networks.family import CLASSES
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

SIDE = 150
TESTS = 30
"""How many test images of a class are offered."""

UNKNOWN = "no class fits"
NO_CLASS = "None of the network's classes fits; what it answers is wrong, however sure it is."


class GalleryDialog(QDialog):
    """A thumbnail and a title for each sample; a click, or Enter, gives ``chosen`` its name."""

    chosen = Signal(str)
    source_chosen = Signal(str)
    """A folder or a zip file of CIFAR-10, which is to be offered the next time too."""

    def __init__(self, labels: Sequence[str] = (), parent: QWidget | None = None) -> None:
        """``labels`` are the classes of the network on screen, which the samples are marked by."""
        super().__init__(parent)
        self.setWindowTitle("Sample photos")
        self._labels = labels
        self.list = QListWidget()
        self.list.setAccessibleName("Sample photos")
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(SIDE, SIDE))
        line = self.fontMetrics().height()
        self.list.setGridSize(QSize(SIDE + 20, SIDE + 3 * line))
        self.list.setCursor(Qt.CursorShape.PointingHandCursor)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        hint = PlainLabel("These photos come with scikit-image.")
        hint.setEnabled(False)
        self.knows = PlainLabel(gallery.unknown_in_words(labels) if labels else "")
        self.knows.setWordWrap(True)
        self.which = QComboBox()
        self.which.setAccessibleName("Which photos")
        self._offer_classes()
        self.zip = QPushButton("CIFAR-10 from a zip file…")
        self.zip.clicked.connect(self._ask_for_zip)
        self.folder = QPushButton("From a folder…")
        self.folder.setToolTip("A folder of CIFAR-10: class/name.jpg")
        self.folder.clicked.connect(self._ask_for_folder)
        self.which.currentIndexChanged.connect(self._fill)
        column = QVBoxLayout(self)
        column.addWidget(self.which)
        self.which.setVisible(cifar10_test.at_hand())
        column.addWidget(self.list)
        column.addWidget(self.knows)
        last = QHBoxLayout()
        last.addWidget(hint, 1)
        last.addWidget(self.zip)
        last.addWidget(self.folder)
        column.addLayout(last)
        rows = -(-len(gallery.SAMPLES) // 5)
        self.resize(5 * (SIDE + 20) + 60, rows * (SIDE + 3 * line) + 7 * line)
        # The dialogue's own, so that it ends with it.
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._next_thumbnail)
        self._tasks: list[tuple[QListWidgetItem, Callable[[], Photo]]] = []
        self._fill()

    def _offer_classes(self) -> None:
        self.which.clear()
        self.which.addItem("Sample photos", "")
        for label in CLASSES:
            self.which.addItem(f"{cifar10_test.source_title()}: {label}", label)

    def _ask_for_zip(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "CIFAR-10 as a zip file", "", "Zip (*.zip)")
        self._take(path)

    def _ask_for_folder(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, "CIFAR-10: a folder of class/name.jpg"))

    def _take(self, path: str) -> None:
        """Offer the images at ``path``, or say why that cannot be."""
        if not path:
            return
        try:
            cifar10_test.set_source(Path(path))
        except PhotoError as error:
            self.knows.setText(str(error))
            return
        self._offer_classes()
        self.which.show()
        self.which.setCurrentIndex(1)
        self.source_chosen.emit(path)

    def _fill(self) -> None:
        """List the samples, or the first test images of the class that is chosen."""
        self.list.clear()
        self._tasks.clear()
        label = self.which.currentData()
        if label:
            self._list_tests(label)
        else:
            for sample in gallery.SAMPLES:
                self._list_sample(sample)
        self.list.setCurrentRow(0)
        self._next.start()

    def _list_sample(self, sample: gallery.Sample) -> None:
        title, tip = sample.title, f"{sample.what}\n{sample.credit}"
        if self._labels:
            known = gallery.fitting(sample, self._labels)
            title += f"\n✓ {known}" if known else f"\n✗ {UNKNOWN}"
            tip += f"\nThe network knows it as: {known}." if known else f"\n{NO_CLASS}"
        self._add(title, sample.name, tip, lambda: gallery.load_sample(sample.name))

    def _list_tests(self, label: str) -> None:
        try:
            found = cifar10_test.photos(label, TESTS)
        except PhotoError as error:
            self.knows.setText(str(error))
            return
        for number, photo in enumerate(found, start=1):
            name = f"{cifar10_test.PREFIX}{label}/{number}"
            self._add(f"{label} {number}", name, photo.name, lambda photo=photo: photo)  # type: ignore[misc]

    def _add(self, title: str, name: str, tip: str, load: Callable[[], Photo]) -> None:
        blank = QPixmap(SIDE, SIDE)
        blank.fill(theme.current().raised)
        item = QListWidgetItem(QIcon(blank), title, self.list)
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setToolTip(tip)
        self._tasks.append((item, load))

    def _next_thumbnail(self) -> None:
        """One thumbnail at a time, so that the dialogue answers while they are made."""
        if not self._tasks:
            return
        item, load = self._tasks.pop(0)
        image = theme.to_qimage(gallery.thumbnail(load(), SIDE))
        item.setIcon(QIcon(QPixmap.fromImage(image)))
        self._next.start()

    def _choose(self, item: QListWidgetItem) -> None:
        self.accept()
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
