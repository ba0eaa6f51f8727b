"""Other keys for the commands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.views.shell import keys
from resnet_viz.views.shell.commands import Command, commands
from resnet_viz.views.widgets.plain_text import PlainLabel


class KeysDialog(QDialog):
    """Choose a command, press the keys that it is to have, Set. ``changed`` is called after each
    change, which is kept in ``settings``."""

    def __init__(
        self, settings: QSettings, changed: Callable[[], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change keys")
        self._settings, self._changed = settings, changed
        self._commands = {command.name: command for command in commands()}
        self.list = QTreeWidget()
        self.list.setAccessibleName("Commands and their keys")
        self.list.setHeaderLabels(["Command", "Keys"])
        self.list.setRootIsDecorated(False)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.field = QKeySequenceEdit()
        self.field.setMaximumSequenceLength(1)
        self.field.setClearButtonEnabled(True)
        self.field.setAccessibleName("Press the new keys here")
        self.sentence = PlainLabel()
        self.sentence.setWordWrap(True)
        self.set = QPushButton("Set")
        self.take = QPushButton("Take them over")
        self.back = QPushButton("As they were")
        self.all_back = QPushButton("All as they were")
        for button in (self.set, self.take, self.back, self.all_back):
            button.setAutoDefault(False)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(self.set)
        row.addWidget(self.take)
        below = QHBoxLayout()
        below.addWidget(self.back)
        below.addWidget(self.all_back)
        below.addStretch(1)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.sentence)
        column.addLayout(below)
        self._fill()
        self.list.currentItemChanged.connect(lambda *_: self._chosen())
        self.field.keySequenceChanged.connect(lambda _: self._look())
        self.set.clicked.connect(self._set)
        self.take.clicked.connect(self._take)
        self.back.clicked.connect(self._put_back)
        self.all_back.clicked.connect(self._put_all_back)
        close.rejected.connect(self.reject)
        metrics = self.fontMetrics()
        wanted = QSize(64 * metrics.averageCharWidth(), 26 * metrics.height())
        room = parent.window().size() if parent else self.screen().availableSize()
        self.resize(wanted.boundedTo(room * 0.9))
        self.choose(next(iter(self._commands)))

    def command(self) -> Command:
        """The one that is chosen."""
        item = self.list.currentItem()
        assert item is not None  # one is chosen from the beginning
        return self._commands[item.data(0, Qt.ItemDataRole.UserRole)]

    def choose(self, name: str) -> None:
        """Choose a command by its name."""
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentItem(item)

    def _fill(self) -> None:
        for command in self._commands.values():
            item = QTreeWidgetItem([command.plain_text, ""])
            item.setData(0, Qt.ItemDataRole.UserRole, command.name)
            item.setToolTip(0, command.tip or command.plain_text)
            self.list.addTopLevelItem(item)
        self._refresh()

    def _refresh(self) -> None:
        for row, command in enumerate(self._commands.values()):
            item = self.list.topLevelItem(row)
            assert item is not None
            item.setText(1, keys.native(keys.keys_of(command, self._settings)))

    def _chosen(self) -> None:
        now = keys.keys_of(self.command(), self._settings)
        self.field.setKeySequence(now[0] if now else QKeySequence())
        self._look()

    def _look(self) -> None:
        """Say who has these keys already."""
        wanted, command = self.field.keySequence(), self.command()
        mine = wanted in keys.keys_of(command, self._settings)
        there = None if wanted.isEmpty() or mine else keys.owner(wanted, self._settings)
        sentence = ""
        if isinstance(there, Command):
            sentence = f"{keys.native([wanted])} is for “{there.plain_text}”, which would lose it."
        elif isinstance(there, str):
            sentence = f"{keys.native([wanted])} is a key of “{there}”; choose another one."
        self.sentence.setText(sentence)
        self.set.setEnabled(not sentence and not mine)
        self.take.setEnabled(bool(sentence) and isinstance(there, Command))

    def _set(self) -> None:
        keys.set_keys(self.command(), self.field.keySequence(), self._settings)
        self._tell()

    def _take(self) -> None:
        wanted = self.field.keySequence()
        there = keys.owner(wanted, self._settings)
        if isinstance(there, Command):
            left = [one for one in keys.keys_of(there, self._settings) if one != wanted]
            keys.set_keys(there, left[0] if left else QKeySequence(), self._settings)
        self._set()

    def _put_back(self) -> None:
        keys.forget(self._settings, self.command())
        self._tell()

    def _put_all_back(self) -> None:
        keys.forget(self._settings)
        self._tell()

    def _tell(self) -> None:
        self._changed()
        self._refresh()
        self._chosen()
