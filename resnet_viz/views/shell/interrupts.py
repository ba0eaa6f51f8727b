"""Ctrl+C in the terminal, and being told to end: the window closes as if the user had closed it."""

from __future__ import annotations

import os
import signal
import socket
from types import FrameType

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts(QObject):
    """From now on a signal ends the program in order; a second one, at once.

    ``code`` is then 128 and the signal's number, as shells have it, else 0.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.code = 0
        # Python's handlers run only when Python does: a byte on a socket wakes Qt's loop up to it.
        self._ours, theirs = socket.socketpair()
        for end in (self._ours, theirs):
            end.setblocking(False)
        self._theirs = theirs
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._woken = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._take) for number in SIGNALS}

    def end(self) -> None:
        """Let signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    def _wake(self) -> None:
        self._ours.recv(64)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self.code:
            os._exit(self.code)
        self.code = 128 + number
        QTimer.singleShot(0, self._close)

    def _close(self) -> None:
        QApplication.closeAllWindows()
        QCoreApplication.exit(self.code)
