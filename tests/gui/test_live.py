"""A video or a camera as the input, in the real window."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import (
    QCoreApplication,
    QMimeData,
    QObject,
    QPoint,
    QPointF,
    QSettings,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from resnet_viz.images.photo import Crop
from resnet_viz.results.result import Result
from resnet_viz.views.shell import autosave as autosaving
from resnet_viz.views.shell import live, live_sources
from resnet_viz.views.shell.autosave import Autosave
from resnet_viz.views.shell.main_window import MainWindow
from tests.gui.conftest import discard
from tests.video import make_video

try:
    from PySide6 import QtMultimedia as multimedia
except ImportError as error:
    pytest.skip(f"there is no QtMultimedia here ({error})", allow_module_level=True)

WAIT = 60_000


def scenes() -> dict[str, np.ndarray]:
    """White, and a dark checkerboard, 160×120."""
    board = np.kron(np.indices((12, 16)).sum(0) % 2, np.ones((10, 10)))
    dark = np.repeat((90 * board)[:, :, None], 3, axis=2).astype(np.uint8)
    return {"white": np.full((120, 160, 3), 250, np.uint8), "board": dark}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of each scene."""
    return make_video(tmp_path_factory.mktemp("video") / "clip.avi", [*scenes().values()])


@pytest.fixture(scope="module")
def shown(
    qapp: object, tmp_path_factory: pytest.TempPathFactory, video: Path
) -> Iterator[MainWindow]:
    """A window with ResNet-20 that works; a video plays when it is closed."""
    path = tmp_path_factory.mktemp("settings") / "settings.ini"
    window = MainWindow(QSettings(str(path), QSettings.Format.IniFormat))
    window.resize(1366, 768)
    window.state.set_network("resnet20")
    window.show()
    yield window
    window.open_path(str(video))
    assert window.live.is_on()
    window.close()
    assert not window.live.is_on()
    discard(window)


@pytest.fixture
def window(shown: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """With its first result, and without a video before and after."""
    shown.turn_to_page("explorer")
    settled(qtbot, shown)
    yield shown
    shown.live.stop()
    shown.message.clear()
    while shown.state.undo_stack.canUndo():
        shown.state.undo_stack.undo()
    shown.state.set_network("resnet20")
    settled(qtbot, shown)
    shown.state.undo_stack.clear()


def settled(qtbot: QtBot, window: MainWindow) -> Result:
    """The result of what is chosen."""

    def there() -> bool:
        result = window.engine.result
        return result is not None and result.snapshot == window.state.snapshot

    qtbot.waitUntil(there, timeout=WAIT)
    assert window.engine.result is not None
    return window.engine.result


def play(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Until the first frame is on screen."""
    before = window.state.snapshot.photo
    window.open_path(str(path))
    assert window.live.is_on()
    qtbot.waitUntil(lambda: not window.state.snapshot.photo.beside(before), timeout=WAIT)


def told(menu: QMenu) -> list[tuple[str, bool]]:
    """What a menu that is filled when it opens has in it."""
    menu.aboutToShow.emit()
    return [(action.text(), action.isEnabled()) for action in menu.actions()]


def test_predictions_follow_the_frames_and_crop_and_target_stay(
    window: MainWindow, video: Path, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    play(qtbot, window, video)
    window.state.set_crop(Crop(20, 10, 100))
    window.state.set_target(4)
    steps = window.state.undo_stack.count()
    answers: dict[bool, list[Result]] = {True: [], False: []}

    def take(result: Result) -> None:
        answers[float(result.network_input.mean()) > 200].append(result)

    def chosen() -> bool:
        result = window.engine.result
        return result is not None and result.snapshot.same_but_frame(window.state.snapshot)

    qtbot.waitUntil(chosen, timeout=WAIT)
    window.engine.result_changed.connect(take)
    qtbot.waitUntil(lambda: min(map(len, answers.values())) >= 2, timeout=WAIT)
    window.engine.result_changed.disconnect(take)
    for results in answers.values():
        assert all(one.snapshot.crop == Crop(20, 10, 100) for one in results)
        assert all(one.now.target == 4 for one in results)
        assert len({one.snapshot.photo for one in results}) == len(results), "a pass a frame"
    light, dark = (answers[bright][-1].now.logits for bright in (True, False))
    assert not np.allclose(light, dark, atol=0.1)
    assert (window.state.snapshot.crop, window.state.snapshot.target) == (Crop(20, 10, 100), 4)
    assert window.state.undo_stack.count() == steps, "frames are no steps"
    assert "clip.avi" in window.explorer.panel("photo").editor.accessibleName()
    assert "clip.avi: " in window.status.live.text()
    assert "frames/s" in window.status.live.text()
    assert window.settings.value("recent")[0] == str(video)
    assert capfd.readouterr().err == "", "what FFmpeg prints"


def test_f_freezes_and_goes_on_and_fits_the_diagram_otherwise(
    window: MainWindow, video: Path, qtbot: QtBot
) -> None:
    freeze, fit = (window.actions_by_name[name] for name in ("freeze", "fit"))
    fits: list[bool] = []

    def count() -> None:
        fits.append(True)

    fit.triggered.connect(count)
    QTest.keyClick(window, Qt.Key.Key_F)
    assert len(fits) == 1
    assert not freeze.isEnabled()
    play(qtbot, window, video)
    QTest.keyClick(window, Qt.Key.Key_F)
    assert window.live.frozen
    assert freeze.isChecked()
    frozen = settled(qtbot, window).snapshot.photo
    assert window.status.live.text() == "clip.avi is frozen; F goes on"
    window.state.set_target(3)
    assert settled(qtbot, window).snapshot.photo is frozen
    QTest.keyClick(window, Qt.Key.Key_F)
    assert not window.live.frozen
    qtbot.waitUntil(lambda: window.state.snapshot.photo is not frozen, timeout=WAIT)
    assert len(fits) == 1
    fit.trigger()  # in its menu it is what it always was
    assert len(fits) == 2
    window.live.stop()
    QTest.keyClick(window, Qt.Key.Key_F)
    assert len(fits) == 3
    fit.triggered.disconnect(count)


def test_the_last_frame_stays_when_it_is_stopped_and_undo_leads_before_it(
    window: MainWindow, video: Path, qtbot: QtBot
) -> None:
    before = window.state.snapshot.photo
    play(qtbot, window, video)
    window.actions_by_name["stop_live"].trigger()
    last = window.state.snapshot.photo
    assert not window.live.is_on()
    assert window.status.live.isHidden()
    assert settled(qtbot, window).snapshot.photo is last
    play(qtbot, window, video)
    assert not window.state.snapshot.photo.beside(last)
    window.state.undo_stack.undo()
    assert not window.live.is_on(), "or its next frame would undo the undoing"
    assert window.state.snapshot.photo is last
    window.state.undo_stack.undo()
    assert window.state.snapshot.photo is before


def test_another_photo_stops_it(window: MainWindow, video: Path, qtbot: QtBot) -> None:
    play(qtbot, window, video)
    window.opening.open_sample("coffee")
    qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "Coffee", timeout=WAIT)
    assert not window.live.is_on()
    assert not window.actions_by_name["freeze"].isEnabled()
    assert settled(qtbot, window).snapshot.photo.name == "Coffee"


def test_a_dropped_video_is_played(window: MainWindow, video: Path, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(video))])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(), action, data, Qt.MouseButton.LeftButton, none))
    qtbot.waitUntil(lambda: window.state.snapshot.photo.stream is not None, timeout=WAIT)


def test_the_crop_is_dragged_while_frames_come(
    window: MainWindow, video: Path, qtbot: QtBot
) -> None:
    play(qtbot, window, video)
    editor = window.explorer.panel("photo").editor
    start = editor.box().center().toPoint()
    QTest.mousePress(editor, Qt.MouseButton.LeftButton, pos=start)
    held = window.state.snapshot.photo
    qtbot.waitUntil(lambda: window.state.snapshot.photo is not held, timeout=WAIT)
    QTest.mouseMove(editor, start + QPoint(-8, 0))
    QTest.mouseRelease(editor, Qt.MouseButton.LeftButton, pos=start + QPoint(-8, 0))
    crop = window.state.snapshot.crop
    assert crop is not None
    assert crop.x < 20
    assert window.state.undo_stack.undoText() == "crop"


def test_a_cascade_is_of_one_frame(window: MainWindow, video: Path, qtbot: QtBot) -> None:
    play(qtbot, window, video)
    window.actions_by_name["cascade"].trigger()
    assert window.live.frozen
    qtbot.waitUntil(lambda: len(window.engine.cascade.trace) > 1, timeout=WAIT)
    assert window.engine.cascade.phase == "running"
    QTest.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.engine.cascade.phase == "idle", timeout=WAIT)
    assert not window.live.frozen


def test_frames_are_not_kept_one_by_one_but_the_next_choice_is(
    window: MainWindow,
    video: Path,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(autosaving, "REST", 0)
    play(qtbot, window, video)
    autosave = Autosave(window, tmp_path / "open")
    kept: list[Path] = []
    autosave.kept.connect(kept.append)
    assert autosave.begin()
    try:
        frames: list[object] = []
        window.state.photo_changed.connect(frames.append)
        qtbot.waitUntil(lambda: len(frames) >= 3, timeout=WAIT)
        window.state.photo_changed.disconnect(frames.append)
        assert kept == []
        with qtbot.waitSignal(autosave.kept, timeout=WAIT):
            window.state.set_target(5)
        assert '"png"' in autosave.path.read_text(), "the frame itself is in the session"
    finally:
        autosave.end()


def test_only_the_page_on_screen_works_at_every_frame(
    window: MainWindow, video: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("compare", "backbone", "laboratory", "instruments", "explorer")
    told: dict[str, list[Result]] = {}
    for name in names:
        page, told[name] = window.pages[name], []
        show = page.show_result

        def count(result: Result, name: str = name, show: Any = show) -> None:
            told[name].append(result)
            show(result)

        monkeypatch.setattr(page, "show_result", count)
    started: list[object] = []
    for asking in ("start", "tell"):
        monkeypatch.setattr(window.worker, asking, lambda *request: started.append(request))
    play(qtbot, window, video)
    qtbot.waitUntil(lambda: len(told["explorer"]) >= 3, timeout=WAIT)
    assert {name: len(told[name]) for name in names[:-1]} == dict.fromkeys(names[:-1], 0)
    assert started == []
    window.live.toggle_frozen()
    last = settled(qtbot, window)
    qtbot.waitUntil(lambda: told["explorer"][-1] is last, timeout=WAIT)
    window.turn_to_page("compare")
    assert told["compare"] == [last], "the last one when it is looked at"


@pytest.mark.long
def test_transfer_names_the_frames(
    window: MainWindow, video: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window.turn_to_page("backbone")
    part = window.pages["backbone"].panel("transfer")
    for name, picture in scenes().items():
        (tmp_path / name).mkdir()
        for number in range(4):
            shade = np.clip(picture.astype(int) - 9 * number, 0, 255).astype(np.uint8)
            Image.fromarray(shade).save(tmp_path / name / f"{number}.png")
        part.add_folder(str(tmp_path / name))
    part.train.click()
    qtbot.waitUntil(lambda: part.result is not None and part.result.complete, timeout=WAIT)
    play(qtbot, window, video)
    for name in scenes():
        qtbot.waitUntil(lambda name=name: f"“{name}”" in part.label.text(), timeout=WAIT)
    part.clear.click()


def test_compare_follows_the_frames(window: MainWindow, video: Path, qtbot: QtBot) -> None:
    page = window.pages["compare"]
    play(qtbot, window, video)
    window.turn_to_page("compare")
    compared: list[object] = []

    def take(comparison: Any) -> None:
        compared.append(comparison.left.snapshot.photo)

    page.channel.updated.connect(take)
    qtbot.waitUntil(lambda: len(set(compared)) >= 3, timeout=WAIT)
    page.channel.updated.disconnect(take)


@pytest.mark.parametrize("kind", ["damaged", "sound", "missing"])
def test_a_file_that_cannot_be_played_gets_a_sentence_and_the_photo_stays(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    kind: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / f"{kind}.mp4"
    words = "damaged.mp4 cannot be played"
    if kind == "damaged":
        path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(2000))
    elif kind == "sound":
        words = "sound.mp4 has no pictures in it"
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(16_000))
    else:
        words = f"{path} does not exist"
    before = window.state.snapshot.photo
    window.open_path(str(path))
    qtbot.waitUntil(lambda: words in window.message.text.text(), timeout=WAIT)
    assert not window.live.is_on()
    assert window.state.snapshot.photo is before
    assert str(path) not in str(window.settings.value("recent", ""))
    assert capfd.readouterr().err == ""


def test_a_video_from_which_nothing_comes_is_given_up(
    window: MainWindow, qtbot: QtBot, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_sources.VideoSource, "begin", lambda self: None)
    window.live.patience.setInterval(0)
    window.open_path(str(video))
    qtbot.waitUntil(lambda: not window.live.is_on(), timeout=WAIT)
    window.live.patience.setInterval(live.PATIENCE)
    assert "No picture comes from clip.avi" in window.message.text.text()


class Unloadable:
    """Finds QtMultimedia on a system that lacks a library that it needs."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "PySide6.QtMultimedia":
            raise ImportError("libpulse.so.0: cannot open shared object file")


@pytest.mark.parametrize("kind", ["module", "library"])
def test_without_qtmultimedia_the_menu_says_so_and_all_else_works(
    window: MainWindow,
    qtbot: QtBot,
    video: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    if kind == "module":
        monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    else:
        monkeypatch.delitem(sys.modules, "PySide6.QtMultimedia")
        monkeypatch.setattr(sys, "meta_path", [Unloadable(), *sys.meta_path])
    (line,) = told(window.menus.menus["&Camera"])
    assert "need QtMultimedia" in line[0]
    assert ("(libpulse.so.0" in line[0]) == (kind == "library")
    assert not line[1]
    window.open_path(str(video))
    assert "need QtMultimedia" in window.message.text.text()
    assert not window.live.is_on()
    window.opening.open_sample("coffee")
    qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "Coffee", timeout=WAIT)
    assert settled(qtbot, window).snapshot.photo.name == "Coffee"


class FakeCamera(QObject):
    """Gives the frames that a test gives it."""

    errorOccurred = Signal(object, str)
    last: Any = None

    def __init__(self, device: object, parent: QObject) -> None:
        super().__init__(parent)
        self.running = False
        FakeCamera.last = self

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False


class FakeSession(QObject):
    last: Any = None

    def setCamera(self, camera: object) -> None:
        pass

    def setVideoSink(self, sink: Any) -> None:
        FakeSession.last = sink


class FakeDevices(QObject):
    videoInputsChanged = Signal()
    there: list[Any] = []  # noqa: RUF012
    last: Any = None

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        FakeDevices.last = self

    @staticmethod
    def videoInputs() -> list[Any]:
        return list(FakeDevices.there)


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevices]:
    """QtMultimedia with cameras of the test's."""
    qt = SimpleNamespace(
        QVideoSink=multimedia.QVideoSink,
        QCamera=FakeCamera,
        QMediaCaptureSession=FakeSession,
        QMediaDevices=FakeDevices,
    )
    monkeypatch.setattr(live, "multimedia", lambda: qt)
    device = SimpleNamespace(description=lambda: "Desk & wall", videoFormats=lambda: [])
    monkeypatch.setattr(FakeDevices, "there", [device])
    return FakeDevices


def show_picture(grey: int) -> None:
    """The camera sees a picture of one shade, larger than the networks need."""
    image = QImage(1920, 1080, QImage.Format.Format_RGB32)
    image.fill(grey * 0x010101 | 0xFF000000)
    FakeSession.last.setVideoFrame(multimedia.QVideoFrame(image))


def test_a_camera_is_chosen_shown_and_pulled_out(
    window: MainWindow, qtbot: QtBot, cameras: type[FakeDevices]
) -> None:
    menu = window.menus.menus["&Camera"]
    assert told(menu) == [("Desk && wall", True)]
    menu.actions()[0].trigger()
    assert FakeCamera.last.running
    assert window.live.is_on()
    show_picture(80)
    qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "Desk & wall", timeout=WAIT)
    assert window.state.snapshot.photo.size == (960, 540)
    assert int(settled(qtbot, window).network_input.mean()) == 80
    window.live.toggle_frozen()
    frozen = window.state.snapshot.photo
    show_picture(200)
    window.live.toggle_frozen()
    show_picture(120)
    qtbot.waitUntil(lambda: window.state.snapshot.photo is not frozen, timeout=WAIT)
    last = settled(qtbot, window)
    assert int(last.network_input.mean()) == 120, "none of those meanwhile"
    camera = FakeCamera.last
    FakeDevices.there.clear()
    cameras.last.videoInputsChanged.emit()
    qtbot.waitUntil(lambda: not window.live.is_on(), timeout=WAIT)
    assert "Desk & wall is gone; see whether it is plugged in" in window.message.text.text()
    assert not camera.running
    assert window.state.snapshot.photo is last.snapshot.photo
    assert told(menu) == [("No camera was found; plug one in", False)]


@pytest.mark.parametrize("kind", ["error", "silence"])
def test_a_camera_that_breaks_leaves_its_last_picture(
    window: MainWindow,
    qtbot: QtBot,
    cameras: type[FakeDevices],
    kind: str,
) -> None:
    window.live.open_camera(cameras.there[0])
    show_picture(60)
    qtbot.waitUntil(lambda: window.state.snapshot.photo.stream is not None, timeout=WAIT)
    if kind == "error":
        FakeCamera.last.errorOccurred.emit(1, "Device lost.")
    else:
        window.live.patience.setInterval(0)
        show_picture(70)
    qtbot.waitUntil(lambda: not window.live.is_on(), timeout=WAIT)
    window.live.patience.setInterval(live.PATIENCE)
    words = "gives no picture (Device lost)" if kind == "error" else "No picture comes from"
    assert words in window.message.text.text()
    assert window.state.snapshot.photo.name == "Desk & wall"


@pytest.mark.parametrize("answer", ["Granted", "Denied"])
def test_the_system_is_asked_for_the_camera(
    window: MainWindow,
    qapp: QCoreApplication,
    cameras: type[FakeDevices],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
) -> None:
    status = Qt.PermissionStatus
    given = SimpleNamespace(status=lambda: status[answer])
    monkeypatch.setattr(type(qapp), "checkPermission", lambda *_: status.Undetermined)
    monkeypatch.setattr(type(qapp), "requestPermission", lambda *asked: asked[-1](given))
    window.live.open_camera(cameras.there[0])
    assert window.live.is_on() == (answer == "Granted")
    refused = "does not let this program use the camera" in window.message.text.text()
    assert refused == (answer == "Denied")
