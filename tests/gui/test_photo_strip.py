"""Several photos at once: dropped, pasted or from a folder, stepped through with the keys."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viz.images.photo import find_photos
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets.photo_strip import BROKEN, NOT_YET
from tests.gui.conftest import Driver


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos, and between them a file that is none."""
    made = tmp_path / "holiday"
    made.mkdir()
    for number, name in enumerate(("a.png", "c.png", "d.jpg")):
        pixels = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(made / name)
    (made / "b.png").write_bytes(b"no picture")
    return made


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(window: MainWindow, data: QMimeData) -> None:
    at = QPointF(window.rect().center())
    rest = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(at.toPoint(), *rest, none))
    QApplication.sendEvent(window, QDropEvent(at, *rest, none))


def tiles(window: MainWindow) -> list[str]:
    strip = window.explorer.panels["photo"].strip_view
    return [strip.item(place).text() for place in range(strip.count())]


def steps_through(window: MainWindow, *paths: Path) -> bool:
    """True once the strip is that of these files; others may be called the same."""
    strip = window.explorer.panels["photo"].strip_view
    tips = [strip.item(place).toolTip() for place in range(strip.count())]
    return len(tips) == len(paths) and all(
        str(path) in tip for path, tip in zip(paths, tips, strict=True)
    )


def holiday(folder: Path) -> list[Path]:
    return [folder / name for name in ("a.png", "b.png", "c.png", "d.jpg")]


def shows(window: MainWindow, name: str) -> bool:
    return window.state.snapshot.photo.name == name


def test_photos_dropped_at_once_become_a_strip_with_an_answer_under_each(
    driver: Driver, folder: Path
) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    assert not window.explorer.panels["photo"].strip_view.isVisible()
    drop(window, files(folder / "a.png", folder / "c.png"))
    qtbot.waitUntil(lambda: shows(window, "a.png"))
    assert window.explorer.panels["photo"].strip_view.isVisible()
    result = driver.next_result()
    label = result.labels[result.all_on.top(1)[0]]
    qtbot.waitUntil(lambda: tiles(window)[0].startswith(f"a.png\n{label} "))
    assert tiles(window)[1] == f"c.png\n{NOT_YET}"

    qtbot.keyClick(window.explorer.panels["photo"].strip_view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shows(window, "c.png"))
    driver.next_result()
    qtbot.waitUntil(lambda: NOT_YET not in "".join(tiles(window)))
    qtbot.keyClick(window.explorer.panels["photo"].strip_view, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shows(window, "a.png"))

    # Another network has not been asked; the first one's answers are still known.
    answers = tiles(window)
    window.state.set_network("plain20")
    assert tiles(window)[1] == f"c.png\n{NOT_YET}"
    driver.next_result()
    window.state.set_network(result.snapshot.network)
    assert tiles(window) == answers


def test_a_folder_is_opened_with_a_tile_for_what_is_broken(
    qtbot: QtBot, made: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    made.actions_by_name["open_folder"].trigger()
    strip = made.explorer.panels["photo"].strip_view
    qtbot.waitUntil(lambda: steps_through(made, *holiday(folder)))
    qtbot.waitUntil(lambda: made.state.snapshot.photo.path == str(folder / "a.png"))
    qtbot.waitUntil(lambda: tiles(made)[1] == f"b.png\n{BROKEN}")
    assert "is not an image that can be read" in strip.item(1).toolTip()
    assert [text.split("\n")[0] for text in tiles(made)] == ["a.png", "b.png", "c.png", "d.jpg"]
    qtbot.waitUntil(lambda: made.explorer.panels["photo"].strip.thumbnail(3) is not None)

    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: "b.png is not an image" in made.message.text.text())
    assert shows(made, "a.png")  # what was last good stays
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shows(made, "c.png"))
    assert not made.message.isVisible()
    qtbot.keyClick(strip, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shows(made, "d.jpg"))
    qtbot.mouseClick(
        strip.viewport(),
        Qt.MouseButton.LeftButton,
        pos=strip.visualItemRect(strip.item(2)).center(),
    )
    qtbot.waitUntil(lambda: shows(made, "c.png"))


def test_a_dropped_folder_and_pasted_files_are_a_strip_and_one_photo_is_none(
    qtbot: QtBot, made: MainWindow, folder: Path
) -> None:
    drop(made, files(folder))
    qtbot.waitUntil(lambda: steps_through(made, *holiday(folder)))
    QGuiApplication.clipboard().setMimeData(files(folder / "d.jpg", folder / "c.png"))
    made.opening.paste()
    qtbot.waitUntil(lambda: [text.split("\n")[0] for text in tiles(made)] == ["d.jpg", "c.png"])
    drop(made, files(folder / "c.png", folder / "c.png"))
    qtbot.waitUntil(lambda: shows(made, "c.png"))
    qtbot.waitUntil(lambda: tiles(made) == [])
    assert not made.explorer.panels["photo"].strip_view.isVisible()


def test_a_folder_without_photos_says_so_and_leaves_all_as_it_was(
    qtbot: QtBot, made: MainWindow, folder: Path, tmp_path: Path
) -> None:
    drop(made, files(folder))
    qtbot.waitUntil(lambda: steps_through(made, *holiday(folder)))
    qtbot.waitUntil(lambda: made.state.snapshot.photo.path == str(folder / "a.png"))
    (tmp_path / "empty").mkdir()
    drop(made, files(tmp_path / "empty"))
    qtbot.waitUntil(lambda: "empty has no photos in it" in made.message.text.text())
    assert len(tiles(made)) == 4
    assert shows(made, "a.png")


def test_a_folder_on_a_slow_drive_gives_way_to_what_is_opened_after_it(
    driver: Driver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    begun, go = threading.Event(), threading.Event()

    def slowly(paths: list[str]) -> list[Path]:
        begun.set()
        go.wait(30)
        return find_photos(paths)

    monkeypatch.setattr("resnet_viz.views.shell.opening.find_photos", slowly)
    window.open_path(str(folder))
    qtbot.waitUntil(begun.is_set)
    window.open_path(str(folder / "a.png"))
    go.set()
    qtbot.waitUntil(lambda: shows(window, "a.png"), timeout=30_000)
    assert not window.explorer.panels["photo"].strip_view.isVisible()
    window.open_path(str(folder))
    qtbot.waitUntil(window.explorer.panels["photo"].strip_view.isVisible, timeout=30_000)
    assert len(tiles(window)) == 4
