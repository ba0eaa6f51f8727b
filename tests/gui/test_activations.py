"""The grid of channel maps and the enlarged channel, driven by mouse and keys."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.gates import GateSettings
from resnet_viz.views.explorer.activations import ActivationsView
from tests import fakes

LEFT = Qt.MouseButton.LeftButton


def ramp(channels: int = 32) -> np.ndarray:
    """Channel c is c everywhere but for one value of 2c; channel 0 is dead."""
    values = np.ones((channels, 8, 8)) * np.arange(channels)[:, np.newaxis, np.newaxis]
    values[:, 2, 3] *= 2
    return values


@pytest.fixture
def view(qtbot: QtBot) -> ActivationsView:
    view = ActivationsView(ExplorerState(fakes.photo()))
    qtbot.addWidget(view)
    view.resize(560, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def order(view: ActivationsView) -> list[int]:
    return [int(tile.label) for tile in view.grid.tiles]


def shown(view: ActivationsView, x: int, y: int) -> np.ndarray:
    """A pixel of the enlarged channel, (3,)."""
    image = view.panel.picture.image
    assert image is not None
    colour = image.pixelColor(x, y)
    return np.array([colour.red(), colour.green(), colour.blue()])


def click(qtbot: QtBot, view: ActivationsView, place: int) -> None:
    qtbot.mouseClick(view.grid.viewport(), LEFT, pos=view.grid.cell(place).center())


def sort_by_index(qtbot: QtBot, view: ActivationsView) -> None:
    qtbot.keyClick(view.sort, Qt.Key.Key_Down)


def test_before_the_first_result_there_are_words(view: ActivationsView) -> None:
    assert view.empty.isVisible()
    assert not view.pages.isVisible()


def test_the_header_gives_the_figures_of_the_last_block(view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    assert not view.empty.isVisible()
    mean = 15.5 * 65 / 64
    expected = f"layer3.2 · 32 channels · 8×8 · mean {mean:.3g} · max 62.0"
    assert view.header.text() == expected


def test_the_grid_follows_the_selected_block(view: ActivationsView) -> None:
    view.show_result(fakes.result())
    view._state.select_block("layer2.1")
    assert view.header.text().startswith("layer2.1 · 32 channels · 16×16")
    assert len(view.grid.tiles) == 32


def test_channels_are_sorted_by_mean_or_by_index(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    assert order(view) == list(range(31, -1, -1))
    sort_by_index(qtbot, view)
    assert order(view) == list(range(32))


def test_the_common_scale_can_be_left(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    assert {(tile.low, tile.high) for tile in view.grid.tiles} == {(0.0, 62.0)}
    assert view.scale_bar.text() == "0 to 62.0 activation"
    qtbot.keyClick(view.common, Qt.Key.Key_Space)
    assert (view.grid.tiles[0].low, view.grid.tiles[0].high) == (31.0, 62.0)
    assert view.scale_bar.text() == "min to max each map by its own range"


def test_with_skips_off_the_scale_is_that_of_all_on(qtbot: QtBot, view: ActivationsView) -> None:
    small = fakes.with_last_now(activation=0.001 * ramp(64))
    whole = small.all_on.blocks[-1].activation
    view.show_result(small)
    assert {(tile.low, tile.high) for tile in view.grid.tiles} == {(0.0, whole.max())}
    assert view.scale_bar.text() == f"0 to {whole.max():.2f} activation as all on, now ≤ 0.126"
    view.common.setChecked(False)
    assert view.grid.tiles[0].high == whole[63].max()
    qtbot.keyClick(view.own, Qt.Key.Key_Space)
    assert view.grid.tiles[0].high == pytest.approx(0.126)
    view.common.setChecked(True)
    assert view.scale_bar.text() == "0 to 0.126 activation"
    assert view.choices()["own_scale"] is True


def test_a_negative_activation_is_on_the_common_scale(view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=-ramp()))
    assert view.scale_bar.text() == "−62.0 to 0 activation"


def test_there_are_eight_columns_in_a_narrow_view(view: ActivationsView) -> None:
    view.resize(420, 230)
    view.show_result(fakes.result())
    assert view.grid.columns() >= 8
    assert view.grid.cell(7).right() <= view.grid.viewport().width()


def test_only_the_tiles_that_are_seen_are_coloured(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.result("resnet50"))
    view.grab()
    seen = len(view.grid._pictures)
    assert 8 <= seen <= 60
    view.grid.verticalScrollBar().setValue(view.grid.verticalScrollBar().maximum())
    view.grab()
    assert len(view.grid._pictures) > seen
    assert max(view.grid._pictures) == 2047


def test_a_dead_channel_says_zero_in_place_of_a_colour(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp(8)))
    sort_by_index(qtbot, view)
    view.grab()
    assert set(view.grid._pictures) == set(range(1, 8))


def test_a_click_enlarges_and_escape_goes_back(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    click(qtbot, view, 2)
    assert view.enlarged == 29
    assert view.panel.heading.text() == "Channel 29"
    details = view.panel.details.text().replace("\u00a0", " ")
    assert details == f"min 29.0 · mean {29 * 65 / 64:.3g} · max 58.0"
    assert view.panel.scale_bar.text() == "0 to 62.0 activation"
    qtbot.keyClick(view.panel.picture, Qt.Key.Key_Escape)
    assert not view.panel.isVisible()
    assert view.grid.isVisible()
    assert view.grid.current == 2


def test_the_back_button_goes_back(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.result())
    click(qtbot, view, 0)
    qtbot.mouseClick(view.back, LEFT)
    assert view.enlarged is None


def test_left_and_right_step_in_the_order_of_the_grid(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    click(qtbot, view, 1)
    qtbot.keyClick(view.panel.picture, Qt.Key.Key_Right)
    assert view.enlarged == 29
    for _ in range(3):
        qtbot.keyClick(view.panel.picture, Qt.Key.Key_Left)
    assert view.enlarged == 0  # from the first on to the last


def test_arrow_keys_move_and_enter_enlarges(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view.grid, key)
    assert view.grid.current == 1 + view.grid.columns()
    qtbot.keyClick(view.grid, Qt.Key.Key_Return)
    assert view.enlarged == 31 - view.grid.current


def test_end_scrolls_to_the_last_channel(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.result("resnet50"))
    qtbot.keyClick(view.grid, Qt.Key.Key_Home)
    qtbot.keyClick(view.grid, Qt.Key.Key_End)
    assert view.grid.current == 2047
    assert view.grid.viewport().rect().contains(view.grid.cell(2047))


def test_the_enlarged_channel_stays_when_skips_change_and_goes_with_its_block(
    qtbot: QtBot, view: ActivationsView
) -> None:
    view.show_result(fakes.result())
    click(qtbot, view, 4)
    channel = view.enlarged
    view.show_result(fakes.result(gates=GateSettings.of({"layer1.0": 0.0})))
    assert view.enlarged == channel
    view._state.select_block("layer1.0")
    assert view.enlarged is None


def test_the_enlarged_map_lies_over_the_network_input(qtbot: QtBot, view: ActivationsView) -> None:
    view.show_result(fakes.with_last(activation=ramp()))
    click(qtbot, view, 0)
    view.panel.slider.setFocus()
    qtbot.keyClick(view.panel.slider, Qt.Key.Key_End)
    np.testing.assert_array_equal(shown(view, 1, 1), view._table[round(31 / 62 * 255)])
    qtbot.keyClick(view.panel.slider, Qt.Key.Key_Home)
    seen = fakes.result().network_input[0, 0]
    assert np.abs(shown(view, 0, 0) - seen).max() <= 1


def test_nan_and_infinity_are_said_and_striped(qtbot: QtBot, view: ActivationsView) -> None:
    values = ramp()
    values[3, 1, 1] = np.inf
    values[5] = np.nan
    view.show_result(fakes.with_last(activation=values))
    assert "NaN or ∞ in 2 channels" in view.header.text()
    assert "max 62" in view.header.text()
    assert order(view)[-1] == 5
    view.grab()
    sort_by_index(qtbot, view)
    click(qtbot, view, 3)
    assert view.panel.warning.text() == "NaN or ∞ in 1 of 64 values"
    for _ in range(2):
        qtbot.keyClick(view.panel.picture, Qt.Key.Key_Right)
    assert view.panel.details.text() == "no finite value"


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_block_without_a_range_has_no_scale(view: ActivationsView, value: float) -> None:
    view.show_result(fakes.with_last(activation=np.full((32, 8, 8), value)))
    view.grab()
    expected = "all 0 activation" if value == 0 else "no finite value"
    assert view.scale_bar.text() == expected
