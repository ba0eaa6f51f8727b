"""Undo and redo in the window: the menu names the step, and a drag is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from resnet_viz.images.photo import Crop
from resnet_viz.networks.gates import GateSettings
from resnet_viz.views.shell.main_window import MainWindow
from tests import fakes

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, made: MainWindow) -> Iterator[MainWindow]:
    """With ResNet-20 on screen and nothing to undo."""
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
