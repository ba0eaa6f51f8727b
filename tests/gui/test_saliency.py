"""Grad-CAM over the photo, and the strip of all blocks, driven by mouse and keys."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.images.photo import network_picture
from resnet_viz.views.explorer.saliency import SaliencyView
from tests import fakes

LEFT = Qt.MouseButton.LeftButton


def pixels(image: QImage | None) -> np.ndarray:
    """(H, W, 3) of what is shown."""
    assert image is not None
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return np.asarray(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].copy()


@pytest.fixture
def view(qtbot: QtBot) -> SaliencyView:
    view = SaliencyView(ExplorerState(fakes.photo()))
    qtbot.addWidget(view)
    view.resize(560, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_before_the_first_result_there_are_words(view: SaliencyView) -> None:
    assert view.empty.isVisible()
    assert not view.panel.isVisible()
    assert not view.strip.isVisible()


def test_the_heading_names_the_class_and_the_block(view: SaliencyView) -> None:
    view.show_result(fakes.result())
    assert view.panel.heading.text() == "Grad-CAM of “cat” at layer3.2, skips as now"
    assert not view.panel.warning.isVisible()
    view._state.select_block("layer2.1")
    assert "at layer2.1" in view.panel.heading.text()


def test_the_scale_is_the_maps_own_in_logits(view: SaliencyView) -> None:
    cam = np.zeros((8, 8))
    cam[3, 3] = 7.25
    view.show_result(fakes.with_last(cam=cam))
    assert view.panel.scale_bar.text() == "0 to 7.25 logits"


def test_with_skips_off_the_scale_is_that_of_all_on(qtbot: QtBot, view: SaliencyView) -> None:
    faint = fakes.with_last_now(cam=0.003 * np.eye(8))
    whole = faint.all_on.blocks[-1].cam.max()
    view.show_result(faint)
    bar = view.panel.scale_bar
    assert bar.text() == f"0 to {whole:.3f} logits as all on, now ≤ 0.00300"
    assert view.strip.tiles[-1].high == whole
    shown = pixels(view.panel.picture.image)
    photo = network_picture(faint.snapshot.photo, faint.crop, len(shown))
    assert np.abs(shown.astype(int) - photo).max() < 3  # as good as nothing, and drawn so
    qtbot.keyClick(view.own, Qt.Key.Key_Space)
    assert bar.text() == "0 to 0.00300 logits"
    assert np.abs(pixels(view.panel.picture.image).astype(int) - photo).max() > 60
    assert view.choices() == {"own_scale": True}


def test_a_network_without_skips_has_one_scale(view: SaliencyView) -> None:
    view.show_result(fakes.result("plain20"))
    assert not view.own.isVisible()


def test_where_all_on_shows_nothing_the_map_has_its_own_scale(view: SaliencyView) -> None:
    given = fakes.with_last_now(cam=np.eye(8))
    *blocks, last = given.all_on.blocks
    empty = replace(given.all_on, blocks=(*blocks, replace(last, cam=np.zeros((8, 8)))))
    view.show_result(replace(given, all_on=empty))
    assert view.panel.scale_bar.text() == "0 to 1.00 logits"


def test_the_map_of_an_answer_by_chance_is_said_to_explain_nothing(view: SaliencyView) -> None:
    given = fakes.with_last_now(cam=np.eye(8))
    view.show_result(given)
    assert not view.panel.warning.isVisible()
    odds = np.full(10, 0.09, np.float32)
    odds[2] = 0.19
    view.show_result(replace(given, now=replace(given.now, probabilities=odds)))
    assert view.panel.warning.text().startswith("This map explains nothing:")
    assert view.panel.warning.text().endswith("(at most 19.0 %; guessing gives 10.0 %).")


def test_the_strip_holds_every_block_and_a_click_selects(qtbot: QtBot, view: SaliencyView) -> None:
    result = fakes.result()
    view.show_result(result)
    names = [tile.label for tile in view.strip.tiles]
    assert names == [block.name for block in result.structure.blocks]
    place = view.strip.current - 2
    qtbot.mouseClick(view.strip.viewport(), LEFT, pos=view.strip.cell(place).center())
    assert view._state.block == names[place]
    assert names[place] in view.panel.heading.text()
    assert view.strip.current == place


def test_arrow_keys_in_the_strip_select_the_neighbours(qtbot: QtBot, view: SaliencyView) -> None:
    view.show_result(fakes.result())
    qtbot.keyClick(view.strip, Qt.Key.Key_Left)
    assert view._state.block == "layer3.1"
    qtbot.keyClick(view.strip, Qt.Key.Key_Home)
    assert view._state.block == "stem"


def test_the_selected_block_is_kept_in_view(qtbot: QtBot, view: SaliencyView) -> None:
    view.resize(420, 230)
    view.show_result(fakes.result("resnet50"))
    for name in ("stem", "layer4.2", "layer2.3"):
        view._state.select_block(name)
        place = [tile.label for tile in view.strip.tiles].index(name)
        assert view.strip.current == place
        qtbot.waitUntil(
            lambda place=place: view.strip.viewport().rect().contains(view.strip.cell(place))  # type: ignore[misc]
        )


def test_the_opacity_alters_the_pixels(qtbot: QtBot, view: SaliencyView) -> None:
    result = fakes.result()
    view.show_result(result)
    strong = pixels(view.panel.picture.image)
    view.panel.slider.setFocus()
    qtbot.keyClick(view.panel.slider, Qt.Key.Key_Home)
    bare = pixels(view.panel.picture.image)
    assert view.panel._per_cent.text() == "0 %"
    photo = network_picture(result.snapshot.photo, result.crop, len(bare))
    np.testing.assert_array_equal(bare, photo)
    assert np.abs(strong.astype(int) - bare).max() > 60


def test_low_saliency_leaves_the_photo_visible(view: SaliencyView) -> None:
    result = fakes.with_last(cam=np.eye(8))
    view.show_result(result)
    shown = pixels(view.panel.picture.image)
    photo = network_picture(result.snapshot.photo, result.crop, len(shown))
    np.testing.assert_array_equal(shown[0, -1], photo[0, -1])


def test_the_photo_is_drawn_finer_than_the_network_sees_it(view: SaliencyView) -> None:
    view.show_result(fakes.result())
    assert len(pixels(view.panel.picture.image)) > 150


def test_a_map_of_zeros_says_so(view: SaliencyView) -> None:
    view.show_result(fakes.with_last(cam=np.zeros((8, 8))))
    assert view.panel.warning.isVisible()
    assert view.panel.warning.text() == "Nothing speaks for this class here (map is 0)."
    assert not view.panel.scale_bar.isVisible()
    view._state.select_block("layer3.1")
    assert not view.panel.warning.isVisible()
    assert view.panel.scale_bar.isVisible()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_with_nan_or_infinity_says_so(view: SaliencyView, value: float) -> None:
    cam = np.ones((8, 8))
    cam[1, 2] = cam[4, 4] = value
    view.show_result(fakes.with_last(cam=cam))
    assert view.panel.warning.text() == "NaN or ∞ in 2 of 64 values."
    view.grab()
    view.show_result(fakes.with_last(cam=np.full((8, 8), value)))
    assert view.panel.scale_bar.text() == "no finite value"
    view.grab()


def test_a_block_of_another_network_falls_back_to_the_last(view: SaliencyView) -> None:
    view._state.select_block("layer4.1")
    view.show_result(fakes.result())
    assert "at layer3.2" in view.panel.heading.text()
