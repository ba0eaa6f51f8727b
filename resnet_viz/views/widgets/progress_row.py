"""A progress bar with its text and a Cancel button, for a task of a page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from resnet_viz.engine.channel import Channel
from resnet_viz.results.task import Progress
from resnet_viz.views.widgets.plain_text import PlainLabel, plain


class ProgressRow(QWidget):
    """Shows how far the task of ``channel`` is, and lets it be cancelled; hidden while none runs.

    It keeps its height while hidden, so that nothing jumps, unless it is one of the window's own
    rows (``keeps_height`` False).
    """

    def __init__(self, channel: Channel, keeps_height: bool = True) -> None:
        super().__init__()
        self._channel = channel
        self.text = Elided()
        self.bar = QProgressBar()
        self.bar.setMaximumWidth(260)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(keeps_height)
        self.setSizePolicy(policy)
        channel.progressed.connect(self.show_progress)
        channel.ended.connect(self.hide)
        channel.failed.connect(self.hide)
        self.hide()

    def show_progress(self, progress: Progress) -> None:
        """A bar without an end says that something is going on."""
        self.text.setText(progress.text)
        self.text.setToolTip(plain(progress.text))
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        self.show()

    def _cancel(self) -> None:
        self._channel.stop()
        self.hide()


class Elided(PlainLabel):
    """One line of plain text that ends with … where there is no room; the tip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setProperty("elides", True)

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect()
        mode = Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(self.text(), mode, room.width())
        with QPainter(self) as painter:
            painter.setPen(self.palette().windowText().color())
            painter.drawText(room, self.alignment(), shown)
