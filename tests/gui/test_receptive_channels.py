"""The brush with real strokes, and what excites the channel that is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import receptive_channels as figures
from resnet_viz.figures.figure import Map
from resnet_viz.results.receptive_channels import who_sees
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.receptive_channels import ChannelsPanel
from resnet_viz.views.widgets import theme
from tests import fakes
from tests.gui.conftest import Driver

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def panel(qtbot: QtBot, state: ExplorerState, worker: Worker, said: list[str]) -> ChannelsPanel:
    made = ChannelsPanel(state, worker, said.append)
    qtbot.addWidget(made)
    made.resize(980, 640)
    made.retheme()
    made.show()
    made.show_result(fakes.result())
    return made


def stroke(
    qtbot: QtBot, panel: ChannelsPanel, first: tuple[float, float], last: tuple[float, float],
    button: Qt.MouseButton = LEFT,
) -> None:  # fmt: skip
    """Drag over the photo, between places in shares of it."""
    rect = panel.brush.image_rect()
    points = [
        QPoint(round(rect.x() + x * rect.width()), round(rect.y() + y * rect.height()))
        for x, y in (first, last)
    ]
    qtbot.mousePress(panel.brush, button, pos=points[0])
    qtbot.mouseMove(panel.brush, points[1])
    qtbot.mouseRelease(panel.brush, button, pos=points[1])


def test_a_stroke_ranks_the_channels_of_the_selected_block(
    qtbot: QtBot, panel: ChannelsPanel, state: ExplorerState
) -> None:
    assert panel.figures() == ()
    assert "Brush a place" in panel.said.text()
    state.select_block("layer2.0")
    stroke(qtbot, panel, (0.2, 0.5), (0.2, 0.5))
    mask = panel.brush.painted
    assert mask[64, 25]
    assert not mask[64, 60]
    activation = fakes.result().now.block("layer2.0").activation
    wanted = who_sees(activation, mask)
    assert panel.ranked == wanted
    compile(panel.script(None), "channels", "exec")
    assert panel.number == wanted[0].channel
    assert [int(tile.label) for tile in panel.strip.tiles] == [
        one.channel for one in wanted[: figures.SHOWN]
    ]
    # Another block has other channels, another criterion another order.
    state.select_block("stem")
    assert len(panel.ranked) == 16
    panel.contrast.click()
    more = [one.more for one in panel.ranked]
    assert more == sorted(more, reverse=True)
    spot = panel.strip.cell(3).center()
    qtbot.mouseClick(panel.strip.viewport(), LEFT, pos=spot)
    assert panel.number == panel.ranked[3].channel
    assert f"Channel {panel.number} of stem" in panel.said.text()
    (figure,) = panel.figures()
    assert len(figure.panels) == figures.SHOWN
    first = figure.panels[0]
    assert isinstance(first, Map)
    assert first.title.startswith(f"channel {panel.ranked[0].channel}: ")


def test_the_right_button_takes_away_and_clear_all(qtbot: QtBot, panel: ChannelsPanel) -> None:
    stroke(qtbot, panel, (0.2, 0.5), (0.8, 0.5))
    brushed = int(panel.brush.painted.sum())
    assert panel.brush.painted[64, 64], "the way between two places is brushed too"
    stroke(qtbot, panel, (0.8, 0.5), (0.8, 0.5), RIGHT)
    assert 0 < panel.brush.painted.sum() < brushed
    panel.thickness.setValue(30)
    stroke(qtbot, panel, (0.5, 0.2), (0.5, 0.2))
    assert panel.brush.painted.sum() > brushed
    qtbot.mouseClick(panel.wipe, LEFT)
    assert not panel.brush.painted.any()
    assert panel.ranked == []
    assert panel.strip.isHidden()


def test_what_excites_the_channel_is_found_in_the_strips_photos(
    qtbot: QtBot, panel: ChannelsPanel, state: ExplorerState, said: list[str], tmp_path: Path
) -> None:
    qtbot.mouseClick(panel.measure, LEFT)
    assert said[-1] == "Brush a place on the photo and choose a channel first"
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths[:2]:
        Image.fromarray(random.integers(0, 255, (40, 40, 3)).astype(np.uint8)).save(path)
    paths[2].write_bytes(b"no picture")
    panel.photos = lambda: tuple(map(str, paths))
    state.select_block("layer1.0")
    stroke(qtbot, panel, (0.5, 0.5), (0.6, 0.5))
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    found = panel.result
    assert found is not None
    assert (found.request.block, found.request.channel) == ("layer1.0", panel.number)
    assert (found.looked, found.broken) == (3, 1)
    assert "1 file could not be opened and is left out" in panel.measured.text()
    assert sum(picture.isVisible() for picture in panel.patches) == 3
    assert not panel.stale
    assert "The frame is the receptive field" in panel.said.text()
    figure = panel.figures()[1]
    assert len(figure.panels) == 3
    state.select_block("stem")
    assert panel.stale
    assert "The frame" not in panel.said.text()


def test_the_window_gives_it_the_strip(driver: Driver) -> None:
    page = driver.window.pages["instruments"]
    assert isinstance(page, InstrumentsPage)
    assert page.panel("channels").photos() == driver.window.engine.photos.paths


def test_choices_come_back(panel: ChannelsPanel, state: ExplorerState, worker: Worker) -> None:
    panel.thickness.setValue(20)
    panel.contrast.click()
    kept = panel.choices()
    other = ChannelsPanel(state, worker, lambda _: None)
    other.restore(kept)
    assert other.choices() == kept == {"thickness": 20, "contrast": True, "brushed": ""}
    assert other.brush.radius == 20
    other.restore({"thickness": True, "contrast": 3})
    assert other.choices() == kept
    other.deleteLater()


@pytest.mark.parametrize("look", theme.THEMES)
def test_it_is_drawn_in_every_theme(
    qtbot: QtBot, qapp: QApplication, panel: ChannelsPanel, look: str
) -> None:
    theme.apply(qapp, theme.THEMES[look])
    panel.retheme()
    stroke(qtbot, panel, (0.3, 0.3), (0.6, 0.5))
    assert not panel.grab().isNull()
    theme.apply(qapp, theme.DARK)
