"""Every text can be read: contrast of at least 4.5 : 1, on every page in every theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES
from resnet_viz.views.widgets import theme
from tests.gui.fit import faint
from tests.gui.walk import window_with_result


@pytest.fixture(scope="module")
def window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    yield from window_with_result(qapp, tmp_path_factory.mktemp("settings"))


@pytest.mark.long
@pytest.mark.parametrize("name", theme.THEMES)
def test_every_text_can_be_read(window: MainWindow, name: str) -> None:
    window.resize(1366, 768)
    found = []
    for entry in PAGES:
        window.turn_to_page(entry.name)  # in the theme before, so that the new one must reach it
    window.set_theme(name)
    for entry in PAGES:
        window.turn_to_page(entry.name)
        QApplication.processEvents()
        found += [f"{entry.name}: {fault}" for fault in faint(window)]
    chapters = window.pages["story"].chapters  # type: ignore[attr-defined]
    for number in range(1, chapters.count()):
        chapters.setCurrentIndex(number)
        QApplication.processEvents()
        found += [f"story, chapter {number + 1}: {fault}" for fault in faint(window)]
    chapters.setCurrentIndex(0)
    assert "\n".join(dict.fromkeys(found)) == ""


@pytest.mark.long
def test_a_faint_text_is_found(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.LIGHT)
    label = QLabel('<a href="x" style="color: #56b4e9">a link of the dark theme</a>')
    qtbot.addWidget(label)
    label.show()
    assert any("#56b4e9" in fault for fault in faint(label))
    theme.apply(qapp, theme.DARK)
