"""What the window's pages beside the explorer have in common."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.results.result import Result


class Page(QWidget):
    """A page of the window.

    ``network_asked`` asks the window to open a network of the catalog in the explorer, and
    ``page_asked`` to turn to another page, by its name in PAGES.
    """

    network_asked = Signal(str)
    page_asked = Signal(str)

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__()
        self.state, self.worker, self._say = state, worker, say
        self._said = ""

    def say(self, sentence: str) -> None:
        """Put a sentence into the window's message area; "" takes this page's last one away."""
        if sentence or self._said:
            self._say(sentence)
        self._said = sentence

    def show_result(self, result: Result) -> None:
        """Take the explorer's newest result; called for hidden pages too, so it is to be quick."""

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
