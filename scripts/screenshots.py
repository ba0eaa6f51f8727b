"""True pictures of the window for the README: the real program, offscreen, with its own results.

python scripts/screenshots.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from resnet_viz.export.lectures import shipped
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme

PATIENCE = 120.0
"""Seconds that a result may take."""


def wait(application: QApplication, there: Callable[[], bool]) -> None:
    """Until what is wanted is on screen."""
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise SystemExit("a result did not come in time; no picture was made of it")
        application.processEvents()
        time.sleep(0.01)


def rest(application: QApplication, seconds: float = 1.0) -> None:
    """Let what is on its way be drawn."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.01)


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    with tempfile.TemporaryDirectory() as home:
        settings = QSettings(f"{home}/settings.ini", QSettings.Format.IniFormat)
        settings.setValue("motion", False)
        window = MainWindow(settings)
        window.resize(1366, 768)
        window.show()

        def keep(widget: QWidget, name: str) -> None:
            rest(application)
            path = folder / f"{name}.png"
            widget.grab().save(str(path))
            print(f"{path}: {path.stat().st_size // 1000} kB")

        def current() -> bool:
            result = window.engine.result
            return result is not None and result.snapshot == window.state.snapshot

        wait(application, current)
        keep(window, "explorer-skips-on")
        window.engine.set_all_skips(False)
        wait(application, current)
        keep(window, "explorer-skips-off")
        window.engine.set_all_skips(True)
        window.turn_to_page("laboratory")
        wait(application, lambda: current() and window.pages.shown.settled)
        keep(window, "laboratory")
        window.turn_to_page("backbone")
        wait(application, lambda: current() and window.pages.shown.settled)
        keep(window, "backbone")
        window.turn_to_page("degradation")
        keep(window, "degradation")
        window.set_theme(theme.LIGHT.name)
        window.turn_to_page("story")
        keep(window, "story")
        window.presenting.open(next(iter(shipped().values())))
        presenter, audience = window.presenting.presenter, window.presenting.audience
        audience.showNormal()
        rest(application)
        audience.resize(1280, 800)
        asked = [n for n, step in enumerate(presenter.steps) if step.title == "Without the skips"]
        presenter.go(asked[0], answered=True)
        wait(application, lambda: not presenter.measuring)
        keep(audience, "presentation")
        window.presenting.end()
    sys.stdout.flush()
    os._exit(0)  # a window that nobody closes leaves threads behind


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")))
