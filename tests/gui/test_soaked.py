"""What the monkey of tests/soak has found: each a few steps, and the warning that came of them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.figures.figure import Axis, Map
from resnet_viz.views.diagram.search import SearchField
from resnet_viz.views.plots.map_view import MapView
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.shortcuts import ShortcutsDialog


@pytest.mark.parametrize("shape", [(20, 1), (1, 20), (1, 1), (20, 20)])
def test_a_map_of_a_single_column_has_no_contour_lines(
    qtbot: QtBot, shape: tuple[int, int]
) -> None:
    """As a measurement has that has just begun."""
    view = MapView("Map", lambda *_: "")
    qtbot.addWidget(view)
    values = np.linspace(1, 2, shape[0] * shape[1]).reshape(shape)
    axis = Axis("x", low=0, high=1)
    shown = Map("Map", values, 1, 2, "", x=axis, y=axis, upwards=True, levels=(1.5,))
    view.show_map(shown)
    assert view.map is shown


def test_to_paste_from_a_clipboard_without_data_is_told(
    made: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QApplication.clipboard(), "mimeData", lambda *_: None)
    made.opening.paste()
    assert "clipboard holds no picture" in made.message.text.text()


def test_the_list_of_keys_is_gone_once_it_is_closed(
    qtbot: QtBot, made: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ShortcutsDialog, "exec", lambda *_: 0)
    made.dialogs.show_shortcuts()
    made.dialogs.show_shortcuts()
    qtbot.waitUntil(lambda: not made.findChildren(ShortcutsDialog))


def test_the_search_opens_in_no_room_without_a_warning(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    field = SearchField(parent)
    heard: list[str] = []
    before = qInstallMessageHandler(lambda _kind, _context, text: heard.append(text))
    try:
        parent.show()
        field.open(300)
        field.field.setText("77")
        field.open(8)
    finally:
        qInstallMessageHandler(before)
    assert [text for text in heard if "Negative" in text] == []
