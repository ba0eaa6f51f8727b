"""File → Hand-out: the photo and the network on screen as one HTML file for students."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtWidgets import QFileDialog, QWidget

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.explorer import Explorer
from resnet_viz.results.attribution import AttributionRequest
from resnet_viz.results.handout import HandoutRequest, Question, WriteHandout, Written
from resnet_viz.views.help.glossary import browse
from resnet_viz.views.widgets.progress_row import ProgressRow

Say = Callable[[str, Sequence[tuple[str, Callable[[], None]]]], None]

Lecture = tuple[str, tuple[Question, ...]]
"""A lecture's title and its questions."""


class HandoutMaker(QObject):
    """Asks where to, and lets the worker compute and write it; ``progress`` shows how far it is.

    ``lecture`` tells of the lecture that is open, whose questions go into the hand-out, and
    ``attribution`` of the methods that go into it too.
    """

    def __init__(self, engine: Explorer, say: Say, window: QWidget) -> None:
        super().__init__(window)
        self._engine, self._say, self._window = engine, say, window
        self.lecture: Callable[[], Lecture] = lambda: ("", ())
        self.attribution: Callable[[], AttributionRequest | None] = lambda: None
        self._channel = Channel(engine.worker, "handout", self)
        self._channel.updated.connect(self._show)
        self._channel.failed.connect(lambda sentence: self._say(sentence, ()))
        self.progress = ProgressRow(self._channel, keeps_height=False)
        self.progress.setContentsMargins(12, 2, 6, 2)

    def ask(self) -> None:
        """Let the user choose a file, and make the hand-out."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Hand-out", self._name(), "Web page (*.html)"
        )
        if path:
            self.make(Path(path))

    def make(self, path: Path) -> None:
        """Compute a hand-out of what is on screen and write it to ``path``."""
        if not path.suffix:
            path = path.with_suffix(".html")
        title, questions = self.lecture()
        self._say("", ())
        request = HandoutRequest(self._engine.state.snapshot, title, questions, self.attribution())
        self._channel.start(WriteHandout(request, path))

    def _name(self) -> str:
        snapshot = self._engine.state.snapshot
        words = re.sub(r"[^\w-]+", "-", f"{snapshot.own_spec.title} {snapshot.photo.name}")
        return f"{words.strip('-')}.html"

    def _show(self, update: object) -> None:
        if not isinstance(update, Written):
            return
        address = QUrl.fromLocalFile(str(update.path.resolve())).toString()
        size = f"{update.size / 1e6:.1f} MB"
        words = f"The hand-out is written: {update.path} ({size}). {update.left_out}".strip()
        self._say(words, [("Open it", lambda: browse(address, self._window))])
