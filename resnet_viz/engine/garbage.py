"""Cyclic garbage is collected on the GUI's thread alone.

Python collects on whichever thread happens to allocate. Where that is the worker's, Qt objects in a
cycle would be destroyed there, beside the GUI that draws them, and the program would crash.
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
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.collect_what_is_due)
        self._timer.start()

    def collect_what_is_due(self) -> int:
        """The number of objects that were found unreachable."""
        due = [
            generation
            for generation, (count, threshold) in enumerate(
                zip(gc.get_count(), gc.get_threshold(), strict=True)
            )
            if threshold and count > threshold
        ]
        return gc.collect(due[-1]) if due else 0

    def spare(self) -> None:
        """Look no more at what is there now, such as all of torch: that would take 0.3 s a time."""
        gc.freeze()

    def close(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()
