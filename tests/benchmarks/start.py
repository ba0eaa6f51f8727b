"""From the start of the program to the first paint and to the first result; and memory."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from resnet_viz.analysis.session import Session
from resnet_viz.images import gallery
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Snapshot
from tests.benchmarks.common import Measured, ratio

_EMPTY = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
application = QApplication([])
window = QMainWindow()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1366, 768)
window.show()
window.grab()
print(time.time(), flush=True)
import os; os._exit(0)
"""

_OURS = """
import gc; gc.disable()  # as the program does
import sys, tempfile, time
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from resnet_viz.engine.garbage import Garbage
from resnet_viz.views.shell.main_window import MainWindow
application = QApplication([])
garbage = Garbage(application)
settings = Path(tempfile.mkdtemp()) / "settings.ini"
window = MainWindow(QSettings(str(settings), QSettings.Format.IniFormat))
window.resize(1366, 768)
def result(_):
    print(time.time(), flush=True)
    import os; os._exit(0)
window.engine.result_changed.connect(result)
window.show()
window.grab()
print(time.time(), flush=True)
if "--result" in sys.argv:
    application.exec()
import os; os._exit(0)
"""

_BARE = """
import time
from resnet_viz.analysis.session import Session
from resnet_viz.images import gallery
from resnet_viz.networks import catalog
from resnet_viz.results.result import Snapshot
photo = gallery.load_sample(gallery.DEFAULT_SAMPLE)
Session().run(Snapshot(catalog.DEFAULT, photo, device="cpu"))
print(time.time(), flush=True)
import os; os._exit(0)
"""


def _until_last_line(code: str, *options: str) -> float:
    """Seconds from the start of a process that runs ``code`` to the last time that it prints."""
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code, *options], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1]) - start


def first_paint(rounds: int) -> Measured:
    """Until the window is painted, over an empty window of PySide6 and pyqtgraph."""
    times = [(_until_last_line(_OURS), _until_last_line(_EMPTY)) for _ in range(rounds + 1)][1:]
    ours, theirs = (list(side) for side in zip(*times, strict=True))
    return ratio("first paint, empty window", ours, theirs)


def first_result(rounds: int) -> Measured:
    """Until the window has its first result, over loading torch and one pass without a window."""
    times = [
        (_until_last_line(_OURS, "--result"), _until_last_line(_BARE)) for _ in range(rounds + 1)
    ][1:]
    ours, theirs = (list(side) for side in zip(*times, strict=True))
    return ratio("first result, the same without a window", ours, theirs)


def _resident() -> float:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory_slope(rounds: int) -> Measured:
    """Megabytes that 1,000 toggles and 200 switches of the network leave behind.

    Raises:
        ImportError: the system does not tell.
    """
    if not Path("/proc/self/statm").exists():
        raise ImportError("the system does not tell how much memory a process has")
    gc.enable()  # no other thread is at work here, and no event loop that would collect
    session, photo = Session(), gallery.load_sample(gallery.DEFAULT_SAMPLE)
    names = ("resnet20", "plain20", "resnet32", "preact-resnet20")

    def show(name: str, gates: GateSettings | None = None) -> None:
        untrained = WeightsChoice("untrained")
        session.run(
            Snapshot(name, photo, weights=untrained, gates=gates or GateSettings(), device="cpu")
        )

    for number in range(24):
        show(names[number % 4])
    before = _resident()
    for number in range(200):
        show(names[number % 4])
    switched = _resident()
    show("resnet20")
    skips = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3)]
    toggles: list[float] = []
    for number in range(1000):
        show("resnet20", GateSettings.of({skips[number % 9]: (number % 7) / 7}))
        if number % 50 == 49:
            toggles.append(_resident())
    slope = statistics.linear_regression(range(len(toggles)), toggles).slope * len(toggles)
    return Measured(
        max(abs(switched - before), abs(slope)),
        0.0,
        f"200 switches {switched - before:+.1f} MB, 1,000 toggles {slope:+.1f} MB",
    )
