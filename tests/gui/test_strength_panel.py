"""The sweep of the skips' strength in the real window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from resnet_viz.figures.strength import strength_caption
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.strength import EVEN
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.strength import StrengthPanel
from resnet_viz.views.widgets import theme
from tests.gui.conftest import Driver


@pytest.fixture
def panel(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> StrengthPanel:
    """One that measures only when it is asked to."""
    monkeypatch.setattr(StrengthPanel, "SHORT", 0.0)
    window = driver.show().window
    window.state.set_network("resnet20")
    driver.next_result()
    page = window.pages["instruments"]
    assert isinstance(page, InstrumentsPage)
    window.turn_to_page("instruments")
    found = page.panel("strength")
    assert isinstance(found, StrengthPanel)
    return found


def measure(qtbot: QtBot, panel: StrengthPanel) -> None:
    qtbot.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.channel.running, timeout=60_000)


def test_a_sweep_is_drawn_and_a_click_sets_the_strength(
    qtbot: QtBot, driver: Driver, panel: StrengthPanel
) -> None:
    state = driver.window.state
    measure(qtbot, panel)
    result = panel.result
    assert result is not None
    assert [point.strength for point in result.points] == list(EVEN[::-1])
    drawn = panel.gradient.lines[0].getData()[1]
    stem = [point.gradient_norms[0] for point in result.points[::-1]]
    np.testing.assert_allclose(drawn, np.log10(stem), rtol=1e-6)
    assert stem[0] < stem[-1] / 100
    x, y = panel.odds.lines[1].getData()
    assert x[-1] == 20
    assert y[-1] == pytest.approx(result.points[0].target_probability)
    assert panel.gradient.marker.value() == 20  # all skips are on
    assert strength_caption(result) in panel.measured.text()

    box = panel.gradient.plot.getViewBox()
    scene = box.mapViewToScene(QPointF(8, box.viewRange()[1][0] + 1))
    spot = panel.gradient.plot.mapFromScene(scene)
    viewport = panel.gradient.plot.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=spot)
    assert state.snapshot.gates == result.request.gates(EVEN[8])
    assert panel.gradient.marker.value() == panel.odds.marker.value() == 8
    assert not panel.stale
    seen = driver.next_result()
    assert seen.now.blocks[0].gradient_norm == pytest.approx(stem[8])
    # A strength that is not one of the sweep has no place in the plot.
    state.set_gates(GateSettings().with_skips(seen.structure.skips, 0.33))
    assert not panel.gradient.marker.isVisible()


@pytest.mark.long
def test_a_stage_is_swept_alone_and_becomes_stale(
    qtbot: QtBot, driver: Driver, panel: StrengthPanel
) -> None:
    qtbot.keyClick(panel.skips, Qt.Key.Key_Down)
    assert panel.skips.currentText() == "Stage 1"
    qtbot.keyClick(panel.steps, Qt.Key.Key_Down)
    measure(qtbot, panel)
    assert panel.result is not None
    assert panel.result.request.blocks == ("layer1.0", "layer1.1", "layer1.2")
    assert "uneven steps" in panel.odds.title.text()
    driver.window.state.set_target(5)
    assert panel.stale
    before = driver.window.state.snapshot.gates
    panel.odds.clicked.emit(0.0)
    assert driver.window.state.snapshot.gates == before


def test_cancelling_keeps_what_was_measured(
    qtbot: QtBot, driver: Driver, panel: StrengthPanel
) -> None:
    # At the first point, before the worker can give all the others.
    panel.channel.updated.connect(lambda _: panel.progress.cancel.click())
    qtbot.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.result is not None, timeout=60_000)
    driver.window.state.set_target(3)
    driver.next_result()  # after all that the task had already sent
    assert panel.result is not None
    assert len(panel.result.points) == 1
    assert panel.measure.isEnabled()
    assert "1 of 21 strengths" in panel.measured.text()


def test_a_plain_network_is_refused_in_words(
    qtbot: QtBot, driver: Driver, panel: StrengthPanel
) -> None:
    driver.window.state.set_network("plain20")
    driver.next_result()
    assert panel.skips.count() == 0
    qtbot.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    assert "Plain-20 is a plain network" in driver.window.message.text.text()
    assert not panel.channel.running


@pytest.mark.long
def test_it_follows_the_theme(qtbot: QtBot, driver: Driver, panel: StrengthPanel) -> None:
    measure(qtbot, panel)
    for name, look in theme.THEMES.items():
        driver.window.set_theme(name)
        colours = [line.opts["pen"].color().name() for line in panel.gradient.lines]
        assert colours[:2] == [look.text, look.stages[0]]
        assert panel.odds.plot.backgroundBrush().color().name() == look.panel
