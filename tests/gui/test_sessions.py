"""Sessions: saved, opened, moved, damaged, and put back after a crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from resnet_viz.export.session import SUFFIX
from resnet_viz.views.shell.autosave import Autosave
from resnet_viz.views.shell.main_window import MainWindow
from tests.gui.conftest import Driver, discard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photo in a folder of its own."""
    made = tmp_path / "lecture"
    (made / "photos").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(made / "photos" / "noise.png")
    return made


def saved(driver: Driver, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    driver.window.actions_by_name["save_session"].trigger()
    driver.qtbot.waitUntil(lambda: not driver.window.sessions.modified, timeout=30_000)


def test_everything_chosen_is_there_again_in_another_window_and_another_folder(
    driver: Driver, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window = driver.show().window
    window.open_path(str(folder / "photos" / "noise.png"))
    qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "noise.png", timeout=30_000)
    window.state.set_network("resnet20")
    window.state.set_skips(["layer1.0", "layer2.1"], on=False)
    window.state.set_target(3)
    window.state.select_block("layer2.0")
    window.explorer.panels["activations"].restore({"statistic": "std"})
    window.turn_to_page("laboratory")
    window.pages.shown.restore({"depth": 32})
    before = window.sessions.now()
    path = folder / "mine"
    assert window.sessions.modified
    saved(driver, path, monkeypatch)
    path = path.with_name(f"mine{SUFFIX}")
    assert window.windowTitle().startswith(f"mine{SUFFIX}[*] – ")
    assert not window.isWindowModified()
    assert json.loads(path.read_text(encoding="utf-8"))["photo"]["path"] == "photos/noise.png"
    window.state.toggle_skip("layer1.0")
    assert window.isWindowModified()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)

    moved = folder.rename(tmp_path / "elsewhere") / path.name
    settings = QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat)
    other = MainWindow(settings)
    other.show()
    other.open_path(str(moved))
    qtbot.waitUntil(lambda: other.sessions.path == moved, timeout=30_000)
    after = other.sessions.now()
    assert other.message.text.text() == ""
    assert after.snapshot.photo.path == str(moved.parent / "photos" / "noise.png")
    assert np.array_equal(after.snapshot.photo.pixels, before.snapshot.photo.pixels)
    for name in ("network", "gates", "target", "crop", "weights"):
        assert getattr(after.snapshot, name) == getattr(before.snapshot, name)
    assert (after.block, after.page) == (before.block, before.page)
    assert after.choices["laboratory"] == before.choices["laboratory"]
    assert after.choices["explorer"]["panels"] == before.choices["explorer"]["panels"]
    menu = other.menus.menus["&Recent files"]
    menu.aboutToShow.emit()
    assert str(moved) in [action.text() for action in menu.actions()]
    other.state.undo_stack.undo()
    assert other.state.snapshot.network == "resnet56"  # opening is one step
    assert other.pages.current == "explorer"
    assert other.pages.choices()["laboratory"] != before.choices["laboratory"]
    other.state.undo_stack.redo()
    assert other.sessions.now().snapshot.network == "resnet20"
    assert other.pages.current == "laboratory"
    assert other.pages.choices()["laboratory"] == before.choices["laboratory"]
    discard(other)


def test_a_session_that_cannot_be_opened_leaves_all_as_it_is(
    driver: Driver, tmp_path: Path
) -> None:
    window = driver.show().window
    before = window.state.snapshot
    for name, content in (
        ("list.json", "[]"),
        ("deep.json", "[" * 100_000),
        ("digits.json", "1" * 100_000),
        ("other.json", '{"format": "else"}'),
        ("bytes.json", "\ud800"),
    ):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8", errors="surrogatepass")
        window.open_path(str(path))
        driver.qtbot.waitUntil(lambda name=name: name in window.message.text.text(), timeout=30_000)
        assert window.state.snapshot == before
        assert window.sessions.path is None
    window.open_path(str(tmp_path / "none.json"))
    driver.qtbot.waitUntil(lambda: "none.json cannot be read" in window.message.text.text())


def test_what_is_missing_is_said_and_the_rest_is_opened(driver: Driver, tmp_path: Path) -> None:
    window = driver.show().window
    form = {
        "format": "resnet-viz session",
        "version": 1,
        "network": "plain20",
        "photo": {"name": "gone", "path": "../../gone.png"},
        "page": "nowhere",
    }
    path = tmp_path / f"s{SUFFIX}"
    path.write_text(json.dumps(form))
    window.open_path(str(path))
    driver.qtbot.waitUntil(lambda: window.state.snapshot.network == "plain20", timeout=30_000)
    driver.qtbot.waitUntil(lambda: "gone.png" in window.message.text.text(), timeout=30_000)
    assert driver.next_result().structure.title == "Plain-20"


def test_a_place_that_cannot_be_written_is_said_and_the_old_file_stays(
    driver: Driver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.show().window
    path = folder / f"mine{SUFFIX}"
    window.state.set_target(3)
    saved(driver, path, monkeypatch)
    old = path.read_text()
    window.state.set_target(4)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    window.actions_by_name["save_session"].trigger()
    driver.qtbot.waitUntil(lambda: "No space left" in window.message.text.text(), timeout=30_000)
    assert path.read_text() == old
    assert [one.name for one in folder.iterdir() if one.is_file()] == [path.name]
    assert window.sessions.modified
    monkeypatch.undo()
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Save]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    window.close()
    assert window.isVisible()
    window.close()
    assert not window.isVisible()
    assert json.loads(path.read_text())["target"] == 4


@pytest.mark.parametrize("page", ["explorer", "instruments", "compare", "laboratory"])
def test_choices_of_a_wrong_kind_are_said_and_the_rest_is_opened(
    driver: Driver, tmp_path: Path, page: str
) -> None:
    window = driver.show().window
    odd = {"panels": 5, "open": 7, "instruments": 3, "instrument": [], "left": 1, "level": {}}
    form = {
        "format": "resnet-viz session",
        "version": 1,
        "network": "plain20",
        "page": "story",
        "weights": {"preprocessing": {"size": 1e400, "mean": [0, 0, 0], "std": [1, 1, 1]}},
        "choices": {page: odd, "story": {"chapter": 2}},
    }
    path = tmp_path / f"odd{SUFFIX}"
    path.write_text(json.dumps(form))
    window.open_path(str(path))
    driver.qtbot.waitUntil(lambda: window.sessions.path == path, timeout=30_000)
    assert window.state.snapshot.network == "plain20"
    assert window.pages.current == "story"
    assert window.pages.shown.choices() == {"chapter": 2}
    said = window.message.text.text()
    assert "weights cannot be read" in said
    if page != "laboratory":  # it takes only what is of the right kind
        assert "cannot be read whole" in said


def test_quitting_at_once_loses_neither_the_file_nor_a_pages_settings(
    driver: Driver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.show().window
    window.turn_to_page("laboratory")
    path = folder / f"mine{SUFFIX}"
    window.sessions.save_to(path)
    window.sessions.close()
    assert json.loads(path.read_text())["page"] == "laboratory"
    driver.qtbot.waitUntil(lambda: window.sessions.path == path, timeout=30_000)
    window.pages.shown.restore({"depth": 32})
    asked: list[str] = []

    def ask(*words: object) -> QMessageBox.StandardButton:
        asked.append(str(words[2]))
        return QMessageBox.StandardButton.Discard

    monkeypatch.setattr(QMessageBox, "question", ask)
    window.close()
    assert asked == [f"{path.name} has changed since it was saved."]


def test_a_pasted_photo_and_what_a_newer_version_wrote_are_kept(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.show().window
    form = {"format": "resnet-viz session", "version": 99, "camera": {"on": True}}
    path = tmp_path / f"new{SUFFIX}"
    path.write_text(json.dumps(form))
    window.open_path(str(path))
    driver.qtbot.waitUntil(lambda: "newer version" in window.message.text.text(), timeout=30_000)
    picture = QImage(50, 40, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(picture)
    window.actions_by_name["paste"].trigger()
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo.width == 50, timeout=30_000)
    saved(driver, path, monkeypatch)
    written = json.loads(path.read_text())
    assert (written["version"], written["camera"]) == (99, {"on": True})
    assert "png" in written["photo"]


PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from resnet_viz import app
from resnet_viz.views.shell.autosave import Autosave
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.engine.worker import Worker

Worker.request = lambda *_: None
application = QApplication([])

def find(kind):
    return next(o for w in application.topLevelWidgets() if isinstance(w, MainWindow)
                for o in [w, *w.findChildren(kind)] if isinstance(o, kind))

def choose():
    autosave = find(Autosave)
    autosave.kept.connect(lambda path: print("kept", path, flush=True))
    find(MainWindow).state.set_skips(["layer2.3"], on=False)
    find(MainWindow).turn_to_page("story")

QTimer.singleShot(0, choose)
raise SystemExit(app.open_window(sys.argv[1] if len(sys.argv) > 1 else None))
"""


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """The program in a process of its own, which says what it keeps."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={
            "PATH": "",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        stdout=subprocess.PIPE,
        text=True,
    )


def kept_by(process: subprocess.Popen[str]) -> Path:
    """Where a process has kept what is open in it."""
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("kept"))
    return Path(line.split(maxsplit=1)[1].strip())


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.long
def test_after_a_kill_what_was_open_is_offered_and_put_back(
    driver: Driver, tmp_path: Path, qtbot: QtBot
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    process = start(home)
    left = kept_by(process)
    assert left.parent == home / "state" / "resnet-viz" / "open"

    window = driver.show().window
    living = Autosave(window, left.parent)
    assert living.begin()
    assert "ended unexpectedly" not in window.message.text.text()  # it lives yet
    living.end()
    killed(process)
    assert left.exists()

    again = Autosave(window, left.parent)
    assert again.begin()
    assert "ended unexpectedly" in window.message.text.text()
    buttons = window.message.findChildren(QPushButton)
    restore = next(one for one in buttons if one.text() == "Restore" and one.isVisible())
    qtbot.mouseClick(restore, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.pages.current == "story", timeout=30_000)
    assert window.state.snapshot.gates.skip("layer2.3") == 0.0
    assert window.sessions.path is None
    qtbot.waitUntil(lambda: not left.exists())
    with qtbot.waitSignal(again.kept, timeout=30_000):
        window.state.set_target(2)
    assert again.path.exists()
    again.end()
    assert list(left.parent.iterdir()) == [], "nothing is left after an end in order"


@pytest.mark.long
def test_what_is_set_on_a_page_alone_is_kept_too(
    made: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    laboratory = made.pages["laboratory"]
    autosave = Autosave(made, tmp_path / "open")
    assert autosave.begin()
    try:
        norm = not laboratory.choices()["norm"]
        laboratory.restore({"norm": norm})
        with qtbot.waitSignal(autosave.kept, timeout=30_000):
            autosave.look()
        kept = json.loads(autosave.path.read_text())
        assert kept["choices"]["laboratory"]["norm"] is norm
    finally:
        autosave.end()


OLDER = Path(__file__).parents[1] / "export" / "files" / "first-version.resnet.json"
"""What the first version of the program that had sessions wrote."""


def test_a_file_of_the_first_version_opens_whole(driver: Driver, qtbot: QtBot) -> None:
    window = driver.show().window
    written = json.loads(OLDER.read_text(encoding="utf-8"))
    window.message.clear()
    window.open_path(str(OLDER))
    qtbot.waitUntil(lambda: window.sessions.path == OLDER, timeout=30_000)
    assert window.message.text.text() == ""
    snapshot = window.state.snapshot
    assert (snapshot.network, snapshot.photo.name, snapshot.target) == ("resnet20", "Coffee", 3)
    assert snapshot.weights.kind == "untrained"
    assert snapshot.crop is not None
    assert (snapshot.crop.x, snapshot.crop.y, snapshot.crop.size) == (40, 20, 200)
    assert snapshot.gates.skips == {"layer1.1": 0.0, "layer2.0": 0.25}
    assert snapshot.gates.branches == {"layer3.1": 0.5}
    assert (window.state.block, window.pages.current) == ("layer2.2", "laboratory")
    now = json.loads(json.dumps(window.pages.choices()))
    for page, choices in written["choices"].items():
        for name, value in choices.items():
            if page == "instruments" and name == "instruments":
                continue  # has settings by now that it had not then
            if page == "explorer" and name == "panels":
                assert all(now[page][name][one].items() >= kept.items()
                           for one, kept in value.items())  # fmt: skip
            else:
                assert now[page][name] == value, (page, name)


def test_choices_of_a_newer_version_stay_in_the_file(
    driver: Driver, tmp_path: Path, qtbot: QtBot
) -> None:
    window = driver.show().window
    data = json.loads(OLDER.read_text(encoding="utf-8"))
    data["version"] = 99
    data["choices"]["orbit"] = {"speed": 3}
    data["choices"]["story"]["lens"] = 2
    path = tmp_path / f"newer{SUFFIX}"
    path.write_text(json.dumps(data), encoding="utf-8")
    window.open_path(str(path))
    qtbot.waitUntil(lambda: window.sessions.path == path, timeout=30_000)
    assert "newer version" in window.message.text.text()
    with qtbot.waitSignal(window.sessions.changed, timeout=30_000):
        window.sessions.save_to(tmp_path / f"again{SUFFIX}")
    kept = json.loads((tmp_path / f"again{SUFFIX}").read_text(encoding="utf-8"))
    assert (kept["version"], kept["choices"]["orbit"]) == (99, {"speed": 3})
    assert kept["choices"]["story"] == {"chapter": 1, "lens": 2}


def test_a_session_is_opened_that_is_dropped_onto_the_window(
    driver: Driver, tmp_path: Path, qtbot: QtBot
) -> None:
    window = driver.show().window
    path = tmp_path / f"dropped{SUFFIX}"
    path.write_text(OLDER.read_text(encoding="utf-8"), encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    centre = QPoint(window.width() // 2, window.height() // 2)
    given = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    enter = QDragEnterEvent(centre, *given, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(
        window, QDropEvent(QPointF(centre), *given, Qt.KeyboardModifier.NoModifier)
    )
    qtbot.waitUntil(lambda: window.sessions.path == path, timeout=30_000)
    assert window.state.block == "layer2.2"


@pytest.mark.long
def test_a_session_is_opened_that_is_given_on_the_command_line(tmp_path: Path) -> None:
    process = start(tmp_path, str(OLDER))
    try:
        kept = kept_by(process)
        while json.loads(kept.read_text(encoding="utf-8"))["photo"]["name"] != "Coffee":
            kept = kept_by(process)
    finally:
        killed(process)
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert (found["network"], found["target"]) == ("resnet20", 3)


@pytest.mark.long
def test_two_programs_keep_apart_what_is_open_in_each(made: MainWindow, tmp_path: Path) -> None:
    first, second = start(tmp_path), start(tmp_path)
    try:
        paths = kept_by(first), kept_by(second)
        assert paths[0] != paths[1]
        assert paths[0].parent == paths[1].parent
        third = Autosave(made, paths[0].parent)
        made.message.clear()
        assert third.begin()
        assert "ended unexpectedly" not in made.message.text.text()  # both live
        third.end()
        assert all(path.exists() for path in paths)
        killed(first)
        again = Autosave(made, paths[0].parent)
        assert again.begin()
        assert "ended unexpectedly" in made.message.text.text()
        forget = next(
            one for one in made.message.findChildren(QPushButton) if one.text() == "Forget it"
        )
        forget.click()
        assert not paths[0].exists()
        assert paths[1].exists()  # that of the one which lives is none to forget
        again.end()
    finally:
        for process in (first, second):
            if process.poll() is None:
                killed(process)
        made.message.clear()


def test_a_folder_that_cannot_be_written_is_said_once(made: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    autosave = Autosave(made, tmp_path / "file" / "open")
    made.message.clear()
    try:
        assert not autosave.begin()
        assert "cannot be written: save the session yourself" in made.message.text.text()
        made.state.set_target(3)
        assert autosave.ended
    finally:
        autosave.end()
        made.message.clear()
        made.state.set_target(None)
