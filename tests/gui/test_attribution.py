"""The panel of attribution with real clicks: choosing methods, two classes, cancelling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import attribution
from resnet_viz.figures.figure import Map
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.results.attribution import AttributionMap, AttributionRequest, AttributionResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import Progress
from resnet_viz.views.instruments.attribution import AttributionPanel
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.panel import STALE
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.time_left import TimeLeft
from tests import fakes
from tests.gui.conftest import Driver

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def state(qapp: QApplication) -> ExplorerState:
    made = ExplorerState(fakes.photo(), "resnet20")
    made.set_weights(WeightsChoice("untrained"))
    made.set_device("cpu")
    return made


@pytest.fixture
def panel(qtbot: QtBot, state: ExplorerState, worker: Worker, said: list[str]) -> AttributionPanel:
    made = AttributionPanel(state, worker, said.append)
    qtbot.addWidget(made)
    made.show_result(fakes.result())
    made.resize(980, 640)
    made.retheme()
    made.show()
    return made


def tick(panel: AttributionPanel, *names: str) -> None:
    for name, action in panel.ticks.items():
        if action.isChecked() != (name in names):
            action.trigger()


def write(qtbot: QtBot, panel: AttributionPanel, box: str, text: str) -> None:
    """Type a class into one of the two fields, as a user does."""
    field = getattr(panel, box).lineEdit()
    field.selectAll()
    qtbot.keyClicks(field, text)


def result(panel: AttributionPanel) -> AttributionResult:
    request = AttributionRequest(panel.state.snapshot, ("grad_cam", "deep_lift", "gradient"))
    on = Measured(panel.state.snapshot, "ResNet-20", WeightsInfo("untrained", False))
    ramp = np.linspace(0, 4, 64, dtype=np.float32).reshape(8, 8)
    maps = (
        AttributionMap("grad_cam", False, ramp),
        AttributionMap("grad_cam", True, ramp / 2),
        AttributionMap("deep_lift", False, np.full((1, 1), np.nan), "DeepLift needs more"),
    )
    return AttributionResult(
        request, on, "layer3.2", np.zeros((32, 32, 3), np.uint8), fakes.result().labels, 3, 5,
        (2.5, -1.0), maps,
    )  # fmt: skip


def test_what_is_ticked_is_measured_for_two_classes(
    qtbot: QtBot, panel: AttributionPanel, state: ExplorerState, said: list[str]
) -> None:
    tick(panel, "grad_cam", "gradient", "input_gradient")
    assert panel.methods.text() == "3 methods"
    write(qtbot, panel, "target", "dog")
    write(qtbot, panel, "against", "cat")
    state.select_block("layer2.1")
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert said == [""]
    assert panel.result is not None
    assert panel.result.asked == "“dog” rather than “cat”"
    assert panel.result.block == "layer2.1"
    assert "why “dog” rather than “cat”; methods of a block at layer2.1" in panel.measured.text()
    assert len(panel.result.maps) == 6
    (figure,) = panel.figures()
    assert figure.columns == 2
    assert [one.title.partition(":")[0] for one in figure.panels][:2] == [
        "Grad-CAM, skips on",
        "Grad-CAM, skips off",
    ]
    for on, off in zip(figure.panels[::2], figure.panels[1::2], strict=True):
        assert isinstance(on, Map)
        assert isinstance(off, Map)
        assert (on.low, on.high, on.unit) == (off.low, off.high, off.unit)


def test_what_cannot_be_measured_is_said(
    qtbot: QtBot, panel: AttributionPanel, said: list[str]
) -> None:
    tick(panel)
    qtbot.mouseClick(panel.measure, LEFT)
    assert said[-1] == "Choose at least one method first"
    tick(panel, "gradient")
    write(qtbot, panel, "target", "unicorn")
    qtbot.mouseClick(panel.measure, LEFT)
    assert said[-1] == "There is no class “unicorn”; choose one from the list"
    write(qtbot, panel, "target", "cat")
    write(qtbot, panel, "against", "cat")
    with qtbot.waitSignal(panel.channel.failed, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert "A and B are both “cat”" in said[-1]
    assert panel.measure.isEnabled()


def test_it_can_be_cancelled_and_keeps_what_was_there(
    qtbot: QtBot, panel: AttributionPanel
) -> None:
    panel.show_update(result(panel))
    before = panel.measured.text()
    tick(panel, "ablation_cam", "occlusion", "integrated_gradients", "smooth_grad")
    qtbot.mouseClick(panel.measure, LEFT)
    assert not panel.measure.isEnabled()
    qtbot.waitUntil(panel.progress.isVisible, timeout=60_000)
    qtbot.mouseClick(panel.progress.cancel, LEFT)
    assert not panel.channel.running
    assert panel.measure.isEnabled()
    assert panel.measured.text() == before or "ResNet-20" in panel.measured.text()


def test_maps_say_what_they_are_and_share_a_scale(panel: AttributionPanel) -> None:
    panel.show_update(result(panel))
    figure = panel.figures()[0]
    assert [one.title for one in figure.panels] == [
        "Grad-CAM, skips on: half of it in 29.7 %",
        "Grad-CAM, skips off: half of it in 29.7 %",
        "DeepLift, skips on: DeepLift needs more",
    ]
    assert {one.high for one in figure.panels[:2] if isinstance(one, Map)} == {4.0}
    before = panel.grab().toImage()
    panel.opacity.setValue(10)
    assert panel.grab().toImage() != before
    before = panel.grab().toImage()
    panel.threshold.setValue(20)
    assert panel.grab().toImage() != before
    panel.show_update(replace(result(panel), scores=(2.5, None), maps=result(panel).maps[:1]))
    assert panel.figures()[0].panels[0].title == "Grad-CAM: half of it in 29.7 %"


def test_what_is_exported_is_what_is_on_screen(panel: AttributionPanel) -> None:
    signed = replace(
        result(panel), maps=(AttributionMap("input_gradient", False, np.eye(8) - 0.25),)
    )
    signed = replace(signed, request=replace(signed.request, methods=("input_gradient",)))
    panel.show_update(signed)
    panel.threshold.setValue(60)
    panel.opacity.setValue(70)
    (figure,) = panel.figures()
    (shown,) = figure.panels
    assert isinstance(shown, Map)
    assert shown.picture is not None
    assert (shown.opacity, shown.contour, shown.high) == (0.7, pytest.approx(0.45), 0.75)
    assert "The line is at 60 % of each scale." in figure.caption
    script = panel.script(None)
    compile(script, "attribution", "exec")
    assert "for method in (input_gradient,):" in script
    panel.threshold.setValue(100)
    assert panel.figures()[0].panels[0].contour == 0  # type: ignore[union-attr]
    # The photo is there in its own resolution: 240 pixels are enlarged, 2000 are cut down.
    assert shown.picture.shape == (attribution.LEAST, attribution.LEAST, 3)
    snapshot = replace(panel.state.snapshot, photo=fakes.photo(900, 700))
    large = replace(signed, on=replace(signed.on, snapshot=snapshot))
    side = attribution.photo(large).shape[0]
    assert side == round(700 * snapshot.spec.crop_fraction)


def test_another_block_makes_maps_of_a_block_stale(
    panel: AttributionPanel, state: ExplorerState
) -> None:
    panel.show_update(result(panel))
    assert not panel.stale
    state.select_block("layer2.1")
    assert panel.stale
    assert STALE in panel.measured.text()
    state.select_block("layer3.2")
    assert not panel.stale
    of_input = replace(result(panel).request, methods=("gradient", "occlusion"))
    panel.show_update(replace(result(panel), request=of_input, maps=()))
    state.select_block("layer1.0")
    assert not panel.stale
    assert STALE not in panel.measured.text()


def test_the_time_that_is_promised_is_learnt(qtbot: QtBot, panel: AttributionPanel) -> None:
    now = [0.0]
    left = TimeLeft(panel.channel, lambda: now[0])
    told: list[str] = []
    left.told.connect(told.append)
    for seconds, done in ((0, 0), (1, 1), (10, 10), (50, 50)):
        now[0] = seconds
        panel.channel.progressed.emit(Progress("", done, 100))
    assert told == ["About 2 min left", "About 50 s left"]
    panel.channel.ended.emit()
    assert told[-1] == ""
    # What a measurement took is what the next one is promised to take.
    panel.show_pass(replace(fakes.result(), now=replace(fakes.result().now, milliseconds=1e6)))
    tick(panel, "gradient", "integrated_gradients")
    assert "h." in panel.takes.text()
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert panel.result is not None
    assert panel.seconds() == pytest.approx(panel.result.seconds)


def test_choices_come_back(panel: AttributionPanel, state: ExplorerState, worker: Worker) -> None:
    tick(panel, "hires_cam", "occlusion")
    panel.target.setCurrentIndex(4)
    panel.against.setCurrentIndex(6)
    panel.opacity.setValue(33)
    panel.colours.setCurrentIndex(1)
    kept = panel.choices()
    other = AttributionPanel(state, worker, lambda _: None)
    other.restore(kept)
    assert other.choices()["target"] is None, "there are no classes yet"
    other.show_result(fakes.result())
    assert (kept["target"], kept["against"]) == (3, 5)
    assert other.choices() == kept
    other.restore({"methods": 7, "opacity": True, "colours": "puce", "target": "cat"})
    assert other.choices() == kept
    other.deleteLater()


@pytest.mark.parametrize("look", theme.THEMES)
def test_it_is_drawn_in_every_theme(qapp: QApplication, panel: AttributionPanel, look: str) -> None:
    theme.apply(qapp, theme.THEMES[look])
    panel.retheme()
    panel.show_update(result(panel))
    assert not panel.grab().isNull()
    theme.apply(qapp, theme.DARK)


def test_a_tick_of_a_menu_can_be_undone(driver: Driver) -> None:
    window = driver.window
    page = window.pages["instruments"]
    assert isinstance(page, InstrumentsPage)
    panel = page.panel("attribution")
    assert isinstance(panel, AttributionPanel)
    before = panel.chosen
    menu = panel.methods.menu()
    menu.popup(panel.mapToGlobal(QPoint()))
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(panel.ticks["occlusion"]).center())
    assert panel.chosen == (*before, "occlusion")
    stack = window.state.undo_stack
    assert stack.undoText().endswith("Methods")
    stack.undo()
    assert panel.chosen == before
    stack.redo()
    assert panel.chosen == (*before, "occlusion")
