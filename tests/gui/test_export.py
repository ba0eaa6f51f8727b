"""Export and copy in the real window: what is written and copied is what is on screen."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

from resnet_viz.figures.table import table_of
from resnet_viz.views.shell.copying import tabbed
from resnet_viz.views.shell.export_dialog import ExportDialog
from resnet_viz.views.shell.main_window import MainWindow
from tests import fakes
from tests.gui.conftest import Driver


@pytest.fixture
def shown(made: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window that has a result, without a pass; it is the one in use, whatever ran before."""
    made.turn_to_page("explorer")
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.pages.show_result(fakes.result())
    return made


def test_ctrl_c_copies_the_panel_with_the_focus_as_picture_and_numbers(
    shown: MainWindow, qtbot: QtBot
) -> None:
    panel = shown.explorer.panel("gradient_flow")  # type: ignore[attr-defined]
    panel.setFocus()
    panel.plot.setFocus()
    qtbot.waitUntil(panel.plot.hasFocus)
    shown.actions_by_name["copy"].trigger()
    clipboard = QApplication.clipboard()
    lines = clipboard.text().splitlines()
    (figure,) = panel.figures()
    assert lines == tabbed(table_of(figure)).splitlines()
    assert len(lines) == 1 + len(fakes.structure().blocks)
    image = clipboard.image()
    assert (image.width(), image.height()) == (2 * panel.width(), 2 * panel.height())
    assert not image.allGray()


def test_picture_and_numbers_alone(shown: MainWindow) -> None:
    panel = shown.explorer.panel("gradient_flow")  # type: ignore[attr-defined]
    shown.copying.copy_numbers(panel)
    data = QApplication.clipboard().mimeData()
    assert data.hasText()
    assert not data.hasImage()
    shown.copying.copy_picture(panel)
    data = QApplication.clipboard().mimeData()
    assert data.hasImage()
    assert not data.hasText()
    assert isinstance(data.imageData(), QImage)


def test_copy_as_python_or_a_sentence_why_not(
    shown: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fakes.result()
    explorer = shown.explorer
    monkeypatch.setattr(shown.engine, "result", result)
    for name in ("gradient_flow", "saliency", "predictions", "activations"):
        shown.copying.copy_python(explorer.panel(name))  # type: ignore[attr-defined]
        text = QApplication.clipboard().text()
        compile(text, name, "exec")
        assert "import torch" in text
    for name in ("degradation", "story"):  # recorded and quoted: data, with their source
        page = shown.pages[name]
        shown.copying.copy_python(page)
        text, table = QApplication.clipboard().text(), page.table()
        assert table is not None
        held: dict[str, object] = {"print": lambda *row, sep: None}
        exec(compile(text, name, "exec"), held)
        assert held["ROWS"] == list(table.rows)
        assert "# They are data here" in text
    QApplication.clipboard().clear()
    shown.copying.copy_python(shown.pages["training"])
    assert "nothing to write" in shown.message.text.text()
    assert not QApplication.clipboard().text()


def test_the_dialog_writes_what_is_on_screen(driver: Driver, qtbot: QtBot, tmp_path: Path) -> None:
    result = driver.show().results[-1]
    window = driver.window
    things = window.exporting.things()
    assert things[0].title == f"Block diagram of {result.structure.title}"
    window.actions_by_name["export"].trigger()
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: not dialog.preview.pixmap().isNull(), timeout=60_000)
    dialog.format.setCurrentIndex(dialog.format.findData(".png"))
    dialog.preset.setCurrentIndex(dialog.preset.findData("slide"))
    dialog.scale.setValue(1.0)
    with qtbot.waitSignal(window.exporting.channel.ended, timeout=60_000):
        dialog.save_to(tmp_path / "diagram")
    with Image.open(tmp_path / "diagram.png") as picture:
        assert picture.size == (1333, 750)
        assert picture.info["Network"] == result.structure.title
        assert picture.info["Photo"] == result.snapshot.photo.name

    names = [thing.name for thing in things]
    flow = ExportDialog(things, window.exporting)
    flow.format.setCurrentIndex(flow.format.findData(".csv"))
    save = flow.buttons.button(QDialogButtonBox.StandardButton.Save)
    assert not save.isEnabled()  # a diagram has no numbers
    assert "no numbers" in flow.sentence.text()
    flow.list.item(names.index("gradient-flow")).setCheckState(flow.list.item(0).checkState())
    assert save.isEnabled()
    with qtbot.waitSignal(window.exporting.channel.ended, timeout=60_000):
        flow.save_to(tmp_path / "numbers.csv")
    with (tmp_path / "numbers.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    assert [float(row[1]) for row in rows] == [b.gradient_norm for b in result.now.blocks]

    bad = ExportDialog(things, window.exporting)
    with qtbot.waitSignal(window.exporting.channel.failed, timeout=60_000) as said:
        bad.save_to(tmp_path / "nowhere" / "a.png")
    assert "cannot be written" in said.args[0]


@pytest.mark.long
def test_an_animation_from_the_menu(driver: Driver, qtbot: QtBot, tmp_path: Path) -> None:
    driver.show()
    window = driver.window
    menu = window.menus.menus["&Animation"]
    menu.aboutToShow.emit()
    assert "Skips going off" in menu.actions()[0].text()
    path = tmp_path / "skips.gif"
    window.animating.make("cascade", path)
    qtbot.waitUntil(path.exists, timeout=120_000)
    with Image.open(path) as film:
        assert getattr(film, "n_frames", 1) == 1 + len(driver.results[-1].structure.skips)
    qtbot.waitUntil(lambda: str(path) in window.message.text.text())
    window.animating.make("cascade", tmp_path / "nowhere.avi")
    qtbot.waitUntil(lambda: ".mp4" in window.message.text.text())
