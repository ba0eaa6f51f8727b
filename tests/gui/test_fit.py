"""Nothing is cut off, outside or covered: every page, in every theme, on small windows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from resnet_viz.results.result import Result
from resnet_viz.views.shell.main_window import FRAME, LEAST, MainWindow
from resnet_viz.views.shell.pages import PAGES
from resnet_viz.views.widgets import motion, theme
from tests.gui import fit
from tests.gui.conftest import discard

SIZES = [(960, 600), (1024, 768), (1280, 800), (1366, 768)]


@pytest.fixture(scope="module")
def window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One window with a real result, for all tests of this module."""
    path = tmp_path_factory.mktemp("settings") / "settings.ini"
    motion.allow(False)
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    settings.setValue("motion", False)
    made = MainWindow(settings)
    results: list[Result] = []
    made.engine.result_changed.connect(results.append)
    made.show()
    end = time.monotonic() + 90
    while not results and time.monotonic() < end:
        qapp.processEvents()
    assert results
    yield made
    made.choices.set_text_size(1.0)
    discard(made)
    theme.apply(qapp, theme.DARK)


def settled(window: MainWindow) -> list[str]:
    """The faults that stay once all is laid out: in Qt one layout asks for the next."""
    found: list[str] = []
    for _ in range(10):
        QApplication.processEvents()
        if not (found := fit.faults(window)):
            break
    return found


def walk(window: MainWindow, width: int, height: int) -> list[str]:
    """The faults of every page at one size."""
    window.resize(width, height)
    found = []
    for entry in PAGES:
        window.turn_to_page(entry.name)
        found += [f"{entry.name}: {fault}" for fault in settled(window)]
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_page_fits(window: MainWindow, name: str, size: tuple[int, int]) -> None:
    window.choices.set_text_size(1.0)
    window.set_theme(name)
    assert "\n".join(walk(window, *size)) == ""
    assert (window.width(), window.height()) == size


@pytest.mark.long
@pytest.mark.parametrize("text_size", [1.5, 2.0])
def test_every_page_fits_or_scrolls_with_large_text(window: MainWindow, text_size: float) -> None:
    window.set_theme("light")
    window.choices.set_text_size(text_size)
    assert "\n".join(walk(window, 1280, 800)) == ""
    assert (window.width(), window.height()) == (1280, 800)


@pytest.mark.parametrize("name", theme.THEMES)
def test_the_least_size_is_the_same_in_every_theme(window: MainWindow, name: str) -> None:
    window.set_theme(name)
    window.resize(200, 200)
    room = window.screen().availableSize() - FRAME  # the screen of the tests is a small one
    assert window.size() == LEAST.boundedTo(room)


SCALED = """
import os, sys, tempfile
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from resnet_viz.engine.worker import Worker
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme
from tests.gui import fit
Worker.request = lambda *_: None
app = QApplication([])
window = MainWindow(QSettings(tempfile.mktemp(), QSettings.Format.IniFormat))
window.show()
app.processEvents()
room = window.screen().availableGeometry()
assert room.contains(window.geometry()), (room, window.geometry())
for name in theme.THEMES:
    window.set_theme(name)
    for page in window.pages:
        window.turn_to_page(page)
        app.processEvents()
        app.processEvents()
        for fault in fit.faults(window):
            print(name, page, fault)
print("walked")
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.long
@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_a_first_start_at_a_large_scale_lies_inside_the_screen(
    scale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_SCALE_FACTOR", scale)
    done = subprocess.run([sys.executable, "-c", SCALED], capture_output=True, text=True)
    assert done.stdout == "walked\n", done.stdout + done.stderr[-2000:]
