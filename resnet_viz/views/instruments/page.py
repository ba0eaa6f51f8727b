"""The instruments page: a list of instruments, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.lesions import LesionsPanel
from resnet_viz.views.instruments.loss_surface import LossSurfacePanel
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.instruments.paths import PathsPanel
from resnet_viz.views.instruments.shattering import ShatteringPanel
from resnet_viz.views.instruments.strength import StrengthPanel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.page import Page

PANELS: tuple[type[Panel], ...] = (
    ShatteringPanel,
    PathsPanel,
    LesionsPanel,
    StrengthPanel,
    LossSurfacePanel,
)
"""Every instrument, in the order of the list. To add one, add a row."""


_SPACING = 6  # pixels around an item of the list


class InstrumentsPage(Page):
    """Instruments for a closer look at the network on screen, each with the paper it comes from.

    Panels are made when they are first looked at, so that the page costs nothing at the start.
    """

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.panels: dict[int, Panel] = {}
        self._result: Result | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("Instruments")
        self.list.setWordWrap(True)
        self.list.setSpacing(_SPACING)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for panel in PANELS:
            self.list.addItem(QListWidgetItem(f"{panel.TITLE}\n{panel.LINE}"))
        self.stack = QStackedWidget()
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self.list)
        columns.addWidget(self.stack, 1)
        self.list.setCurrentRow(0)
        self.list.currentRowChanged.connect(lambda _: self._show_chosen())
        self.retheme()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the chosen panel once it is looked at."""
        super().showEvent(event)
        self._show_chosen()

    def panel(self, kind: type[Panel]) -> Panel:
        """Choose an instrument and give its panel."""
        self.list.setCurrentRow(PANELS.index(kind))
        self._show_chosen()
        return self.panels[self.list.currentRow()]

    def show_result(self, result: Result) -> None:
        """Keep it for panels that are made later."""
        self._result = result
        for panel in self.panels.values():
            panel.show_result(result)

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
        for panel in self.panels.values():
            panel.retheme()

    def _show_chosen(self) -> None:
        row = self.list.currentRow()
        if row < 0:
            return
        if row not in self.panels:
            made = self.panels[row] = PANELS[row](self.state, self.worker, self.say)
            self.stack.addWidget(made)
            made.retheme()
            if self._result is not None:
                made.show_result(self._result)
        self.stack.setCurrentWidget(self.panels[row])
