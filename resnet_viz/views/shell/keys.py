"""The keys of the commands: those of the table, or those that the user has given them."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence

from resnet_viz.views.shell.commands import Command, commands
from resnet_viz.views.shell.pages import PAGES

_GROUP = "keys"


def keys_of(command: Command, settings: QSettings | None) -> list[QKeySequence]:
    """The keys that ``command`` has now; ``settings`` None knows no others than the table's."""
    chosen = None if settings is None else settings.value(f"{_GROUP}/{command.name}")
    listed = QKeySequence.listFromString(command.keys if chosen is None else str(chosen))
    return [one for one in listed if not one.isEmpty()]


def native(keys: list[QKeySequence]) -> str:
    """As the user reads them."""
    return ", ".join(one.toString(QKeySequence.SequenceFormat.NativeText) for one in keys)


def set_keys(command: Command, keys: QKeySequence, settings: QSettings) -> None:
    """Give ``command`` other keys; an empty sequence takes them away."""
    settings.setValue(f"{_GROUP}/{command.name}", keys.toString())


def forget(settings: QSettings, command: Command | None = None) -> None:
    """Give ``command``, or each, the table's keys again."""
    settings.remove(_GROUP if command is None else f"{_GROUP}/{command.name}")


def owner(keys: QKeySequence, settings: QSettings) -> Command | str | None:
    """The command that has ``keys``, or, in words, the view that takes them for itself."""
    for command in commands():
        if keys in keys_of(command, settings):
            return command
    for page in PAGES:
        for title, taken in page.load().key_groups(page.title).items():
            if any(keys in QKeySequence.listFromString(key.keys) for key in taken):
                return title
    return None
