"""File → Animation: the skips going off, or their strength, as a GIF or a film."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMenu

from resnet_viz.engine.channel import Channel
from resnet_viz.figures.figure import Figure
from resnet_viz.views.widgets.progress_row import ProgressRow

if TYPE_CHECKING:
    from resnet_viz.results.laboratory import LaboratoryResult
    from resnet_viz.views.shell.main_window import MainWindow

Kind = Literal["cascade", "strength", "sweep", "training"]
KINDS: dict[Literal["cascade", "strength"], str] = {
    "cascade": "Skips going off one by one…",
    "strength": "Strength of all skips from 1 to 0…",
}


class Animating(QObject):
    """Asks where to, and lets the worker measure and draw; ``progress`` shows how far it is."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.channel = Channel(window.worker, "animation", self)
        self.channel.updated.connect(self._show)
        self.channel.failed.connect(lambda sentence: window.message.say(sentence))
        self.progress = ProgressRow(self.channel, keeps_height=False)
        self.progress.setContentsMargins(12, 2, 6, 2)

    def fill(self, menu: QMenu) -> None:
        """An action for each kind; a line that says so where films cannot be written."""
        from resnet_viz.export.animation import NO_FILM, has_film

        for kind, title in KINDS.items():
            menu.addAction(title, partial(self.ask, kind))
        if self._laboratory() is not None:
            menu.addAction("The laboratory's backward sweep…", partial(self.ask, "sweep"))
        if self._training() is not None:
            menu.addAction("The training run…", partial(self.ask, "training"))
        if not has_film():
            menu.addSeparator()
            menu.addAction(NO_FILM).setEnabled(False)

    def ask(self, kind: Kind) -> None:
        """Let the user choose a file, and make the animation."""
        from resnet_viz.export.animation import SUFFIXES, has_film

        kinds = " ".join(f"*{one}" for one in SUFFIXES if one == ".gif" or has_film())
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Animation", f"{kind}.gif", f"Animation ({kinds})"
        )
        if path:
            self.make(kind, Path(path))

    def make(self, kind: Kind, path: Path) -> None:
        """Measure the network and the photo on screen, and write to ``path``."""
        from resnet_viz.export.animation import AnimateRequest, SweepRequest, TrainingFilmRequest

        if not path.suffix:
            path = path.with_suffix(".gif")
        self._window.message.say("")
        measured, run = self._laboratory(), self._training()
        if kind == "training":
            if run is not None:
                self.channel.start(TrainingFilmRequest(run, path))
        elif kind != "sweep":
            self.channel.start(AnimateRequest(self._window.state.snapshot, kind, path))
        elif measured is not None:
            self.channel.start(SweepRequest(measured, path))

    def _training(self) -> Figure | None:
        """The run that the training page has on screen."""
        found = self._window.pages.shown.figures()
        return next((one for one in found if one.name == "training"), None)

    def _laboratory(self) -> LaboratoryResult | None:
        """What the laboratory has measured, where that page is on screen."""
        from resnet_viz.results.laboratory import LaboratoryResult

        found = self._window.pages.shown.result
        return found if isinstance(found, LaboratoryResult) else None

    def _show(self, update: object) -> None:
        from resnet_viz.export.animation import Animated

        if isinstance(update, Animated):
            self._window.message.say(f"Written: {update.path} ({update.frames} steps)")
