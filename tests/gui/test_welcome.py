"""What there is to begin with, and that it never stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.export.lectures import shipped
from resnet_viz.views.shell import palette, recent
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.palette import LECTURE, Found
from resnet_viz.views.shell.welcome import SEEN, Welcome
from resnet_viz.views.widgets import theme
from tests.gui import fit
from tests.gui.conftest import Driver


def shown(window: MainWindow) -> Welcome:
    window.actions_by_name["welcome"].trigger()
    welcome = window.findChildren(Welcome)[-1]
    assert welcome.isVisible()
    return welcome


def test_the_network_runs_behind_it_and_a_sample_opens(driver: Driver) -> None:
    window, qtbot = driver.window, driver.qtbot
    window.show()
    welcome = shown(window)
    assert window.settings.value(SEEN, type=bool)
    driver.next_result()
    assert welcome.isVisible()
    qtbot.mouseClick(welcome.buttons["Coffee"], Qt.MouseButton.LeftButton)
    assert not welcome.isVisible()
    qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "Coffee", timeout=30_000)


def test_recent_files_and_lectures_are_offered(
    made: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "red & blue.png"
    Image.new("RGB", (40, 40), "red").save(path)
    recent.add(made.settings, str(path))
    begun: list[str] = []
    lecture = Found("What is a residual network?", LECTURE, lambda: begun.append("lecture"))
    monkeypatch.setattr(palette, "PROVIDERS", [lambda _: iter([lecture])])
    welcome = shown(made)
    qtbot.mouseClick(welcome.buttons[lecture.text], Qt.MouseButton.LeftButton)
    assert begun == ["lecture"]
    welcome = shown(made)
    button = welcome.buttons["red & blue.png"]
    assert button.text() == "red && blue.png"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.state.snapshot.photo.path == str(path), timeout=30_000)


def test_escape_and_a_click_beside_close_it(made: MainWindow, qtbot: QtBot) -> None:
    welcome = shown(made)
    QTest.keyClick(welcome, Qt.Key.Key_Escape)
    assert not welcome.isVisible()
    welcome = shown(made)
    qtbot.mouseClick(welcome, Qt.MouseButton.LeftButton)
    assert welcome.isVisible()
    qtbot.mouseClick(made.statusBar(), Qt.MouseButton.LeftButton)
    assert not welcome.isVisible()


@pytest.mark.long
def test_it_stays_in_the_middle_and_fits_in_every_theme(
    made: MainWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    for width, height in ((960, 600), (1366, 768)):
        made.resize(width, height)
        for name in theme.THEMES:
            made.set_theme(name)
            welcome = shown(made)
            qapp.processEvents()
            assert made.rect().contains(welcome.geometry())
            assert abs(welcome.geometry().center().x() - made.rect().center().x()) <= 2
            for title in shipped():
                assert welcome.buttons[title].text() == title
            assert fit.faults(welcome) == []
            assert fit.faint(welcome) == []
            welcome.close()
    welcome = shown(made)
    made.resize(1100, 700)
    qtbot.waitUntil(lambda: abs(welcome.geometry().center().x() - made.rect().center().x()) <= 2)
    welcome.close()
    made.set_theme(theme.DARK.name)
    made.resize(1366, 768)
