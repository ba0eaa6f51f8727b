"""The panel of trust with real clicks: what comes with the program, measuring, cancelling."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script import NoScript
from resnet_viz.figures import trust
from resnet_viz.figures.figure import Chart
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.results.derived import precomputed_trust
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.results.trust import TrustRequest, TrustResult, TrustScore
from resnet_viz.results.trust_measures import MEASURES, RANDOM
from resnet_viz.views.instruments.panel import STALE
from resnet_viz.views.instruments.trust import TrustPanel
from resnet_viz.views.widgets import theme
from tests import fakes

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, state: ExplorerState, worker: Worker, said: list[str]) -> TrustPanel:
    made = TrustPanel(state, worker, said.append)
    qtbot.addWidget(made)
    made.show_result(fakes.result())
    made.resize(980, 640)
    made.retheme()
    made.show()
    return made


def choose(panel: TrustPanel, methods: tuple[str, ...], measures: tuple[str, ...]) -> None:
    for names, ticks in ((methods, panel.ticks), (measures, panel.measured_by)):
        for name, action in ticks.items():
            if action.isChecked() != (name in names):
                action.trigger()


def result(snapshot: Snapshot) -> TrustResult:
    on = Measured(snapshot, "ResNet-20", WeightsInfo("CIFAR-10", True))
    half = (0.0, 0.5, 1.0)
    rows = (
        TrustScore("deletion", "grad_cam", False, half, (1.0, 0.5, 0.0)),
        TrustScore("deletion", "grad_cam", True, half, (0.2, 0.2, 0.2)),
        TrustScore("deletion", "random_fine", False, half, (1.0, 0.25, 0.0)),
        TrustScore("deletion", "deep_lift", False, (), (), refusal="It needs more"),
        TrustScore("sensitivity", "grad_cam", False, (0.0,), (0.25,)),
        TrustScore("sensitivity", "grad_cam", True, (0.0,), (0.5,)),
        TrustScore("randomisation", "grad_cam", False, (0.0, 1.0, 2.0), (1.0, -0.75, 0.0)),
    )
    request = TrustRequest(snapshot, ("grad_cam", "deep_lift"))
    return TrustResult(request, on, "layer3.2", "cat", True, ("head", "stem"), rows)


def test_what_comes_with_the_program_is_there_at_once(
    panel: TrustPanel, state: ExplorerState
) -> None:
    assert panel.result is not None
    assert panel.result.precomputed
    assert panel.result.measures == tuple(MEASURES)
    assert "test images of CIFAR-10" in panel.measured.text()
    assert trust.NO_WINNER in panel.measured.text()
    script = panel.script(None)
    compile(script, "trust", "exec")
    assert "resnet20-trust.json" in script
    state.set_photo(fakes.photo(64, 64))
    assert STALE not in panel.measured.text(), "it does not depend on the photo"
    state.set_weights(WeightsChoice("untrained"))
    assert STALE in panel.measured.text()


@pytest.mark.parametrize("name", ["resnet20", "resnet56", "plain20", "plain56"])
def test_means_and_spreads_ship_for_every_network(name: str) -> None:
    found = precomputed_trust(Snapshot(name, fakes.photo()))
    assert found is not None
    assert found.two_sides == name.startswith("resnet")
    methods = {row.method for row in found.rows}
    assert set(RANDOM) < methods
    for measure in MEASURES:
        for row in found.of(measure, False):
            assert 0 <= row.spread < 1
            assert len(row.values) == len(row.x)
    spearman = {row.method: row.score for row in found.of("randomisation", False)}
    assert spearman["grad_cam"] < spearman["guided_backprop"] < spearman["random_fine"] == 1
    other = Snapshot(name, fakes.photo(), weights=WeightsChoice("untrained"))
    assert precomputed_trust(other) is None


def test_what_is_ticked_is_measured(
    qtbot: QtBot, panel: TrustPanel, state: ExplorerState, said: list[str]
) -> None:
    choose(panel, ("grad_cam",), ("road", "infidelity"))
    assert (panel.methods.text(), panel.measures.text()) == ("1 method", "2 measures")
    state.select_block("layer2.1")
    panel.show_pass(fakes.result())
    with qtbot.waitSignal(panel.channel.ended, timeout=90_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert said == [""]
    found = panel.result
    assert found is not None
    assert (found.block, found.measures) == ("layer2.1", ("road", "infidelity"))
    assert len(found.rows) == 2 * 2 * 3
    shown = [row.name for row in panel.rows if row.heading.isVisible()]
    assert shown == ["road", "infidelity"]
    (figure,) = panel.figures()
    assert len(figure.panels) == 3
    assert not panel.stale
    assert panel.seconds() == pytest.approx(found.seconds)
    state.select_block("layer3.0")
    assert panel.stale
    table = panel.table()
    assert table is not None
    assert len(table.rows) == 6


def test_nothing_chosen_is_said(qtbot: QtBot, panel: TrustPanel, said: list[str]) -> None:
    choose(panel, (), ("road",))
    qtbot.mouseClick(panel.measure, LEFT)
    assert said[-1] == "Choose at least one method and one measure first"
    assert panel.measure.isEnabled()


def test_it_can_be_cancelled_and_keeps_what_was_there(qtbot: QtBot, panel: TrustPanel) -> None:
    qtbot.mouseClick(panel.measure, LEFT)
    assert not panel.measure.isEnabled()
    qtbot.waitUntil(panel.progress.isVisible, timeout=60_000)
    qtbot.mouseClick(panel.progress.cancel, LEFT)
    assert not panel.channel.running
    assert panel.measure.isEnabled()
    assert panel.result is not None


def test_charts_share_a_scale_and_say_the_area(panel: TrustPanel, state: ExplorerState) -> None:
    panel.show_update(result(state.snapshot))
    charts = [one for one in panel.figures()[0].panels if isinstance(one, Chart)]
    assert [one.title for one in charts] == [
        "Deletion: probability of the class, skips on",
        "Deletion: probability of the class, skips off",
        "Sensitivity: relative change of the map",
        "Weights made random from the top: rank correlation, skips on",
        "Weights made random from the top: rank correlation, skips off",
    ]
    on, off, bars, spearman, _ = charts
    assert [one.name for one in on.series] == [
        "Grad-CAM: 0.50",
        "Random pixels: 0.38",
        "DeepLift: It needs more",
    ]
    assert on.series[1].dashed
    assert (on.y.low, on.y.high) == (off.y.low, off.y.high)
    assert spearman.y.low < -0.75
    assert spearman.x.names == ("none", "head", "stem")
    assert bars.reading(0) == "Grad-CAM\nskips on: 0.25\nskips off: 0.50"
    table = panel.table()
    assert table is not None
    assert table.rows[0] == ("Grad-CAM", "on", 0.5, 0.25, pytest.approx(-0.125))
    with pytest.raises(NoScript, match="hundreds of times"):
        panel.script(fakes.result())
    several = replace(
        result(state.snapshot), rows=(replace(result(state.snapshot).rows[0], spread=0.125),)
    )
    panel.show_update(several)
    first = panel.figures()[0].panels[0]
    assert isinstance(first, Chart)
    assert first.series[0].name in ("Grad-CAM: 0.50 ± 0.12", "Grad-CAM: 0.50 ± 0.13")


def test_choices_come_back(panel: TrustPanel, state: ExplorerState, worker: Worker) -> None:
    choose(panel, ("occlusion", "gradient"), ("insertion",))
    kept = panel.choices()
    other = TrustPanel(state, worker, lambda _: None)
    other.restore(kept)
    assert other.choices() == kept == {"methods": ["gradient", "occlusion"],
                                       "measures": ["insertion"]}  # fmt: skip
    other.restore({"methods": 7})
    assert other.choices() == kept
    other.deleteLater()


@pytest.mark.long
@pytest.mark.parametrize("look", theme.THEMES)
def test_it_is_drawn_in_every_theme(qapp: QApplication, panel: TrustPanel, look: str) -> None:
    theme.apply(qapp, theme.THEMES[look])
    panel.retheme()
    panel.show_update(result(panel.state.snapshot))
    assert not panel.grab().isNull()
    theme.apply(qapp, theme.DARK)


def test_a_chart_is_low_in_its_column_and_free_when_it_is_enlarged(
    qtbot: QtBot, panel: TrustPanel, state: ExplorerState
) -> None:
    panel.show_update(result(state.snapshot))
    plot = panel.rows[0].plots[0]
    home, low = plot.parentWidget(), plot.plot.height()
    assert plot.plot.maximumHeight() == low
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    plot.setParent(elsewhere)
    assert plot.plot.maximumHeight() > 10_000
    plot.setParent(home)
    assert plot.plot.maximumHeight() == low
