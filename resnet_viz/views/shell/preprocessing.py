"""The dialogue that sets how a picture becomes the network's input."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QGridLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.networks.preprocessing import NORMALISATIONS, Normalisation, Preprocessing, Triple
from resnet_viz.views.widgets.plain_text import PlainLabel

OTHER = "Other"


class PreprocessingDialog(QDialog):
    """Size, mean and standard deviation; ``chosen`` carries the `Preprocessing` after OK.

    ``own`` is what the network called ``title`` is made for, and what Restore goes back to.
    """

    chosen = Signal(object)

    def __init__(
        self, title: str, now: Preprocessing, own: Preprocessing, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preprocessing")
        words = PlainLabel(
            f"{title} is made for an input of {own.title}. Weights that were trained with another "
            "one need theirs: with a wrong one every prediction is off."
        )
        words.setWordWrap(True)
        self.size_box = QSpinBox()
        self.size_box.setRange(8, 1024)
        self.size_box.setSuffix(" pixels")
        self.size_box.setAccessibleName("Side of the input")
        self.known = QComboBox()
        self.known.setAccessibleName("Normalisation")
        for one in NORMALISATIONS.values():
            self.known.addItem(one.title, one)
        self.known.addItem(OTHER)
        self.known.activated.connect(self._take_known)
        grid = QGridLayout()
        grid.addWidget(PlainLabel("Side of the square input"), 0, 0)
        grid.addWidget(self.size_box, 0, 1, 1, 3)
        grid.addWidget(PlainLabel("Normalisation"), 1, 0)
        grid.addWidget(self.known, 1, 1, 1, 3)
        for column, channel in enumerate(("Red", "Green", "Blue"), start=1):
            grid.addWidget(PlainLabel(channel), 2, column)
        self.mean = self._row(grid, 3, "Mean", 0.0)
        self.std = self._row(grid, 4, "Standard deviation", 0.0001)
        note = PlainLabel("Of pixels from 0 to 1: each channel becomes (pixel − mean) / deviation.")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.restore = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        self.restore.clicked.connect(lambda: self.show_value(own))
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        column_ = QVBoxLayout(self)
        column_.addWidget(words)
        column_.addLayout(grid)
        column_.addWidget(note)
        column_.addWidget(buttons)
        self.resize(30 * self.fontMetrics().averageCharWidth() * 2, self.sizeHint().height())
        self.show_value(now)

    def _row(self, grid: QGridLayout, row: int, name: str, least: float) -> list[QDoubleSpinBox]:
        grid.addWidget(PlainLabel(name), row, 0)
        boxes = []
        for column, channel in enumerate(("red", "green", "blue"), start=1):
            box = QDoubleSpinBox()
            box.setDecimals(4)
            box.setRange(least, 255.0)
            box.setSingleStep(0.01)
            box.setAccessibleName(f"{name} of {channel}")
            box.valueChanged.connect(self._name_it)
            grid.addWidget(box, row, column)
            boxes.append(box)
        return boxes

    def show_value(self, value: Preprocessing) -> None:
        """Fill the boxes."""
        self.size_box.setValue(value.size)
        self._fill(value.mean, value.std)

    def value(self) -> Preprocessing:
        """What the boxes say."""
        return Preprocessing(self.size_box.value(), _triple(self.mean), _triple(self.std))

    def accept(self) -> None:
        self.chosen.emit(self.value())
        super().accept()

    def _fill(self, mean: Triple, std: Triple) -> None:
        for box, number in zip((*self.mean, *self.std), (*mean, *std), strict=True):
            box.setValue(number)
        self._name_it()

    def _take_known(self, index: int) -> None:
        known = self.known.itemData(index)
        if isinstance(known, Normalisation):
            self._fill(known.mean, known.std)

    def _name_it(self) -> None:
        """Say which of the known ones the boxes are at."""
        at = (_triple(self.mean), _triple(self.std))
        found = [(one.mean, one.std) for one in NORMALISATIONS.values()]
        self.known.setCurrentIndex(found.index(at) if at in found else self.known.count() - 1)


def _triple(boxes: list[QDoubleSpinBox]) -> Triple:
    red, green, blue = (round(box.value(), 4) for box in boxes)
    return red, green, blue
