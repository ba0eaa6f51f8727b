"""The instruments page with real clicks: measure, cancel, fail, stale results, bars, themes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.figure import Axis, Chart
from resnet_viz.figures.series import Bars
from resnet_viz.figures.shattering import standardised
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.lesions import Lesions, LesionsRequest, LesionsResult, Scores
from resnet_viz.results.measured import Measured
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.shattering import Curve, ShatteringRequest, ShatteringResult
from resnet_viz.views.instruments.lesions import LesionsPanel
from resnet_viz.views.instruments.loss_surface import LossSurfacePanel
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.panel import NOTHING, STALE, Panel
from resnet_viz.views.instruments.paths import PathsPanel
from resnet_viz.views.instruments.registry import INSTRUMENTS
from resnet_viz.views.instruments.shattering import ShatteringPanel
from resnet_viz.views.instruments.strength import StrengthPanel
from resnet_viz.views.instruments.witness import WitnessPanel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme
from tests import fakes

UNTRAINED = WeightsInfo("untrained", False)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def state(qapp: QApplication) -> ExplorerState:
    made = ExplorerState(fakes.photo(), "resnet20")
    made.set_weights(WeightsChoice("untrained"))
    made.set_device("cpu")
    return made


@pytest.fixture
def page(qtbot: QtBot, state: ExplorerState, worker: Worker, said: list[str]) -> InstrumentsPage:
    made = InstrumentsPage(state, worker, said.append)
    qtbot.addWidget(made)
    made.resize(1200, 680)
    made.show()
    qtbot.waitExposed(made)
    return made


def choose(qtbot: QtBot, page: InstrumentsPage, kind: type[Panel]) -> Panel:
    """Click an instrument in the list."""
    item = page.list.item([entry.load() for entry in INSTRUMENTS].index(kind))
    spot = page.list.visualItemRect(item).center()
    qtbot.mouseClick(page.list.viewport(), LEFT, pos=spot)
    chosen = page.stack.currentWidget()
    assert isinstance(chosen, kind)
    return chosen


def measure(qtbot: QtBot, panel: Panel) -> None:
    """Click Measure and wait until the task has ended."""
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)


def bar(plot: Plot, number: int) -> QPoint:
    """Where a bar stands in the plot's viewport."""
    box = plot.plot.getViewBox()
    low, high = box.viewRange()[1]
    point = plot.plot.mapFromScene(box.mapViewToScene(QPointF(number, (low + high) / 2)))
    return QPoint(point)


def click_bar(qtbot: QtBot, plot: Plot, number: int) -> None:
    qtbot.mouseClick(plot.plot.viewport(), LEFT, pos=bar(plot, number), delay=5)


def lesions_of(snapshot: Snapshot, plain: bool, probability: float) -> Lesions:
    blocks = fakes.structure().blocks[1:]
    scores = tuple(Scores(probability / n, 1.0, float(n)) for n in range(1, len(blocks) + 1))
    return Lesions(
        Measured(snapshot, "Plain-20" if plain else "ResNet-20", UNTRAINED),
        plain,
        tuple(block.name for block in blocks),
        frozenset({"layer2.0", "layer3.0"}),
        (("Stage 1", 0, 2), ("Stage 2", 3, 5), ("Stage 3", 6, 8)),
        "cat",
        Scores(0.9, 1.0, 0.1),
        scores,
    )


def lesions(snapshot: Snapshot) -> LesionsResult:
    return LesionsResult(
        LesionsRequest(snapshot),
        1,
        False,
        lesions_of(snapshot, False, 0.8),
        lesions_of(snapshot, True, 0.4),
    )


def paths(snapshot: Snapshot, norms: np.ndarray | None = None) -> PathsResult:
    blocks = tuple(block.name for block in fakes.structure().blocks[1:])
    norms = 0.1 ** np.arange(10.0)[:, None] if norms is None else norms
    on = Measured(snapshot, "ResNet-20", UNTRAINED)
    return PathsResult(on, "cat", blocks, 0, norms, norms[:, 0] * 2, 3.0, (0.25,) * 9)


def shattering(request: ShatteringRequest) -> ShatteringResult:
    correlation = 0.9 ** np.arange(33.0)
    curve = Curve(np.sin(np.arange(256.0)), 0.7, correlation)
    plain = Curve(np.zeros(256), 0.0, np.full(33, np.nan))
    return ShatteringResult(request, 10, np.linspace(-2, 2, 256), curve, plain, curve, curve)


def test_nothing_is_measured_until_it_is_asked_for(
    qtbot: QtBot, page: InstrumentsPage, worker: Worker, state: ExplorerState
) -> None:
    for kind in [entry.load() for entry in INSTRUMENTS]:
        panel = choose(qtbot, page, kind)
        panel.show_result(fakes.result())
        state.set_target(1 if state.snapshot.target is None else None)
        assert not panel.channel.running
        assert panel.measured.text() == NOTHING
        assert panel.SHOWS in panel.shows.said
        assert f"https://arxiv.org/abs/{panel.ARXIV}" in panel.shows.said
    assert worker.ended, "no thread was needed"


def test_lesions_are_measured_and_a_click_on_a_bar_selects_its_block(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState, said: list[str]
) -> None:
    panel = choose(qtbot, page, LesionsPanel)
    assert isinstance(panel, LesionsPanel)
    measure(qtbot, panel)
    assert panel.measure.isEnabled()
    assert panel.measured.text().startswith(
        "Measured on ResNet-20 (untrained) and Plain-20 (untrained), photo “gradient”."
    )
    assert panel.residual.isVisible()
    assert panel.plain.isVisible()
    assert "ResNet-20: probability of" in panel.residual.title.text()
    click_bar(qtbot, panel.residual, 4)
    assert state.block == "layer2.1"
    assert panel.residual.marker.value() == panel.plain.marker.value() == 4
    click_bar(qtbot, panel.plain, 8)
    assert state.block == "layer3.2"
    assert said == []


def test_a_changed_explorer_makes_what_is_on_screen_stale(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    panel = choose(qtbot, page, LesionsPanel)
    assert isinstance(panel, LesionsPanel)
    first = state.snapshot
    panel.show_update(lesions(first))
    assert not panel.stale
    state.set_gates(GateSettings.of({"layer1.0": 0.0}))  # gates are all on for the measurement
    assert not panel.stale
    state.set_network("plain20", first.weights)
    assert panel.stale
    assert panel.measured.text().endswith(STALE)
    assert theme.current().warning in panel.measured.styleSheet()
    click_bar(qtbot, panel.residual, 4)
    assert state.block == ""
    state.restore(replace(first, photo=fakes.photo()))
    assert panel.stale
    state.restore(first)
    assert not panel.stale
    assert STALE not in panel.measured.text()


def test_both_plots_of_lesions_have_one_scale_and_name_what_is_special(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    panel = choose(qtbot, page, LesionsPanel)
    assert isinstance(panel, LesionsPanel)
    panel.show_update(lesions(state.snapshot))
    for index in range(panel.quantity.count()):
        panel.quantity.setCurrentIndex(index)
        ranges = [plot.plot.getViewBox().viewRange()[1] for plot in (panel.residual, panel.plain)]
        assert ranges[0] == ranges[1]
    assert ranges[0][1] > 9  # cross-entropy of the ninth block
    panel.quantity.setCurrentIndex(0)
    assert panel.residual.chart.reading(3.1) == (
        "2.0\nresidual branch off: 0.20\nintact: 0.90\nchanges the shape: no identity shortcut"
    )
    assert "misses layer3.2 most (90.0 % → 8.9 %)" in panel.measured.text()
    alone = replace(lesions(state.snapshot), twin=None, no_twin="Plain-20 is not shown: why.")
    panel.show_update(alone)
    assert not panel.plain.isVisible()
    assert panel.no_twin.said == "Plain-20 is not shown: why."


def test_labelled_images_are_asked_for_once(
    qtbot: QtBot,
    page: InstrumentsPage,
    state: ExplorerState,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel = choose(qtbot, page, LesionsPanel)
    assert isinstance(panel, LesionsPanel)
    answers = ["", "/nowhere/test.zip"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (answers.pop(0), ""))

    def choose_labelled() -> None:
        qtbot.keyClick(panel.pictures, Qt.Key.Key_End)

    choose_labelled()
    assert panel.pictures.currentIndex() == 0
    choose_labelled()
    assert panel.request() == LesionsRequest(state.snapshot, "labelled", "/nowhere/test.zip")
    with qtbot.waitSignal(panel.channel.failed, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert said[0].startswith("/nowhere/test.zip gives no labelled images")
    assert panel.measure.isEnabled()
    assert panel.measured.text() == NOTHING


def test_paths_are_measured(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState, worker: Worker
) -> None:
    panel = choose(qtbot, page, PathsPanel)
    assert isinstance(panel, PathsPanel)
    panel.samples.setValue(1)
    measure(qtbot, panel)
    assert "Measured on ResNet-20 (untrained), photo “gradient”" in panel.measured.text()
    assert "hold 95 % of the sum of norms" in panel.measured.text()
    click_bar(qtbot, panel.back, 2)
    assert state.block == "layer1.2"


def test_the_signals_share_needs_no_measurement(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    page.show_result(fakes.result())
    panel = choose(qtbot, page, PathsPanel)  # made after the result came
    assert isinstance(panel, PathsPanel)
    assert panel.signal.chart.reading(3) == "2.0\nthrough the skip: 0.60\nthrough the branch: 0.40"
    assert panel.back.chart.reading(3) == ""
    click_bar(qtbot, panel.signal, 3)
    assert state.block == "layer2.0"
    page.show_result(fakes.result("plain20"))
    assert panel.signal.chart.reading(3) == ""
    click_bar(qtbot, panel.signal, 1)
    assert state.block == "layer2.0"


def test_lengths_that_hold_most_are_set_apart(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    panel = choose(qtbot, page, PathsPanel)
    assert isinstance(panel, PathsPanel)
    result = paths(state.snapshot)
    panel.show_update(result)
    assert result.narrowest() == (0, 2)
    assert "Paths through 0 to 2 of the 9 branches (9 % of all 2⁹)" in panel.measured.text()
    inside, rest = panel.share.chart.bars
    assert [value > 0 for value in inside.values] == [True] * 3 + [False] * 7
    assert [value > 0 for value in rest.values] == [False] * 3 + [True] * 7
    panel.show_update(paths(state.snapshot, np.full((10, 1), math.nan)))
    assert "Not a number" in panel.measured.text()
    assert not page.grab().isNull()


def test_a_plain_network_has_no_paths(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState, said: list[str]
) -> None:
    panel = choose(qtbot, page, PathsPanel)
    assert isinstance(panel, PathsPanel)
    panel.show_update(paths(state.snapshot))
    before = panel.measured.text()
    state.set_network("plain20", WeightsChoice("untrained"))
    with qtbot.waitSignal(panel.channel.failed, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert said == [
        "Plain-20 has no residual blocks, so there are no paths to choose from; "
        "open a residual network in the explorer"
    ]
    assert panel.measured.text() == f"{before} {STALE}"


def test_shattering_can_be_cancelled_and_measured(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    panel = choose(qtbot, page, ShatteringPanel)
    assert isinstance(panel, ShatteringPanel)
    panel.layers.setValue(200)
    qtbot.mouseClick(panel.measure, LEFT)
    assert not panel.measure.isEnabled()
    qtbot.waitUntil(panel.progress.isVisible, timeout=60_000)
    qtbot.mouseClick(panel.progress.cancel, LEFT)
    assert not panel.channel.running
    assert panel.measure.isEnabled()
    panel.layers.setValue(3)
    measure(qtbot, panel)
    assert "10 pairs of untrained fully connected networks: 3 layers" in panel.measured.text()
    state.set_network("plain20")
    assert not panel.stale  # its networks are its own


def test_the_lag_is_read_off_and_chosen_by_a_click(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    panel = choose(qtbot, page, ShatteringPanel)
    assert isinstance(panel, ShatteringPanel)
    panel.show_update(shattering(panel.request()))
    assert "Correlation at lag 5: residual 0.59, plain undefined" in panel.measured.text()
    click_bar(qtbot, panel.correlation, 20)  # type: ignore[arg-type]
    assert panel.lag.value() == 20
    assert panel.correlation.marker.value() == 20
    assert "Correlation at lag 20: residual 0.12" in panel.measured.text()
    assert panel.correlation.chart.reading(2.2).startswith("lag 2\nresidual: 0.81\nplain: NaN")
    ranges = [plot.plot.getViewBox().viewRange()[1] for plot in panel.traces.values()]
    assert ranges[0] == ranges[1] == ranges[2]
    assert standardised(Curve(np.full(4, 3.0), 0.0, np.zeros(1))).tolist() == [0.0] * 4


def test_pictures_make_shattering_depend_on_the_photo(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState, said: list[str]
) -> None:
    panel = choose(qtbot, page, ShatteringPanel)
    assert isinstance(panel, ShatteringPanel)
    assert not panel.second.isVisible()
    qtbot.keyClick(panel.kind, Qt.Key.Key_Down)
    assert panel.second.isVisible()
    assert not panel.beta.isVisible()
    request = panel.request()
    assert (request.kind, request.depth, request.second) == ("convolutional", 20, "noise")
    panel.show_update(shattering(request))
    assert not panel.stale
    state.set_photo(fakes.photo())
    assert panel.stale
    panel.layers.setValue(21)
    with qtbot.waitSignal(panel.channel.failed, timeout=60_000):
        qtbot.mouseClick(panel.measure, LEFT)
    assert said[0].startswith("depth 21 is not 6n + 2")


def test_heights_that_are_no_numbers_are_named(qtbot: QtBot) -> None:
    plot = Plot("Height")
    qtbot.addWidget(plot)
    plot.resize(400, 240)
    plot.retheme()
    plot.show()
    bars = (Bars("it", (math.nan, math.inf, 0.5), "skip"),)
    plot.show_chart(Chart("Height", Axis.named("", ("a", "b", "c", "d")), Axis(), bars=bars))
    assert plot.signs == ["NaN", "∞"]
    assert plot.chart.reading(0) == "a\nit: NaN"
    assert plot.chart.reading(3) == "d"
    plot.hover(QPointF(plot.plot.mapToScene(bar(plot, 2))))
    assert plot.readout.text() == "c\nit: 0.50"


def test_statistics_are_compared(qtbot: QtBot, page: InstrumentsPage, state: ExplorerState) -> None:
    panel = choose(qtbot, page, WitnessPanel)
    assert isinstance(panel, WitnessPanel)
    state.set_weights(WeightsChoice())
    measure(qtbot, panel)
    assert "It fits its own statistics" in panel.measured.text()
    assert panel.plot.isVisible()
    (figure,) = panel.figures()
    assert len(figure.panels) == 1
    state.set_weights(WeightsChoice("untrained"))
    assert STALE in panel.measured.text()
    measure(qtbot, panel)
    assert "no statistics" in panel.measured.text()
    assert not panel.plot.isVisible()


@pytest.mark.parametrize("name", list(theme.THEMES))
def test_every_panel_draws_in_every_theme(
    qtbot: QtBot, qapp: QApplication, page: InstrumentsPage, state: ExplorerState, name: str
) -> None:
    made = {
        ShatteringPanel: shattering(ShatteringRequest(state.snapshot)),
        PathsPanel: paths(state.snapshot),
        LesionsPanel: lesions(state.snapshot),
    }
    for kind, result in made.items():
        choose(qtbot, page, kind).show_update(result)
    theme.apply(qapp, theme.THEMES[name])
    try:
        page.retheme()
        for kind in made:
            panel = choose(qtbot, page, kind)
            assert theme.current().accent in panel.shows.said
            assert not page.grab().isNull()
    finally:
        theme.apply(qapp, theme.DARK)


def test_requests_are_what_the_panels_ask_for(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    asked = choose(qtbot, page, PathsPanel)
    assert asked.request() == PathsRequest(state.snapshot, 16)
    asked = choose(qtbot, page, LesionsPanel)
    assert isinstance(asked, LesionsPanel)
    qtbot.keyClick(asked.pictures, Qt.Key.Key_Down)
    assert asked.request() == LesionsRequest(state.snapshot, "samples")


def test_what_is_quick_measures_itself_when_it_is_looked_at(
    qtbot: QtBot, page: InstrumentsPage, said: list[str]
) -> None:
    page.show_result(fakes.result())
    panel = choose(qtbot, page, StrengthPanel)
    assert panel.takes.text() == panel.measure.toolTip() == "Measuring takes under 1 s."
    qtbot.waitUntil(lambda: panel.measured.text().startswith("Measured on"), timeout=60_000)
    assert said == []


def test_what_takes_long_says_so_and_waits(qtbot: QtBot, page: InstrumentsPage) -> None:
    slow = fakes.result()
    page.show_result(replace(slow, now=replace(slow.now, milliseconds=120.0)))
    panel = choose(qtbot, page, LossSurfacePanel)
    assert panel.measured.text() == NOTHING
    assert not panel.channel.running
    assert panel.takes.text() == "Measuring takes about 34 min."
    panel.side.setCurrentIndex(0)
    assert panel.takes.text() == "Measuring takes about 9 min."
