"""The program is interrupted, at any moment, without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUN = """
import runpy, sys
def heard(event, arguments):
    if event == "import" and arguments[0] == "resnet_viz.app":
        print("begun", flush=True)
sys.argv[1:] = []
sys.addaudithook(heard)
runpy.run_path("main.py", run_name="__main__")
"""
"""It says when the program's own first line has been reached."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of Unix")


def started(tmp_path: Path, code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever started the tests in the background has Ctrl+C ignored, and so would the child.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"{word} was not said")


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 0.5, 1.0, 2.0])
def test_ctrl_c_ends_it_quietly_at_any_moment(tmp_path: Path, seconds: float) -> None:
    process = started(tmp_path, RUN)
    wait_for(process, "begun")
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=seconds)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == ""


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """The layout is kept, as when the user closes it; Python itself is not taken down."""
    code = f"""
import atexit, os, sys
from PySide6.QtCore import QTimer
from resnet_viz import app
from resnet_viz.views.shell.main_window import MainWindow
shown, closed = MainWindow.showEvent, MainWindow.closeEvent
def show(self, event):
    shown(self, event)
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), {int(number)}))
def close(self, event):
    closed(self, event)
    print("closed", self.settings.contains("layout"), flush=True)
MainWindow.showEvent, MainWindow.closeEvent = show, close
atexit.register(print, "taken down", flush=True)
sys.exit(app.main([]))
"""
    process = started(tmp_path, code)
    said, errors = process.communicate(timeout=120)
    assert said.split() == ["closed", "True"]
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
