"""What each feature gives for export: the same values as are on screen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.cascade import Cascade
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.figure import Chart, Map
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.cascade import TracePoint
from resnet_viz.results.comparison import Comparison
from resnet_viz.results.live_training import TWINS, TwinStep, layer_names
from resnet_viz.views.compare.page import ComparePage
from resnet_viz.views.degradation.page import DegradationPage
from resnet_viz.views.explorer.activations import ActivationsView
from resnet_viz.views.explorer.cascade import CascadeView
from resnet_viz.views.explorer.gradient_flow import GradientFlowView
from resnet_viz.views.explorer.predictions import PredictionsView
from resnet_viz.views.explorer.saliency import SaliencyView
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.laboratory.page import LaboratoryPage
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.story.page import StoryPage
from resnet_viz.views.training.page import TrainingPage
from resnet_viz.views.widgets.feature import Feature
from tests import fakes
from tests.gui.test_instruments import lesions, paths, shattering
from tests.gui.test_laboratory import result as laboratory_result

OFF = GateSettings.of(dict.fromkeys(fakes.structure().skips, 0.0))


@pytest.fixture
def state(qapp: QApplication) -> ExplorerState:
    return ExplorerState(fakes.photo(), "resnet20")


def say(sentence: str) -> None:
    """Pages need someone to talk to."""


def chart(feature: Feature, panel: int = 0, figure: int = 0) -> Chart:
    found = feature.figures()[figure].panels[panel]
    assert isinstance(found, Chart)
    return found


def drawn(plot: Plot) -> list[np.ndarray]:
    """The heights of what is on screen, in the axis' places."""
    return [np.asarray(line.getData()[1]) for line in plot.lines]


def test_nothing_is_given_before_anything_is_measured(
    qtbot: QtBot, state: ExplorerState, worker: Worker
) -> None:
    views: list[Feature] = [
        GradientFlowView(state), PredictionsView(state), ActivationsView(state),
        SaliencyView(state), CascadeView(state, Cascade(state)),
        LaboratoryPage(state, worker, say), TrainingPage(state, worker, say),
        ComparePage(state, worker, say), InstrumentsPage(state, worker, say),
    ]  # fmt: skip
    for view in views:
        qtbot.addWidget(view)
        assert not view.figures()
        assert view.table() is None


def test_the_gradient_flow(qtbot: QtBot, state: ExplorerState) -> None:
    view = GradientFlowView(state)
    qtbot.addWidget(view)
    view.resize(560, 300)
    view.show()
    made = fakes.result(gates=OFF)
    view.show_result(made)
    state.select_block("layer2.0")
    given = chart(view)
    for heights, one in zip(drawn(view.drawing), given.series, strict=True):
        np.testing.assert_allclose(heights, given.y.places(one.values))
    assert given.marker == view.selected.value() == 4
    assert view.plot.accessibleDescription() == view.figures()[0].caption
    table = view.table()
    assert table is not None
    assert [row[0] for row in table.rows] == [block.name for block in made.now.blocks]
    assert [row[1] for row in table.rows] == [block.gradient_norm for block in made.now.blocks]


def test_predictions_activations_and_grad_cam(qtbot: QtBot, state: ExplorerState) -> None:
    made = fakes.result(gates=OFF)
    predictions, activations, cam = (
        PredictionsView(state), ActivationsView(state), SaliencyView(state)
    )  # fmt: skip
    for view in (predictions, activations, cam):
        qtbot.addWidget(view)
        view.resize(500, 400)
        view.show()
        view.show_result(made)
    given = chart(predictions)
    best = made.now.top(1)[0]
    assert given.x.names[0] == made.labels[best]
    assert given.bars[0].values[0] == pytest.approx(float(made.now.probabilities[best]))
    maps, tiles = activations.figures()[0].panels, activations.grid.tiles
    assert [shown.title for shown in maps] == [f"channel {tile.label}" for tile in tiles]
    first = maps[0]
    assert isinstance(first, Map)
    assert (first.low, first.high) == (tiles[0].low, tiles[0].high)
    state.select_block("layer1.0")
    shown = cam.figures()[0].panels[0]
    assert isinstance(shown, Map)
    np.testing.assert_array_equal(shown.values, made.now.block("layer1.0").cam)
    assert "logits" in shown.unit
    assert cam.table() is not None


def test_the_cascade(qtbot: QtBot, state: ExplorerState) -> None:
    cascade = Cascade(state)
    view = CascadeView(state, cascade)
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    cascade.trace = {n: TracePoint(n, "", 0.1**n, 0.9, "cat", 0.9) for n in range(3)}
    view.show_result(fakes.result())
    assert chart(view) == view.trace.chart
    assert len(chart(view).series[0].values) == 3


def test_laboratory_and_compare(qtbot: QtBot, state: ExplorerState, worker: Worker) -> None:
    laboratory, compare = LaboratoryPage(state, worker, say), ComparePage(state, worker, say)
    for page, update in (
        (laboratory, laboratory_result(8)),
        (compare, Comparison(fakes.result(), fakes.result(gates=OFF))),
    ):
        qtbot.addWidget(page)
        page.resize(1200, 700)
        page.channel.updated.emit(update)
        assert page.table() is not None
    for number, plot in enumerate(laboratory.plots):
        assert chart(laboratory, number) == plot.chart
    given = chart(compare)
    for heights, one in zip(drawn(compare.plot), given.series, strict=True):
        np.testing.assert_allclose(heights, given.y.places(one.values))
    odds = chart(compare, 1)
    assert [row[0] for row in compare.odds.rows()] == list(odds.x.names)


def test_training(qtbot: QtBot, state: ExplorerState, worker: Worker) -> None:
    page = TrainingPage(state, worker, say)
    qtbot.addWidget(page)
    layers = layer_names(page.controls.request().depth)
    for step in (1, 2, 3):
        for twin in TWINS:
            page.history.append(TwinStep(twin, step, 2.0 / step, 0.1 * step, (0.5,) * len(layers)))
    figure = page.figures()[0]
    assert [type(panel) for panel in figure.panels] == [Map, Map, Chart, Chart]
    norms = figure.panels[0]
    assert isinstance(norms, Map)
    assert norms.values.shape == (len(layers), 3)
    assert chart(page, 2).reading(2.0).startswith("step 2\n")
    assert "residual: 1.9" in chart(page, 2).reading(2.0)  # 2 + 0.1 · (1 − 2)


def test_instruments(qtbot: QtBot, state: ExplorerState, worker: Worker) -> None:
    page = InstrumentsPage(state, worker, say)
    qtbot.addWidget(page)
    page.resize(1200, 700)
    for name, update in (
        ("lesions", lesions(state.snapshot)),
        ("paths", paths(state.snapshot)),
    ):
        panel = page.panel(name)
        panel.show_update(update)
        assert page.figures() == panel.figures()
        assert page.figures()[0].caption in panel.measured.text()
        assert page.table() is not None
    panel = page.panel("shattering")
    panel.show_update(shattering(panel.request()))  # type: ignore[arg-type]
    assert page.figures()[0].caption in panel.measured.text()


def test_degradation_and_story(qtbot: QtBot, state: ExplorerState, worker: Worker) -> None:
    degradation, story = DegradationPage(state, worker, say), StoryPage(state, worker, say)
    for page in (degradation, story):
        qtbot.addWidget(page)
    for number, plot in enumerate(degradation.plots.values()):
        given = chart(degradation, number)
        for curve, item, one in zip(plot.curves, plot.items, given.series, strict=True):
            assert one.name == curve.name
            np.testing.assert_allclose(item.getData()[1], one.values)
    names = []
    for chapter in range(3):
        story.chapters.setCurrentIndex(chapter)
        names += [figure.name for figure in story.figures()]
        assert story.table() is not None
    assert names[:3] == ["depth", "size", "twins"]
