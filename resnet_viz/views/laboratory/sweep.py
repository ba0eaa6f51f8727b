"""The backward sweep: a front that runs from the loss to the input."""

from __future__ import annotations

from PySide6.QtCore import QObject, QVariantAnimation, Signal

DURATION = 3000
"""Milliseconds from the loss to the input."""


class Sweep(QObject):
    """``moved`` carries the front's position among the layers, from the last to before the first;
    ``ended`` follows when it is through, or was stopped."""

    moved = Signal(float)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._motion = QVariantAnimation(self)
        self._motion.setDuration(DURATION)
        self._motion.valueChanged.connect(self._move)
        self._motion.finished.connect(self.ended)

    @property
    def running(self) -> bool:
        return self._motion.state() == QVariantAnimation.State.Running

    def start(self, layers: int) -> None:
        """Run over so many layers, from the beginning."""
        self._motion.stop()
        self._motion.setStartValue(float(layers))
        self._motion.setEndValue(-1.0)
        self._motion.start()

    def stop(self) -> None:
        """End it now."""
        if self.running:
            self._motion.stop()
            self.ended.emit()

    def _move(self, position: float) -> None:
        if self.running:  # values also change while start and end are set
            self.moved.emit(position)
