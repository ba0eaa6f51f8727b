"""The loss surface in the real window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.figures.loss_scale import LossScale, loss_text
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.results.loss_surface import Surface, SurfaceRequest, SurfaceResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.views.instruments.loss_surface import LossSurfacePanel
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.instruments.surface_view import colours_of
from resnet_viz.views.widgets import theme
from tests.gui.conftest import Driver


@pytest.fixture
def panel(driver: Driver) -> LossSurfacePanel:
    window = driver.show().window
    page = window.pages["instruments"]
    assert isinstance(page, InstrumentsPage)
    window.turn_to_page("instruments")
    found = page.panel("loss surface")
    assert isinstance(found, LossSurfacePanel)
    return found


def bowl(snapshot: Snapshot, steep: tuple[float, float] = (3.0, 300.0)) -> SurfaceResult:
    """Two made-up surfaces with their least loss in the middle; a corner is not measured."""
    request = SurfaceRequest(snapshot, side=11)
    x, y = np.meshgrid(request.axis, request.axis)
    surfaces = []
    for number, height in enumerate(steep):
        loss = 0.3 + height * (x**2 + y**2)
        loss[0, 0] = np.nan
        on = Measured(snapshot, ("ResNet-20", "Plain-20")[number], WeightsInfo("here", True))
        surfaces.append(Surface(on, bool(number), loss, 0.9))
    return SurfaceResult(request, tuple(surfaces), "64 pictures", "the images' labels")


def test_it_is_measured_with_both_twins_and_can_be_cancelled(
    qtbot: QtBot, driver: Driver, panel: LossSurfacePanel
) -> None:
    driver.window.state.set_network("resnet20", WeightsChoice("untrained"))
    driver.next_result()
    qtbot.keyClick(panel.side, Qt.Key.Key_Home)
    assert panel.side.currentText() == "11×11"
    qtbot.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: (
            panel.result is not None
            and not panel.result.precomputed
            and panel.result.surfaces[0].measured >= 3
        ),
        timeout=90_000,
    )
    assert not panel.measure.isEnabled()
    assert "of 121 points" in panel.progress.text.text()
    qtbot.mouseClick(panel.progress.cancel, Qt.MouseButton.LeftButton)
    assert panel.measure.isEnabled()
    assert panel.result is not None
    done = panel.result.surfaces[0].measured
    # A pass comes after all that the task had already sent.
    driver.window.state.set_target(3)
    driver.next_result()
    assert panel.result.surfaces[0].measured == done < 121
    assert f"{done} of 121 points" in panel.measured.text()
    assert [s.on.network for s in panel.result.surfaces] == ["ResNet-20", "Plain-20"]
    assert all(column.isVisible() for column in panel.columns)
    alpha = panel.columns[0].contour.image.image[:, :, 3]
    assert int((alpha == 255).sum()) == done  # what was not measured is blank
    driver.window.state.set_target(None)
    assert not panel.stale
    driver.window.state.set_network("resnet32", WeightsChoice("untrained"))
    assert panel.stale


def test_both_twins_share_scale_levels_and_view(
    qtbot: QtBot, driver: Driver, panel: LossSurfacePanel
) -> None:
    panel.show_update(bowl(driver.window.state.snapshot))
    QApplication.processEvents()
    left, right = panel.columns
    one, other = left.contour.map, right.contour.map
    assert one is not None
    assert other is not None
    assert (one.low, one.high, one.levels) == (other.low, other.high, other.levels)
    assert "more is drawn at 100" in panel.bar.text()
    assert "ResNet-20 (residual; here): loss 0.3 at the weights" in left.title.text()
    assert theme.current().skip in left.title.text()
    assert theme.current().branch in right.title.text()
    assert ("star", "least measured", 0.0, 0.0) in one.points

    start = QPoint(80, 80)
    yaw, pitch = left.surface.yaw, left.surface.pitch
    qtbot.mousePress(left.surface, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(left.surface, start + QPoint(40, 10))
    qtbot.mouseRelease(left.surface, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 10))
    assert (left.surface.yaw, left.surface.pitch) == (yaw + 20, pitch + 5)
    assert (right.surface.yaw, right.surface.pitch) == (yaw + 20, pitch + 5)
    qtbot.keyClick(right.surface, Qt.Key.Key_Left)
    assert left.surface.yaw == yaw + 15
    for _ in range(30):
        qtbot.keyClick(right.surface, Qt.Key.Key_Down)
    assert right.surface.pitch == 5.0


def test_squares_without_all_corners_are_left_out_and_the_nearest_is_drawn_last(
    driver: Driver, panel: LossSurfacePanel
) -> None:
    panel.show_update(bowl(driver.window.state.snapshot))
    surface = panel.columns[0].surface
    corners, loss = surface.quads()
    assert len(corners) == len(loss) == 99
    depth = surface._project(corners.reshape(-1, 3))[:, 2].reshape(-1, 4).mean(axis=1)
    assert (np.diff(depth) <= 1e-9).all()
    pixels = surface._screen(corners.reshape(-1, 3))
    assert (pixels >= 0).all()
    assert (pixels <= [surface.width(), surface.height()]).all()


def test_the_choices_change_what_is_drawn(
    qtbot: QtBot, driver: Driver, panel: LossSurfacePanel
) -> None:
    panel.show_update(bowl(driver.window.state.snapshot))
    column = panel.columns[0]
    assert column.contour.isVisible()
    assert column.surface.isVisible()
    qtbot.keyClick(panel.drawn, Qt.Key.Key_Down)
    assert not column.surface.isVisible()
    qtbot.keyClick(panel.drawn, Qt.Key.Key_Down)
    assert not column.contour.isVisible()
    qtbot.keyClick(panel.height_, Qt.Key.Key_Down)
    assert "heights are cut at 10" in panel.bar.text()
    assert column.surface._linear
    single = bowl(driver.window.state.snapshot)
    panel.show_update(replace(single, surfaces=single.surfaces[:1], alone="It has no twin."))
    assert not panel.columns[1].isVisible()
    assert panel.measured.text().endswith("It has no twin.")


def test_without_a_file_labelled_images_are_refused(
    qtbot: QtBot, driver: Driver, panel: LossSurfacePanel
) -> None:
    panel.pictures.setCurrentIndex(1)
    qtbot.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    assert "Choose a zip file of CIFAR-10 images" in driver.window.message.text.text()


@pytest.mark.long
def test_it_follows_the_theme(qtbot: QtBot, driver: Driver, panel: LossSurfacePanel) -> None:
    panel.show_update(bowl(driver.window.state.snapshot))
    column = panel.columns[0]
    for name, look in theme.THEMES.items():
        driver.window.set_theme(name)
        QApplication.processEvents()
        assert column.contour.plot.backgroundBrush().color().name() == look.panel
        seen = column.surface.grab().toImage()
        assert seen.pixelColor(1, 1).name() == look.panel
        width, height = range(0, seen.width(), 3), range(0, seen.height(), 3)
        colours = {seen.pixelColor(x, y).name() for x in width for y in height}
        assert len(colours) > 20  # the surface itself, in viridis
        for part in (column.contour, column.surface):
            assert part.width() >= part.minimumWidth()


def test_the_scale_has_round_ends_and_places_for_what_is_not_finite() -> None:
    scale = LossScale.covering([np.array([0.31, np.nan]), np.array([7.0, np.inf])])
    assert (scale.low, scale.high, scale.cut) == (0.2, 10.0, True)
    assert scale.levels == pytest.approx([0.2, 0.5, 1, 2, 5, 10])
    np.testing.assert_allclose(scale.share(np.array([0.2, np.sqrt(2), 10, 50])), [0, 0.5, 1, 1])
    colours = colours_of(scale, np.array([np.nan, np.inf, 10.0]))
    assert list(colours[:, 3]) == [0, 255, 255]
    np.testing.assert_array_equal(colours[1], colours[2])
    assert float(scale.height(5.0, linear=True)) == 0.5
    assert LossScale.covering([np.full(3, np.nan)]) == LossScale()
    assert [loss_text(v) for v in (0.4251, float("inf"), float("nan"))] == [
        "0.425",
        "not finite",
        "–",
    ]
