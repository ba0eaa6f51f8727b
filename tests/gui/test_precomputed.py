"""What comes with the program is on the instruments at once, and said to be computed before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import read_derived
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.views.instruments.lesions import LesionsPanel
from resnet_viz.views.instruments.loss_surface import LossSurfacePanel
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.panel import NOTHING, STALE, Panel
from resnet_viz.views.instruments.paths import PathsPanel
from tests import fakes

SHOWN = (LesionsPanel, PathsPanel, LossSurfacePanel)


@pytest.fixture
def page(qtbot: QtBot, state: ExplorerState, worker: Worker) -> InstrumentsPage:
    made = InstrumentsPage(state, worker, lambda sentence: None)
    qtbot.addWidget(made)
    made.resize(1200, 680)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.parametrize("kind", SHOWN)
def test_it_is_there_without_a_measurement(
    page: InstrumentsPage, worker: Worker, kind: type[Panel]
) -> None:
    panel = page.panel(kind.NAME)
    assert panel.measured.text().startswith("Precomputed on ")
    assert "test images of CIFAR-10" in panel.measured.text()
    assert "Measure does the same on your own photo." in panel.measured.text()
    assert not panel.stale
    assert panel.measure.isEnabled()
    assert worker.ended, "no thread was needed"


@pytest.mark.parametrize("kind", SHOWN)
def test_it_follows_the_network_but_not_the_photo(
    page: InstrumentsPage, state: ExplorerState, kind: type[Panel]
) -> None:
    panel = page.panel(kind.NAME)
    before = panel.measured.text()
    state.set_photo(replace(fakes.photo(), name="another"))
    assert not panel.stale
    assert panel.measured.text() == before
    state.set_network("resnet56", WeightsChoice())
    assert not panel.stale
    assert panel.measured.text() != before or kind is LossSurfacePanel
    state.set_network("resnet56", WeightsChoice("untrained"))
    assert panel.stale
    assert panel.measured.text().endswith(STALE)


@pytest.mark.parametrize("kind", SHOWN)
def test_other_networks_have_nothing(
    page: InstrumentsPage, state: ExplorerState, kind: type[Panel]
) -> None:
    state.set_network("resnet32", WeightsChoice())
    assert page.panel(kind.NAME).measured.text() == NOTHING


def test_the_pictures_are_those_of_the_files(page: InstrumentsPage) -> None:
    lesions = page.panel("lesions")
    assert isinstance(lesions, LesionsPanel)
    for plot, name in ((lesions.residual, "resnet20"), (lesions.plain, "plain20")):
        assert plot.isVisible()
        there = read_derived(catalog.find(name), "lesions")
        assert there is not None
        said = plot.chart.reading(0.0)
        assert f"{there['lesioned'][0]['probability']:.2f}" in said
        assert f"intact: {there['intact']['probability']:.2f}" in said
    surfaces = page.panel("loss surface")
    assert isinstance(surfaces, LossSurfacePanel)
    for column, name in zip(surfaces.columns, ("resnet20", "plain20"), strict=True):
        there = read_derived(catalog.find(name), "surface")
        assert there is not None
        assert f"accuracy {100 * there['accuracy']:.0f} %" in column.title.text()
        middle = len(there["loss"]) // 2
        assert f"loss {np.float32(there['loss'][middle][middle]):.3g} at" in column.title.text()


def test_a_measurement_takes_its_place_and_stays(
    qtbot: QtBot, page: InstrumentsPage, state: ExplorerState
) -> None:
    panel = page.panel("paths")
    assert isinstance(panel, PathsPanel)
    panel.samples.setValue(1)
    with qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        qtbot.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    assert panel.measured.text().startswith("Measured on ResNet-20")
    assert "photo “gradient”" in panel.measured.text()
    state.set_network("resnet56", WeightsChoice())
    assert panel.stale
    assert panel.measured.text().startswith("Measured on ResNet-20")
    assert panel.measured.text().endswith(STALE)
