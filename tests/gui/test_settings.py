"""Settings that somebody else has written: the window opens, and says what is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QRect, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.worker import Worker
from resnet_viz.views.lecture.presenting import SCREEN
from resnet_viz.views.shell import recent
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.welcome import SEEN
from tests.gui.conftest import discard

KEYS = (
    *("geometry", "layout", "theme", "text_size", "motion", "device", "mirror", "cifar10"),
    *("folder", "recent", "session_folder", "keys/open", "keys/quit", SEEN, SCREEN),
)
"""All that the program reads; the test below finds one that is missing here."""

VALUES = {
    "a word": "no such thing",
    "a number": -7,
    "numbers": [1, 2],
    "lists": [["a"], {"b": 2}],
    "bytes": QByteArray(b"\xff\x00\x01"),
    "a rectangle": QRect(1, 2, 3, 4),
    "too long": "x" * 100_000,
    "a nul": "a\0b",
    "not a number": "nan",
}


def opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setattr(Worker, "request", lambda *_: None)
    window = MainWindow(QSettings(str(path), QSettings.Format.IniFormat))
    window.show()
    QApplication.processEvents()
    return window


def said(window: MainWindow) -> str:
    return window.message.text.text() if window.message.isVisible() else ""


@pytest.mark.parametrize("what", VALUES)
def test_values_of_another_kind_are_passed_over(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "settings.ini"
    written = QSettings(str(path), QSettings.Format.IniFormat)
    for key in KEYS:
        written.setValue(key, VALUES[what])
    written.sync()
    window = opened(path, monkeypatch)
    try:
        assert said(window).startswith("The mirror in the settings is ")
        assert recent.paths(window.settings) == []
        window.dialogs.show_welcome()
        for menu in window.menuBar().actions():
            menu.menu().aboutToShow.emit()
        assert window.presenting.screen().geometry().isValid()
        window.opening.remember(str(path))
        assert recent.paths(window.settings) == [str(path)]
        window.settings.setValue("mirror", "")
        window.choices.take_settings()
    finally:
        discard(window)
    assert window.settings.value("recent") == [str(path)]


def test_every_key_that_is_read_is_tried_above(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    value = QSettings.value

    def noted(self: QSettings, key: str, *rest: object, **named: object) -> object:
        asked.add(key)
        return value(self, key, *rest, **named)

    monkeypatch.setattr(QSettings, "value", noted)
    window = opened(tmp_path / "settings.ini", monkeypatch)
    try:
        window.presenting.screen()
        window.dialogs.show_welcome()
        window.choices.take_settings()
    finally:
        discard(window)
    assert {key for key in asked if not key.startswith("keys/")} <= set(KEYS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\xff\xfegarbage", "are damaged; choose theme"),
        (b"[General\ntheme", "are damaged; choose theme"),
        (b"[General]\nrecent=@Variant(\\0\\0\\0\\x7f)\nlayout=@Rect(1)\nmotion=@Invalid()\n", ""),
        (b"", ""),
    ],
)
def test_a_file_that_is_none_of_settings(
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    sentence: str,
) -> None:
    path = tmp_path / "settings.ini"
    path.write_bytes(content)
    window = opened(path, monkeypatch)
    try:
        assert (sentence in said(window)) if sentence else not said(window)
        assert (str(path) in said(window)) == bool(sentence)
        window.choices.set_theme("light")
    finally:
        discard(window)
    window.settings.sync()
    again = QSettings(str(path), QSettings.Format.IniFormat)
    assert (again.status(), again.value("theme")) == (QSettings.Status.NoError, "light")


def test_two_windows_share_the_recent_files(tmp_path: Path) -> None:
    one, other = (
        QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat) for _ in range(2)
    )
    files = [tmp_path / name for name in ("a.png", "b.png", "c.png")]
    for file in files:
        file.touch()
    recent.add(one, str(files[0]))
    recent.add(other, str(files[1]))
    recent.add(one, str(files[2]))
    assert recent.paths(one) == [str(file) for file in reversed(files)]
    other.sync()
    assert recent.paths(other) == recent.paths(one)
    files[1].unlink()
    assert recent.paths(one) == [str(files[2]), str(files[0])]


WRITER = """
import sys
from PySide6.QtCore import QSettings
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
for number in range(10**9):
    settings.setValue("theme", "dark")
    settings.setValue("folder", str(number) * 2000)
    settings.sync()
    if number == 3:
        print("writing", flush=True)
"""


def test_a_kill_while_settings_are_written_loses_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    before = QSettings(str(path), QSettings.Format.IniFormat)
    before.setValue("device", "cpu")
    before.sync()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()
    after = QSettings(str(path), QSettings.Format.IniFormat)
    assert after.status() == QSettings.Status.NoError
    assert (after.value("device"), after.value("theme")) == ("cpu", "dark")
    digits = str(after.value("folder"))
    assert len(digits) % 2000 == 0
