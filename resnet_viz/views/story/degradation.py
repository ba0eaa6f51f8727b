"""The third chapter: what stood in the way of depth, in the paper and in this program's twins."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from resnet_viz.views.story.shipped import ShippedTwins
from resnet_viz.views.story.twins import TwinsFigure

TEXT = (
    "A deeper plain network becomes worse: in the paper 34 layers have a higher error than 18, in "
    "training too. This is degradation, and not overfitting. Nor is it for want of a solution: the "
    "34 layers could copy the 18 and do nothing in the rest, but training does not find that. A "
    "shortcut makes doing nothing easy, as the residual branch needs only to go to zero. With "
    "shortcuts, and not one parameter more, 34 layers beat 18."
)


class DegradationCard(QWidget):
    """The paper's twins, the program's own, and the way to more: ``page_asked``."""

    page_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure = TwinsFigure()
        self.shipped = ShippedTwins()
        self.button = QPushButton("More about the twins: the Degradation page")
        self.button.clicked.connect(lambda: self.page_asked.emit("degradation"))
        pictures = QHBoxLayout()
        pictures.setSpacing(12)
        pictures.addWidget(self.figure, 1)
        pictures.addWidget(self.shipped, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(pictures, 1)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignRight)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.figure.retheme()
        self.shipped.retheme()
