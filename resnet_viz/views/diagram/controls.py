"""The row above the diagram: the level, where one is, and what can be done with the view."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from resnet_viz.views.diagram.items.item import LevelName
from resnet_viz.views.diagram.scenes.level import LEVELS, TITLES
from resnet_viz.views.widgets import theme

_TIPS: dict[LevelName, str] = {
    "network": "Stages as bars, equal blocks folded",
    "blocks": "Every block with its residual branch and its skip",
    "layers": "Every layer with its figures",
}


class DiagramControls(QWidget):
    """``level_chosen`` carries a level's name, ``crumb_chosen`` the part of the way that was
    clicked: "network", "blocks" or "layers"."""

    level_chosen = Signal(str)
    crumb_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(6, 3, 6, 0)
        self.row.setSpacing(2)
        self.levels: dict[LevelName, QToolButton] = {}
        group = QButtonGroup(self)
        for name in LEVELS:
            button = QToolButton()
            button.setText(TITLES[name])
            button.setToolTip(_TIPS[name])
            button.setAccessibleName(f"Level of {TITLES[name].lower()}")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, name=name: self.level_chosen.emit(name))
            group.addButton(button)
            self.levels[name] = button
            self.row.addWidget(button)
        self.crumbs = QLabel(textFormat=Qt.TextFormat.RichText)
        self.crumbs.setAccessibleName("Where the diagram is")
        self.crumbs.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.crumbs.linkActivated.connect(self.crumb_chosen)
        self.crumbs.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.crumbs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons: list[QToolButton] = []
        self._way: list[tuple[str, str]] = []
        self.row.addSpacing(8)
        self.row.addWidget(self.crumbs, 1)

    def add(self, text: str, tip: str, deed: Callable[[], object]) -> QToolButton:
        """One more button at the right end."""
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: deed())
        self.row.addWidget(button)
        self._buttons.append(button)
        return button

    def tab_order(self) -> list[QWidget]:
        """What the keyboard stops at, from left to right."""
        return [*self.levels.values(), self.crumbs, *self._buttons]

    def show_level(self, level: LevelName) -> None:
        self.levels[level].setChecked(True)

    def show_way(self, way: list[tuple[str, str]]) -> None:
        """Show where one is: pairs of a text and the level it leads to, outermost first."""
        self._way = way
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def _write(self) -> None:
        """As much of the way's end as there is room for."""
        metrics = self.crumbs.fontMetrics()
        way = list(self._way)
        while len(way) > 1 and self._wide(way) > self.crumbs.width():
            way.pop(0)
        if way and self._wide(way) > self.crumbs.width():
            way = []
        look = theme.current()
        parts = [
            f'<a href="{level}" style="color: {look.text if last else look.muted}; '
            f'text-decoration: none">{escape(text)}</a>'
            for (text, level), last in zip(way, [False] * (len(way) - 1) + [True], strict=bool(way))
        ]
        self.crumbs.setText(f' <span style="color: {look.muted}">›</span> '.join(parts))
        self.crumbs.setMinimumHeight(metrics.height())

    def _wide(self, way: list[tuple[str, str]]) -> int:
        return self.crumbs.fontMetrics().horizontalAdvance(" › ".join(text for text, _ in way)) + 6

    def retheme(self) -> None:
        look = theme.current()
        self.setStyleSheet(
            f"""
            QToolButton {{ padding: 2px 7px; border: none; border-radius: 3px;
                           color: {look.text}; }}
            QToolButton:focus {{ border: 1px solid {look.text}; padding: 1px 6px; }}
            QToolButton:hover {{ background: {look.raised}; }}
            QToolButton:checked {{ background: {look.accent}; color: {look.window}; }}
            """
        )
        self._write()
