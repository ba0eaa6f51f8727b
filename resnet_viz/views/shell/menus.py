"""Makes actions and menus from the table of commands, and keeps them up to date."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

from resnet_viz.views.shell import keys
from resnet_viz.views.shell.commands import Command, Submenu, commands, entries
from resnet_viz.views.shell.page_stack import PageStack


class Menus(QObject):
    """``actions`` are one for each command, by its name; ``menus`` are by their titles."""

    def __init__(
        self, window: QMainWindow, pages: Callable[[], PageStack], settings: QSettings
    ) -> None:
        super().__init__(window)
        self._window, self._pages, self._settings = window, pages, settings
        self._commands = {command.name: command for command in commands()}
        self.actions: dict[str, QAction] = {}
        for name, command in self._commands.items():
            self.actions[name] = self._action(command)
        self.menus: dict[str, QMenu] = {}
        self._closed = False

    def close(self) -> None:
        """Follow no more what changes while the window is taken down."""
        self._closed = True

    def fill(self) -> None:
        """Put everything into the window's menu bar."""
        sections: dict[str, int] = {}
        for entry in entries():
            if entry.menu not in self.menus:
                self.menus[entry.menu] = self._window.menuBar().addMenu(entry.menu)
            menu = self.menus[entry.menu]
            if sections.setdefault(entry.menu, entry.section) != entry.section:
                menu.addSeparator()
                sections[entry.menu] = entry.section
            if isinstance(entry, Command):
                menu.addAction(self.actions[entry.name])
            else:
                self._add_submenu(menu, entry)

    def refresh(self) -> None:
        """Enable what can be done now, and name and tick it as it is now."""
        if self._closed:
            return
        current = self._pages().current
        for name, command in self._commands.items():
            action = self.actions[name]
            there = command.on in ("", current)
            if there and command.enabled:
                there = bool(self._find(command.enabled)(*command.arguments))
            action.setEnabled(there)
            if command.checked:
                action.setChecked(bool(self._find(command.checked)))
            if command.subject:
                subject = str(self._find(command.subject)()).replace("&", "&&")
                action.setText(f"{command.text} {subject}".strip())
        for name, command in self._commands.items():
            if command.yields_to:
                self._set_keys(self.actions[name], command)

    def take_keys(self) -> None:
        """Take the keys that the settings have now."""
        for name, command in self._commands.items():
            self._set_keys(self.actions[name], command)

    def _set_keys(self, action: QAction, command: Command) -> None:
        its = keys.keys_of(command, self._settings)
        other = self.actions.get(command.yields_to)
        taken = other.shortcuts() if other is not None and other.isEnabled() else []
        action.setShortcuts([one for one in its if one not in taken])
        said = f" ({keys.native(its)})" if its else ""
        action.setToolTip((command.tip or command.plain_text) + said)

    def _action(self, command: Command) -> QAction:
        action = QAction(command.text, self._window)
        self._set_keys(action, command)
        action.setCheckable(bool(command.checked))
        action.triggered.connect(lambda: self._find(command.handler)(*command.arguments))
        self._window.addAction(action)
        return action

    def _add_submenu(self, menu: QMenu, entry: Submenu) -> None:
        made = menu.addMenu(entry.text)
        self.menus[entry.text] = made
        made.aboutToShow.connect(partial(self._refill, made, entry))

    def _refill(self, menu: QMenu, entry: Submenu) -> None:
        menu.clear()
        self._find(entry.fill)(menu, *entry.arguments)

    def _find(self, path: str) -> Any:
        """What a name with dots leads to, from a page of that name or from the window."""
        first, *rest = path.split(".")
        pages = self._pages()
        found: Any = pages[first] if first in pages else getattr(self._window, first)
        for name in rest:
            found = getattr(found, name)
        return found
