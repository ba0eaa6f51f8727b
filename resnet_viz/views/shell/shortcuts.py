"""The list of all keys, by the page or the view that they are for."""

from __future__ import annotations

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from resnet_viz.views.shell.actions import COMMANDS, GROUPS, PAGE_KEYS, PAGE_TITLES
from resnet_viz.views.widgets import theme


class ShortcutsDialog(QDialog):
    """Scrolls where the screen is too low for all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.list = QTextBrowser()
        self.list.setAccessibleName("Keyboard shortcuts")
        self.list.document().setDocumentMargin(14)
        self.list.setHtml(shortcuts_text())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        metrics = self.fontMetrics()
        wanted = QSize(64 * metrics.averageCharWidth(), 44 * metrics.height())
        room = parent.window().size() if parent else self.screen().availableSize()
        self.resize(wanted.boundedTo(room * 0.9))
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)


def groups() -> dict[str, list[tuple[str, str]]]:
    """By group the (keys, what for) of every command with a shortcut and of every other key."""
    made = {
        title: [
            (_native(COMMANDS[name].shortcut), COMMANDS[name].text.replace("&", ""))
            for name in names
        ]
        for title, names in GROUPS.items()
    }
    for page, keys in PAGE_KEYS.items():
        made[PAGE_TITLES[page]] = [(key.keys, key.text) for key in keys.values()]
    return made


def shortcuts_text() -> str:
    """The groups as a rich text, one table for all, so that the columns stand in line."""
    colour = theme.current().muted
    rows = []
    for title, keys in groups().items():
        rows.append(
            f'<tr><td colspan="2" style="padding-top: 10px; color: {colour}">'
            f"<b>{html.escape(title)}</b></td></tr>"
        )
        rows += [
            f'<tr><td style="padding-right: 24px"><b>{html.escape(key)}</b></td>'
            f"<td>{html.escape(text)}</td></tr>"
            for key, text in keys
        ]
    return f"<table>{''.join(rows)}</table>"


def _native(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
