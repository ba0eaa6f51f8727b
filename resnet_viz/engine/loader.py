"""Photos are found and decoded off the GUI's thread: a large one takes a second."""

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
"""Seconds that `PhotoLoader.close` waits for the photo that is being decoded."""


class LoadError(Exception):
    """What was asked for cannot be had; the text is a sentence for the user."""


class PhotoLoader(QObject):
    """Decodes one photo at a time; of several requests only the newest gives a photo.

    ``loaded`` carries what was asked for: a photo, the paths of photos that were found, a session.
    """

    loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: SimpleQueue[tuple[int, Load] | None] = SimpleQueue()
        self._newest = 0
        # A daemon: Python would wait at its end for a photo on a drive that does not answer.
        self._thread = threading.Thread(target=self._work, name="photos", daemon=True)
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
                log.exception("a photo cannot be decoded")
                sentence = (
                    f"This photo cannot be opened ({type(error).__name__}: {error}); "
                    "try another one, or save it again as PNG or JPEG"
                )
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
