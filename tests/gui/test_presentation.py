"""Presenting: a page or a lecture over a whole screen, with the keys of a clicker."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QFileDialog, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.export.lecture import Step, read_lecture
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.lecture.audience import Audience
from resnet_viz.views.lecture.keys import BINDINGS
from resnet_viz.views.lecture.presenter import Presenter
from resnet_viz.views.lecture.stage import Stage
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme
from tests.gui import fit
from tests.gui.conftest import Driver

LECTURE = """---
lecture: Skips
minutes: 5
---

---
network: resnet20
photo: chelsea
skips: on
show: [diagram, gradient_flow]
---
# Two paths

Each block adds **what it computed** to what it was given. <img src="http://nowhere/x.png">

> Point at the arcs.

---
skips: off
layout: top
show: [diagram, gradient_flow, predictions]
measured: [target_probability]
predict:
  question: What happens to the gradient at the stem?
  measure: stem_gradient_ratio
  answers:
  - {text: It stays, from: 0.5, to: 2}
  - {text: It falls, to: 0.5}
---
# The skips go off

---
page: laboratory
laboratory: {depth: 20, norm: false}
---
# Before training
"""


@pytest.fixture
def lecture(tmp_path: Path) -> Path:
    path = tmp_path / "skips.md"
    path.write_text(LECTURE, encoding="utf-8")
    return path


@pytest.fixture
def presented(driver: Driver, lecture: Path) -> Iterator[MainWindow]:
    window = driver.show().window
    window.open_path(str(lecture))
    window.presenting.audience.showNormal()
    window.presenting.audience.resize(1280, 800)
    yield window
    window.presenting.end()


def presenter(window: MainWindow) -> Presenter:
    found = window.presenting.presenter
    assert isinstance(found, Presenter)
    return found


def audience(window: MainWindow) -> Audience:
    found = window.presenting.audience
    assert isinstance(found, Audience)
    return found


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(audience(window), key)


def measured(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not presenter(window).measuring, timeout=90_000)


def test_no_key_stands_for_two_things() -> None:
    keys = list(chain.from_iterable(one.keys for one in BINDINGS))
    assert len(keys) == len(set(keys))
    sent = {Qt.Key.Key_PageDown: "next", Qt.Key.Key_PageUp: "back", Qt.Key.Key_Period: "black"}
    for key, deed in sent.items():
        (one,) = [one for one in BINDINGS if key in one.keys]
        assert (one.deed, one.clicker) == (deed, True)


def test_a_page_is_presented_as_it_is_and_left_as_it_was(driver: Driver) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    window.activateWindow()
    before = theme.current()
    QTest.keyClick(window, Qt.Key.Key_F5)
    stage = presenter(window).stage
    assert [type(tile).__name__ for tile in stage.tiles] == ["DiagramView", "GradientFlowView"]
    assert theme.current().name == theme.PROJECTOR.name
    assert theme.current().point_size >= 18
    assert audience(window).isFullScreen()
    press(window, Qt.Key.Key_0)
    qtbot.waitUntil(lambda: window.state.snapshot.gates.skip("layer1.0") == 0.0)
    press(window, Qt.Key.Key_PageDown)  # there is no other step
    press(window, Qt.Key.Key_Escape)
    assert window.presenting.presenter is None
    assert (theme.current().name, theme.current().point_size) == (before.name, before.point_size)
    window.turn_to_page("story")
    QTest.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: presenter(window).stage.tiles[0].views != [])  # type: ignore[attr-defined]
    press(window, Qt.Key.Key_Escape)


@pytest.mark.long
def test_a_lecture_is_gone_through_with_a_clicker(presented: MainWindow, qtbot: QtBot) -> None:
    window, one = presented, presenter(presented)
    stage = one.stage
    assert (one.place, stage.title.text()) == ("1 / 3", "Two paths")
    assert "what it computed" in stage.text.toPlainText()
    measured(qtbot, window)
    assert window.state.snapshot.network == "resnet20"
    press(window, Qt.Key.Key_PageDown)
    assert one.asking
    assert stage.question.isVisible()
    assert window.state.snapshot.gates.skip("layer1.0") == 1.0  # not before the hall has answered
    qtbot.mouseClick(stage.question.answers[0], Qt.MouseButton.LeftButton)
    press(window, Qt.Key.Key_PageDown)
    measured(qtbot, window)
    assert window.state.snapshot.gates.skip("layer1.0") == 0.0
    result = window.engine.result
    assert result is not None
    ratio = result.now.blocks[0].gradient_norm / result.all_on.blocks[0].gradient_norm
    assert one.values[1] == pytest.approx(ratio)
    assert stage.question.right == 1
    assert stage.question.guess == 0
    assert stage.question.answers[1].text().startswith("✓")
    (asked,) = presented.handouts.lecture()[1]  # what was measured goes into the hand-out
    assert asked.right == 1
    assert asked.measured
    assert "probability of the target class" in stage.measured.text()

    window.state.toggle_skip("layer2.1")  # the lecturer plays
    press(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: window.state.snapshot.gates.skip("layer2.1") == 0.0)
    press(window, Qt.Key.Key_PageDown)
    measured(qtbot, window)
    assert window.pages.current == "laboratory"
    assert window.pages.shown.result.request.depth == 20  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(stage.tiles[0].views) > 0)  # type: ignore[attr-defined]
    press(window, Qt.Key.Key_PageUp)
    assert (one.number, one.asking) == (1, False)
    press(window, Qt.Key.Key_PageUp)
    assert (one.number, one.asking) == (1, True)


def test_a_network_that_is_not_the_steps_is_not_shown(presented: MainWindow, qtbot: QtBot) -> None:
    window, stage = presented, presenter(presented).stage
    measured(qtbot, window)
    window.state.set_network("resnet56")
    qtbot.waitUntil(lambda: window.engine.structure.network == "resnet56", timeout=60_000)
    press(window, Qt.Key.Key_R)  # back to the step's ResNet-20
    assert not any(tile.isVisible() for tile in stage.tiles)
    qtbot.waitUntil(lambda: all(tile.isVisible() for tile in stage.tiles), timeout=60_000)
    assert window.engine.structure is not None
    assert window.engine.structure.network == "resnet20"


@pytest.mark.long
def test_going_back_shows_the_steps_own_question(presented: MainWindow, qtbot: QtBot) -> None:
    one = presenter(presented)
    one.go(2)
    measured(qtbot, presented)
    press(presented, Qt.Key.Key_PageUp)  # its question was never asked
    assert (one.number, one.asking) == (1, False)
    measured(qtbot, presented)
    assert one.stage.question.text.text() == "What happens to the gradient at the stem?"
    assert one.stage.question.right == 1


def test_black_white_freeze_and_what_is_drawn(presented: MainWindow, qtbot: QtBot) -> None:
    measured(qtbot, presented)
    stage = presenter(presented).stage

    def colour() -> str:
        return stage.grab().toImage().pixelColor(640, 400).name()

    press(presented, Qt.Key.Key_B)
    assert colour() == "#000000"
    press(presented, Qt.Key.Key_W)
    assert colour() == "#ffffff"
    press(presented, Qt.Key.Key_W)
    press(presented, Qt.Key.Key_F)
    frozen = stage.grab().toImage()
    presented.state.set_skips(["layer1.0"], on=False)
    assert stage.grab().toImage() == frozen
    press(presented, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: stage.grab().toImage() != frozen, timeout=30_000)
    press(presented, Qt.Key.Key_P)
    for place in (QPoint(100, 100), QPoint(400, 300)):
        qtbot.mousePress(stage.veil, Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseRelease(stage.veil, Qt.MouseButton.LeftButton, pos=place)
    assert len(stage.veil.strokes) == 2
    press(presented, Qt.Key.Key_E)
    assert stage.veil.strokes == []
    press(presented, Qt.Key.Key_S)
    assert stage.veil.spotlight
    press(presented, Qt.Key.Key_S)
    assert not stage.veil.isVisible()


@pytest.mark.long
def test_overview_notes_and_one_thing_large(presented: MainWindow, qtbot: QtBot) -> None:
    one = presenter(presented)
    stage = one.stage
    measured(qtbot, presented)
    press(presented, Qt.Key.Key_N)
    assert stage.notes.text() == "Point at the arcs."
    assert stage.notes.isVisible()
    press(presented, Qt.Key.Key_N)
    assert not stage.notes.isVisible()
    press(presented, Qt.Key.Key_Z)
    assert [tile.isVisible() for tile in stage.tiles] == [True, False]
    press(presented, Qt.Key.Key_Z)
    assert [tile.isVisible() for tile in stage.tiles] == [False, True]
    press(presented, Qt.Key.Key_Z)
    assert [tile.isVisible() for tile in stage.tiles] == [True, True]
    press(presented, Qt.Key.Key_O)
    assert [stage.overview.item(n).text()[6:] for n in range(3)] == [
        "Two paths",
        "The skips go off",
        "Before training",
    ]
    QTest.keyClick(stage.overview, Qt.Key.Key_Down)
    QTest.keyClick(stage.overview, Qt.Key.Key_Return)
    assert (one.number, one.asking) == (1, True)
    press(presented, Qt.Key.Key_Tab)
    press(presented, Qt.Key.Key_Escape)  # closes the overview alone
    assert presented.presenting.presenter is one
    press(presented, Qt.Key.Key_Escape)
    assert presented.presenting.presenter is None
    presented.presenting.present()
    assert presenter(presented).number == 1  # it goes on where it was


def test_nothing_of_a_lecture_is_loaded_or_run(presented: MainWindow) -> None:
    stage = presenter(presented).stage
    assert "http://nowhere" not in stage.text.document().toHtml() or (
        "<img src" in stage.text.toPlainText()
    )
    assert stage.text.loadResource(2, "http://nowhere/x.png") is None


def test_a_lecture_with_mistakes_says_so_and_runs(driver: Driver, lecture: Path) -> None:
    wrong = LECTURE.replace("page: laboratory", "page: labratory")
    line = wrong.splitlines().index("page: labratory") + 1
    lecture.write_text(wrong, encoding="utf-8")
    window = driver.show().window
    window.open_path(str(lecture))
    assert f"skips.md, line {line}:" in window.message.text.text()
    assert "laboratory" in window.message.text.text()
    assert presenter(window).place == "1 / 3"
    window.presenting.end()
    (lecture.parent / "none.md").write_text("no lecture", encoding="utf-8")
    window.open_path(str(lecture.parent / "none.md"))
    assert "none.md has no step" in window.message.text.text()
    assert window.presenting.presenter is None


@pytest.mark.long
def test_text_is_large_and_nothing_is_cut_off_at_1280_by_800(
    presented: MainWindow, qtbot: QtBot
) -> None:
    one = presenter(presented)
    for _ in range(4):
        measured(qtbot, presented)
        stage = one.stage
        shown: list[QWidget] = [stage.title, stage.text, *stage.tiles]
        for widget in (w for w in shown if w.isVisible()):
            assert stage.rect().contains(widget.geometry()), widget
        bar = stage.text.verticalScrollBar()
        assert not stage.text.isVisible() or bar.maximum() == 0
        assert stage.text.document().defaultFont().pointSizeF() >= 18
        assert all(tile.height() > 120 for tile in stage.tiles)
        press(presented, Qt.Key.Key_PageDown)


TWO_SCREENS = """
import sys, time
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from resnet_viz.engine.worker import Worker
from resnet_viz.views.shell.main_window import MainWindow

Worker.request = lambda *_: None
application = QApplication([])
window = MainWindow(QSettings(sys.argv[1], QSettings.Format.IniFormat))
window.show()
window.open_path(sys.argv[2])
presenting = window.presenting
print("screens", len(application.screens()))
print("audience on", presenting.audience.screen().name(), "window on", window.screen().name())
print("console", presenting.console is not None and presenting.console.isVisible())
print("next:", presenting.console.following.text())
print("notes:", presenting.console.notes.toPlainText())
window.activateWindow()
application.processEvents()
window.setFocus()
QTest.keyClick(window, Qt.Key.Key_PageDown)
print("step", presenting.presenter.number, presenting.presenter.asking)
print("now:", presenting.console.now.text())
menu_names = []
from PySide6.QtWidgets import QMenu
menu = QMenu()
presenting.fill_screens(menu)
print("offered", len(menu.actions()))
menu.actions()[0].trigger()
print("audience on", presenting.audience.screen().name())
menu.actions()[1].trigger()
projector = presenting.audience.screen()
application.screenRemoved.emit(projector)
print(projector.name(), "gone:", presenting.audience, window.message.text.text())
presenting.present()
print("step", presenting.presenter.number)
presenting.end()
print("console", presenting.console)
sys.stdout.flush()
import os
os._exit(0)
"""


def test_with_two_screens_the_picture_is_on_the_other_one(tmp_path: Path, lecture: Path) -> None:
    screens = [
        {"name": name, "x": x, "y": 0, "width": 1280, "height": 800, "logicalDpi": 96,
         "logicalBaseDpi": 96, "dpr": 1}
        for name, x in (("laptop", 0), ("projector", 1280))
    ]  # fmt: skip
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": screens}))
    done = subprocess.run(
        [sys.executable, "-c", TWO_SCREENS, str(tmp_path / "s.ini"), str(lecture)],
        env={
            "PATH": "",
            "HOME": str(tmp_path),
            "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.splitlines() == [
        "screens 2",
        "audience on projector window on laptop",
        "console True",
        "next: Next: The skips go off",
        "notes: Point at the arcs.",
        "step 1 True",
        "now: 2 / 3   The skips go off – the hall is asked",
        "offered 2",
        "audience on laptop",
        "projector gone: None The screen of the presentation is gone; connect it again and press "
        "F5 to go on with the same step",
        "step 1",
        "console None",
    ], done.stderr


def test_the_stage_has_a_diagram_of_its_own(presented: MainWindow) -> None:
    on_stage = presenter(presented).stage.part("diagram")
    assert isinstance(on_stage, DiagramView)
    assert on_stage is not presented.explorer.diagram  # type: ignore[attr-defined]
    assert not on_stage.controls.isVisible()


@pytest.mark.long
def test_a_lecture_is_recorded_edited_saved_and_presented(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    window.actions_by_name["record"].trigger()
    editor = window.presenting.editor

    def click(text: str) -> None:
        qtbot.mouseClick(editor.buttons[text], Qt.MouseButton.LeftButton)

    click("Add what is on screen")
    QTest.keyClicks(editor.title, "All on")
    window.state.set_skips(["layer1.0", "layer1.1"], on=False)
    driver.next_result()
    click("Add what is on screen")
    QTest.keyClicks(editor.title, "Two are off")
    qtbot.mouseClick(editor.text.viewport(), Qt.MouseButton.LeftButton)
    QTest.keyClicks(editor.text, "Two skips are off.")
    QTest.keyClicks(editor.notes, "Say which.")
    click("Add a question")
    assert "predict:" in editor.front.toPlainText()
    assert editor.sentence.text() == ""
    editor.front.setPlainText(editor.front.toPlainText().replace("network: resnet56", "network: x"))
    assert "network" in editor.sentence.text()
    editor.front.setPlainText(editor.front.toPlainText().replace("network: x", "network: resnet56"))
    click("Up")
    path = tmp_path / "mine.md"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    click("Save…")
    again = read_lecture(path)
    assert again.problems == ()
    assert [step.title for step in again.steps] == ["Two are off", "All on"]
    first = again.steps[0]
    assert (first.text, first.notes) == ("Two skips are off.", "Say which.")
    assert first.predict is not None
    assert first.front["skips"] == {"layer1.0": "off", "layer1.1": "off"}
    click("Delete")
    assert [step.title for step in editor.lecture.steps] == ["All on"]
    click("Show")
    one = presenter(window)
    assert one.step.title == "All on"
    measured(qtbot, window)
    assert window.state.snapshot.gates.skip("layer1.0") == 1.0
    window.presenting.end()
    assert fit.faults(editor) == []


@pytest.mark.long
def test_no_figure_of_the_step_before_stands_under_the_next_title(
    driver: Driver, tmp_path: Path
) -> None:
    path = tmp_path / "two.md"
    path.write_text(
        "---\npage: story\nshow: [figure 1]\n---\n# Error by year\n\n"
        "---\npage: laboratory\nlaboratory: {depth: 8}\nshow: [figure 1]\n---\n# Gradients\n",
        encoding="utf-8",
    )
    window = driver.show().window
    window.open_path(str(path))
    measured(driver.qtbot, window)
    (tile,) = presenter(window).stage.tiles
    first = tile.panels[0].title
    press(window, Qt.Key.Key_PageDown)
    (tile,) = presenter(window).stage.tiles
    assert first not in [panel.title for panel in tile.panels]
    measured(driver.qtbot, window)
    assert tile.panels
    assert tile.panels[0].title != first
    window.presenting.end()


PARTS = ("photo", "predictions", "activations", "saliency", "gradient_flow")


@pytest.mark.parametrize("name", PARTS)
def test_a_part_on_the_stage_has_no_controls(name: str, driver: Driver, qtbot: QtBot) -> None:
    """Nobody in the hall can click them; the window's own panel keeps its."""
    window = driver.show().window
    window.state.set_network("resnet20")
    window.state.set_skips(["layer1.0"], on=False)
    qtbot.waitUntil(
        lambda: (
            window.engine.result is not None
            and window.engine.result.snapshot == window.state.snapshot
        ),
        timeout=60_000,
    )
    stage = Stage(window.presenting.make_part)
    qtbot.addWidget(stage)
    stage.resize(1280, 800)
    stage.show_result(window.engine.result)
    stage.show_step(Step("One"), "1 / 1", [name], "columns")
    stage.show()
    qtbot.waitExposed(stage)
    part = stage.tiles[0]
    assert part.isVisible()
    assert part.controls  # type: ignore[attr-defined]
    for control in (*part.controls, *part.findChildren(QAbstractSlider)):  # type: ignore[attr-defined]
        assert not control.isVisible() or isinstance(control, QScrollBar)
    stage.show_result(window.engine.result)  # what is shown later does not bring them back
    assert not any(control.isVisible() for control in part.controls)  # type: ignore[attr-defined]
    own = window.explorer.panels[name]
    assert all(control.parent() is not None for control in own.controls)
    assert any(not control.isHidden() for control in own.controls) or name == "photo"
    stage.hide()
