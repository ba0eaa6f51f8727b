"""The block diagram under a real mouse and keyboard."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.fill_scale import AnchoredScale
from resnet_viz.figures.layout.geometry import Rect
from resnet_viz.figures.layout.parts import BlockBox
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import BlockPass, Pass, Result
from resnet_viz.views.diagram.items.paint import figure
from resnet_viz.views.diagram.scenes.level import Level
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.widgets import theme
from tests import fakes
from tests.views.test_diagram_layout import STRUCTURES, deep

LEFT = Qt.MouseButton.LeftButton
Place = Callable[[DiagramView, str], QPoint]


@pytest.fixture
def state() -> ExplorerState:
    return ExplorerState(fakes.photo())


@pytest.fixture
def view(qtbot: QtBot, state: ExplorerState) -> DiagramView:
    view = DiagramView(state)
    qtbot.addWidget(view)
    view.resize(1000, 480)
    view.show()
    qtbot.waitExposed(view)
    view.show_structure(STRUCTURES["resnet20"])
    return view


def scene(view: DiagramView) -> Level:
    assert view.scene is not None
    return view.scene


def on_screen(view: DiagramView, point: QPointF) -> QPoint:
    return view.canvas.mapFromScene(point)


def box_point(view: DiagramView, name: str) -> QPoint:
    rect = scene(view).blocks[name].box.rect
    return on_screen(view, QPointF(rect.centre.x, rect.centre.y))


def arc_point(view: DiagramView, name: str) -> QPoint:
    """A point on the arc, at a quarter of its length, where no label lies."""
    return on_screen(view, scene(view).skips[name].path().pointAtPercent(0.25))


def junction_point(view: DiagramView, name: str) -> QPoint:
    centre = scene(view).skips[name].junction.centre
    return on_screen(view, QPointF(centre.x, centre.y))


def heat(view: DiagramView, name: str) -> list[int]:
    """The colour of a block's value on screen, at the left end, where no figure lies."""
    box = scene(view).blocks[name].box
    assert isinstance(box, BlockBox)
    at = on_screen(view, QPointF(box.heat.x + 4, box.heat.centre.y))
    seen = view.canvas.grab().toImage().pixelColor(at)
    return [seen.red(), seen.green(), seen.blue()]


def click(qtbot: QtBot, view: DiagramView, at: QPoint) -> None:
    qtbot.mouseClick(view.canvas.viewport(), LEFT, pos=at)


def made_up_pass(structure: Structure, norms: dict[str, float], default: float = 1.0) -> Pass:
    """A pass whose only true numbers are the gradient norms."""
    none = np.zeros((1, 1, 1), np.float32)
    blocks = tuple(
        BlockPass(b.name, none, none, none[0], norms.get(b.name, default), 1.0, None)
        for b in structure.blocks
    )
    return Pass(np.zeros(10, np.float32), np.full(10, 0.1, np.float32), 0, blocks, 1.0)


def made_up_result(structure: Structure, norms: dict[str, float], gates: GateSettings) -> Result:
    given = fakes.result()
    return replace(
        given,
        snapshot=replace(given.snapshot, gates=gates),
        structure=structure,
        now=made_up_pass(structure, norms),
        all_on=made_up_pass(structure, {}),
    )


def test_a_placeholder_stands_until_there_is_a_network(qtbot: QtBot, state: ExplorerState) -> None:
    view = DiagramView(state)
    qtbot.addWidget(view)
    view.show()
    assert view.placeholder.isVisible()
    assert view.placeholder.text() == "Loading the network…"
    qtbot.keyClick(view, Qt.Key.Key_Space)
    view.show_structure(STRUCTURES["resnet20"])
    assert not view.placeholder.isVisible()
    assert "ResNet-20" in view.accessibleName()


def test_a_click_on_a_block_selects_it(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    assert scene(view).blocks["layer3.2"].selected
    click(qtbot, view, box_point(view, "layer2.1"))
    assert state.block == "layer2.1"
    chosen = [name for name, item in scene(view).blocks.items() if item.selected]
    assert chosen == ["layer2.1"]
    assert state.snapshot.gates.all_on


def test_the_selected_block_has_an_outline_in_the_accent(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    rect = scene(view).blocks["layer1.1"].box.rect
    edge = on_screen(view, QPointF(rect.x + rect.width / 2, rect.y))
    accent = QColor(theme.current().accent)

    def distance() -> int:
        seen = view.canvas.grab().toImage().pixelColor(edge)
        pairs = (
            (seen.red(), accent.red()),
            (seen.green(), accent.green()),
            (seen.blue(), accent.blue()),
        )
        return sum(abs(one - two) for one, two in pairs)

    assert distance() > 150
    click(qtbot, view, box_point(view, "layer1.1"))
    assert distance() < 60


@pytest.mark.parametrize("name", ["layer1.0", "layer2.0", "layer3.2"])
@pytest.mark.parametrize("place", [arc_point, junction_point])
def test_a_click_on_arc_or_junction_toggles_the_skip(
    qtbot: QtBot, view: DiagramView, state: ExplorerState, name: str, place: Place
) -> None:
    click(qtbot, view, place(view, name))
    assert state.snapshot.gates.skips == {name: 0.0}
    assert scene(view).skips[name].pen().color() == QColor(theme.current().off)
    click(qtbot, view, place(view, name))
    assert state.snapshot.gates.all_on
    assert state.block == ""


def test_two_quick_clicks_on_an_arc_are_two_toggles(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    at = arc_point(view, "layer1.1")
    gates: list[float] = []
    state.gates_changed.connect(lambda value: gates.append(value.skip("layer1.1")))
    click(qtbot, view, at)
    # A double click stands in for the second press.
    qtbot.mouseDClick(view.canvas.viewport(), LEFT, pos=at)
    qtbot.mouseRelease(view.canvas.viewport(), LEFT, pos=at)
    assert gates == [0.0, 1.0]


@pytest.mark.parametrize("aside", [-6, 6])
def test_arcs_are_at_least_twelve_pixels_thick_under_the_mouse(
    qtbot: QtBot, view: DiagramView, state: ExplorerState, aside: int
) -> None:
    view.show_structure(STRUCTURES["resnet110"])
    top = scene(view).skips["layer2.5"].path().pointAtPercent(0.5)
    click(qtbot, view, on_screen(view, top) + QPoint(0, aside))
    assert state.snapshot.gates.skips == {"layer2.5": 0.0}


def test_a_click_on_a_stage_title_toggles_all_its_skips(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    def title() -> QPoint:
        item = next(t for t in scene(view).titles if t.part.number == 3)
        return on_screen(view, item.boundingRect().center())

    names = {"layer3.0", "layer3.1", "layer3.2"}
    click(qtbot, view, junction_point(view, "layer3.1"))
    click(qtbot, view, title())
    assert state.snapshot.gates.skips == dict.fromkeys(names, 0.0)
    click(qtbot, view, title())
    assert state.snapshot.gates.all_on


def test_keys_select_blocks_and_toggle_skips(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    seen = []
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
        seen.append(state.block)
    assert seen == ["layer3.1", "stem", "stem", "layer1.0"]
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert state.snapshot.gates.skips == {"layer1.0": 0.0}
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert state.block == "layer3.2"
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert state.block == "layer3.2"


def test_space_on_the_stem_changes_nothing(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert state.snapshot.gates.all_on


def test_a_click_gives_the_view_the_keyboard(qtbot: QtBot, view: DiagramView) -> None:
    view.activateWindow()
    view.clearFocus()
    click(qtbot, view, box_point(view, "layer1.1"))
    qtbot.waitUntil(view.hasFocus)


def test_gates_are_drawn_before_the_new_result_arrives(
    view: DiagramView, state: ExplorerState
) -> None:
    view.show_result(fakes.result())
    state.set_gates(GateSettings.of({"layer2.1": 0.0, "layer2.2": 0.4}, {"layer1.0": 0.0}))
    skips, look = scene(view).skips, theme.current()
    cut, thin, whole = (skips[f"layer2.{index}"].pen() for index in (1, 2, 0))
    assert cut.style() == Qt.PenStyle.CustomDashLine
    assert cut.color() == QColor(look.off)
    assert thin.style() == whole.style() == Qt.PenStyle.SolidLine
    assert thin.widthF() < whole.widthF()
    assert thin.color().alphaF() < whole.color().alphaF() == 1.0
    assert whole.color() == QColor(look.skip)
    assert scene(view).blocks["layer1.0"].branch == 0.0
    assert scene(view).blocks["layer1.0"].faded
    view.show_result(fakes.result(gates=state.snapshot.gates))
    assert not scene(view).blocks["layer1.0"].faded


def test_tooltips_name_state_and_what_a_click_does(view: DiagramView, state: ExplorerState) -> None:
    view.show_result(fakes.result())
    skip = scene(view).skips["layer2.1"]
    assert skip.toolTip() == "Skip of layer2.1: on. Click to switch it off."
    state.set_skips(["layer2.1"], False)
    assert skip.toolTip() == "Skip of layer2.1: off. Click to switch it on."
    block = scene(view).blocks["layer2.1"].toolTip()
    assert "layer2.1" in block
    assert "5,000 parameters" in block
    assert "50,000 MACs" in block
    assert "60 %" in block


def test_the_tooltip_says_that_a_projection_is_dropped_too(
    view: DiagramView, state: ExplorerState
) -> None:
    view.show_structure(STRUCTURES["resnet50"])
    state.set_skips(["layer2.0", "layer2.1"], False)
    dropped = "its projection is dropped as well"
    assert dropped in scene(view).blocks["layer2.0"].toolTip()
    assert dropped not in scene(view).blocks["layer2.1"].toolTip()


def test_heat_is_logarithmic_on_the_scale_of_all_skips_on(
    view: DiagramView, state: ExplorerState
) -> None:
    structure, gates = STRUCTURES["resnet20"], GateSettings.of({"layer1.0": 0.0})
    on = made_up_result(structure, {}, gates)
    norms = {"stem": 1e-8, "layer1.0": 1e-4, "layer1.1": 1e-4 * 1.02}
    given = replace(
        on, now=made_up_pass(structure, norms), all_on=made_up_pass(structure, {"stem": 1e-4})
    )
    state.set_gates(gates)
    view.show_result(given)
    scale = view.legend.scale
    assert isinstance(scale, AnchoredScale)
    assert (scale.low, scale.high, scale.least, scale.most) == (-4, 0, -8, 0)
    colours = theme.colour_map("viridis").tolist()
    assert heat(view, "layer1.0") == colours[0]
    assert heat(view, "layer3.2") == colours[255]
    assert heat(view, "stem") not in colours
    words = [text for _, text in scale.ticks(4)]
    assert words[0] == "10⁻⁸"
    assert words[-1] == "10⁰"
    assert "10⁻⁴" in words


@pytest.mark.parametrize("key", ["gradient", "activation"])
def test_a_block_that_does_not_change_keeps_its_colour_when_others_collapse(
    view: DiagramView, state: ExplorerState, key: str
) -> None:
    structure = STRUCTURES["resnet20"]
    healthy = {block.name: 0.2 + 0.05 * n for n, block in enumerate(structure.blocks)}
    collapsed = {**dict.fromkeys(healthy, 1e-16), "layer3.2": healthy["layer3.2"]}

    def measured(norms: dict[str, float]) -> Pass:
        run = made_up_pass(structure, norms)
        blocks = tuple(replace(b, activation_norm=b.gradient_norm) for b in run.blocks)
        return replace(run, blocks=blocks)

    view.fills.setCurrentIndex(view.fills.findData(key))
    on = made_up_result(structure, {}, GateSettings())
    on = replace(on, now=measured(healthy), all_on=measured(healthy))
    view.show_result(on)
    before = {name: heat(view, name) for name in ("layer3.1", "layer3.2")}
    gates = GateSettings.of(dict.fromkeys(structure.skips, 0.0))
    state.set_gates(gates)
    view.show_result(
        replace(on, snapshot=replace(on.snapshot, gates=gates), now=measured(collapsed))
    )
    assert heat(view, "layer3.2") == before["layer3.2"]
    assert heat(view, "layer3.1") != before["layer3.1"]


def test_zero_and_not_a_number_are_signs_and_not_colours(view: DiagramView) -> None:
    norms = {"stem": 0.0, "layer1.0": float("nan"), "layer1.1": float("inf"), "layer1.2": 1e-3}
    view.show_result(made_up_result(STRUCTURES["resnet20"], norms, GateSettings()))
    scale = view.legend.scale
    assert isinstance(scale, AnchoredScale)
    assert [scale.mark(value) for value in norms.values()] == ["0", "NaN", "∞", ""]
    assert scale.least == -3
    ground = QColor(theme.current().panel)
    signs = [heat(view, name) for name in ("stem", "layer1.0", "layer1.1")]
    assert signs == 3 * [[ground.red(), ground.green(), ground.blue()]]
    assert heat(view, "layer1.2") != signs[0]
    assert not view.grab().isNull()


@pytest.mark.parametrize("norm", [0.31, 4.5e-16])
def test_blocks_keep_their_figures_in_the_projector_theme(
    view: DiagramView, qapp: QApplication, norm: float
) -> None:
    try:
        theme.apply(qapp, theme.PROJECTOR)
        view.resize(760, 330)
        view.show_structure(build_structure(catalog.find("resnet56")))
        structure = scene(view).structure
        given = made_up_result(structure, dict.fromkeys(scene(view).blocks, norm), GateSettings())
        view.show_result(replace(given, all_on=given.now))
        seen = view.canvas.grab().toImage()
        for name, item in scene(view).blocks.items():
            assert isinstance(item.box, BlockBox)
            place = item.box.heat
            corner = on_screen(view, QPointF(place.x, place.y))
            ground = seen.pixelColor(corner + QPoint(3, 3))
            inked = [
                column
                for column in range(4, int(place.width) - 4)
                for row in range(2, int(place.height) - 2)
                if abs(
                    seen.pixelColor(corner + QPoint(column, row)).lightness() - ground.lightness()
                )
                > 15
            ]
            assert len(inked) > 8, name
    finally:
        theme.apply(qapp, theme.DARK)


@pytest.mark.parametrize("width", [20.0, 28.0, 45.0, 80.0])
@pytest.mark.parametrize("value", [0.31, 0.0040, 4.5e-16])
def test_a_figure_has_as_many_digits_as_fit(qapp: QApplication, width: float, value: float) -> None:
    scale = AnchoredScale(-1, 0, -16, 0)
    label = figure(scale, value, Rect(0.0, 0.0, width, 16.0), 10.0, 8.0)
    font = QFont(qapp.font())
    font.setPixelSize(100)
    assert QFontMetricsF(font).horizontalAdvance(label.text) * label.size / 100 <= width
    assert label.size >= 8.0 or width == 20.0
    assert label.text[0] in "0149"
    if width == 80.0:
        assert label.text == scale.text(value)


def test_a_plain_network_has_no_arcs_and_its_titles_no_switch(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    view.show_structure(STRUCTURES["plain20"])
    assert scene(view).skips == {}
    title = scene(view).titles[0]
    assert title.part.switch is None
    click(qtbot, view, on_screen(view, title.boundingRect().center()))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert state.snapshot.gates.all_on


def test_concatenation_has_its_own_sign(view: DiagramView) -> None:
    def junction(combine: Literal["add", "concat"]) -> QImage:
        view.show_structure(deep((2, 2), combine=combine))
        side = round(0.5 * scene(view).skips["layer1.0"].junction.width)
        middle = junction_point(view, "layer1.0")
        area = QRect(middle.x() - side // 2, middle.y() - side // 2, side, side)
        return view.canvas.grab(area).toImage()

    assert junction("add") == junction("add")
    assert junction("add") != junction("concat")


def wheel(view: DiagramView, at: QPoint, notches: int) -> None:
    viewport = view.canvas.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_about_the_cursor_and_a_result_keeps_the_zoom(view: DiagramView) -> None:
    at = box_point(view, "layer1.1")
    under = view.canvas.mapToScene(at)
    wheel(view, at, 4)
    assert view.canvas.zoom > 1.5
    after = view.canvas.mapToScene(at)
    assert (after - under).manhattanLength() < 3
    drawn, zoom = view.scene, view.canvas.zoom
    view.show_result(fakes.result())
    view.resize(900, 460)
    QApplication.processEvents()
    assert view.scene is drawn
    assert view.canvas.zoom == zoom
    wheel(view, at, -40)
    assert view.canvas.zoom == pytest.approx(1.0)


def test_a_drag_pans_and_selects_nothing(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    view.zoom_in()
    view.zoom_in()
    middle = view.canvas.viewport().rect().center()
    before = view.canvas.mapToScene(middle)
    viewport = view.canvas.viewport()
    qtbot.mousePress(viewport, LEFT, pos=middle)
    for step in range(1, 5):
        qtbot.mouseMove(viewport, middle + QPoint(20 * step, 10 * step))
    qtbot.mouseRelease(viewport, LEFT, pos=middle + QPoint(80, 40))
    moved = view.canvas.mapToScene(middle) - before
    assert moved.x() < -10
    assert moved.y() < -5
    assert state.block == ""
    assert state.snapshot.gates.all_on


def test_a_double_click_on_empty_ground_and_the_fit_button_fit(
    qtbot: QtBot, view: DiagramView
) -> None:
    view.zoom_in()
    spot = view.canvas.viewport().rect().bottomRight() - QPoint(3, 3)
    qtbot.mouseDClick(view.canvas.viewport(), LEFT, pos=spot)
    assert view.canvas.zoom == pytest.approx(1.0)
    out, larger, fit, _ = view.buttons
    qtbot.mouseClick(larger, LEFT)
    qtbot.mouseClick(larger, LEFT)
    qtbot.mouseClick(out, LEFT)
    assert view.canvas.zoom == pytest.approx(1.4)
    qtbot.mouseClick(fit, LEFT)
    assert view.canvas.zoom == pytest.approx(1.0)


def test_a_resize_lays_the_network_out_again(view: DiagramView) -> None:
    before = scene(view).layout.rows
    view.resize(400, 800)
    QApplication.processEvents()
    assert scene(view).layout.rows > before
    seen = view.canvas.mapToScene(view.canvas.viewport().rect()).boundingRect()
    assert seen.adjusted(-2, -2, 2, 2).contains(scene(view).sceneRect())


def test_hovering_a_skip_shows_a_hand(qtbot: QtBot, view: DiagramView) -> None:
    viewport = view.canvas.viewport()
    qtbot.mouseMove(viewport, arc_point(view, "layer1.1"))
    assert viewport.cursor().shape() == Qt.CursorShape.PointingHandCursor


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=theme.THEMES)
def test_a_new_theme_recolours_everything(
    view: DiagramView, look: theme.Theme, qapp: QApplication
) -> None:
    try:
        theme.apply(qapp, look)
        view.retheme()
        assert scene(view).skips["layer1.0"].pen().color() == QColor(look.skip)
        corner = view.canvas.grab().toImage().pixelColor(1, 1)
        assert corner == QColor(look.panel)
    finally:
        theme.apply(qapp, theme.DARK)


def test_a_result_for_resnet_152_builds_no_new_scene(view: DiagramView) -> None:
    structure = STRUCTURES["resnet152"]
    view.show_structure(structure)
    drawn = view.scene
    result = made_up_result(structure, {"layer1.0": 1e-12}, GateSettings())
    view.show_result(result)
    assert view.scene is drawn
