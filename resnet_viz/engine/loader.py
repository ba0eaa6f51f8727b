"""Photos are decoded off the GUI's thread: a large one takes a second."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from resnet_viz.images.photo import Photo, PhotoError


class PhotoLoader(QObject):
    """Decodes one photo at a time; of several requests only the newest gives a photo."""

    loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="photos")
        self._newest = 0

    def load(self, decode: Callable[[], Photo]) -> None:
        """Call ``decode`` elsewhere; ``loaded`` or, after a `PhotoError`, ``failed`` follows."""
        self._newest += 1
        number = self._newest

        def work() -> None:
            try:
                photo = decode()
            except PhotoError as error:
                if number == self._newest:
                    self.failed.emit(str(error))
                return
            if number == self._newest:
                self.loaded.emit(photo)

        self._pool.submit(work)

    def close(self) -> None:
        """Drop what waits, and wait for the photo that is being decoded."""
        self._newest += 1
        self._pool.shutdown(cancel_futures=True)
