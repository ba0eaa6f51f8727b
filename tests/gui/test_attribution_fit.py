"""Nothing of the instruments of attribution is cut off or faint, with results, on small windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.results.attribution import AttributionMap, AttributionRequest, AttributionResult
from resnet_viz.results.depth import BlockMap, DepthRequest, DepthResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.receptive import Field, ReceptiveRequest, ReceptiveResult
from resnet_viz.results.receptive_channels import Patch, PatchesRequest, PatchesResult
from resnet_viz.results.result import Snapshot
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.receptive_channels import ChannelsPanel
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme
from tests import fakes
from tests.gui import fit

RAMP = np.linspace(0, 4, 64, dtype=np.float32).reshape(8, 8)
BLOCKS = tuple(block.name for block in fakes.structure().blocks)


def on(snapshot: Snapshot) -> Measured:
    return Measured(snapshot, "ResNet-20", WeightsInfo("CIFAR-10", True))


def attribution(snapshot: Snapshot) -> AttributionResult:
    names = ("grad_cam", "integrated_gradients", "guided_grad_cam", "deep_lift")
    maps = tuple(AttributionMap(name, off, RAMP) for name in names for off in (False, True))
    refused = AttributionMap("deep_lift", True, np.full((1, 1), np.nan), "It needs a trained one")
    return AttributionResult(
        AttributionRequest(snapshot, names), on(snapshot), "layer3.2",
        np.zeros((32, 32, 3), np.uint8), fakes.result().labels, 3, None, (2.5, -1.0),
        (*maps[:-1], refused),
    )  # fmt: skip


def depth(snapshot: Snapshot) -> DepthResult:
    maps = tuple(BlockMap(block, off, RAMP) for block in BLOCKS for off in (False, True))
    return DepthResult(DepthRequest(snapshot), on(snapshot), BLOCKS, "cat", True, maps)


def receptive(snapshot: Snapshot) -> ReceptiveResult:
    values = np.eye(32, dtype=np.float32)
    fields = tuple(
        Field(block, off, (8, 8, 20, 20), (16, 16), values, 1.8e-16)
        for block in BLOCKS
        for off in (False, True)
    )
    stages = (("Stage 1", 1, 3), ("Stage 2", 4, 6), ("Stage 3", 7, 9))
    return ReceptiveResult(
        ReceptiveRequest(snapshot), on(snapshot), 32, BLOCKS, stages, True, fields
    )


def patches(snapshot: Snapshot) -> PatchesResult:
    patch = Patch(
        "A photo with a name that is rather long", 4.2, (8, 8, 20, 20), (8, 8, 20, 20),
        np.full((64, 48, 3), 90, np.uint8), RAMP, True,
    )  # fmt: skip
    request = PatchesRequest(snapshot, "layer3.2", 5)
    return PatchesResult(request, on(snapshot), 32, 12, 1, patch, (patch,) * 12)


RESULTS: dict[str, Callable[[Snapshot], object] | None] = {
    "attribution": attribution,
    "trust": None,  # it comes with the program
    "depth": depth,
    "receptive": receptive,
    "channels": patches,
}


@pytest.fixture(scope="module")
def window(made: MainWindow, qapp: QApplication) -> Iterator[MainWindow]:
    made.state.set_network("resnet20")
    made.pages.turn_to("instruments")
    page = made.pages["instruments"]
    slow = replace(fakes.result().now, milliseconds=1e6)  # so that nothing is measured unasked
    page.show_result(replace(fakes.result(), now=slow, all_on=slow))
    yield made
    made.choices.set_text_size(1.0)
    theme.apply(qapp, theme.DARK)


def show(window: MainWindow, name: str) -> None:
    page = window.pages["instruments"]
    assert isinstance(page, InstrumentsPage)
    panel = page.panel(name)
    if isinstance(panel, ChannelsPanel):
        panel.brush.painted[40:60, 40:60] = True
        panel.brush.changed.emit()
    make = RESULTS[name]
    if make is not None:
        panel.show_update(make(window.state.snapshot))


def faults(window: MainWindow) -> str:
    """Those that stay once all is laid out, and what is hard to read."""
    found: list[str] = []
    for _ in range(10):
        QApplication.processEvents()
        if not (found := fit.faults(window)):
            break
    return "\n".join([*found, *fit.faint(window)])


@pytest.mark.long
@pytest.mark.parametrize("look", theme.THEMES)
@pytest.mark.parametrize("name", RESULTS)
def test_it_fits_and_is_readable(window: MainWindow, name: str, look: str) -> None:
    window.choices.set_text_size(1.0)
    window.set_theme(look)
    show(window, name)
    for size in ((960, 600), (1280, 800)):
        window.resize(*size)
        assert faults(window) == ""


@pytest.mark.long
@pytest.mark.parametrize("name", RESULTS)
def test_it_fits_or_scrolls_with_large_text(window: MainWindow, name: str) -> None:
    window.set_theme("light")
    window.choices.set_text_size(1.5)
    window.resize(1280, 800)
    show(window, name)
    assert faults(window) == ""
