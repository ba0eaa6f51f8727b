"""The crop box on the photo, driven by mouse and keys."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.images.photo import Crop
from resnet_viz.views.explorer.photo import PhotoView
from tests import fakes

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> PhotoView:
    """On a photo of 320×240 pixels, with a crop of 100×100 at (100, 60)."""
    state = ExplorerState(fakes.photo())
    state.set_crop(Crop(100, 60, 100))
    return shown(qtbot, state)


def shown(qtbot: QtBot, state: ExplorerState) -> PhotoView:
    view = PhotoView(state)
    qtbot.addWidget(view)
    view.resize(360, 520)
    view.show()
    qtbot.waitExposed(view)
    return view


def crop_of(view: PhotoView) -> Crop:
    crop = view._state.snapshot.crop
    assert crop is not None
    return crop


def assert_near(crop: Crop, expected: Crop, slack: float = 1e-6) -> None:
    """Equal but for rounding, or for the pixel of the screen that the mouse is on."""
    left = (crop.x, crop.y, crop.size)
    right = (expected.x, expected.y, expected.size)
    assert left == pytest.approx(right, abs=slack)


def drag(qtbot: QtBot, view: PhotoView, start: QPointF, right: float, down: float) -> None:
    """Drag on the photo by photo pixels, as the hand does: with a stop on the way."""
    editor = view.editor
    scale = editor.image_rect().width() / 320
    by = QPointF(right * scale, down * scale)
    qtbot.mousePress(editor, LEFT, pos=start.toPoint())
    qtbot.mouseMove(editor, (start + by / 2).toPoint())
    qtbot.mouseMove(editor, (start + by).toPoint())
    qtbot.mouseRelease(editor, LEFT, pos=(start + by).toPoint())


def test_dragging_inside_moves_the_box(qtbot: QtBot, view: PhotoView) -> None:
    drag(qtbot, view, view.editor.box().center(), 40, -20)
    assert_near(crop_of(view), Crop(140, 40, 100), slack=2)
    assert view.editor.crop == crop_of(view)


def test_the_crop_follows_while_the_button_is_held(qtbot: QtBot, view: PhotoView) -> None:
    start = view.editor.box().center().toPoint()
    qtbot.mousePress(view.editor, LEFT, pos=start)
    qtbot.mouseMove(view.editor, start + QPoint(10, 0))
    assert crop_of(view).x > 105
    qtbot.mouseRelease(view.editor, LEFT, pos=start + QPoint(10, 0))


def test_the_box_stays_inside_the_photo(qtbot: QtBot, view: PhotoView) -> None:
    drag(qtbot, view, view.editor.box().center(), -500, 500)
    assert crop_of(view) == Crop(0, 140, 100)


def test_a_click_beside_the_box_changes_nothing(qtbot: QtBot, view: PhotoView) -> None:
    outside = view.editor.image_rect().topLeft() + QPoint(3, 3)
    qtbot.mousePress(view.editor, LEFT, pos=outside)
    qtbot.mouseMove(view.editor, outside + QPoint(50, 50))
    qtbot.mouseRelease(view.editor, LEFT, pos=outside + QPoint(50, 50))
    assert crop_of(view) == Crop(100, 60, 100)


@pytest.mark.parametrize(
    ("corner", "by", "expected"),
    [
        ("bottomRight", (30, 30), Crop(100, 60, 130)),
        ("topLeft", (-30, -30), Crop(70, 30, 130)),
        ("topRight", (-40, 40), Crop(100, 100, 60)),
        ("bottomLeft", (20, -20), Crop(120, 60, 80)),
    ],
)
def test_a_corner_resizes_and_the_opposite_one_stays(
    qtbot: QtBot, view: PhotoView, corner: str, by: tuple[float, float], expected: Crop
) -> None:
    drag(qtbot, view, getattr(view.editor.box(), corner)(), *by)
    assert_near(crop_of(view), expected, slack=2)


def test_resizing_stops_at_the_edge_and_at_eight_pixels(qtbot: QtBot, view: PhotoView) -> None:
    drag(qtbot, view, view.editor.box().bottomRight(), 400, 400)
    assert crop_of(view) == Crop(100, 60, 180)
    drag(qtbot, view, view.editor.box().bottomRight(), -400, -400)
    assert crop_of(view) == Crop(100, 60, 8)


def test_arrow_keys_move_by_a_hundredth_and_with_shift_by_a_twentieth(
    qtbot: QtBot, view: PhotoView
) -> None:
    qtbot.keyClick(view.editor, Qt.Key.Key_Right)
    qtbot.keyClick(view.editor, Qt.Key.Key_Up)
    assert_near(crop_of(view), Crop(103.2, 57.6, 100))
    qtbot.keyClick(view.editor, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert crop_of(view).x == pytest.approx(103.2 - 16)


def test_plus_and_minus_resize_about_the_centre(qtbot: QtBot, view: PhotoView) -> None:
    qtbot.keyClick(view.editor, Qt.Key.Key_Plus)
    assert crop_of(view) == Crop(97.5, 57.5, 105)
    qtbot.keyClick(view.editor, Qt.Key.Key_Minus)
    assert_near(crop_of(view), Crop(100, 60, 100))


def test_minus_stops_at_eight_pixels_without_drifting(qtbot: QtBot, view: PhotoView) -> None:
    for _ in range(80):
        qtbot.keyClick(view.editor, Qt.Key.Key_Minus)
    crop = crop_of(view)
    assert crop.size == 8
    assert crop.x + crop.size / 2 == pytest.approx(150)


def test_a_double_click_and_home_bring_the_default_back(qtbot: QtBot, view: PhotoView) -> None:
    centre = view.editor.box().center().toPoint()
    qtbot.mouseDClick(view.editor, LEFT, pos=centre)
    assert view._state.snapshot.crop is None
    assert view.editor.crop == Crop(40, 0, 240)
    view._state.set_crop(Crop(0, 0, 50))
    qtbot.keyClick(view.editor, Qt.Key.Key_Home)
    assert view._state.snapshot.crop is None


def test_a_new_photo_is_shown_at_once(qtbot: QtBot, view: PhotoView) -> None:
    view.show_result(fakes.result())
    photo = fakes.photo(80, 160)
    view._state.set_photo(photo)
    assert view.editor.image is not None
    assert (view.editor.image.width(), view.editor.image.height()) == (80, 160)
    assert view.editor.crop == Crop(0, 40, 80)
    assert "80×160" in view.editor.accessibleName()
    assert view.seen.image is None  # what is known is of another photo


def test_the_default_crop_follows_the_network(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    view = shown(qtbot, state)
    assert view.editor.crop.size == 240
    state.set_network("resnet18")
    assert view.editor.crop.size == pytest.approx(240 * 224 / 256)


def test_what_the_network_sees_is_shown_in_crisp_pixels(qtbot: QtBot) -> None:
    result = fakes.result()
    view = shown(qtbot, ExplorerState(result.snapshot.photo))
    view.show_result(result)
    assert view.seen.accessibleName() == "Network input: 32×32"
    rect = view.seen.image_rect()
    assert rect.width() % 32 == 0
    step = rect.width() // 32
    drawn = view.seen.grab().toImage()
    for row, column in ((0, 0), (5, 17), (31, 31)):
        for corner in (0, step - 1):
            colour = drawn.pixelColor(
                rect.x() + column * step + corner, rect.y() + row * step + corner
            )
            rgb = [colour.red(), colour.green(), colour.blue()]
            assert rgb == result.network_input[row, column].tolist()


def test_a_panorama_can_still_be_cropped(qtbot: QtBot) -> None:
    view = shown(qtbot, ExplorerState(fakes.photo(4096, 100)))
    before = view.editor.crop
    centre = view.editor.box().center().toPoint()
    qtbot.mousePress(view.editor, LEFT, pos=centre)
    qtbot.mouseMove(view.editor, centre + QPoint(60, 0))
    qtbot.mouseRelease(view.editor, LEFT, pos=centre + QPoint(60, 0))
    assert crop_of(view).x > before.x + 500
    assert crop_of(view).size == 100


def test_the_photo_outside_the_box_is_darker(qtbot: QtBot, view: PhotoView) -> None:
    drawn = view.editor.grab().toImage()
    rect, box = view.editor.image_rect(), view.editor.box()
    inside = drawn.pixelColor(int(box.center().x()), int(box.center().y())).lightness()
    outside = drawn.pixelColor(rect.x() + 5, int(box.center().y())).lightness()
    assert outside < 0.6 * inside
