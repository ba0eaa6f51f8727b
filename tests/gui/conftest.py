"""The real window, with settings of its own."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.garbage import Garbage
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.results.result import Result
from resnet_viz.views.backbone.page import BackbonePage
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import motion, theme
from tests import fakes


@pytest.fixture(autouse=True)
def still() -> Iterator[None]:
    """Results are drawn at once; a test of movement allows it."""
    motion.allow(False)
    yield
    motion.allow(True)


@pytest.fixture(autouse=True, scope="package")
def garbage(qapp: QApplication) -> Iterator[Garbage]:
    """Cycles are collected as in the program: on this thread alone, by a timer.

    Also between two modules, where pytest-qt lets windows paint themselves.
    """
    made = Garbage()
    yield made
    gc.collect()
    made.close()


@pytest.fixture(scope="session", autouse=True)
def dressed(qapp: QApplication) -> None:
    """A theme before the first widget, as in the program: Qt hands a first one's font on to widgets
    that are there already only when it likes."""
    theme.apply(qapp, theme.DARK)


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Leave nothing of a test's on the clipboard: Qt would free it when Python is gone."""
    yield
    QApplication.clipboard().clear()


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    made = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made.setValue("motion", False)
    return made


@pytest.fixture
def state(qapp: QApplication) -> ExplorerState:
    """ResNet-20 on the CPU, for a page or a panel without its window."""
    made = ExplorerState(fakes.photo(), "resnet20")
    made.set_device("cpu")
    return made


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


@pytest.fixture
def said() -> list[str]:
    """What a page or a panel has said in the message area."""
    return []


@pytest.fixture
def backbone(qtbot: QtBot, state: ExplorerState, worker: Worker, said: list[str]) -> BackbonePage:
    """The backbone page by itself, in sight."""
    made = BackbonePage(state, worker, said.append)
    qtbot.addWidget(made)
    made.resize(1180, 700)
    made.show()
    return made


def settle(qtbot: QtBot, milliseconds: int = 0) -> None:
    """Until all that is due in so many milliseconds has happened: timers fire in their order."""
    timer = QTimer(singleShot=True, interval=milliseconds)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    with qtbot.waitSignal(timer.timeout, timeout=60_000):
        timer.start()


class Driver:
    """The window and the results that it has shown."""

    def __init__(self, qtbot: QtBot, settings: QSettings) -> None:
        self.qtbot = qtbot
        self.window = MainWindow(settings)
        self.window.resize(1366, 768)
        self.results: list[Result] = []
        self.window.worker.finished.connect(self.results.append)

    def show(self) -> Driver:
        """Open the window and wait for the first result."""
        self.window.show()
        self.next_result()
        return self

    def next_result(self) -> Result:
        """Wait until a result of the state as it is now has come."""
        snapshot = self.window.state.snapshot
        self.qtbot.waitUntil(
            lambda: bool(self.results) and self.results[-1].snapshot == snapshot, timeout=90_000
        )
        return self.results[-1]


def discard(window: MainWindow) -> None:
    """Close a window and free it: a leaked one is polished again with every later theme."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[arg-type]


@pytest.fixture
def driver(qtbot: QtBot, settings: QSettings) -> Iterator[Driver]:
    made = Driver(qtbot, settings)
    yield made
    discard(made.window)


@pytest.fixture(scope="module")
def made(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One window for all tests of a module, without passes, which none needs."""
    path = tmp_path_factory.mktemp("settings") / "settings.ini"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "request", lambda *_: None)
        made = MainWindow(QSettings(str(path), QSettings.Format.IniFormat))
        made.resize(1366, 768)
        made.show()
    # Other windows of the module work as always.
    made.worker.request = lambda *_: None  # type: ignore[method-assign]
    yield made
    discard(made)
    theme.apply(qapp, theme.DARK)
