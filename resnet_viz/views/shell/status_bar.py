"""The status bar: what is on screen, and what is going on."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QPushButton, QStatusBar

from resnet_viz.results.result import Result
from resnet_viz.views.widgets.plain_text import PlainLabel

_MB = 2**20


class _Giving(PlainLabel):
    """A line that gives way to what stands beside it, and ends with an ellipsis there."""

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), 12 * self.fontMetrics().averageCharWidth()), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        room, right = self.contentsRect(), Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(self.text(), right, room.width())
        QPainter(self).drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)


class StatusBar(QStatusBar):
    """Network, weights, device and time of the last pass; a progress bar with Cancel."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = _Giving("Starting…")
        self.text.setAccessibleName("Status")
        self.addWidget(self.text, 1)
        self.live = PlainLabel()
        self.live.setAccessibleName("Video or camera")
        self.progress_text = PlainLabel()
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(220)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.cancel_asked)
        for widget in (self.live, self.progress_text, self.progress, self.cancel):
            self.addPermanentWidget(widget)
            widget.hide()

    def show_result(self, result: Result) -> None:
        self.text.setText(
            f"{result.structure.title}  ·  {result.weights.title}  ·  {result.device}  ·  "
            f"last pass {result.now.milliseconds:.1f} ms"
        )

    def show_live(self, text: str) -> None:
        """How fast a video or a camera runs; "" for none."""
        self.live.setText(text)
        self.live.setVisible(bool(text))

    def show_progress(self, text: str, done: int, total: int) -> None:
        """``done`` and ``total`` are bytes; a total of 0 is unknown."""
        size = f": {done / _MB:.1f} of {total / _MB:.1f} MB" if total else ""
        self.progress_text.setText(text + size)
        # A bar without an end says that something is going on.
        self.progress.setRange(0, 1000 if total else 0)
        self.progress.setValue(round(1000 * done / total) if total else 0)
        for widget in (self.progress_text, self.progress, self.cancel):
            widget.show()

    def show_busy(self, busy: bool) -> None:
        """Nothing is going on any more if not ``busy``."""
        if not busy:
            for widget in (self.progress_text, self.progress, self.cancel):
                widget.hide()
