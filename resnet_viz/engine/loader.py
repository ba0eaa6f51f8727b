"""Files are read and written off the GUI's thread: a large photo takes a second to decode."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

from PySide6.QtCore import QObject, Signal

from resnet_viz.images.photo import PhotoError

log = logging.getLogger(__name__)

Load = Callable[[], object]
"""Decodes a photo, finds the paths of several, or reads or writes another small file."""

PATIENCE = 1.0
"""Seconds that `Loader.close` waits for the file that is being read."""

PHOTO = "This photo cannot be opened; try another one, or save it again as PNG or JPEG"
"""What `Loader` says of an error that nobody thought of."""


class LoadError(Exception):
    """What was asked for cannot be had; the text is a sentence for the user."""


class Loader(QObject):
    """Reads one file at a time; of several requests only the newest is answered.

    ``loaded`` carries what was asked for: a photo, the paths of photos that were found, a session.
    ``sorry`` is said of an error that nobody thought of.
    """

    loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None, sorry: str = PHOTO) -> None:
        super().__init__(parent)
        self._sorry = sorry
        self._waiting: SimpleQueue[tuple[int, Load] | None] = SimpleQueue()
        self._newest = 0
        # A daemon: Python would wait at its end for a file on a drive that does not answer.
        self._thread = threading.Thread(target=self._work, name="files", daemon=True)
        self._started = False

    def load(self, decode: Load) -> None:
        """Call ``decode`` elsewhere; ``loaded`` or, with a sentence, ``failed`` follows."""
        self._newest += 1
        self._waiting.put((self._newest, decode))
        if not self._started:
            self._started = True
            self._thread.start()

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            number, decode = work
            if number != self._newest:
                continue
            found, sentence = None, ""
            try:
                found = decode()
            except (PhotoError, LoadError) as error:
                sentence = str(error)
            except Exception as error:
                log.exception("%s", self._sorry)
                sentence = f"{self._sorry} ({type(error).__name__}: {error})"
            if number != self._newest:
                continue
            if found is not None:
                self.loaded.emit(found)
            else:
                self.failed.emit(sentence)

    def close(self, patience: float = PATIENCE, finish: bool = False) -> None:
        """Drop what waits, or ``finish`` it; wait for at most ``patience`` seconds."""
        if not finish:
            self._newest += 1
        self._waiting.put(None)
        if self._started:
            self._thread.join(patience)

    @property
    def ended(self) -> bool:
        """True where no thread is at work: before the first request, and after `close`."""
        return not self._thread.is_alive()
