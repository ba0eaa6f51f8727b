"""What comes faster than the window can deal with: the newest one, and room for other things."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

T = TypeVar("T")


class Pace(QObject, Generic[T]):
    """Does ``deal`` with what is offered, then rests ``rest`` times as long as that took, and at
    least ``least`` ms. Of what is offered meanwhile the newest is next."""

    def __init__(self, deal: Callable[[T], None], rest: float, least: int, parent: QObject) -> None:
        super().__init__(parent)
        self._deal, self._rest, self._least = deal, rest, least
        self._newest: T | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._next)

    def offer(self, thing: T) -> None:
        """At once, or as soon as it has rested."""
        self._newest = thing
        if not self._timer.isActive():
            self._next()

    def flush(self) -> None:
        """What waits is dealt with at once."""
        self._next()

    def clear(self) -> None:
        """Forget what waits."""
        self._newest = None
        self._timer.stop()

    def _next(self) -> None:
        thing, self._newest = self._newest, None
        if thing is None:
            return
        before = time.monotonic()
        self._deal(thing)
        took = 1000 * (time.monotonic() - before)
        self._timer.start(max(self._least, round(self._rest * took)))
