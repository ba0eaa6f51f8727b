"""The panel across depth with real clicks: the strip, playing, writing a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import depth
from resnet_viz.figures.figure import Map
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.results.depth import BlockMap, DepthRequest, DepthResult
from resnet_viz.results.measured import Measured
from resnet_viz.views.instruments.depth import DepthPanel
from resnet_viz.views.widgets import theme
from tests import fakes

LEFT = Qt.MouseButton.LeftButton
BLOCKS = ("stem", "layer1.0", "layer2.0")


@pytest.fixture
def panel(qtbot: QtBot, state: ExplorerState, worker: Worker, said: list[str]) -> DepthPanel:
    made = DepthPanel(state, worker, said.append)
    qtbot.addWidget(made)
    made.show_result(fakes.result())
    made.resize(980, 640)
    made.retheme()
    made.show()
    return made


def result(panel: DepthPanel, maps: int = 6) -> DepthResult:
    snapshot = panel.state.snapshot
    on = Measured(snapshot, "ResNet-20", WeightsInfo("CIFAR-10", True))
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    made = tuple(
        BlockMap(block, off, ramp * (10**place) * (0.5 if off else 1))
        for place, block in enumerate(BLOCKS)
        for off in (False, True)
    )
    return DepthResult(DepthRequest(snapshot), on, BLOCKS, "cat", True, made[:maps])


def test_every_block_is_measured_and_one_is_large(
    qtbot: QtBot, panel: DepthPanel, state: ExplorerState
) -> None:
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    found = panel.result
    assert found is not None
    assert len(found.maps) == 20
    assert len(panel.strip.tiles) == 20
    assert panel.place == 9
    # A tile of the lower row stands below the upper one's, and selects the block.
    spot = panel.strip.cell(10 + 3).center()
    qtbot.mouseClick(panel.strip.viewport(), LEFT, pos=spot)
    assert state.block == found.blocks[3]
    assert panel.place == 3
    state.select_block("stem")
    assert panel.place == 0
    assert panel.block.text() == "stem, 1 of 10"


def test_blocks_have_scales_of_their_own_or_one(panel: DepthPanel) -> None:
    panel.show_update(result(panel))
    strip = panel.figures()[0]
    highs = [one.high for one in strip.panels if isinstance(one, Map)]
    assert highs == [1, 1, 10, 10, 100, 100]
    script = panel.script(None)
    compile(script, "depth", "exec")
    assert str(list(BLOCKS)) in script
    panel.one_scale.click()
    highs = [one.high for one in panel.figures()[0].panels if isinstance(one, Map)]
    assert highs == [100] * 6
    assert "one scale for all blocks" in panel.figures()[0].caption
    large = panel.figures()[1]
    assert [one.title for one in large.panels] == ["layer2.0, skips on", "layer2.0, skips off"]


def test_it_plays_from_input_to_output_and_stops(qtbot: QtBot, panel: DepthPanel) -> None:
    assert not panel.play.isEnabled()
    panel.show_update(result(panel))
    qtbot.mouseClick(panel.play, LEFT)
    assert panel.place == 0
    qtbot.waitUntil(lambda: panel.place == 2, timeout=10_000)
    qtbot.waitUntil(lambda: panel.play.text() == "Play", timeout=10_000)
    panel.slider.setValue(1)
    assert panel.place == 1


@pytest.mark.long
def test_it_is_written_as_an_animation(
    qtbot: QtBot,
    panel: DepthPanel,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel.show_update(result(panel, 5))
    assert len(depth.film(result(panel, 5))) == 2, "the third block is not whole"
    panel.show_update(result(panel))
    path = tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(panel.films.ended, timeout=60_000):
        qtbot.mouseClick(panel.save, LEFT)
    with Image.open(path.with_suffix(".gif")) as written:
        assert written.n_frames == 3  # type: ignore[attr-defined]
        first = np.asarray(written.convert("L"), int)
        written.seek(2)
        assert np.abs(np.asarray(written.convert("L"), int) - first).max() > 50
    assert said[-1] == f"Written: {path.with_suffix('.gif')} (3 steps)"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "a.gif"), "")
    )
    with qtbot.waitSignal(panel.films.failed, timeout=60_000):
        qtbot.mouseClick(panel.save, LEFT)


def test_choices_come_back(panel: DepthPanel, state: ExplorerState, worker: Worker) -> None:
    panel.method.setCurrentIndex(2)
    panel.one_scale.click()
    kept = panel.choices()
    other = DepthPanel(state, worker, lambda _: None)
    other.restore(kept)
    assert other.choices() == kept == {"method": "layer_cam", "one_scale": True}
    other.restore({"method": "magic", "one_scale": 3})
    assert other.choices() == kept
    other.deleteLater()


@pytest.mark.parametrize("look", theme.THEMES)
def test_it_is_drawn_in_every_theme(qapp: QApplication, panel: DepthPanel, look: str) -> None:
    theme.apply(qapp, theme.THEMES[look])
    panel.retheme()
    panel.show_update(result(panel))
    assert not panel.grab().isNull()
    theme.apply(qapp, theme.DARK)
