"""Cyclic garbage is collected on the GUI's thread alone.

Python collects on whichever thread happens to allocate, in the middle of whatever it does. Where
that is the worker's, Qt objects in a cycle would be destroyed there, beside the GUI that draws
them; and where something is being painted, under the painter. The program would crash.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL = 500
"""Milliseconds between two looks at what has gathered."""


class Garbage(QObject):
    """Turns automatic collection off and collects by a timer instead, until `close`.

    Make it on the GUI's thread. A generation is collected when as much has gathered as Python's
    own thresholds say, and with it the younger ones.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(collect_what_is_due)
        self._timer.start()

    def spare(self) -> None:
        """Look no more at what is there now, such as all of torch: that would take 0.3 s a time."""
        gc.freeze()

    def close(self) -> None:
        """Leave it to Python again, if it was."""
        self._timer.stop()
        if self._was_on:
            gc.enable()


def collect_what_is_due() -> int:
    """The number of objects that were found unreachable."""
    due = [
        generation
        for generation, (count, threshold) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if threshold and count > threshold
    ]
    return gc.collect(due[-1]) if due else 0
