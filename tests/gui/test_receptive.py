"""The panel of receptive fields with real clicks: another place, another block."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import receptive
from resnet_viz.figures.figure import Chart, Map
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.results.measured import Measured
from resnet_viz.results.receptive import Field, ReceptiveRequest, ReceptiveResult
from resnet_viz.views.instruments.receptive import ReceptivePanel
from resnet_viz.views.widgets import theme
from tests import fakes

LEFT = Qt.MouseButton.LeftButton
BLOCKS = ("stem", "layer1.0", "layer3.2")


@pytest.fixture
def panel(qtbot: QtBot, state: ExplorerState, worker: Worker) -> ReceptivePanel:
    made = ReceptivePanel(state, worker, lambda _: None)
    qtbot.addWidget(made)
    made.show_result(fakes.result())
    made.resize(980, 640)
    made.retheme()
    made.show()
    return made


def field(block: str, off: bool, half: int) -> Field:
    values = np.zeros((32, 32), np.float32)
    values[16 - half : 16 + half, 16 - half : 16 + half] = 1
    values[16, 16 - half] = 0.04  # below the edge
    return Field(block, off, (10, 8, 22, 20), (16, 16), values, 0.5)


def result(panel: ReceptivePanel) -> ReceptiveResult:
    snapshot = panel.state.snapshot
    on = Measured(snapshot, "ResNet-20", WeightsInfo("CIFAR-10", True))
    fields = tuple(
        field(block, off, 2 + place + off)
        for place, block in enumerate(BLOCKS)
        for off in (False, True)
    )
    stages = (("Stage 1", 1, 1), ("Stage 3", 2, 2))
    return ReceptiveResult(ReceptiveRequest(snapshot), on, 32, BLOCKS, stages, True, fields)


def test_sides_and_what_lies_inside(panel: ReceptivePanel) -> None:
    one = field("stem", False, 2)
    assert one.theoretical == 12
    assert one.effective == pytest.approx(np.sqrt(15))
    assert one.inside
    assert not field("stem", False, 9).inside
    assert receptive.words(one).startswith("theoretical 12 px, effective 3.9 px")


def test_the_frame_is_drawn_where_the_field_ends() -> None:
    drawn = receptive.framed(np.full((320, 320, 3), 100, np.uint8), field("stem", False, 2), 32)
    assert (drawn[80, 150] == 255).all()
    assert (drawn[199, 150] == 255).all()
    assert (drawn[140, 100] == 255).all()
    assert (drawn[140, 219] == 255).all()
    assert (drawn[140, 160] == 100).all()
    outside = Field("stem", False, (-5, 4, 40, 20), (0, 0), np.zeros((32, 32)), 0.0)
    drawn = receptive.framed(np.full((320, 320, 3), 100, np.uint8), outside, 32)
    assert (drawn[100, [0, 319]] == 100).all(), "sides beyond the picture are not drawn at its edge"
    assert (drawn[40, 160] == 255).all()


def test_the_selected_block_is_shown(
    qtbot: QtBot, panel: ReceptivePanel, state: ExplorerState
) -> None:
    panel.show_update(result(panel))
    state.select_block("layer1.0")
    assert panel.words[0].text().startswith("layer1.0, skips on: theoretical 12 px")
    on, off, chart = panel.figures()[0].panels
    assert isinstance(on, Map)
    assert isinstance(off, Map)
    assert isinstance(chart, Chart)
    assert [len(one.values) for one in chart.series] == [3, 3, 3]
    assert chart.marker == 1
    assert chart.references == (("the picture", 32.0),)


def test_a_click_asks_another_place(
    qtbot: QtBot, panel: ReceptivePanel, state: ExplorerState
) -> None:
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert panel.result is not None
    assert len(panel.result.fields) == 20
    before = panel.result.field("stem", False)
    assert before is not None
    state.select_block("stem")
    picture = panel.pictures[0]
    rect = picture.image_rect()
    spot = rect.topLeft()
    spot.setX(spot.x() + rect.width() // 4)
    spot.setY(spot.y() + 3 * rect.height() // 4)
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(picture, LEFT, pos=spot)
    after = panel.result.field("stem", False)
    assert after is not None
    assert abs(after.unit[0] - 24) <= 1
    assert abs(after.unit[1] - 8) <= 1
    assert after.box != before.box
    assert not panel.stale


def test_choices_come_back(panel: ReceptivePanel, state: ExplorerState, worker: Worker) -> None:
    other = ReceptivePanel(state, worker, lambda _: None)
    other.restore({"place": [0.25, 1]})
    assert other.choices() == {"place": [0.25, 1.0]}
    for wrong in ([0.5], [2, 0], "here", [True, 0.5]):
        other.restore({"place": wrong})
        assert other.choices() == {"place": [0.25, 1.0]}
    other.deleteLater()


@pytest.mark.parametrize("look", theme.THEMES)
def test_it_is_drawn_in_every_theme(qapp: QApplication, panel: ReceptivePanel, look: str) -> None:
    theme.apply(qapp, theme.THEMES[look])
    panel.retheme()
    panel.show_update(result(panel))
    assert not panel.grab().isNull()
    theme.apply(qapp, theme.DARK)
