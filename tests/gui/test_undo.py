"""Undo and redo in the window: the menu names the step, and a drag is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from resnet_viz.images.photo import Crop
from resnet_viz.networks.gates import GateSettings
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets.picture import Picture
from tests import fakes

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, made: MainWindow) -> Iterator[MainWindow]:
    """With ResNet-20 on screen and nothing to undo."""
    made.turn_to_page("explorer")
    made.state.set_network("resnet20")
    made.worker.structure_known.emit(fakes.structure())
    made.state.set_gates(GateSettings())
    made.state.undo_stack.clear()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.state.undo_stack.clear()


def test_the_menu_names_the_step_and_the_keys_take_it_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    undo, redo = (window.actions_by_name[name] for name in ("undo", "redo"))
    assert (undo.text(), undo.isEnabled()) == ("&Undo", False)
    window.actions_by_name["stage_2"].trigger()
    assert (undo.text(), undo.isEnabled()) == ("&Undo skips of stage 2 off", True)
    assert undo in window.menus.menus["&Edit"].actions()
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert window.state.snapshot.gates.all_on
    assert window.explorer.toolbar.stage_buttons[1].isChecked()  # type: ignore[attr-defined]
    assert (redo.text(), redo.isEnabled()) == ("&Redo skips of stage 2 off", True)
    assert not undo.isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert len(window.state.snapshot.gates.skips) == 3


def test_a_drag_of_the_crop_is_one_step(qtbot: QtBot, window: MainWindow) -> None:
    state, editor = window.state, window.explorer.panels["photo"].editor  # type: ignore[attr-defined]
    state.set_crop(Crop(100, 50, 100))
    for _ in range(2):
        centre = editor.box().center().toPoint()
        qtbot.mousePress(editor, LEFT, pos=centre)
        for step in range(1, 6):
            qtbot.mouseMove(editor, centre + QPoint(-step, 0))
        qtbot.mouseRelease(editor, LEFT, pos=centre + QPoint(-5, 0))
    moved = state.snapshot.crop
    assert moved is not None
    assert moved.x < 100
    assert state.undo_stack.count() == 3
    state.undo_stack.undo()
    state.undo_stack.undo()
    assert state.snapshot.crop == Crop(100, 50, 100)
    assert editor.crop == Crop(100, 50, 100)


def test_a_drag_of_the_strength_is_one_step(window: MainWindow) -> None:
    strength = window.explorer.strength  # type: ignore[attr-defined]
    strength.slider.setSliderDown(True)
    for position in (19, 15, 10):
        strength.slider.setSliderPosition(position)
    strength.slider.setSliderDown(False)
    assert window.actions_by_name["undo"].text() == "&Undo skip strength 0.50"
    assert window.state.undo_stack.count() == 1
    strength.slider.setSliderDown(True)
    strength.slider.setSliderPosition(5)
    strength.slider.setSliderDown(False)
    assert window.state.undo_stack.count() == 2
    window.state.undo_stack.undo()
    assert strength.slider.value() == 10


# ---- settings of pages


def undo_text(window: MainWindow) -> str:
    return window.actions_by_name["undo"].text()


def pick(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """Choose an item as a user does, with the keys."""
    box.setFocus()
    while box.currentText() != text:
        before = box.currentIndex()
        qtbot.keyClick(box, Qt.Key.Key_Down if before < box.findText(text) else Qt.Key.Key_Up)
        assert box.currentIndex() != before


def test_each_setting_of_the_laboratory_is_a_step(qtbot: QtBot, window: MainWindow) -> None:
    window.turn_to_page("laboratory")
    page = window.pages["laboratory"]
    controls = page.controls  # type: ignore[attr-defined]
    start = page.choices()
    assert not window.state.undo_stack.count()
    qtbot.mouseClick(controls.norm, LEFT, pos=QPoint(8, controls.norm.height() // 2))
    pick(qtbot, controls.nonlinearity, "tanh")
    assert undo_text(window) == "&Undo Laboratory: Nonlinearity"
    assert window.state.undo_stack.count() >= 2
    window.turn_to_page("explorer")
    changed = page.choices()
    steps = window.state.undo_stack.count()
    window.actions_by_name["undo"].trigger()
    assert window.pages.current == "laboratory"  # where one sees what was undone
    while window.state.undo_stack.index() > 1:
        window.actions_by_name["undo"].trigger()
    assert undo_text(window) == "&Undo Laboratory: Batch norm"
    assert (controls.norm.isChecked(), controls.nonlinearity.currentText()) == (True, "ReLU")
    window.actions_by_name["undo"].trigger()
    assert page.choices() == start
    window.state.undo_stack.setIndex(steps)
    assert page.choices() == changed
    assert window.state.undo_stack.count() == steps  # putting back is no step
    window.state.undo_stack.setIndex(0)


def test_a_drag_of_the_depth_is_one_step_and_a_preset_is_one(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.turn_to_page("laboratory")
    controls = window.pages["laboratory"].controls  # type: ignore[attr-defined]
    slider, stack = controls.slider, window.state.undo_stack
    before, start = controls.depth_box.value(), controls.request()
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    at = handle.center()
    qtbot.mousePress(slider, LEFT, pos=at)
    for step in range(1, 60, 4):
        qtbot.mouseMove(slider, at - QPoint(step, 0))
    qtbot.mouseRelease(slider, LEFT, pos=at - QPoint(60, 0))
    assert controls.depth_box.value() != before
    assert stack.count() == 1
    assert undo_text(window) == "&Undo Laboratory: Depth"
    qtbot.mouseClick(controls.presets[1], LEFT)
    assert stack.count() == 2
    assert undo_text(window) == f"&Undo Laboratory: {controls.presets[1].text()}"
    stack.setIndex(0)
    assert controls.request() == start


def test_settings_of_the_other_pages_are_steps(qtbot: QtBot, window: MainWindow) -> None:
    stack = window.state.undo_stack
    window.turn_to_page("training")
    controls = window.pages["training"].controls  # type: ignore[attr-defined]
    depth = controls.layers.currentText()
    pick(qtbot, controls.layers, controls.layers.itemText(0))
    assert undo_text(window) == "&Undo Training: Depth"
    window.turn_to_page("degradation")
    page = window.pages["degradation"]
    qtbot.mouseClick(page.loss, LEFT, pos=QPoint(8, page.loss.height() // 2))  # type: ignore[attr-defined]
    assert undo_text(window) == "&Undo Degradation: Loss (nats)"
    window.turn_to_page("compare")
    side = window.pages["compare"].left  # type: ignore[attr-defined]
    skips = side.skips.currentIndex()
    qtbot.keyClick(side.skips, Qt.Key.Key_Up if skips else Qt.Key.Key_Down)
    assert undo_text(window).startswith("&Undo Compare: ")
    stack.setIndex(0)
    assert side.skips.currentIndex() == skips
    assert page.error.isChecked()  # type: ignore[attr-defined]
    assert controls.layers.currentText() == depth


def test_what_training_uses_is_a_step_and_kept(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window.turn_to_page("training")
    page = window.pages["training"]
    controls = page.controls  # type: ignore[attr-defined]
    start = page.choices()
    zipped = str(tmp_path / "images.zip")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (zipped, ""))
    pick(qtbot, controls.data, "CIFAR-10")
    controls.data.setFocus()
    qtbot.keyClick(controls.data, Qt.Key.Key_End)
    assert undo_text(window) == "&Undo Training: Data"
    changed = page.choices()
    assert changed["data"] == {"kind": "path", "path": {"file": zipped}, "limit": 5000}
    assert controls.request().data.path == zipped
    window.state.undo_stack.setIndex(0)
    assert page.choices() == start
    assert not controls.images.isEnabled()
    page.restore(json.loads(json.dumps(changed)))
    assert page.choices() == changed
    for odd in ({"kind": "path"}, {"kind": "disk", "path": {"file": "x"}}, "digits", None):
        page.restore({"data": odd})
        assert page.choices() == changed
    page.restore(start)


def test_chapters_parts_and_instruments_are_steps(qtbot: QtBot, window: MainWindow) -> None:
    stack = window.state.undo_stack
    window.turn_to_page("instruments")
    window.pages["instruments"].panel("paths")  # type: ignore[attr-defined]
    assert not stack.count()  # what the program turns to is none
    window.pages["instruments"].panel("shattering")  # type: ignore[attr-defined]
    for name, tabs, text in (
        ("story", "chapters", "Story: Chapters"),
        ("backbone", "tabs", "Backbone: Parts of the page Backbone"),
        ("instruments", "list", "Instruments: Instruments"),
    ):
        window.turn_to_page(name)
        page = window.pages[name]
        walked = getattr(page, tabs)
        start, steps = page.choices(), stack.count()
        walked.setFocus()
        key = Qt.Key.Key_Down if name == "instruments" else Qt.Key.Key_Right
        qtbot.keyClick(walked, key)
        if name != "backbone":
            qtbot.keyClick(walked, key)
        assert undo_text(window) == f"&Undo {text}"
        assert stack.count() == steps + 1  # going on is the same step
        changed = page.choices()
        window.turn_to_page("explorer")
        window.actions_by_name["undo"].trigger()
        assert window.pages.current == name
        kept = ("chapter", "part", "instrument")
        assert [page.choices().get(one) for one in kept] == [start.get(one) for one in kept]
        window.actions_by_name["redo"].trigger()
        assert [page.choices().get(one) for one in kept] == [changed.get(one) for one in kept]
    stack.setIndex(0)


def drag(qtbot: QtBot, picture: Picture, first: float, last: float) -> None:
    """Over a picture, between places on its diagonal in shares of it."""
    rect = picture.image_rect()
    places = [
        QPoint(round(rect.x() + at * rect.width()), round(rect.y() + at * rect.height()))
        for at in (first, last)
    ]
    qtbot.mousePress(picture, LEFT, pos=places[0])
    qtbot.mouseMove(picture, places[1])
    qtbot.mouseRelease(picture, LEFT, pos=places[1])


def test_what_is_drawn_on_a_photo_is_a_step_and_kept(qtbot: QtBot, window: MainWindow) -> None:
    stack = window.state.undo_stack
    window.turn_to_page("instruments")
    panel = window.pages["instruments"].panel("channels")  # type: ignore[attr-defined]
    panel.show_result(fakes.result())
    drag(qtbot, panel.brush, 0.3, 0.4)
    once = panel.choices()
    drag(qtbot, panel.brush, 0.6, 0.7)
    twice = panel.choices()
    assert undo_text(window) == "&Undo Instruments: what is brushed"
    window.actions_by_name["undo"].trigger()
    assert panel.choices() == once
    assert panel.ranked
    panel.restore(json.loads(json.dumps(twice)))
    assert panel.choices() == twice
    for odd in ("!", "AAAA", once["brushed"][:40]):
        panel.restore({"brushed": odd})
        assert not panel.brush.painted.any()
    window.turn_to_page("backbone")
    pyramid = window.pages["backbone"].panel("pyramid")  # type: ignore[attr-defined]
    place = pyramid.point
    pyramid.photo.pointed.emit(0.25, 0.75)
    assert undo_text(window) == "&Undo Backbone: place"
    window.actions_by_name["undo"].trigger()
    assert pyramid.point == place
    part = window.pages["backbone"].panel("transfer")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not part.photo.image_rect().isEmpty())
    before = stack.index()
    for _ in range(2):
        drag(qtbot, part.photo, 0.2, 0.6)
    assert stack.index() == before + 2
    assert undo_text(window) == "&Undo Backbone: an example"
    kept = part.choices()
    assert [one["name"][:3] for one in kept["examples"]["A"]] == ["A 1", "A 2"]
    window.actions_by_name["undo"].trigger()
    assert len(part.examples["A"]) == 1
    part.restore({"examples": {"B": ["x", {"png": "!", "name": "y"}, {"file": "/a/b.jpg"}]}})
    assert part.examples == {"B": ["/a/b.jpg"]}
    part.restore(json.loads(json.dumps(kept)))
    assert part.choices() == kept
    assert part.clear.isEnabled()
    stack.setIndex(0)
    assert part.choices() == {"examples": {}}


def test_panels_of_the_explorer_and_their_choices_are_steps(
    qtbot: QtBot, window: MainWindow
) -> None:
    explorer, stack = window.explorer, window.state.undo_stack
    start = explorer.choices()
    docks = explorer.docks  # type: ignore[attr-defined]
    close = docks["predictions"].titleBarWidget().buttons[-1]
    qtbot.mouseClick(close, LEFT)
    assert undo_text(window) == "&Undo Explorer: Close Predictions"
    assert "predictions" not in explorer.choices()["open"]
    shown = docks["predictions"].toggleViewAction()
    shown.hover()
    shown.trigger()
    assert undo_text(window) == "&Undo Explorer: Predictions"
    box = explorer.panels["activations"].common  # type: ignore[attr-defined]
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert stack.count() == 3
    assert undo_text(window) == f"&Undo Explorer: {box.text().replace('&', '')}"
    changed = explorer.choices()
    stack.setIndex(0)
    assert explorer.choices() == start
    stack.setIndex(3)
    assert explorer.choices() == changed
    stack.setIndex(0)
    enlarge = docks["saliency"].titleBarWidget().buttons[0]
    for _ in range(2):  # to look closely changes nothing
        qtbot.mouseClick(enlarge, LEFT)
    assert stack.index() == 0
    window.actions_by_name["stage_2"].trigger()
    assert undo_text(window) == "&Undo skips of stage 2 off"  # one step, not two
    assert stack.count() == 1


@pytest.mark.parametrize(
    ("name", "control", "text"),
    [
        ("lesions", "quantity", "Instruments: What is shown"),
        ("paths", "samples", "Instruments: Paths of each length"),
        ("loss surface", "seed", "Instruments: Which random directions"),
        ("shattering", "lag", "Instruments: Lag"),
        ("strength", "steps", "Instruments: Steps of the strength"),
    ],
)
def test_settings_of_instruments_are_steps_and_kept(
    name: str, control: str, text: str, qtbot: QtBot, window: MainWindow
) -> None:
    window.turn_to_page("instruments")
    page = window.pages["instruments"]
    panel = page.panel(name)  # type: ignore[attr-defined]
    box = getattr(panel, control)
    start = panel.choices()
    key = Qt.Key.Key_Down if isinstance(box, QComboBox) else Qt.Key.Key_Up
    qtbot.keyClick(box, key)
    changed = panel.choices()
    assert changed != start
    assert undo_text(window) == f"&Undo {text}"
    window.actions_by_name["undo"].trigger()
    assert panel.choices() == start
    page.restore(json.loads(json.dumps({"instruments": {name: changed}})))
    assert panel.choices() == changed


def test_the_scope_of_the_strength_is_kept(window: MainWindow) -> None:
    strength = window.explorer.strength  # type: ignore[attr-defined]
    window.explorer.restore({"strength": "stage"})
    assert strength.scope.currentData() == "stage"
    assert window.explorer.choices()["strength"] == "stage"
    window.explorer.restore({"strength": "nonsense"})
    assert strength.scope.currentData() == "stage"
    window.explorer.restore({"strength": "all"})
