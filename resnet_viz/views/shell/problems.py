"""What nobody expected: a sentence for the user, and the traceback for a log file."""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QObject, Signal

LARGEST = 500_000
"""Bytes of a log file before the next one is begun; two are kept."""

log = logging.getLogger("resnet_viz")


def log_folder() -> Path:
    """Where the log is: the user's own folder for logs."""
    return platformdirs.user_log_path("resnet-viz", appauthor=False)


class _File(RotatingFileHandler):
    """The log's file; ``full`` says that the last record could not be written to it."""

    full = False

    def emit(self, record: logging.LogRecord) -> None:
        self.full = False
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Do not print where nobody may be looking, `Problems` says it; open it anew next time."""
        self.full = True
        if self.stream is not None:
            with suppress(OSError):  # what is still to be written cannot be
                self.stream.close()
            self.stream = None


class Problems(QObject):
    """While `watch` is in force, every exception that nobody caught is said and written down.

    ``happened`` carries a sentence and the details, on the thread that made this object.
    """

    happened = Signal(str, str)

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = (folder or log_folder()) / "resnet-viz.log"
        self._handler: _File | None = None
        self._before = sys.excepthook
        self._last = ""

    def watch(self) -> None:
        """Begin. Without a folder to write to, problems are still said."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = _File(
                self.path, maxBytes=LARGEST, backupCount=1, encoding="utf-8", delay=True
            )
        except OSError as error:
            log.warning("there will be no log file: %s", error)
        else:
            form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
            self._handler.setFormatter(logging.Formatter(form))
            log.addHandler(self._handler)
        self._before, sys.excepthook = sys.excepthook, self._take

    def end(self) -> None:
        """Let exceptions go where they went before."""
        sys.excepthook = self._before
        if self._handler is not None:
            log.removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def _take(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, Exception):
            self._before(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        if details == self._last:
            return  # what fails while it is painted fails again with every frame
        self._last = details
        log.error("nobody expected this", exc_info=(kind, error, trace))
        where = f"The details are in {self.path}"
        if self._handler is None or self._handler.full:
            where = f"{self.path} cannot be written, so copy the details now"
        lines = str(error).strip().splitlines()
        what = f"{kind.__name__}: {lines[0]}" if lines else kind.__name__
        self.happened.emit(
            f"Something went wrong ({what}); what was on screen before is still there. {where}",
            details,
        )
