"""What is on screen is kept while the program runs, so that a crash loses nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from resnet_viz.engine.loader import Loader
from resnet_viz.export.replacing import clear
from resnet_viz.export.session import SUFFIX, Session, SessionError, write_session

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

REST = 2000
"""Milliseconds without a further choice before it is kept."""

LOOK = 5000
"""Milliseconds between looks at what is chosen on the pages, which tell nobody of a change."""


def state_folder() -> Path:
    """Where it is kept: the user's own folder for the state of programs."""
    return platformdirs.user_state_path("resnet-viz", appauthor=False) / "open"


class Autosave(QObject):
    """Keeps the window's session in ``folder`` until `end`, in a file of this process alone.

    A lock says that the process lives: the file of one that is gone is what a crash left. ``kept``
    carries the path each time that it was written.
    """

    kept = Signal(Path)

    def __init__(self, window: MainWindow, folder: Path | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder or state_folder()
        self.path = self._folder / f"{os.getpid()}{SUFFIX}"
        self._lock = QLockFile(str(self.path) + ".lock")
        self._lock.setStaleLockTime(0)  # only a process that is gone makes it stale
        self._writer = Loader(self)
        self._writer.loaded.connect(self.kept)
        self._timer = QTimer(self, singleShot=True, interval=REST)
        self._timer.timeout.connect(self._keep)
        self._pages: dict[str, Mapping[str, object]] = {}
        self._look = QTimer(self, interval=LOOK)
        self._look.timeout.connect(self.look)

    def begin(self) -> bool:
        """Offer what a crash left, and keep from now on; False without a folder to write to,
        which is said."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        if not self._lock.tryLock(0):
            if self._lock.error() == QLockFile.LockError.PermissionError or not self._there():
                self._window.message.say(
                    f"{self._folder} cannot be written: save the session yourself, since after a "
                    "crash what was open is not there"
                )
            return False
        clear(self._folder, ".*.partial.json")
        if left := self._left_behind():
            self._offer(left)
        window = self._window
        window.state.snapshot_changed.connect(lambda _: self._timer.start())
        window.state.block_changed.connect(lambda _: self._timer.start())
        window.pages.turned.connect(lambda _: self._timer.start())
        self._pages = window.pages.choices()
        self._look.start()
        return True

    def _there(self) -> bool:
        try:
            return self._folder.is_dir()
        except OSError:
            return False

    def look(self) -> None:
        """Keep what is chosen if something was chosen on a page since the last look."""
        pages = self._window.pages.choices()
        if pages != self._pages:
            self._pages = pages
            self._timer.start()

    def end(self) -> None:
        """The window was closed in order: nothing is to be restored."""
        self._timer.stop()
        self._look.stop()
        self._writer.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._lock.unlock()

    @property
    def ended(self) -> bool:
        """True where nothing is being written."""
        return self._writer.ended

    def _keep(self) -> None:
        self._writer.load(partial(_write, self._window.sessions.now(), self.path))

    def _left_behind(self) -> list[Path]:
        """What processes that are gone have left, the newest first."""
        found = []
        for path in self._folder.glob(f"*{SUFFIX}"):
            lock = QLockFile(str(path) + ".lock")
            lock.setStaleLockTime(0)
            if path != self.path and lock.tryLock(0):
                lock.unlock()
                found.append(path)
        return sorted(found, key=_moment, reverse=True)

    def _offer(self, left: list[Path]) -> None:
        newest = left[0]
        when = datetime.fromtimestamp(_moment(newest)).strftime("%Y-%m-%d %H:%M")
        self._window.message.say(
            f"The program ended unexpectedly; what was open then, {when}, was kept",
            [
                ("Restore", lambda: self._restore(left)),
                ("Forget it", lambda: _forget(left)),
            ],
        )

    def _restore(self, left: list[Path]) -> None:
        self._window.sessions.recovered.connect(lambda: _forget(left[:1]))
        self._window.sessions.recover(left[0])


def _write(session: Session, path: Path) -> Path:
    # A full disk is no reason to disturb a lecture: what was kept last stays.
    with suppress(SessionError):
        write_session(session, path)
    return path


def _moment(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _forget(left: list[Path]) -> None:
    for path in left:
        with suppress(OSError):
            path.unlink(missing_ok=True)
