"""The real window with the real worker, driven by mouse, keys, drops and pastes."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from resnet_viz.engine.worker import Worker
from resnet_viz.images import gallery
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.family import CLASSES
from resnet_viz.views.shell.gallery import GalleryDialog
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme
from tests import fakes
from tests.gui.conftest import Driver, discard

LEFT = Qt.MouseButton.LeftButton


def click(driver: Driver, widget: QWidget, at: QPoint | None = None) -> None:
    driver.qtbot.mouseClick(widget, LEFT, pos=at or widget.rect().center())


def button(window: MainWindow, text: str) -> QPushButton:
    return next(b for b in window.message.findChildren(QPushButton) if b.text() == text)


def arc(window: MainWindow, name: str) -> QPoint:
    scene = window.explorer.diagram.scene
    assert scene is not None
    return window.explorer.diagram.canvas.mapFromScene(
        scene.skips[name].path().pointAtPercent(0.25)
    )


def box(window: MainWindow, name: str) -> QPoint:
    scene = window.explorer.diagram.scene
    assert scene is not None
    centre = scene.blocks[name].box.rect.centre
    return window.explorer.diagram.canvas.mapFromScene(QPointF(centre.x, centre.y))


def drop(window: MainWindow, data: QMimeData) -> None:
    """Carry ``data`` over the window and let go."""
    at = QPointF(window.rect().center())
    common = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(at.toPoint(), *common)
    QApplication.sendEvent(window, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(window, QDropEvent(at, *common))


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "mine.png"
    Image.fromarray(fakes.photo(200, 120).pixels).save(path)
    return path


def test_the_first_result_needs_no_network_connection(driver: Driver) -> None:
    driver.show()
    window, result = driver.window, driver.results[-1]
    assert result.weights.trained
    assert result.labels[result.now.target] == "cat"
    assert window.windowTitle() == "ResNet-56 – Chelsea the cat – ResNet Explorer"
    for words in ("ResNet-56", "CIFAR-10", result.device, f"{result.now.milliseconds:.1f} ms"):
        assert words in window.status.text.text()
    assert not window.message.isVisible()
    driver.qtbot.waitUntil(lambda: not window.status.progress.isVisible())


def test_a_click_on_an_arc_changes_what_every_view_shows(driver: Driver) -> None:
    window = driver.show().window
    sentence = window.explorer.panels["gradient_flow"].sentence.said
    click(driver, window.explorer.diagram.canvas.viewport(), arc(window, "layer2.1"))
    result = driver.next_result()
    assert result.snapshot.gates.skips == {"layer2.1": 0.0}
    assert result.all_on is driver.results[0].all_on
    assert window.explorer.panels["gradient_flow"].sentence.said != sentence
    assert not window.explorer.toolbar.stage_buttons[1].isChecked()
    assert window.explorer.toolbar.stage_buttons[0].isChecked()
    click(driver, window.explorer.diagram.canvas.viewport(), arc(window, "layer2.1"))
    assert driver.next_result().snapshot.gates.all_on
    assert window.explorer.panels["gradient_flow"].sentence.said == sentence


def test_all_skips_off_collapses_the_gradient(driver: Driver) -> None:
    window = driver.show().window
    click(driver, window.explorer.toolbar.all_off)
    result = driver.next_result()
    assert set(result.snapshot.gates.skips) == set(result.structure.skips)
    stem, with_skips = result.now.block("stem"), result.all_on.block("stem")
    assert 0 < stem.gradient_norm < 1e-10 * with_skips.gradient_norm
    click(driver, window.explorer.toolbar.all_on)
    assert driver.next_result().snapshot.gates.all_on


def test_shortcuts_and_stage_buttons(driver: Driver) -> None:
    window = driver.show().window
    window.activateWindow()
    driver.qtbot.waitUntil(window.isActiveWindow)
    gates = lambda: set(window.state.snapshot.gates.skips)  # noqa: E731
    driver.qtbot.keyClick(window, Qt.Key.Key_0)
    assert len(gates()) == 27
    driver.qtbot.keyClick(window, Qt.Key.Key_2)
    assert gates() == {f"layer{stage}.{index}" for stage in (1, 3) for index in range(9)}
    driver.qtbot.keyClick(window, Qt.Key.Key_A)
    assert gates() == set()
    click(driver, window.explorer.toolbar.stage_buttons[2])
    assert gates() == {f"layer3.{index}" for index in range(9)}
    assert not window.explorer.toolbar.stage_buttons[2].isChecked()
    driver.qtbot.keyClick(window, Qt.Key.Key_4)
    assert len(gates()) == 9
    driver.next_result()


def test_selecting_a_block_needs_no_pass(driver: Driver) -> None:
    window = driver.show().window
    with driver.qtbot.assertNotEmitted(window.state.snapshot_changed):
        click(driver, window.explorer.diagram.canvas.viewport(), box(window, "layer1.1"))
    assert window.state.block == "layer1.1"
    assert "layer1.1" in window.explorer.panels["activations"].header.text()


def test_a_prediction_becomes_the_target_and_automatic_takes_it_back(driver: Driver) -> None:
    window = driver.show().window
    row = window.explorer.panels["predictions"].all_on.rows[2]
    click(driver, row)
    result = driver.next_result()
    assert result.now.target == result.snapshot.target == driver.results[0].all_on.top(5)[2]
    click(driver, window.explorer.panels["predictions"].automatic)
    assert driver.next_result().snapshot.target is None


def test_a_target_is_chosen_by_name(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    window = driver.show().window
    monkeypatch.setattr(QInputDialog, "getItem", lambda *args: ("ship", True))
    window.actions_by_name["target"].trigger()
    assert driver.next_result().now.target == CLASSES.index("ship")
    monkeypatch.setattr(QInputDialog, "getItem", lambda *args: ("unicorn", True))
    window.actions_by_name["target"].trigger()
    assert "unicorn" in window.message.text.text()


def test_dragging_the_crop_box_updates_everything(driver: Driver) -> None:
    window = driver.show().window
    before = driver.results[-1]
    editor = window.explorer.panels["photo"].editor
    centre = editor.rect().center()
    driver.qtbot.mousePress(editor, LEFT, pos=centre)
    for step in range(1, 6):
        driver.qtbot.mouseMove(editor, centre + QPoint(-3 * step, 0))
    driver.qtbot.mouseRelease(editor, LEFT, pos=centre + QPoint(-15, 0))
    after = driver.next_result()
    assert after.crop.x < before.crop.x
    assert not np.array_equal(after.network_input, before.network_input)


def test_a_dropped_photo_is_opened_and_remembered(driver: Driver, image: Path) -> None:
    window = driver.show().window
    drop(window, files(image))
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "mine.png")
    assert driver.next_result().snapshot.photo.width == 200
    assert "mine.png" in window.windowTitle()
    menu = window.menus.menus["&Recent files"]
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [str(image)]


@pytest.mark.parametrize("kind", ["picture", "file", "nothing"])
def test_paste(driver: Driver, image: Path, kind: str) -> None:
    window = driver.show().window
    before = window.state.snapshot.photo
    clipboard = QGuiApplication.clipboard()
    if kind == "picture":
        picture = QImage(50, 40, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.red)
        clipboard.setImage(picture)
    elif kind == "file":
        clipboard.setMimeData(files(image))
    else:
        clipboard.setText("no picture")
    window.actions_by_name["paste"].trigger()
    if kind == "nothing":
        assert "no picture" in window.message.text.text()
        assert window.state.snapshot.photo is before
        return
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo is not before)
    photo = driver.next_result().snapshot.photo
    assert (photo.width, photo.height) == ((50, 40) if kind == "picture" else (200, 120))
    if kind == "picture":
        assert photo.pixels[5, 5].tolist() == [255, 0, 0]


def test_the_open_dialogue_and_the_gallery(
    driver: Driver, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.show().window
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(image), ""))
    driver.qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "mine.png")
    window.opening.open_sample("rocket")
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "Rocket")
    assert driver.next_result().snapshot.photo.name == "Rocket"


def test_the_gallery_has_a_thumbnail_for_each_sample(driver: Driver) -> None:
    window = driver.show().window
    click(
        driver,
        next(
            b for b in window.explorer.toolbar.findChildren(QPushButton) if b.text() == "Samples…"
        ),
    )
    dialog = window.findChild(GalleryDialog)
    assert isinstance(dialog, GalleryDialog)
    assert dialog.list.count() == len(gallery.SAMPLES)

    def colours(row: int) -> int:
        image = dialog.list.item(row).icon().pixmap(50).toImage()
        return len({image.pixel(x, y) for x in range(0, 50, 7) for y in range(0, 50, 7)})

    driver.qtbot.waitUntil(lambda: colours(dialog.list.count() - 1) > 5)
    rocket = [sample.name for sample in gallery.SAMPLES].index("rocket")
    place = dialog.list.visualItemRect(dialog.list.item(rocket)).center()
    driver.qtbot.mouseClick(dialog.list.viewport(), LEFT, pos=place)
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo.name == "Rocket")


@pytest.mark.parametrize("content", [b"", b"no picture at all"], ids=["empty", "text"])
def test_a_bad_file_leaves_the_last_photo(driver: Driver, tmp_path: Path, content: bytes) -> None:
    window = driver.show().window
    before, seen = window.state.snapshot, len(driver.results)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(content)
    drop(window, files(bad))
    driver.qtbot.waitUntil(window.message.isVisible)
    assert "bad.jpg" in window.message.text.text()
    assert window.state.snapshot == before
    assert len(driver.results) == seen
    click(driver, button(window, "Close"))
    assert not window.message.isVisible()


def test_weights_that_cannot_be_had(driver: Driver) -> None:
    window = driver.show().window
    good = driver.results[-1]
    window.explorer.toolbar.network_box.setFocus()
    index = window.explorer.toolbar.network_box.findData("resnet18")
    window.explorer.toolbar.network_box.setCurrentIndex(index)
    window.explorer.toolbar.network_box.activated.emit(index)
    driver.qtbot.waitUntil(window.message.isVisible, timeout=60_000)
    assert "resnet18" in window.message.text.text()
    assert "127.0.0.1" in window.message.text.text()
    # The last good state is back on screen.
    assert window.state.snapshot == good.snapshot
    assert window.explorer.toolbar.network_box.currentData() == "resnet56"
    assert window.explorer.diagram.accessibleName().count("ResNet-56") == 1
    click(driver, button(window, "Retry"))
    assert window.state.snapshot.network == "resnet18"
    driver.qtbot.waitUntil(window.message.isVisible, timeout=60_000)
    click(driver, button(window, "Use untrained weights"))
    result = driver.next_result()
    assert result.structure.title == "ResNet-18"
    assert not result.weights.trained
    assert window.windowTitle().startswith("ResNet-18 (untrained) – ")
    assert window.explorer.panels["predictions"].banner.isVisible()
    assert len(result.labels) == 1000
    assert window.explorer.toolbar.stage_buttons[3].isVisible()


def test_the_list_of_networks_says_whose_weights_are_here(driver: Driver, tmp_path: Path) -> None:
    window = driver.window
    box = window.explorer.toolbar.network_box

    def listed(name: str) -> tuple[str, str]:
        place = box.findData(name)
        return box.itemText(place), box.itemData(place, Qt.ItemDataRole.ToolTipRole)

    assert listed("resnet56") == (
        "✓ ResNet-56 · CIFAR-10", "ResNet-56, trained weights: comes with the program"
    )  # fmt: skip
    assert listed("resnet32")[0].startswith("○ ResNet-32")
    assert listed("resnet18")[0].startswith("↓ ResNet-18")
    assert listed("resnet18")[1].endswith("to download (45 MB)")
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "resnet18-f37072fd.pth").touch()
    window.explorer.toolbar.mark_networks()
    assert listed("resnet18")[0].startswith("✓ ResNet-18")
    menu = QMenu()
    window.choices.fill_networks(menu, "Plain, CIFAR-10")
    assert [a.text() for a in menu.actions()][:2] == [
        "Plain-20\tcomes with the program", "Plain-32\tnone, starts untrained"
    ]  # fmt: skip


def test_a_network_that_a_page_opens_is_shown_without_weights_that_cannot_be_had(
    driver: Driver,
) -> None:
    window = driver.show().window
    window.turn_to_page("story")
    window.explore("resnet18")
    driver.qtbot.waitUntil(window.message.isVisible, timeout=60_000)
    text = window.message.text.text()
    assert text.startswith("ResNet-18 is shown with untrained weights")
    assert "127.0.0.1" in text
    result = driver.next_result()
    assert (result.structure.title, result.weights.trained) == ("ResNet-18", False)


def test_torch_that_cannot_be_loaded_is_said_and_tried_again(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.window
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "resnet_viz.analysis.session", None)
        window.show()
        driver.qtbot.waitUntil(window.message.isVisible, timeout=60_000)
    assert window.message.text.text().startswith("PyTorch cannot be loaded (")
    assert "pip install" in window.message.text.text()
    click(driver, button(window, "Retry"))
    driver.next_result()
    assert not window.message.isVisible()


@pytest.fixture
def stalling(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mirror that sends the first of two megabytes and then nothing more."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(2 * 2**20))
            self.end_headers()
            self.wfile.write(bytes(2**20))
            self.wfile.flush()
            over.wait(30)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("RESNET_VIZ_MIRROR", f"http://127.0.0.1:{server.server_port}/weights")
    yield
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("stalling")
def test_a_download_shows_its_progress_and_can_be_cancelled(driver: Driver) -> None:
    window = driver.show().window
    good = driver.results[-1]
    window.explorer.toolbar.network_chosen.emit("resnet18")
    text = window.status.progress_text
    driver.qtbot.waitUntil(lambda: "1.0 of 2.0 MB" in text.text(), timeout=60_000)
    assert window.status.progress.value() == 500
    assert "ResNet-18" in window.explorer.diagram.accessibleName()
    click(driver, window.status.cancel)
    driver.qtbot.waitUntil(window.message.isVisible)
    assert "cancelled" in window.message.text.text()
    assert window.state.snapshot == good.snapshot
    assert "ResNet-56" in window.explorer.diagram.accessibleName()
    driver.qtbot.waitUntil(lambda: not window.status.progress.isVisible())


@pytest.mark.usefixtures("stalling")
def test_closing_in_mid_download(driver: Driver) -> None:
    window = driver.show().window
    window.explorer.toolbar.network_chosen.emit("resnet18")
    driver.qtbot.waitUntil(window.status.progress.isVisible, timeout=60_000)
    window.close()
    driver.qtbot.waitUntil(lambda: window.worker.ended, timeout=60_000)


def test_weights_from_a_wrong_file(driver: Driver, tmp_path: Path) -> None:
    window = driver.show().window
    wrong = tmp_path / "wrong.pt"
    wrong.write_bytes(b"not weights")
    drop(window, files(wrong))
    driver.qtbot.waitUntil(window.message.isVisible, timeout=60_000)
    assert "wrong.pt" in window.message.text.text()
    assert window.state.snapshot.weights == WeightsChoice()


def test_an_untrained_plain_network_has_no_skips_to_switch(driver: Driver) -> None:
    window = driver.show().window
    window.state.set_network("plain20")
    driver.next_result()
    assert not window.actions_by_name["skips_off"].isEnabled()
    assert not any(button.isEnabled() for button in window.explorer.toolbar.stage_buttons)


def test_themes_are_kept(driver: Driver, settings: QSettings) -> None:
    window = driver.show().window
    for name in ("projector", "light", "dark"):
        before = window.grab().toImage()
        index = window.explorer.toolbar.theme_box.findData(name)
        window.explorer.toolbar.theme_box.setCurrentIndex(index)
        window.explorer.toolbar.theme_box.activated.emit(index)
        assert theme.current().name == name
        assert settings.value("theme") == name
        if name != "dark":
            assert window.grab().toImage() != before


def test_a_mirror_is_kept_and_a_bad_one_refused(
    driver: Driver, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.show().window
    for text, kept in (("http://127.0.0.1:1/weights", True), ("classroom", False), ("", True)):
        monkeypatch.setattr(QInputDialog, "getText", lambda *a, said=text, **k: (said, True))
        window.actions_by_name["mirror"].trigger()
        assert window.message.isVisible() is not kept
        assert (settings.value("mirror") == text) is kept


def test_a_bad_mirror_in_the_settings_is_said(qtbot: QtBot, settings: QSettings) -> None:
    settings.setValue("mirror", "classroom")
    driver = Driver(qtbot, settings).show()
    assert "classroom" in driver.window.message.text.text()
    driver.window.close()


def test_a_device_that_this_machine_lacks_gives_way_to_auto(
    driver: Driver, settings: QSettings
) -> None:
    settings.setValue("device", "mps" if sys.platform == "linux" else "cuda")
    window = driver.window
    window.show()
    driver.qtbot.waitUntil(window.message.isVisible, timeout=60_000)
    assert "this machine has no" in window.message.text.text().lower()
    assert window.state.snapshot.device == "auto"
    assert driver.next_result().snapshot.device == "auto"
    box = window.explorer.toolbar.device_box
    assert box.currentText() == "Auto"
    box.activated.emit(box.findData("cpu"))
    assert driver.next_result().device == "CPU"
    assert settings.value("device") == "cpu"


def test_closing_in_mid_run(driver: Driver) -> None:
    window = driver.show().window
    window.state.set_network("resnet152", WeightsChoice("untrained"))
    driver.qtbot.waitUntil(lambda: window.status.progress.isVisible())
    window.close()
    assert not window.isVisible()
    driver.qtbot.waitUntil(lambda: window.worker.ended, timeout=60_000)


def test_the_layout_comes_back(driver: Driver, settings: QSettings, qtbot: QtBot) -> None:
    window = driver.show().window
    window.explorer.docks["activations"].close()
    window.close()
    again = Driver(qtbot, settings)
    again.window.show()
    assert not again.window.explorer.docks["activations"].isVisible()
    again.window.actions_by_name["reset_layout"].trigger()
    assert again.window.explorer.docks["activations"].isVisible()
    again.window.close()


def test_the_first_network_is_the_one_that_is_named(driver: Driver) -> None:
    window = driver.window
    assert window.explorer.toolbar.network_box.currentData() == window.state.snapshot.network
    menu = window.menus.menus["ResNet, CIFAR-10"]
    menu.aboutToShow.emit()
    (checked,) = [action for action in menu.actions() if action.isChecked()]
    assert checked.data() == window.state.snapshot.network


@pytest.mark.parametrize("name", ["shortcuts", "about"])
def test_help_opens(driver: Driver, name: str) -> None:
    shown: list[str] = []

    def read() -> None:
        box = QApplication.activeModalWidget()
        if box is not None:
            shown.append(box.windowTitle())
            box.close()

    driver.window.show()
    QTimer.singleShot(200, read)
    driver.window.actions_by_name[name].trigger()
    assert len(shown) == 1


def test_the_window_is_painted_before_torch_is_imported() -> None:
    code = """
import sys, tempfile
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from resnet_viz.views.shell.gallery import GalleryDialog
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.engine.worker import Worker
app = QApplication([])
Worker.request = lambda self, snapshot: None
window = MainWindow(QSettings(tempfile.mktemp(), QSettings.Format.IniFormat))
window.show()
app.processEvents()
assert not window.grab().isNull()
assert "torch" not in sys.modules
window.close()
print("painted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "painted" in done.stdout, done.stderr


def run_main(arguments: list[str], later: Callable[[], None]) -> int:
    from resnet_viz import app

    QTimer.singleShot(0, later)
    return app.main(arguments)


def test_the_program_opens_the_image_that_it_is_given(
    qtbot: QtBot, image: Path, monkeypatch: pytest.MonkeyPatch, settings: QSettings
) -> None:
    monkeypatch.setattr("PySide6.QtCore.QSettings", lambda: settings)
    names: list[str] = []

    def wait() -> None:
        window = next(
            w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()
        )
        if window.state.snapshot.photo.name == "mine.png":
            names.append(window.state.snapshot.photo.name)
            window.close()
        else:
            QTimer.singleShot(20, wait)

    assert run_main([str(image)], wait) == 0
    assert names == ["mine.png"]


class Windows(QObject):
    """Keeps what opens as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        shown = event.type() == QEvent.Type.Show
        if shown and isinstance(watched, QWidget) and watched.isWindow():
            self.opened.append(watched)
        return False


def test_turning_to_a_page_opens_no_window_beside_it(
    qtbot: QtBot, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that flashed up would take the keys with it."""
    monkeypatch.setattr(Worker, "request", lambda *_: None)
    window = MainWindow(settings)
    window.show()
    window.pages.show_result(fakes.result())
    windows = Windows()
    QApplication.instance().installEventFilter(windows)  # type: ignore[union-attr]
    try:
        for name in window.pages:
            window.turn_to_page(name)
            QApplication.processEvents()
    finally:
        QApplication.instance().removeEventFilter(windows)  # type: ignore[union-attr]
    assert windows.opened == []
    discard(window)


def test_reset_to_defaults_forgets_every_setting_once_it_is_confirmed(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = driver.window
    made.set_theme(theme.PROJECTOR.name)
    made.choices.set_text_size(1.25)
    made.settings.setValue("keys/open", "Ctrl+J")
    made.menus.take_keys()
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Reset]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    made.actions_by_name["reset"].trigger()
    assert theme.current().name == theme.PROJECTOR.name
    made.actions_by_name["reset"].trigger()
    assert theme.current().name == theme.DARK.name
    assert made.actions_by_name["open"].shortcut().toString() == "Ctrl+O"
    assert made.settings.allKeys() == []
