"""What the window's pages beside the explorer have in common."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from resnet_viz.analysis.result import Result
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker


class Page(QWidget):
    """A page of the window. ``say`` puts a sentence into the window's message area.

    ``network_asked`` asks the window to open a network of the catalog in the explorer, and
    ``page_asked`` to turn to another page, by its name in PAGES.
    """

    network_asked = Signal(str)
    page_asked = Signal(str)

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__()
        self.state, self.worker, self.say = state, worker, say

    def show_result(self, result: Result) -> None:
        """Take the explorer's newest result; called for hidden pages too, so it is to be quick."""

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
