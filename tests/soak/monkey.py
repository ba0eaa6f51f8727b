"""A monkey at the real window: seeded actions, each written down, and what must hold after them."""

from __future__ import annotations

import gc
import logging
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QWidget,
)

from resnet_viz.engine.state import same_choice
from resnet_viz.figures.predictions import predictions
from resnet_viz.figures.table import table_of
from resnet_viz.images import gallery
from resnet_viz.images.photo import clamp_crop, default_crop
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.result import Snapshot
from resnet_viz.views.shell.main_window import MainWindow

NETWORKS = ("resnet20", "plain20", "resnet56", "preact-resnet20", "lenet5", "resnet20-projection")
"""Those that need no download and are quick."""

KEYS = (
    "0", "A", "C", "Shift+C", "1", "2", "3", "4", "E", "F", "P", "Z", "Space", "Return", "Tab",
    "Shift+Tab", "Left", "Right", "Up", "Down", "Home", "End", "PgUp", "PgDown", "Escape", "+", "-",
)  # fmt: skip

LEFT_OUT = {"quit", "export", "handout", "full_screen", "reset", "what_is_this", "present"}
"""Commands that end the program, take the whole screen, or wait for the next click."""

WAIT = 120.0
"""Seconds in which a state must have its result."""


@dataclass
class Watch:
    """What went wrong anywhere, in words."""

    found: list[str] = field(default_factory=list)

    def exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        place = ""
        while trace is not None:
            place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
        self.found.append(f"{kind.__name__}: {error} at {place}")

    def qt(self, kind: QtMsgType, _context: object, message: str) -> None:
        # Both are of the offscreen platform.
        if "This plugin does not support" not in message and "No RHI backend" not in message:
            self.found.append(f"{kind.name}: {message}")


class _Heard(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.ERROR)
        self.watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        told = f": {record.exc_info[1]!r}" if record.exc_info else ""
        self.watch.found.append(f"log: {record.getMessage()}{told}")


@contextmanager
def watching() -> Iterator[Watch]:
    """Hear of every exception, Qt warning and error in the log."""
    watch = Watch()
    heard, hook, log = _Heard(watch), sys.excepthook, logging.getLogger("resnet_viz")
    sys.excepthook = watch.exception
    before = qInstallMessageHandler(watch.qt)
    log.addHandler(heard)
    try:
        yield watch
    finally:
        log.removeHandler(heard)
        qInstallMessageHandler(before)
        sys.excepthook = hook


@contextmanager
def nobody_asked() -> Iterator[None]:
    """What waits for the user in a loop of its own is answered at once: by cancelling."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("getOpenFileName", "getSaveFileName"):
            patch.setattr(QFileDialog, name, staticmethod(lambda *_, **__: ("", "")))
        patch.setattr(QFileDialog, "getOpenFileNames", staticmethod(lambda *_, **__: ([], "")))
        patch.setattr(QFileDialog, "getExistingDirectory", staticmethod(lambda *_, **__: ""))
        for name in ("getText", "getItem", "getInt", "getDouble"):
            patch.setattr(QInputDialog, name, staticmethod(lambda *_, **__: ("", False)))
        cancel = QMessageBox.StandardButton.Cancel
        for name in ("question", "warning", "critical", "information", "about"):
            patch.setattr(QMessageBox, name, staticmethod(lambda *_, **__: cancel))
        patch.setattr(QDialog, "exec", lambda *_: 0)
        patch.setattr(QMenu, "exec", lambda *_: None)
        yield


class Monkey:
    """Acts on ``window``; what it did is in ``done``, so that it can be told and repeated."""

    def __init__(self, window: MainWindow, seed: int, watch: Watch, video: Path) -> None:
        self.window, self.watch, self.video = window, watch, video
        self.random = random.Random(seed)
        self.done: list[str] = []
        self.failures: list[str] = []
        window.worker.failed.connect(lambda failure: self.failures.append(failure.sentence))
        self.start = self._mark()
        self._actions: list[tuple[int, Callable[[], str]]] = [
            (4, self._key),
            (4, self._click),
            (3, self._command),
            (2, self._page),
            (3, self._skip),
            (1, self._network),
            (1, self._photo),
            (1, self._video),
            (1, self._crop),
            (1, self._target),
            (2, self._undo),
            (2, self._choose),
            (1, self._wheel),
            (2, self._close),
        ]

    def act(self) -> None:
        """Do one thing, and let what is due happen."""
        weights = [weight for weight, _ in self._actions]
        (_, action), *_ = self.random.choices(self._actions, weights)
        self.done.append(action.__name__)
        self.done[-1] = action()
        QApplication.processEvents()

    # ---- what must hold

    def check(self) -> None:
        """Wait until nothing is due; then nothing went wrong and everything shows the state."""
        engine, live = self.window.engine, self.window.live
        if live.is_on() and not live.frozen:
            live.toggle_frozen()
        self._wait(
            lambda: engine.result is not None and engine.result.snapshot == engine.state.snapshot,
            "the state has no result",
        )
        self._raise()
        odd = [one for one in self.failures if " failed (" in one]
        assert not odd, "; ".join(odd)
        result = engine.result
        assert result is not None
        page = self.window.pages["explorer"]
        for figure in page.figures():
            if figure.name == "predictions":
                assert table_of(figure).rows == table_of(predictions(result)).rows
        assert result.structure.title in self.window.windowTitle()

    def undo_all(self) -> None:
        """Undo to the start gives the start's choices; a redo of all gives the end's."""
        stack, end = self.window.state.undo_stack, self._mark()
        if stack.count() >= stack.undoLimit():
            return  # what is older is forgotten
        index = stack.index()
        while stack.canUndo():
            stack.undo()
        assert same_choice(self._mark(), self.start), "undo did not lead back to the start"
        while stack.index() < index:
            stack.redo()
        assert same_choice(self._mark(), end), "redo did not lead to the end again"

    def begin_again(self) -> None:
        """From here on is what `undo_all` goes back to."""
        self.window.state.undo_stack.clear()
        self.start = self._mark()

    def left(self) -> Counter[str]:
        """What there is of things that may leak, once what is closed is gone."""
        self._close_all()
        self.window.pages.turn_to("explorer")
        for _ in range(3):
            QApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[arg-type]
            gc.collect()
        windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog)]
        found = Counter(f"window {type(one).__name__}" for one in windows)
        found["widgets"] = len(QApplication.allWidgets())
        found["threads"] = threading.active_count()
        found["networks"] = sum(type(one) is SkipGates for one in gc.get_objects())
        return found

    def told(self) -> str:
        """The last actions, for the report of a failure."""
        return f"after {len(self.done)} actions, the last: " + "; ".join(self.done[-25:])

    def _mark(self) -> Snapshot:
        return self.window.state.snapshot

    def _wait(self, come: Callable[[], bool], otherwise: str) -> None:
        end = time.monotonic() + WAIT
        while not come():
            self._raise()
            assert time.monotonic() < end, otherwise
            QTest.qWait(5)

    def _raise(self) -> None:
        assert not self.watch.found, "; ".join(self.watch.found)

    # ---- actions

    def _key(self) -> str:
        keys = self.random.choice(KEYS)
        into = QApplication.focusWidget() or self.window
        QTest.keySequence(into, keys)
        return f"key {keys} into {type(into).__name__}"

    def _visible(self, *kinds: type[QWidget]) -> list[QWidget]:
        root = QApplication.activeModalWidget() or self.window
        every = [one for kind in kinds for one in root.findChildren(kind)]
        return [one for one in every if one.isVisible() and one.isEnabled() and one.width() > 2]

    def _click(self) -> str:
        kinds = (QAbstractButton,) if self.random.random() < 0.6 else (QWidget,)
        there = self._visible(*kinds)
        if not there:
            return "nothing to click"
        one = self.random.choice(there)
        place = QPoint(
            self.random.randrange(one.width()), self.random.randrange(max(one.height(), 1))
        )
        if isinstance(one, QAbstractButton):
            place = one.rect().center()
        name = one.text() if isinstance(one, QAbstractButton) else one.objectName()
        said = f"click {type(one).__name__} {name!r} at {place.x()},{place.y()}"
        if isinstance(one, QComboBox) or (
            hasattr(one, "menu") and callable(one.menu) and one.menu()
        ):
            return f"not {said}"  # it opens what takes the mouse
        double = self.random.random() < 0.1
        click = QTest.mouseDClick if double else QTest.mouseClick
        click(one, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        return said

    def _command(self) -> str:
        there = [
            name
            for name, action in self.window.actions_by_name.items()
            if action.isEnabled() and name not in LEFT_OUT
        ]
        name = self.random.choice(there)
        self.window.actions_by_name[name].trigger()
        return f"command {name}"

    def _page(self) -> str:
        name = self.random.choice(list(self.window.pages))
        self.window.turn_to_page(name)
        return f"page {name}"

    def _skip(self) -> str:
        structure = self.window.engine.structure
        if structure is None or not structure.skips:
            return "no skip"
        name = self.random.choice(list(structure.skips))
        strength = self.random.choice((0.0, 1.0, 0.5))
        try:
            self.window.state.set_skips([name], strength)
        except ValueError as error:  # the network has just been changed
            return str(error)
        return f"skip {name} {strength}"

    def _network(self) -> str:
        name = self.random.choice(NETWORKS)
        self.window.state.set_network(name)
        return f"network {name}"

    def _photo(self) -> str:
        sample = self.random.choice(gallery.SAMPLES)
        self.window.opening.open_sample(sample.name)
        return f"photo {sample.name}"

    def _video(self) -> str:
        live = self.window.live
        if not live.is_on():
            self.window.open_path(str(self.video))
            return "video"
        (live.stop if self.random.random() < 0.3 else live.toggle_frozen)()
        return "video stopped, frozen or going on"

    def _crop(self) -> str:
        photo = self._mark().photo
        crop = default_crop(photo, self.random.uniform(0.2, 1))
        moved = replace(crop, x=self.random.uniform(0, photo.width))
        self.window.state.set_crop(clamp_crop(moved, photo))
        return f"crop {moved}"

    def _target(self) -> str:
        spec = self._mark().spec
        target = self.random.choice((None, self.random.randrange(spec.classes)))
        self.window.state.set_target(target)
        return f"target {target}"

    def _undo(self) -> str:
        stack = self.window.state.undo_stack
        many = self.random.randrange(1, 6)
        for _ in range(many):
            stack.redo() if self.random.random() < 0.4 else stack.undo()
        return f"undo and redo {many} times"

    def _choose(self) -> str:
        kinds = (QComboBox, QAbstractSlider, QAbstractSpinBox, QAbstractItemView, QLineEdit)
        there = self._visible(*kinds)
        if not there:
            return "nothing to choose"
        one = self.random.choice(there)
        keys = self.random.choices(("Up", "Down", "PgDown", "Home", "7"), k=2)
        for keys_of in keys:
            QTest.keySequence(one, keys_of)
        return f"choose {keys} in {type(one).__name__} {one.objectName()!r}"

    def _wheel(self) -> str:
        there = self._visible(QWidget)
        if not there:
            return "nothing to turn at"
        one = self.random.choice(there)
        self._turn(one, self.random.choice((-120, 120)))
        return f"wheel over {type(one).__name__}"

    @staticmethod
    def _turn(one: QWidget, angle: int) -> None:
        from PySide6.QtCore import QPointF
        from PySide6.QtGui import QWheelEvent

        middle = QPointF(one.rect().center())
        event = QWheelEvent(
            middle,
            one.mapToGlobal(middle),
            QPoint(),
            QPoint(0, angle),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(one, event)

    def _close(self) -> str:
        return f"close {self._close_all()}"

    def _close_all(self) -> list[str]:
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        closed = []
        for one in QApplication.topLevelWidgets():
            if isinstance(one, QDialog) and one.isVisible():
                closed.append(type(one).__name__)
                one.reject()
        return closed
