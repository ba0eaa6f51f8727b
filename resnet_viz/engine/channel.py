"""One channel of the worker: what a page uses to run its tasks."""

from __future__ import annotations

from itertools import count

from PySide6.QtCore import QObject, Signal

from resnet_viz.engine.worker import Worker

_numbers = count(1)


class Channel(QObject):
    """Starts and stops tasks, one at a time, and passes only their signals on.

    Each is a channel of its own: two windows of one kind that give the same ``name`` do not hear
    each other's tasks. ``updated`` carries what the task yields, ``progressed`` a `Progress`,
    ``failed`` a sentence.
    """

    updated = Signal(object)
    progressed = Signal(object)
    ended = Signal()
    failed = Signal(str)

    def __init__(self, worker: Worker, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker, self.name = worker, f"{name} {next(_numbers)}"
        worker.task_updated.connect(self._updated)
        worker.task_progressed.connect(self._progressed)
        worker.task_ended.connect(self._ended)
        worker.task_failed.connect(self._failed)

    @property
    def running(self) -> bool:
        """True from `start` until `stop`, or until ``ended`` or ``failed``."""
        return self._worker.runs(self.name)

    def start(self, request: object) -> None:
        """Begin a task; one that runs is replaced."""
        self._worker.start(self.name, request)

    def tell(self, command: object) -> None:
        """Give the running task a command."""
        self._worker.tell(self.name, command)

    def stop(self) -> None:
        """Drop the running task; no signal follows."""
        self._worker.stop(self.name)

    def _updated(self, name: str, update: object) -> None:
        if name == self.name:
            self.updated.emit(update)

    def _progressed(self, name: str, progress: object) -> None:
        if name == self.name:
            self.progressed.emit(progress)

    def _ended(self, name: str) -> None:
        if name == self.name:
            self.ended.emit()

    def _failed(self, name: str, sentence: str) -> None:
        if name == self.name:
            self.failed.emit(sentence)
