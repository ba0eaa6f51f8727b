"""Opens the user's own weights: recognises their network, and asks what a file cannot say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QWidget

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.class_names import SUFFIXES, read_class_names
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.preprocessing import Preprocessing
from resnet_viz.networks.reading.reading import INPUT
from resnet_viz.results.recognition import Checked, NotRecognised, Recognised, RecogniseRequest
from resnet_viz.results.result import Snapshot
from resnet_viz.views.shell.preprocessing import PreprocessingDialog
from resnet_viz.views.shell.reading import ReadingDialog, Understood
from resnet_viz.views.widgets.progress_row import ProgressRow

Say = Callable[[str, Sequence[tuple[str, Callable[[], None]]]], None]


FileRead = tuple[str, str, tuple[tuple[str, str], ...]]
"""A file, the prefix of a network in it, and the choices that it was read with."""


def _read_as(weights: WeightsChoice) -> FileRead | None:
    """How these weights were read, None where they are not a file's."""
    if weights.kind != "file" or weights.reading is None:
        return None
    return weights.path, weights.reading.which, weights.reading.choices


class CheckpointOpener(QObject):
    """Puts a file of weights on the network that it was made for. ``progress`` shows how far it is.

    ``say`` takes a sentence and buttons for the message area.
    """

    def __init__(self, state: ExplorerState, worker: Worker, say: Say, window: QWidget) -> None:
        super().__init__(window)
        self._state, self._say, self._window = state, say, window
        self._channel = Channel(worker, "recognition", self)
        self.progress = ProgressRow(self._channel, keeps_height=False)
        self._channel.updated.connect(self._show)
        self._channel.failed.connect(self._say_failure)
        self._dialog = ReadingDialog(window)
        self._dialog.asked.connect(self._read_again)
        for keys, step in (
            ("Ctrl+Z", state.undo_stack.undo),
            ("Ctrl+Shift+Z", state.undo_stack.redo),
        ):
            QShortcut(QKeySequence(keys), self._dialog, step)
        self._known: dict[FileRead, Understood] = {}
        self._placed: WeightsChoice | None = None
        self._only_show = self._again = False
        state.snapshot_changed.connect(self._follow)

    def open(
        self,
        path: str,
        preferred: str | None = None,
        which: str | None = None,
        choices: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Find out what the file at ``path`` is for; the network changes when that is known.

        ``which`` is the prefix of one of several networks in it, and ``choices`` are (assumption,
        choice) for what it cannot show.
        """
        name = preferred or self._state.snapshot.network
        self._only_show = self._again = False
        self._channel.start(RecogniseRequest(path, name, which, choices))

    def has_reading(self) -> bool:
        """True while the weights in use were read from a file."""
        return _read_as(self._state.snapshot.weights) is not None

    def show_reading(self) -> None:
        """Show how the file in use was read; a file that was opened in an earlier session is read
        for that once more."""
        snapshot = self._state.snapshot
        read = _read_as(snapshot.weights)
        if read is None:
            return
        if read in self._known:
            self._dialog.show_reading(self._known[read])
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        path, which, choices = read
        self._only_show = True
        self._channel.start(RecogniseRequest(path, snapshot.network, which, choices))

    def _read_again(self, which: str, choices: tuple[tuple[str, str], ...]) -> None:
        self.open(self._state.snapshot.weights.path, which=which, choices=choices)
        self._again = True

    def _follow(self) -> None:
        """Show in the open dialogue what is in use now."""
        if not self._dialog.isVisible():
            return
        read = _read_as(self._state.snapshot.weights)
        if read in self._known:
            self._dialog.show_reading(self._known[read])
        else:
            self._dialog.close()

    def _say_failure(self, sentence: str) -> None:
        self._say(sentence, ())
        if self._dialog.isVisible():
            self._dialog.say(sentence)

    def _show(self, update: object) -> None:
        if isinstance(update, NotRecognised):
            self._dialog.close()
            title = catalog.find(update.nearest).title
            self._say(
                update.sentence,
                [(f"Open {title}", lambda: self._state.set_network(update.nearest))],
            )
        elif isinstance(update, Recognised):
            self._take(Understood(update))
        elif isinstance(update, Checked):
            one = Understood(update.now, update.fit, compared=True)
            if self._only_show or self._state.snapshot.weights == self._placed:
                self._take(one)
            elif (read := _read_as(update.now.weights)) is not None:
                self._known[read] = one  # the choice is another one meanwhile
                self._follow()

    def _take(self, one: Understood) -> None:
        """Put a network on screen, and say in a sentence how the file was read."""
        found = one.found
        if (read := _read_as(found.weights)) is not None:
            self._known[read] = one
        if self._only_show:
            if read == _read_as(self._state.snapshot.weights):
                self._dialog.show_reading(one)
            return
        self._state.set_network(found.network, self._kept(found))
        self._placed = self._state.snapshot.weights
        if self._dialog.isVisible():
            self._dialog.show_reading(one)
        self._say(
            found.summary,
            [
                ("What was guessed…", self.show_reading),
                ("Class names…", self.ask_for_class_names),
            ],
        )

    def _kept(self, found: Recognised) -> WeightsChoice:
        """The weights that were found, with the user's own class names and preprocessing where the
        same network was only read otherwise."""
        old, new = self._state.snapshot, found.weights
        before, after = old.weights.reading, new.reading
        if not self._again or before is None or after is None or old.weights.kind != "file":
            return new
        if (old.weights.path, before.which) != (new.path, after.which):
            return new
        then = Snapshot(found.network, old.photo, None, new)
        if old.spec.classes == then.spec.classes:
            new = replace(new, labels=old.weights.labels)
        chosen = [[one for one in read.choices if one[0] in INPUT] for read in (before, after)]
        if chosen[0] == chosen[1]:
            kept = old.spec.preprocessing
            own = then.own_spec.preprocessing
            new = replace(new, preprocessing=None if kept == own else kept)
        return new

    def ask_for_preprocessing(self) -> None:
        """Let the user set size, mean and standard deviation for the weights in use."""
        snapshot = self._state.snapshot
        own = snapshot.own_spec
        now = snapshot.spec.preprocessing
        dialog = PreprocessingDialog(own.title, now, own.preprocessing, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._set_preprocessing)
        dialog.open()

    def _set_preprocessing(self, value: Preprocessing) -> None:
        snapshot = self._state.snapshot
        own = snapshot.own_spec.preprocessing
        given = None if value == own else value
        self._state.set_weights(replace(snapshot.weights, preprocessing=given))

    def ask_for_class_names(self) -> None:
        """Let the user pick a file of names for the classes of the weights in use."""
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Names of the classes", "", f"Names ({patterns});;All files (*)"
        )
        if path:
            self.name_classes(path)

    def name_classes(self, path: str) -> None:
        """Call the classes as the file at ``path`` does, if it has as many names."""
        snapshot = self._state.snapshot
        try:
            names = read_class_names(Path(path))
        except WeightsError as error:
            self._say(str(error), ())
            return
        if len(names) != snapshot.spec.classes:
            self._say(
                f"{Path(path).name} has {len(names)} names, and {snapshot.spec.title} has "
                f"{snapshot.spec.classes} classes here; give a file with as many",
                (),
            )
            return
        self._say("", ())  # what was wrong with an earlier file
        weights: WeightsChoice = replace(snapshot.weights, labels=names)
        self._state.set_weights(weights)
