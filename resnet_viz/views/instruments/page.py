"""The instruments page: a list of instruments, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
)

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.photo_strip import PhotoStrip
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.figure import Figure
from resnet_viz.results.attribution import AttributionRequest
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.instruments.registry import INSTRUMENTS
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, Key, for_each
from resnet_viz.views.widgets.page import Page

_SPACING = 6  # pixels around an item of the list


class InstrumentsPage(Page):
    """Instruments for a closer look at the network on screen, each with the paper it comes from.

    Panels are made when they are first looked at, so that the page costs nothing at the start.
    """

    KEYS = {"surface": Key("← → ↑ ↓", "Turn the loss surface")}  # noqa: RUF012

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._strip: PhotoStrip | None = None
        self.panels: dict[str, Panel] = {}
        self.photos: Callable[[], tuple[str, ...]] = lambda: ()
        self._result: Result | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("Instruments")
        self.list.setWordWrap(True)
        self.list.setSpacing(_SPACING)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._names = [entry.name for entry in INSTRUMENTS]
        for entry in INSTRUMENTS:
            self.list.addItem(QListWidgetItem(f"{entry.title}\n{entry.line}"))
        self.stack = QStackedWidget()
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self.list)
        columns.addWidget(self.stack, 1)
        self.list.setCurrentRow(0)
        self.list.currentRowChanged.connect(lambda _: self._show_chosen())
        self.retheme()

    @classmethod
    def of(
        cls, explorer: Explorer, say: Callable[[str], None], actions: Mapping[str, QAction]
    ) -> Self:
        """As every page, with the strip of photos."""
        made = super().of(explorer, say, actions)
        made.photos = lambda: explorer.photos.paths
        made._strip = explorer.photos
        return made

    def showEvent(self, event: QShowEvent) -> None:
        """Make the chosen panel once it is looked at."""
        super().showEvent(event)
        self._show_chosen()

    @property
    def chosen(self) -> str:
        """The name of the instrument that is chosen."""
        return self._names[self.list.currentRow()]

    def panel(self, name: str) -> Panel:
        """Choose an instrument by its name and give its panel.

        Raises:
            ValueError: there is none of that name.
        """
        self.list.setCurrentRow(self._names.index(name))
        self._show_chosen()
        return self.panels[name]

    def show_result(self, result: Result) -> None:
        """Keep it for panels that are made later."""
        self._result = result
        for_each(self.panels.values(), lambda panel: _show(panel, result))

    def figures(self) -> Sequence[Figure]:
        """Those of the instrument that is chosen."""
        return self.panels[self.chosen].figures() if self.chosen in self.panels else ()

    def attribution(self) -> AttributionRequest | None:
        """Of whichever instrument has one."""
        found = (panel.attribution() for panel in self.panels.values())
        return next((one for one in found if one is not None), None)

    def script(self, result: Result | None) -> str:
        """That of the instrument that is chosen."""
        if self.chosen in self.panels:
            return self.panels[self.chosen].script(result)
        return super().script(result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        width = round(21 * look.point_size)
        self.list.setFixedWidth(width)
        # Qt would ask for the height before it knows the width, and cut the text off.
        metrics = QFontMetrics(self.list.font())
        room = QRect(0, 0, width - 4 * _SPACING, 10_000)
        for item in map(self.list.item, range(self.list.count())):
            text = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
            item.setSizeHint(text.size() + QSize(0, _SPACING))
        self.list.setStyleSheet(
            f"QListWidget {{ background: {look.window}; outline: 0; }}"
            f"QListWidget::item {{ border-left: 4px solid {look.window}; }}"
            f"QListWidget::item:selected {{ background: {look.panel}; color: {look.text};"
            f" border-left: 4px solid {look.accent}; }}"
        )
        for_each(self.panels.values(), lambda panel: panel.retheme())

    @property
    def results(self) -> Sequence[object]:
        """Those of the instrument that is chosen."""
        return self.panels[self.chosen].results if self.chosen in self.panels else ()

    def begin(self) -> None:
        """Let the instrument that is chosen measure on this photo."""
        if self.chosen in self.panels:
            self.panels[self.chosen].begin()

    @property
    def settled(self) -> bool:
        return self.chosen in self.panels and self.panels[self.chosen].settled

    def choices(self) -> dict[str, Json]:
        """Which instrument is chosen, and what was chosen in each."""
        kept = {name: panel.choices() for name, panel in self.panels.items()}
        return {"instrument": self.chosen, "instruments": kept}

    def restore(self, choices: Mapping[str, Json]) -> None:
        for name, kept in choices.get("instruments", {}).items():
            if name in self._names:
                self._made(name).restore(kept)
        if choices.get("instrument") in self._names:
            self.list.setCurrentRow(self._names.index(choices["instrument"]))

    def _show_chosen(self) -> None:
        if self.list.currentRow() >= 0:
            self.stack.setCurrentWidget(self._made(self.chosen))

    def _made(self, name: str) -> Panel:
        """The panel of that name, which gets the last result when it is made."""
        if name not in self.panels:
            entry = INSTRUMENTS[self._names.index(name)]
            made: Panel = entry.load()(self.state, self.worker, self.say)
            made.entitle(entry.title)
            made.photos = self.photos
            if self._strip is not None:
                made.take_strip(self._strip)
            self.panels[name] = made
            self.stack.addWidget(made)
            made.retheme()
            self.grown.emit(made)
            result = self._result
            if result is not None:
                for_each([made], lambda panel: _show(panel, result))
        return self.panels[name]


def _show(panel: Panel, result: Result) -> None:
    panel.show_result(result)
    panel.show_pass(result)
