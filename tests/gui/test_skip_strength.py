"""The slider for the strength of the skips in the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from resnet_viz.networks.gates import GateSettings
from resnet_viz.views.explorer.skip_strength import STEPS, SkipStrength
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme
from tests import fakes
from tests.gui.conftest import Driver

ALL = fakes.structure().skips


def handle(strength: SkipStrength) -> QPoint:
    """The middle of the slider's handle."""
    option = QStyleOptionSlider()
    strength.slider.initStyleOption(option)
    rect = strength.slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider,
        option,
        QStyle.SubControl.SC_SliderHandle,
        strength.slider,
    )
    return rect.center()


def choose(qtbot: QtBot, strength: SkipStrength, scope: str) -> None:
    """Pick a scope with the keyboard."""
    qtbot.keyClick(strength.scope, Qt.Key.Key_Home)
    for _ in range(strength.scope.findData(scope)):
        qtbot.keyClick(strength.scope, Qt.Key.Key_Down)


def small(driver: Driver) -> MainWindow:
    """The window with ResNet-20."""
    window = driver.show().window
    window.state.set_network("resnet20")
    driver.next_result()
    return window


def test_keys_turn_all_skips_down_and_the_pass_follows(qtbot: QtBot, driver: Driver) -> None:
    window = small(driver)
    strength = window.explorer.strength
    assert strength.value.text() == "1.00"
    strength.slider.setFocus()
    qtbot.keyClick(strength.slider, Qt.Key.Key_Left)
    assert window.state.snapshot.gates == GateSettings().with_skips(ALL, 0.95)
    qtbot.keyClick(strength.slider, Qt.Key.Key_PageDown)
    assert strength.value.text() == "0.70"
    result = driver.next_result()
    assert result.snapshot.gates == GateSettings().with_skips(ALL, 0.7)
    assert result.now.blocks[0].gradient_norm < result.all_on.blocks[0].gradient_norm
    assert all(item.gate == 0.7 for item in window.explorer.diagram.scene.skips.values())  # type: ignore[union-attr]
    qtbot.keyClick(strength.slider, Qt.Key.Key_Home)
    assert window.state.snapshot.gates == GateSettings().with_skips(ALL, 0.0)
    qtbot.keyClick(strength.slider, Qt.Key.Key_End)
    assert window.state.snapshot.gates.all_on


def test_dragging_ends_where_the_mouse_is_let_go(qtbot: QtBot, driver: Driver) -> None:
    window = small(driver)
    strength = window.explorer.strength
    start, middle = handle(strength), QPoint(strength.slider.width() // 2, handle(strength).y())
    qtbot.mousePress(strength.slider, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(strength.slider, start + (middle - start) * step / 5)
    qtbot.mouseRelease(strength.slider, Qt.MouseButton.LeftButton, pos=middle)
    position = strength.slider.value()
    assert abs(position - STEPS // 2) <= 1
    assert driver.next_result().snapshot.gates == GateSettings().with_skips(ALL, position / STEPS)


def test_the_stage_and_the_block_are_those_of_the_selection(qtbot: QtBot, driver: Driver) -> None:
    window = small(driver)
    strength, state = window.explorer.strength, window.state
    state.select_block("layer2.1")
    assert [strength.scope.itemText(i) for i in range(3)] == ["All skips", "Stage 2", "Block 2.1"]
    choose(qtbot, strength, "stage")
    qtbot.keyClick(strength.slider, Qt.Key.Key_Left)
    assert state.snapshot.gates == GateSettings().with_skips(ALL[3:6], 0.95)
    choose(qtbot, strength, "block")
    qtbot.keyClick(strength.slider, Qt.Key.Key_Home)
    assert state.snapshot.gates.skip("layer2.1") == 0.0
    assert state.snapshot.gates.skip("layer2.0") == 0.95
    choose(qtbot, strength, "stage")
    assert strength.value.text() == "0.00 to 0.95"
    state.select_block("stem")
    choose(qtbot, strength, "block")
    assert not strength.slider.isEnabled()
    assert "stem has no skip" in strength.toolTip()


def test_the_slider_follows_the_buttons(driver: Driver) -> None:
    window = driver.show().window
    window.engine.set_all_skips(False)
    assert window.explorer.strength.slider.value() == 0
    assert window.explorer.strength.value.text() == "0.00"
    window.engine.toggle_stage(1)
    assert window.explorer.strength.value.text() == "0.00 to 1.00"
    assert window.explorer.strength.slider.value() == round(STEPS / 3)
    # Showing a mean is not choosing it.
    assert set(window.state.snapshot.gates.skips.values()) == {0.0}


def test_a_plain_network_has_no_strength(driver: Driver) -> None:
    window = driver.show().window
    window.state.set_network("plain20")
    driver.next_result()
    assert not window.explorer.strength.slider.isEnabled()
    assert window.explorer.strength.toolTip().startswith("Plain-20 is a plain network")
    window.state.set_network("resnet20")
    driver.next_result()
    assert window.explorer.strength.slider.isEnabled()


@pytest.mark.long
def test_it_fits_in_every_theme(qtbot: QtBot, driver: Driver) -> None:
    window = small(driver)
    strength = window.explorer.strength
    for name in theme.THEMES:
        window.set_theme(name)
        QApplication.processEvents()
        assert strength.isVisible()
        for part in (strength.title, strength.scope, strength.slider, strength.value):
            assert part.width() >= part.minimumSizeHint().width()
            assert strength.rect().contains(part.geometry())
