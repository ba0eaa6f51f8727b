"""A plot for a column of several: no higher than it has to be, unless it is enlarged."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from resnet_viz.views.plots.plot import Plot

_FREE = 16_777_215  # Qt's QWIDGETSIZE_MAX


class LowPlot(Plot):
    """Its canvas is ``height`` pixels high in the layout it was made for, and free elsewhere."""

    def __init__(self, title: str, height: int) -> None:
        super().__init__(title)
        self._high = height
        self._home: QWidget | None = None
        self.plot.setFixedHeight(height)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ParentChange and self.parentWidget() is not None:
            self._home = self._home or self.parentWidget()
            low = self.parentWidget() is self._home
            self.plot.setMaximumHeight(self._high if low else _FREE)
        return super().event(event)
