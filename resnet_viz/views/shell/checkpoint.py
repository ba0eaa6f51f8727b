"""Opens the user's own weights: recognises their network, and asks what a file cannot say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.class_names import SUFFIXES, read_class_names
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.preprocessing import Preprocessing
from resnet_viz.results.recognition import (
    Checked,
    InFile,
    NotRecognised,
    Recognised,
    RecogniseRequest,
)
from resnet_viz.views.shell.preprocessing import PreprocessingDialog
from resnet_viz.views.widgets.progress_row import ProgressRow

Say = Callable[[str, Sequence[tuple[str, Callable[[], None]]]], None]


class CheckpointOpener(QObject):
    """Puts a file of weights on the network that it was made for. ``progress`` shows how far it is.

    ``say`` takes a sentence and buttons for the message area.
    """

    def __init__(self, state: ExplorerState, worker: Worker, say: Say, window: QWidget) -> None:
        super().__init__(window)
        self._state, self._say, self._window = state, say, window
        self._channel = Channel(worker, "recognition", self)
        self.progress = ProgressRow(self._channel)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(False)
        self.progress.setSizePolicy(policy)
        self._channel.updated.connect(self._show)
        self._channel.failed.connect(lambda sentence: self._say(sentence, ()))

    def open(self, path: str, preferred: str | None = None, which: str | None = None) -> None:
        """Find out what the file at ``path`` is for; the network changes when that is known.

        ``which`` is the prefix of one of several networks in it.
        """
        name = preferred or self._state.snapshot.network
        self._channel.start(RecogniseRequest(path, name, which))

    def _other(self, shown: Recognised, one: InFile) -> tuple[str, Callable[[], None]]:
        path = shown.weights.path
        return f"Take {one.title}", lambda: self.open(path, which=one.prefix)

    def _show(self, update: object) -> None:
        if isinstance(update, NotRecognised):
            title = catalog.find(update.nearest).title
            self._say(
                update.sentence,
                [(f"Open {title}", lambda: self._state.set_network(update.nearest))],
            )
        elif isinstance(update, Recognised):
            self._take(update)
        elif isinstance(update, Checked):
            now = self._state.snapshot
            if (now.network, now.weights) == (update.first.network, update.first.weights):
                self._take(update.now)

    def _take(self, found: Recognised) -> None:
        """Put a network on screen, say what was guessed, and offer the file's others."""
        self._state.set_network(found.network, found.weights)
        others = [one for one in found.networks if one.prefix != found.which]
        self._say(
            found.sentence,
            [
                *(self._other(found, one) for one in others),
                ("Preprocessing…", self.ask_for_preprocessing),
                ("Class names…", self.ask_for_class_names),
            ],
        )

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
