"""The list of keys says what there is, and fits on a small screen."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.views.laboratory.page import LaboratoryPage
from resnet_viz.views.shell.commands import commands
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES
from resnet_viz.views.shell.shortcuts import ShortcutsDialog, groups
from resnet_viz.views.training.page import TrainingPage
from resnet_viz.views.widgets import theme
from tests import fakes


def test_every_command_with_a_key_is_listed_once_and_two_share_a_key_only_in_turn() -> None:
    keys = [command.keys.replace(";", ",") for command in commands() if command.keys]
    listed = [key for title in ("Everywhere", "Pages", "Explorer") for key, _ in groups()[title]]
    assert sorted(listed) == sorted(keys)
    by_name = {command.name: command for command in commands()}
    shared = [one for one in by_name.values() if one.yields_to]
    assert all(one.keys == by_name[one.yields_to].keys for one in shared)
    assert len(set(keys)) == len(keys) - len(shared)
    assert ("S", LaboratoryPage.KEYS["sweep"].text) in groups()["Laboratory"]


def test_the_pages_keys_are_in_the_order_of_the_tabs(made: MainWindow) -> None:
    tips = [made.tabs.tabToolTip(number) for number in range(made.tabs.count())]
    for number, (entry, tip) in enumerate(zip(PAGES, tips, strict=True), start=1):
        assert made.tabs.tabText(number - 1) == entry.title
        assert tip == f"{entry.tip} (Ctrl+{number})"
        action = made.actions_by_name[f"page_{entry.name}"]
        assert action.shortcut().toString() == f"Ctrl+{number}"
        action.trigger()
        assert made.pages.shown is made.pages[entry.name]
    made.turn_to_page("explorer")


def test_pages_take_the_keys_that_are_listed(qtbot: QtBot) -> None:
    worker = Worker()
    for page, listed in (
        (TrainingPage, {"Space", "N", "R", "U"}),
        (LaboratoryPage, {"S"}),
    ):
        made = page(ExplorerState(fakes.photo()), worker, print)
        qtbot.addWidget(made)
        taken = {key.key().toString() for key in made.findChildren(QShortcut)}
        assert listed <= taken
        of_page = {key.keys for key in page.KEYS.values()}
        assert listed == {keys for keys in of_page if QKeySequence(keys).toString() in taken}
    worker.close()


def test_no_key_blackens_the_screen_of_a_presenter() -> None:
    """Remotes send the full stop for a black screen; it is nobody's key."""
    assert "." not in {key for keys in groups().values() for key, _ in keys}


@pytest.mark.long
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
