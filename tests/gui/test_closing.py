"""Closing the real program while something is at work that cannot be interrupted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SLOW_TORCH = """
import os, pathlib, time
pathlib.Path(os.environ["BEGUN"]).touch()
time.sleep(600)
"""

PROGRAM = """
import gc, os, pathlib, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from resnet_viz import app
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.welcome import Welcome

begun = pathlib.Path(os.environ["BEGUN"])
application = QApplication([])

def window():
    return next(w for w in application.topLevelWidgets() if isinstance(w, MainWindow))

def stuck():
    begun.touch()
    time.sleep(600)

def look():
    if begun.exists():
        timer.stop()
        print("collects by itself:", gc.isenabled())
        print("welcomes:", any(one.isVisible() for one in window().findChildren(Welcome)))
        window().close()
        print("visible:", window().isVisible())

timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
if len(sys.argv) > 1:
    QTimer.singleShot(0, lambda: window().opening.loader.load(stuck))
raise SystemExit(app.open_window(None))
"""


def ends(tmp_path: Path, *arguments: str) -> str:
    """What the program says until it has ended by itself, with 0."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={
            "PATH": "",
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}",
            "BEGUN": str(tmp_path / "begun"),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_an_import_of_torch_does_not_hold_the_program(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(SLOW_TORCH)
    said = ends(tmp_path)
    first = ["collects by itself: False", "welcomes: True", "visible: False"]
    assert said.splitlines() == first
    assert any(tmp_path.rglob("*.conf")), "the window's layout is kept"
    (tmp_path / "begun").unlink()
    assert "welcomes: False" in ends(tmp_path), "only the first start is welcomed"


@pytest.mark.long
def test_a_photo_that_never_comes_does_not_hold_the_program(tmp_path: Path) -> None:
    assert "visible: False" in ends(tmp_path, "stuck photo")
