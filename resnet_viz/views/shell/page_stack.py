"""The pages and their tabs; a page is made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from PySide6.QtCore import QObject, QSettings, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QMenuBar,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.results.attribution import AttributionRequest
from resnet_viz.results.result import Result
from resnet_viz.views.shell.pages import PageEntry
from resnet_viz.views.shell.steps import Steps
from resnet_viz.views.widgets.feature import for_each
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.scrolling import put_into


class PageStack(QObject):
    """Every page by its name, with ``tabs`` to turn to them and a ``stack`` that shows one.

    ``make`` makes the page of an entry. It is asked when the page is first turned to, or asked for
    as ``pages["compare"]``; the page then gets the last result.
    """

    turned = Signal(str)

    def __init__(
        self, entries: Sequence[PageEntry], make: Callable[[PageEntry], Page], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.entries = {entry.name: entry for entry in entries}
        self._make = make
        self.made: dict[str, Page] = {}
        self._steps: dict[str, Steps] = {}
        self._faded: set[str] = set()
        self._behind: set[str] = set()
        self._result: Result | None = None
        self.stack = QStackedWidget()
        self.current = entries[0].name
        """The name of the page on screen."""
        self.tabs = Tabs()
        for number, entry in enumerate(entries, start=1):
            self.stack.addWidget(QWidget())
            self.tabs.addTab(entry.title)
            self.tabs.setTabToolTip(number - 1, f"{entry.tip} ({shortcut(number)})")
        self.tabs.currentChanged.connect(self._turn_to)

    def __getitem__(self, name: str) -> Page:
        if name not in self.made:
            entry = self.entries[name]
            page = self._make(entry)
            page.entitle(entry.title)
            place = list(self.entries).index(name)
            if (empty := self.stack.widget(place)) is not None:
                self.stack.removeWidget(empty)
                empty.deleteLater()
            self.stack.insertWidget(place, _scrolling(page))
            if place == self.tabs.currentIndex():
                self.stack.setCurrentIndex(place)
            self.made[name] = page
            self._steps[name] = Steps(page, name)
            if self._result is not None:
                result = self._result
                for_each([page], lambda page: page.show_result(result))
        elif name in self._faded:
            self._faded.remove(name)
            for_each([self.made[name]], lambda page: page.retheme())
        if name in self._behind and self._result is not None:
            self._behind.remove(name)
            last = self._result
            for_each([self.made[name]], lambda page: page.show_result(last))
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    @property
    def shown(self) -> Page:
        """The page on screen."""
        return self[self.current]

    def turn_to(self, name: str) -> None:
        """Show a page.

        Raises:
            ValueError: there is none of that name.
        """
        place = list(self.entries).index(name)
        self.tabs.setCurrentIndex(place)
        self._turn_to(place)

    def show_result(self, result: Result) -> None:
        """Hand a result to every page that there is, and keep it for those that are made later.

        Frames come too often for that: they are for the page on screen, and every other one gets
        the last of them when it is next asked for.
        """
        self._result = result
        frame = result.snapshot.photo.stream is not None
        self._behind = self.made.keys() - {self.current} if frame else set()
        now = [page for name, page in self.made.items() if name not in self._behind]
        for_each(now, lambda page: page.show_result(result))

    def attribution(self) -> AttributionRequest | None:
        """The attribution that is on screen on one of the pages."""
        found = (page.attribution() for page in self.made.values())
        return next((one for one in found if one is not None), None)

    def retheme(self) -> None:
        """Let the page on screen take colours and fonts from the theme in use, and every other
        one when it is next asked for."""
        self._faded = set(self.made)
        _ = self.shown

    def keep(self, settings: QSettings) -> None:
        """Let every page keep what outlives the window."""
        for_each(self.made.values(), lambda page: page.keep(settings))

    def choices(self) -> dict[str, Mapping[str, object]]:
        """What each page that there is keeps in a session file."""
        return {name: page.choices() for name, page in self.made.items()}

    def restore(self, choices: Mapping[str, Mapping[str, object]]) -> list[str]:
        """Put back what `choices` gave; pages of other versions of the program are passed over.

        Returns the titles of pages that could not read theirs, and are as far as they came.
        """
        refused = []
        for name in (one for one in choices if one in self.entries):
            page = self[name]
            try:
                with self._steps[name].quietly():
                    page.restore(choices[name])
            except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
                refused.append(self.entries[name].title)
        return refused

    def _turn_to(self, number: int) -> None:
        name = list(self.entries)[number]
        self.current = name
        _ = self[name]
        self.stack.setCurrentIndex(number)
        self.turned.emit(name)


_AROUND = 19  # pixels that the style leaves around a menu's text


class Tabs(QTabBar):
    """The pages' tabs in the menu bar's free end; where that is narrow, they scroll."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Pages")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)

    def sizeHint(self) -> QSize:
        """As wide as all tabs, or as the menus leave room for."""
        wanted = super().sizeHint()
        bar = self.parentWidget()
        if isinstance(bar, QMenuBar):
            metrics = bar.fontMetrics()
            texts = (action.text().replace("&", "") for action in bar.actions())
            menus = sum(metrics.horizontalAdvance(text) + _AROUND for text in texts)
            room = max(self.tabSizeHint(0).width(), bar.width() - menus)
            wanted.setWidth(min(wanted.width(), room))
        return wanted


def _scrolling(page: Page) -> QScrollArea:
    """A frame in which a page that has too little room scrolls instead of being cut off."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    inside = _AsSmallAsItGets()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(page)
    put_into(area, inside)
    return area


class _AsSmallAsItGets(QWidget):
    """Scrolling begins below a page's least height, not below the one that it would like best."""

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)


def shortcut(number: int) -> str:
    """The key of the page in place ``number``, counted from 1; "" from the tenth on."""
    return f"Ctrl+{number}" if number < 10 else ""
