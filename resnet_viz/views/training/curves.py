"""One curve of each twin over the steps: faint as measured, strong as a moving average."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.training import TITLES, Quantity, curves
from resnet_viz.figures.training_history import History
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme, zoom


class Curves(QWidget):
    """The loss on a logarithmic axis, or the accuracy from 0 to 1."""

    def __init__(self, quantity: Quantity) -> None:
        super().__init__()
        self._quantity: Quantity = quantity
        self.title = QLabel(textFormat=Qt.TextFormat.RichText)
        self.plot = Plot(TITLES[quantity], bare=True)
        # Where the page is low the plots give way, before anything is cut off below.
        self.plot.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setAccessibleName(TITLES[quantity])
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        zoom.offer(self, TITLES[quantity], self.title)
        self.retheme()

    def show_history(self, history: History, position: int) -> None:
        """Draw what was measured; fade what is after ``position``."""
        self.plot.show_chart(curves(history, self._quantity, position))

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.plot.retheme()
        self.title.setText(
            f"{TITLES[self._quantity]} &nbsp; "
            f"<span style='color:{look.skip}'>━━ residual</span> &nbsp; "
            f"<span style='color:{look.branch}'>╍╍ plain</span>"
        )
