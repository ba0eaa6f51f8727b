"""Network → Prepare for a lecture: the real dialogue, against a small server on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidgetItem, QPushButton
from pytestqt.qtbot import QtBot

from resnet_viz.engine.worker import Worker
from resnet_viz.networks import catalog
from resnet_viz.results.offline import lacking
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.prepare import PrepareDialog
from tests.export.test_fetch import server  # noqa: F401
from tests.gui.fit import faults
from tests.networks.test_weights import Server


@pytest.fixture
def dialog(qtbot: QtBot, server: Server) -> PrepareDialog:  # noqa: F811
    worker = Worker()
    made = PrepareDialog(worker, ("resnet18", "resnet56"))
    qtbot.addWidget(made, before_close_func=lambda _: worker.close())
    made.show()
    return made


def item(dialog: PrepareDialog, title: str) -> QListWidgetItem:
    (found,) = dialog.list.findItems(title, Qt.MatchFlag.MatchStartsWith)
    return found


def test_what_is_ticked_is_fetched(
    qtbot: QtBot,
    dialog: PrepareDialog,
    server: Server,  # noqa: F811
) -> None:
    assert dialog.ticked() == ("resnet18",)
    assert dialog.fetch.text() == "Fetch 45 MB"
    item(dialog, "ResNet-34").setCheckState(Qt.CheckState.Checked)
    assert dialog.fetch.text() == "Fetch 128 MB"
    assert faults(dialog) == []
    dialog.fetch.click()
    assert not dialog.list.isEnabled()
    qtbot.waitUntil(lambda: dialog.list.isEnabled(), timeout=90_000)
    assert "ResNet-34’s weights: fetched and checked" in dialog.said.text()
    assert lacking(["resnet18", "resnet34"]) == []
    assert "already here" in item(dialog, "ResNet-18").text()
    assert dialog.ticked() == ()
    assert not dialog.fetch.isEnabled()


def test_a_failure_is_said_and_can_be_tried_again(
    qtbot: QtBot,
    dialog: PrepareDialog,
    server: Server,  # noqa: F811
) -> None:
    server.mode = "404"
    dialog.fetch.click()
    qtbot.waitUntil(lambda: dialog.list.isEnabled(), timeout=90_000)
    assert "404" in dialog.said.text()
    assert dialog.ticked() == ("resnet18",)
    server.mode = "whole"
    dialog.fetch.click()
    qtbot.waitUntil(lambda: dialog.list.isEnabled(), timeout=90_000)
    assert "404" not in dialog.said.text()
    assert lacking(["resnet18"]) == []


def test_cancel_leaves_nothing_half(
    qtbot: QtBot,
    dialog: PrepareDialog,
    server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    server.mode = "stall"
    dialog.fetch.click()
    qtbot.waitUntil(server.stalls.is_set, timeout=90_000)
    qtbot.waitUntil(lambda: "Downloading" in dialog.progress.text.text(), timeout=90_000)
    assert dialog.progress.isVisible()
    dialog.progress.cancel.click()
    assert "Cancelled" in dialog.said.text()
    assert dialog.ticked() == ("resnet18",)
    qtbot.waitUntil(lambda: not list(tmp_path.rglob("*.partial")), timeout=90_000)
    assert lacking(["resnet18"]) != []


def test_a_session_says_what_it_lacks(dialog: PrepareDialog, tmp_path: Path) -> None:
    session = tmp_path / "mine.json"
    session.write_text(json.dumps({"network": "resnet50", "photo": {"path": "gone.png"}}))
    dialog.need_file(str(session))
    said = dialog.said.text()
    assert "mine.json needs ResNet-50’s weights (98 MB)" in said
    assert "gone.png, which is not there" in said
    assert dialog.ticked() == ("resnet50",)
    session.write_text(json.dumps({"network": "resnet56"}))
    dialog.need_file(str(session))
    assert "nothing" in dialog.said.text()
    dialog.need_file(str(tmp_path / "none.json"))
    assert "none.json cannot be read" in dialog.said.text()


def test_the_menu_opens_it(made: MainWindow, qtbot: QtBot) -> None:
    made.actions_by_name["prepare"].trigger()
    dialog = made.findChild(PrepareDialog)
    assert isinstance(dialog, PrepareDialog)
    assert dialog.isVisible()
    listed = {dialog.list.item(row).text() for row in range(dialog.list.count())}
    assert len(listed) == dialog.list.count()
    assert catalog.find("resnet152").title in " ".join(listed)
    with qtbot.waitSignal(dialog.destroyed):
        dialog.close()


def test_what_a_lecture_lacks_is_told_with_a_way_to_fetch_it(
    made: MainWindow,
    server: Server,  # noqa: F811
    qtbot: QtBot,
) -> None:
    assert not made.preparing.tell("This lecture", ["resnet56", "resnet20"])
    assert made.preparing.tell("This lecture", ["resnet56", "resnet152"])
    assert made.message.text.text() == "This lecture needs ResNet-152’s weights (230 MB)"
    buttons = made.message.findChildren(QPushButton)
    next(button for button in buttons if button.text() == "Prepare…").click()
    dialog = made.findChild(PrepareDialog)
    assert isinstance(dialog, PrepareDialog)
    assert dialog.ticked() == ("resnet152",)
    with qtbot.waitSignal(dialog.destroyed):
        dialog.close()
