"""Keys that the user has changed: they work, are shown everywhere, and are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.views.shell.keys_dialog import KeysDialog
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.shortcuts import ShortcutsDialog
from resnet_viz.views.widgets import theme
from tests.gui import fit


@pytest.fixture
def dialog(made: MainWindow, qtbot: QtBot) -> Iterator[KeysDialog]:
    dialog = KeysDialog(made.settings, made.menus.take_keys, made)
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    qtbot.mouseClick(dialog.all_back, Qt.MouseButton.LeftButton)


def press(qtbot: QtBot, dialog: KeysDialog, name: str, keys: str) -> None:
    """Choose a command, press keys in the field."""
    dialog.choose(name)
    (combination,) = QKeySequence(keys)
    qtbot.keyClick(dialog.field, combination.key(), combination.keyboardModifiers())


def test_other_keys_work_and_are_shown_and_kept(
    made: MainWindow, dialog: KeysDialog, qtbot: QtBot
) -> None:
    action = made.actions_by_name["open"]
    press(qtbot, dialog, "open", "Ctrl+J")
    qtbot.mouseClick(dialog.set, Qt.MouseButton.LeftButton)
    assert action.shortcut() == QKeySequence("Ctrl+J")
    assert "Ctrl+J" in action.toolTip()
    listed = ShortcutsDialog(made, made.settings)
    qtbot.addWidget(listed)
    assert "Ctrl+J" in listed.list.toPlainText()
    assert "Ctrl+O" not in listed.list.toPlainText()

    again = QSettings(made.settings.fileName(), QSettings.Format.IniFormat)
    assert again.value("keys/open") == "Ctrl+J"
    qtbot.mouseClick(dialog.back, Qt.MouseButton.LeftButton)
    assert action.shortcut() == QKeySequence("Ctrl+O")


def test_keys_that_another_command_has_are_taken_over_only_when_asked(
    made: MainWindow, dialog: KeysDialog, qtbot: QtBot
) -> None:
    press(qtbot, dialog, "glossary", "Ctrl+O")
    assert "“Open a photo…”, which would lose it" in dialog.sentence.text()
    assert not dialog.set.isEnabled()
    qtbot.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    assert made.actions_by_name["glossary"].shortcut() == QKeySequence("Ctrl+O")
    assert made.actions_by_name["open"].shortcuts() == []
    assert dialog.sentence.text() == ""
    qtbot.mouseClick(dialog.all_back, Qt.MouseButton.LeftButton)
    assert made.actions_by_name["open"].shortcut() == QKeySequence("Ctrl+O")
    assert made.actions_by_name["glossary"].shortcut() == QKeySequence("Ctrl+Shift+G")


def test_a_pages_own_keys_are_not_given_away(dialog: KeysDialog, qtbot: QtBot) -> None:
    press(qtbot, dialog, "fit", "S")
    assert "is a key of “Laboratory”; choose another one" in dialog.sentence.text()
    assert not dialog.set.isEnabled()
    assert not dialog.take.isEnabled()


def test_a_key_that_two_commands_have_in_turn_is_neithers_loss(
    made: MainWindow, dialog: KeysDialog, qtbot: QtBot
) -> None:
    for name in ("freeze", "fit"):
        press(qtbot, dialog, name, "F")
        assert dialog.sentence.text() == ""
        assert not dialog.set.isEnabled(), "it has this key already"
    press(qtbot, dialog, "freeze", "Y")
    qtbot.mouseClick(dialog.set, Qt.MouseButton.LeftButton)
    assert made.actions_by_name["freeze"].shortcut() == QKeySequence("Y")
    assert made.actions_by_name["fit"].shortcut() == QKeySequence("F")


@pytest.mark.long
def test_it_fits_the_least_window_in_every_theme(
    made: MainWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    made.resize(960, 600)
    for name in theme.THEMES:
        made.set_theme(name)
        dialog = KeysDialog(made.settings, made.menus.take_keys, made)
        qtbot.addWidget(dialog)
        dialog.show()
        press(qtbot, dialog, "glossary", "Ctrl+O")
        qapp.processEvents()
        assert dialog.height() <= made.height()
        assert fit.faults(dialog) == []
        dialog.close()
    made.set_theme(theme.DARK.name)
    made.resize(1366, 768)
