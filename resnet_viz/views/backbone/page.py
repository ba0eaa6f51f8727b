"""The backbone page: what else a residual network is used for than to name a photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.table import Table
from resnet_viz.results.result import Result
from resnet_viz.views.backbone.part import Part
from resnet_viz.views.widgets.feature import Entry, Json, Key, for_each
from resnet_viz.views.widgets.page import Page

PARTS: tuple[Entry, ...] = (
    Entry("pyramid", "Pyramid", "resnet_viz.views.backbone.pyramid:PyramidPart"),
    Entry("transfer", "Transfer", "resnet_viz.views.backbone.transfer:TransferPart"),
    Entry(
        "tasks",
        "Detection and segmentation",
        "resnet_viz.views.backbone.downstream:DownstreamPart",
    ),
)
"""To add a part, write its module and add its entry here."""


class BackbonePage(Page):
    """One part at a time; each is made when it is first looked at."""

    KEYS = {  # noqa: RUF012
        "place": Key("← → ↑ ↓", "Move the place in the photo or in a map that has the focus")
    }

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.panels: dict[str, Part] = {}
        self._result: Result | None = None
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Parts of the page Backbone")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for entry in PARTS:
            self.tabs.addTab(entry.title)
        self.stack = QStackedWidget()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(10, 4, 10, 8)
        rows.setSpacing(4)
        rows.addWidget(self.tabs)
        rows.addWidget(self.stack, 1)
        self.tabs.currentChanged.connect(lambda _: self._show_chosen())

    def showEvent(self, event: QShowEvent) -> None:
        """Make the chosen part once it is looked at."""
        super().showEvent(event)
        self._show_chosen()

    @property
    def chosen(self) -> str:
        """The name of the part that is chosen."""
        return PARTS[self.tabs.currentIndex()].name

    def panel(self, name: str) -> Part:
        """Choose a part by its name and give it.

        Raises:
            ValueError: there is none of that name.
        """
        self.tabs.setCurrentIndex([entry.name for entry in PARTS].index(name))
        self._show_chosen()
        return self.panels[name]

    def show_result(self, result: Result) -> None:
        """Keep it for parts that are made later."""
        self._result = result
        for_each(self.panels.values(), lambda panel: panel.show_result(result))

    def figures(self) -> Sequence[Figure]:
        """Those of the part that is chosen."""
        return self.panels[self.chosen].figures() if self.chosen in self.panels else ()

    def table(self) -> Table | None:
        return self.panels[self.chosen].table() if self.chosen in self.panels else None

    def script(self, result: Result | None) -> str:
        """That of the part that is chosen."""
        if self.chosen in self.panels:
            return self.panels[self.chosen].script(result)
        return super().script(result)

    @property
    def results(self) -> Sequence[object]:
        """Those of the part that is chosen."""
        return self.panels[self.chosen].results if self.chosen in self.panels else ()

    def begin(self) -> None:
        """Let the part that is chosen measure, if it has to be asked for that."""
        if self.chosen in self.panels:
            self.panels[self.chosen].begin()

    @property
    def settled(self) -> bool:
        return self.chosen in self.panels and self.panels[self.chosen].settled

    def retheme(self) -> None:
        for_each(self.panels.values(), lambda panel: panel.retheme())

    def choices(self) -> dict[str, Json]:
        """Which part is chosen, and what was chosen in each."""
        kept = {name: panel.choices() for name, panel in self.panels.items()}
        return {"part": self.chosen, "parts": kept}

    def restore(self, choices: Mapping[str, Json]) -> None:
        names = [entry.name for entry in PARTS]
        for name, kept in choices.get("parts", {}).items():
            if name in names:
                self._made(name).restore(kept)
        if choices.get("part") in names:
            self.tabs.setCurrentIndex(names.index(choices["part"]))

    def _show_chosen(self) -> None:
        self.stack.setCurrentWidget(self._made(self.chosen))

    def _made(self, name: str) -> Part:
        """The part of that name, which gets the last result when it is made."""
        if name not in self.panels:
            entry = next(entry for entry in PARTS if entry.name == name)
            made: Part = entry.load()(self.state, self.worker, self.say)
            made.entitle(entry.title)
            self.panels[name] = made
            self.stack.addWidget(made)
            self.grown.emit(made)
            result = self._result
            if result is not None:
                for_each([made], lambda panel: panel.show_result(result))
        return self.panels[name]
