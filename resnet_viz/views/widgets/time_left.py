"""How long a running task will still take, told by how far it has come."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from resnet_viz.engine.channel import Channel
from resnet_viz.figures.numbers import duration_text
from resnet_viz.results.task import Progress

_SURE = 0.04  # of the work: before it, the first parts say too little


class TimeLeft(QObject):
    """``told`` carries a sentence while the task of ``channel`` runs, and "" when it is over.

    The progress is to be in equal parts of the work. ``clock`` gives seconds.
    """

    told = Signal(str)

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(channel)
        self._clock = clock
        self._began: float | None = None
        self._first = 0.0
        channel.progressed.connect(self._progressed)
        channel.ended.connect(self.forget)
        channel.failed.connect(lambda _: self.forget())

    def forget(self) -> None:
        """The task is over, or was stopped."""
        self._began = None
        self.told.emit("")

    def _progressed(self, progress: Progress) -> None:
        now = self._clock()
        if not progress.total:
            self._began = None  # it only prepares
            return
        share = progress.done / progress.total
        if self._began is None:
            self._began, self._first = now, share
            return
        done = share - self._first
        if done >= _SURE:
            left = (now - self._began) * (1 - share) / done
            self.told.emit(f"{duration_text(left)} left".capitalize())
