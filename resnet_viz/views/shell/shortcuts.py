"""The list of all keys, by the page or the view that they are for."""

from __future__ import annotations

import html
from collections.abc import Callable

from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.views.shell import keys
from resnet_viz.views.shell.commands import commands
from resnet_viz.views.shell.keys_dialog import KeysDialog
from resnet_viz.views.shell.pages import PAGES
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Key

EVERYWHERE, OF_PAGES = "Everywhere", "Pages"

TEXT_KEYS = (Key("Tab, Enter", "Next link of a text, and what it leads to"),)


class ShortcutsDialog(QDialog):
    """Scrolls where the screen is too low for all of them."""

    def __init__(
        self,
        parent: QWidget | None = None,
        settings: QSettings | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._changed = settings, changed
        self.setWindowTitle("Keyboard shortcuts")
        self.list = QTextBrowser()
        self.list.setAccessibleName("Keyboard shortcuts")
        self.list.document().setDocumentMargin(14)
        self.list.setHtml(shortcuts_text(settings))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self.change = QPushButton("Change keys…")
        self.change.clicked.connect(self._change)
        if settings is not None:
            buttons.addButton(self.change, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        metrics = self.fontMetrics()
        wanted = QSize(64 * metrics.averageCharWidth(), 44 * metrics.height())
        room = parent.window().size() if parent else self.screen().availableSize()
        self.resize(wanted.boundedTo(room * 0.9))
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _change(self) -> None:
        """Let the user change keys, and list them anew."""
        assert self._settings is not None
        dialog = KeysDialog(self._settings, self._changed, self)
        dialog.exec()
        dialog.deleteLater()
        self.list.setHtml(shortcuts_text(self._settings))


def groups(settings: QSettings | None = None) -> dict[str, list[tuple[str, str]]]:
    """By group the (keys, what for) of every command with a shortcut and of every other key."""
    titles = {page.name: page.title for page in PAGES}
    made: dict[str, list[tuple[str, str]]] = {EVERYWHERE: [], OF_PAGES: []}
    for command in commands():
        if its := keys.keys_of(command, settings):
            of_page = titles.get(command.handler.split(".")[0], EVERYWHERE)
            group = OF_PAGES if command.handler == "turn_to_page" else of_page
            made.setdefault(group, []).append((keys.native(its), command.plain_text))

    of_features = [page.load().key_groups(page.title) for page in PAGES]
    for features in (*of_features, {"In texts with links": TEXT_KEYS}):
        for title, taken in features.items():
            if taken:
                made.setdefault(title, []).extend((key.keys, key.text) for key in taken)
    return made


def shortcuts_text(settings: QSettings | None = None) -> str:
    """The groups as a rich text, one table for all, so that the columns stand in line."""
    colour = theme.current().muted
    rows = []
    for title, its in groups(settings).items():
        rows.append(
            f'<tr><td colspan="2" style="padding-top: 10px; color: {colour}">'
            f"<b>{html.escape(title)}</b></td></tr>"
        )
        rows += [
            f'<tr><td style="padding-right: 24px"><b>{html.escape(key)}</b></td>'
            f"<td>{html.escape(text)}</td></tr>"
            for key, text in its
        ]
    return f"<table>{''.join(rows)}</table>"
