"""What the window's pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QAction

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.diagram import Diagram
from resnet_viz.views.widgets.feature import Feature


class Page(Feature):
    """A page of the window.

    ``network_asked`` asks the window to open a network of the catalog in the explorer,
    ``page_asked`` to turn to another page, by its name in PAGES, and ``theme_asked`` to draw
    everything in another theme. ``commands_changed`` says that other commands can be used now, and
    ``grown`` that a part of the page with settings of its own was made.
    """

    network_asked = Signal(str)
    page_asked = Signal(str)
    theme_asked = Signal(str)
    commands_changed = Signal()
    grown = Signal(object)

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__()
        self.state, self.worker, self._say = state, worker, say
        self._said = ""

    @classmethod
    def of(
        cls, explorer: Explorer, say: Callable[[str], None], actions: Mapping[str, QAction]
    ) -> Self:
        """Make it for a window; ``actions`` are the window's commands by name, for buttons."""
        return cls(explorer.state, explorer.worker, say)

    def drawing(self) -> Diagram | None:
        """The whole block diagram as it is on the page, for a file; None where there is none."""
        return None

    def recall(self, settings: QSettings) -> None:
        """Take what an earlier window kept."""

    def keep(self, settings: QSettings) -> None:
        """Keep what outlives the window."""

    def say(self, sentence: str) -> None:
        """Put a sentence into the window's message area; "" takes this page's last one away."""
        if sentence or self._said:
            self._say(sentence)
        self._said = sentence
