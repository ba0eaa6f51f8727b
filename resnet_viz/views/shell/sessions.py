"""Everything on screen as a file: opened, saved, and put back after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from resnet_viz.engine.loader import Loader, LoadError
from resnet_viz.export.session import (
    SUFFIX,
    Json,
    Session,
    SessionError,
    missing,
    read_session,
    with_missing,
    write_session,
)
from resnet_viz.results.result import Snapshot
from resnet_viz.views.shell import recent
from resnet_viz.views.widgets.plain_text import plain

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

_LONGEST = 10.0  # seconds that closing waits for a file that is being written
FILES = f"Sessions (*{SUFFIX} *.json);;All files (*)"


class Sessions(QObject):
    """The session that is open: ``path`` is its file, None for one that was never saved.

    Files are read and written off the GUI's thread. ``changed`` says that the path or `modified` is
    another, ``recovered`` that what a crash left is on screen again.
    """

    changed = Signal()
    recovered = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.path: Path | None = None
        self._left: Path | None = None
        self._choices: Mapping[str, Mapping[str, object]] = {}
        self._saving: Mapping[str, Mapping[str, object]] = {}
        self._unknown: dict[str, Json] = {}
        self._foreign: dict[str, Json] = {}  # choices that this version does not know
        self._reader = Loader(self, "The session cannot be opened; try an older copy of it")
        self._writer = Loader(self, "The session cannot be saved; save it as another file")
        self._reader.loaded.connect(self._opened)
        self._reader.failed.connect(window.message.say)
        self._writer.loaded.connect(self._saved)
        self._writer.failed.connect(window.message.say)
        window.state.beside_asked.connect(self._put_back)
        window.state.undo_stack.cleanChanged.connect(self._clean_changed)

    @property
    def modified(self) -> bool:
        """True if a choice was made since it was opened or saved."""
        return not self._window.state.undo_stack.isClean()

    # ---- what is on screen

    def now(self) -> Session:
        """Everything that is chosen."""
        window = self._window
        return Session(
            window.state.snapshot,
            window.state.block,
            window.pages.current,
            with_missing(window.pages.choices(), self._foreign),
            self._unknown,
        )

    def apply(self, session: Session, what: str = "opened session") -> None:
        """Choose everything as it was then, as one step."""
        window = self._window
        kept = [name for name in session.choices if name in window.pages]
        for name in kept:
            _ = window.pages[name]  # made now, so that it can be put back
        before = window.pages.choices()
        after = {name: {**before[name], **session.choices[name]} for name in kept}
        page = window.pages.current
        pages = ((page, before), (session.page or page, {**before, **after}))
        window.message.clear()
        window.engine.photos.clear()
        window.state.take(session.snapshot, session.block, what, pages)
        self._put_back((session.page, session.choices))

    def _put_back(self, pages: tuple[str, Mapping[str, Json]]) -> None:
        page, choices = pages
        if refused := self._window.pages.restore(choices):
            self._window.message.say(
                f"What is kept of {' and '.join(refused)} cannot be read whole; check it there"
            )
        if page:
            self._window.turn_to_page(page)

    # ---- files

    def ask_to_open(self) -> None:
        """Let the user pick a file."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a session", self._folder(), FILES)
        if path:
            self._window.open_path(path)

    def open(self, path: Path) -> None:
        """Read a file and put back what it holds."""
        self._reader.load(partial(_read, path, self._window.state.snapshot))

    def recover(self, path: Path) -> None:
        """Put back what a crash left in a file, which is none of the user's."""
        self._left = path
        self.open(path)

    def save(self) -> None:
        """Write to the session's file; ask for one where there is none."""
        if self.path is None:
            self.ask_to_save()
        else:
            self.save_to(self.path)

    def ask_to_save(self) -> None:
        """Let the user name a file, and write it."""
        name = self.path or Path(self._folder()) / f"session{SUFFIX}"
        text, _ = QFileDialog.getSaveFileName(self._window, "Save the session", str(name), FILES)
        if text:
            self.save_to(Path(text if text.endswith(".json") else text + SUFFIX))

    def save_to(self, path: Path) -> None:
        """Write everything that is chosen to a file."""
        self._saving = self._window.pages.choices()
        self._writer.load(partial(_write, self.now(), path, self._window.state.undo_stack.index()))

    def may_close(self) -> bool:
        """Ask whether to keep the changes of an open session; False if the window is to stay."""
        if self.path is None or not (self.modified or self._pages_differ()):
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Save the session?",
            plain(f"{self.path.name} has changed since it was saved."),
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            try:
                write_session(self.now(), self.path)
            except SessionError as error:
                self._window.message.say(str(error))
                return False
        return answer != buttons.Cancel

    def close(self) -> None:
        """Let what is being written be written."""
        self._reader.close()
        self._writer.close(_LONGEST, finish=True)

    @property
    def ended(self) -> bool:
        """True where no file is being read or written."""
        return self._reader.ended and self._writer.ended

    def _folder(self) -> str:
        stored = self._window.settings.value("session_folder", "")
        return str(self.path.parent if self.path else stored)

    def _opened(self, found: tuple[Path, Session, list[str]]) -> None:
        path, session, said = found
        self._unknown = dict(session.unknown)
        if path == self._left:
            self.apply(session, "restored session")
            self.recovered.emit()
        else:
            self.apply(session)
            self._take(path)
            self._choices = self._window.pages.choices()
            self._window.state.undo_stack.setClean()
        self._foreign = missing(session.choices, self._window.pages.choices())
        if said:
            bar = self._window.message
            now = bar.text.text() if bar.isVisible() else ""
            bar.say(". ".join([*said, now] if now else said))

    def _saved(self, found: tuple[Path, int]) -> None:
        path, index = found
        self._take(path)
        self._choices = self._saving
        stack = self._window.state.undo_stack
        if stack.index() == index:
            stack.setClean()

    def _pages_differ(self) -> bool:
        """True if something was set on a page since; a page that was only opened sets nothing."""
        now = self._window.pages.choices()
        return any(now[name] != kept for name, kept in self._choices.items() if name in now)

    def _clean_changed(self, _clean: bool) -> None:
        self.changed.emit()

    def _take(self, path: Path) -> None:
        self.path = path
        self._window.settings.setValue("session_folder", str(path.parent))
        recent.add(self._window.settings, str(path))
        self.changed.emit()


def _read(path: Path, now: Snapshot) -> tuple[Path, Session, list[str]]:
    try:
        return (path, *read_session(path, now))
    except SessionError as error:
        raise LoadError(str(error)) from error


def _write(session: Session, path: Path, index: int) -> tuple[Path, int]:
    try:
        write_session(session, path)
    except SessionError as error:
        raise LoadError(str(error)) from error
    return path, index
