"""One feature of each kind, for the tests that add them to the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QLabel, QVBoxLayout

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.results.result import Result
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.widgets.feature import Json, Key
from resnet_viz.views.widgets.page import Page


class DemoPage(Page):
    """Counts results, in so many words."""

    KEYS = {"count": Key("#", "Count again")}  # noqa: RUF012

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.seen: list[Result] = []
        self.unit = "results"

    def show_result(self, result: Result) -> None:
        self.seen.append(result)

    def choices(self) -> dict[str, Json]:
        return {"unit": self.unit}

    def restore(self, choices: Mapping[str, Json]) -> None:
        self.unit = choices.get("unit", self.unit)


class BrokenPage(Page):
    """Cannot show anything."""

    def show_result(self, result: Result) -> None:
        raise RuntimeError("this page is broken")


class DemoInstrument(Panel):
    NAME = "demo"
    SHOWS = "Nothing is measured here."
    PAPER = "Nobody 2030"
    ARXIV = "3001.00001"


class DemoPanel(ExplorerPanel):
    """Says which network is on screen."""

    def __init__(self, state: ExplorerState) -> None:
        super().__init__(state)
        self.text = QLabel()
        QVBoxLayout(self).addWidget(self.text)

    def show_result(self, result: Result) -> None:
        self.text.setText(result.structure.title)
