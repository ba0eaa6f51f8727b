"""One window with a real result, for tests that walk through every page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from resnet_viz.results.result import Result
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import motion, theme
from tests.gui.conftest import discard


def window_with_result(application: QApplication, folder: Path) -> Iterator[MainWindow]:
    """The window, with settings of its own in ``folder``, once its first result is on screen."""
    motion.allow(False)
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("motion", False)
    made = MainWindow(settings)
    results: list[Result] = []
    made.engine.result_changed.connect(results.append)
    made.show()
    end = time.monotonic() + 90
    while not results and time.monotonic() < end:
        application.processEvents()
    assert results
    yield made
    made.choices.set_text_size(1.0)
    discard(made)
    theme.apply(application, theme.DARK)
