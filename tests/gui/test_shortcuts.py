"""The list of keys says what there is, and fits on a small screen."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.views.laboratory.page import LaboratoryPage
from resnet_viz.views.shell.actions import COMMANDS, GROUPS, PAGE_KEYS, PAGE_TITLES
from resnet_viz.views.shell.shortcuts import ShortcutsDialog, groups
from resnet_viz.views.training.page import TrainingPage
from resnet_viz.views.widgets import theme
from tests import fakes


def test_every_command_with_a_shortcut_is_in_one_group() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(name for name, one in COMMANDS.items() if one.shortcut)
    assert PAGE_KEYS.keys() == PAGE_TITLES.keys()
    assert ("S", PAGE_KEYS["laboratory"]["sweep"].text) in groups()["Laboratory"]


def test_pages_take_the_keys_that_are_listed(qtbot: QtBot) -> None:
    worker = Worker()
    for page, listed in (
        (TrainingPage, {"Space", ".", "R"}),
        (LaboratoryPage, {"S"}),
    ):
        made = page(ExplorerState(fakes.photo()), worker, print)
        qtbot.addWidget(made)
        taken = {key.key().toString() for key in made.findChildren(QShortcut)}
        assert listed <= taken
        of_page = {key.keys for key in PAGE_KEYS[page.__module__.split(".")[-2]].values()}
        assert listed == {keys for keys in of_page if QKeySequence(keys).toString() in taken}
    worker.close()


def test_it_scrolls_on_a_projector(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.PROJECTOR)
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1366, 768)
    dialog = ShortcutsDialog(window)
    dialog.show()
    qapp.processEvents()
    assert dialog.height() <= 768
    assert dialog.list.verticalScrollBar().maximum() > 0
    assert dialog.list.horizontalScrollBar().maximum() == 0
    said = dialog.list.toPlainText()
    for title, keys in groups().items():
        assert title in said
        for key, text in keys:
            assert key in said
            assert text in said
    theme.apply(qapp, theme.DARK)
