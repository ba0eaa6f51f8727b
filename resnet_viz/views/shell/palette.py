"""Everything by its name: a field that finds commands, networks, layers, pages and words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from resnet_viz.export.lectures import shipped
from resnet_viz.figures import terms
from resnet_viz.networks import catalog
from resnet_viz.views.diagram.search import names_of
from resnet_viz.views.help.glossary import open_term
from resnet_viz.views.shell import recent
from resnet_viz.views.shell.commands import commands
from resnet_viz.views.shell.fuzzy import score
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

MOST = 60
"""So many are listed at most."""

LECTURE = "Lecture"
"""The kind of a lecture; the welcome page lists these."""

_OTHER = 4.0  # that another word for it counts less
_PLACE = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Found:
    """One thing that can be found: what it is, its ``keys`` if it has some, and what then is done.

    It is found by ``also`` too, other words for it. One that is not ``enabled`` is listed in grey,
    and nothing is done.
    """

    text: str
    kind: str
    run: Callable[[], object]
    keys: str = ""
    enabled: bool = True
    also: tuple[str, ...] = ()

    def score(self, typed: str) -> float | None:
        """How well it fits what was typed; None if not. Its own name goes before others."""
        own = score(typed, self.text)
        others = [found for word in self.also if (found := score(typed, word)) is not None]
        fitting = [*([own] if own is not None else []), *(one - _OTHER for one in others)]
        return max(fitting, default=None)


def _commands(window: MainWindow) -> Iterator[Found]:
    native = QKeySequence.SequenceFormat.NativeText
    for command in commands():
        action = window.actions_by_name[command.name]
        text, kind = action.text().replace("&", ""), command.menu.replace("&", "")
        if command.handler == "turn_to_page":
            kind = "Page"
        keys = ", ".join(one.toString(native) for one in action.shortcuts())
        yield Found(text, kind, action.trigger, keys, action.isEnabled(), (command.tip,))


def _networks(window: MainWindow) -> Iterator[Found]:
    for spec in catalog.CATALOG.values():
        yield Found(spec.title, "Network", partial(window.explore, spec.name))


def _layers(window: MainWindow) -> Iterator[Found]:
    structure = window.engine.structure
    for name in names_of(structure) if structure is not None else []:
        yield Found(name, "Layer", partial(_reveal, window, name))


def _reveal(window: MainWindow, name: str) -> None:
    window.turn_to_page("explorer")
    explorer: Any = window.explorer
    explorer.diagram.reveal(name)


def _words(window: MainWindow) -> Iterator[Found]:
    for term in terms.matching(""):
        run = partial(open_term, term.key, window)
        yield Found(term.name, "Glossary", run, also=term.also)


def _recent(window: MainWindow) -> Iterator[Found]:
    for path in recent.paths(window.settings):
        yield Found(Path(path).name, "Recent file", partial(window.open_path, path))


def _lectures(window: MainWindow) -> Iterator[Found]:
    for title, path in shipped().items():
        yield Found(title, LECTURE, partial(window.presenting.open, path))


PROVIDERS: list[Callable[[MainWindow], Iterator[Found]]] = [
    _commands,
    _lectures,
    _networks,
    _recent,
    _layers,
    _words,
]
"""To let something be found, add what lists it; of equal fits the first listed stands first."""


def listed(window: MainWindow, kind: str) -> list[Found]:
    """All of one kind."""
    return [one for provider in PROVIDERS for one in provider(window) if one.kind == kind]


class Palette(QDialog):
    """Type a few letters, choose with the arrow keys, Enter; Escape closes it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle("Find anything")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._all = [one for provider in PROVIDERS for one in provider(window)]
        self.field = QLineEdit()
        self.field.setPlaceholderText("A command, network, layer, page or word")
        self.field.setAccessibleName("Find a command, network, layer, page or word")
        self.field.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setAccessibleName("What fits")
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.sentence = PlainLabel("Nothing here is called so; try fewer letters.", self)
        self.sentence.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        column.addWidget(self.sentence)
        column.addWidget(self.list, 1)
        self.field.textChanged.connect(self._show)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self._choose())
        metrics = self.fontMetrics()
        wanted = QSize(70 * metrics.averageCharWidth(), 18 * metrics.height())
        self.resize(wanted.boundedTo(window.size() * 0.9))
        self._show("")

    def _show(self, typed: str) -> None:
        """List what fits, the best first; what cannot be used now stands last."""
        fitting = [
            (not one.enabled, -found, place)
            for place, one in enumerate(self._all)
            if (found := one.score(typed)) is not None
        ]
        self.list.clear()
        for _, _, place in sorted(fitting)[:MOST]:
            one = self._all[place]
            item = QTreeWidgetItem([one.text, one.kind, one.keys])
            item.setData(0, _PLACE, place)
            item.setToolTip(0, plain(one.text))
            if not one.enabled:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                item.setToolTip(0, plain(f"{one.text}: not to be used just now"))
            self.list.addTopLevelItem(item)
        self.sentence.setVisible(not fitting)
        if (first := self.list.topLevelItem(0)) is not None:
            self.list.setCurrentItem(first)

    def _choose(self) -> None:
        item = self.list.currentItem()
        one = self._all[item.data(0, _PLACE)] if item is not None else None
        if one is None or not one.enabled:
            return
        self.close()
        one.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self.list.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose()
                return True
        return super().eventFilter(watched, event)
