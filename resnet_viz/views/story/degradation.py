"""The third chapter: what stood in the way of depth, in a picture and a few words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from resnet_viz.views.glossary import LinkedLabel
from resnet_viz.views.story.twins import TwinsFigure

TEXT = (
    "<p><b>Why not simply stack more layers?</b></p>"
    "<p>Because a deeper plain network becomes worse: in the paper’s experiment 34 layers have a "
    "higher error than 18, in training as well as on new photos. This is degradation, and not "
    "overfitting.</p>"
    "<p>It is not for want of a solution. The 34 layers could copy the 18 and do nothing in the "
    "rest; training does not find that. A shortcut makes doing nothing easy: the residual branch "
    "needs only to go to zero.</p>"
    "<p>With shortcuts, and not one parameter more, 34 layers beat 18. So depth pays again, up to "
    "the 152 of the first chapter.</p>"
    "<p>The Degradation page has this program’s own twins, trained on CIFAR-10, to compare epoch "
    "by epoch.</p>"
)


class DegradationCard(QWidget):
    """The paper's twins, words, and the way to the program's own: ``page_asked``."""

    page_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure = TwinsFigure()
        self.text = LinkedLabel(TEXT)
        self.text.setMargin(10)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.button = QPushButton("Train and compare twins: the Degradation page")
        self.button.clicked.connect(lambda: self.page_asked.emit("degradation"))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.text)
        right = QVBoxLayout()
        right.addWidget(area, 1)
        right.addWidget(self.button)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.figure, 3)
        row.addLayout(right, 2)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.figure.retheme()
        self.text.retheme()
