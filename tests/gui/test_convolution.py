"""The window on one convolution, from the double click on its card to the sum of a pixel."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import Snapshot
from resnet_viz.views.diagram.scenes.layers import LayersLevel
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.explorer.convolution import ConvolutionWindow, signed_text, sum_sentence
from tests import fakes
from tests.gui.test_diagram_levels import double_click
from tests.views.test_diagram_layout import STRUCTURES

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


def opened(parent: QWidget, worker: Worker, layer: str) -> ConvolutionWindow:
    snapshot = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"))
    window = ConvolutionWindow(snapshot, layer, worker, parent)
    window.show()
    return window


def test_clicks_choose_kernel_and_pixel_and_the_sum_is_the_value(
    qtbot: QtBot, worker: Worker, parent: QWidget
) -> None:
    window = opened(parent, worker, "layer2.0.conv1")
    qtbot.waitUntil(lambda: window.result is not None, timeout=60_000)
    kernel = window.kernels.place(5).center().toPoint()
    qtbot.mouseClick(window.kernels, LEFT, pos=kernel)
    qtbot.waitUntil(lambda: window.result is not None and window.result.channel == 5)
    pixel = window.output.pixel(3, 7).center().toPoint()
    qtbot.mouseClick(window.output, LEFT, pos=pixel)
    qtbot.waitUntil(lambda: window.result is not None and window.result.row == 3)
    result = window.result
    assert result is not None
    assert (result.channel, result.row, result.column) == (5, 3, 7)
    whole = sum(term.total for term in result.terms) + result.rest + result.bias
    assert whole == pytest.approx(result.value, abs=1e-4)
    assert window.sentence.text().endswith(f"= {signed_text(result.value)}")
    assert "the other 10 input channels" in sum_sentence(result)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.result is not None and window.result.column == 8)
    assert not window.grab().isNull()
    channel = window.channel
    window.close()
    assert not channel.running


def test_each_window_shows_its_own_convolution(
    qtbot: QtBot, worker: Worker, parent: QWidget
) -> None:
    layers = ("layer1.0.conv1", "layer3.2.conv2")
    one, two = (opened(parent, worker, layer) for layer in layers)
    for window in (one, two):
        qtbot.waitUntil(lambda window=window: window.result is not None, timeout=60_000)  # type: ignore[misc]
    assert (one.result.layer, two.result.layer) == layers  # type: ignore[union-attr]
    assert (one.windowTitle(), two.windowTitle()) == tuple(
        f"{layer}: kernels, and one pixel" for layer in layers
    )
    two.close()
    kernel = one.kernels.place(5).center().toPoint()
    qtbot.mouseClick(one.kernels, LEFT, pos=kernel)
    qtbot.waitUntil(lambda: one.result is not None and one.result.channel == 5)
    assert one.result is not None
    assert one.result.layer == layers[0]
    one.close()


def test_what_is_no_convolution_is_said_in_the_window(
    qtbot: QtBot, worker: Worker, parent: QWidget
) -> None:
    window = opened(parent, worker, "layer2.0.bn1")
    qtbot.waitUntil(lambda: "no convolution" in window.heading.text(), timeout=60_000)
    window.close()


def test_a_double_click_on_a_card_asks_for_its_convolution(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    view = DiagramView(state)
    qtbot.addWidget(view)
    view.resize(1000, 520)
    view.show()
    view.show_structure(STRUCTURES["resnet20"])
    view.reveal("layer2.1.conv1")
    view.levels.morph.stop()
    layers = view.scene
    assert isinstance(layers, LayersLevel)
    asked: list[str] = []
    view.convolution_asked.connect(asked.append)
    card = layers.cards["layer2.1.conv1"]
    card.is_convolution = True
    at = view.canvas.mapFromScene(card.mapToScene(card.boundingRect().center()))
    double_click(qtbot, view, at)
    assert asked == ["layer2.1.conv1"]


def test_numbers_have_a_proper_minus_and_no_negative_zero() -> None:
    assert [signed_text(x) for x in (-0.314, 0.0, -0.001, 1234.5)] == [
        "−0.31",
        "0.00",
        "0.00",
        "1230",
    ]
