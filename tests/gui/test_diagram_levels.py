"""The three levels of the diagram, and what moves in it, under a real mouse and keyboard."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPainterPathStroker
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.fill_scale import GradientScale
from resnet_viz.figures.layout.parts import Frame
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.path_sum import PathSum
from resnet_viz.results.result import Pass, Result
from resnet_viz.views.diagram.explain import VectorPicture, figures, sentence
from resnet_viz.views.diagram.flow import first_part, steps_of, width_of
from resnet_viz.views.diagram.items.item import LevelName
from resnet_viz.views.diagram.scenes.layers import LayersLevel
from resnet_viz.views.diagram.scenes.level import LEVELS
from resnet_viz.views.diagram.scenes.network import NetworkLevel
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.widgets import theme
from tests import fakes
from tests.gui.fit import faults
from tests.gui.test_diagram import wheel
from tests.views.test_diagram_layout import STRUCTURES

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MET = PathSum(4.0, 3.0, 5.0, 0.0, 0.5, 0.25)


@pytest.fixture
def state() -> ExplorerState:
    return ExplorerState(fakes.photo())


@pytest.fixture
def view(qtbot: QtBot, state: ExplorerState) -> Iterator[DiagramView]:
    view = DiagramView(state)
    qtbot.addWidget(view)
    view.resize(1000, 520)
    view.show()
    qtbot.waitExposed(view)
    view.show_structure(STRUCTURES["resnet20"])
    yield view
    view.flow.stop()
    view.levels.morph.stop()


def level(view: DiagramView) -> str:
    return view.level


def playing(view: DiagramView) -> bool:
    return view.flow.playing


def direction(view: DiagramView) -> str:
    return view.flow.direction


def vertical(view: DiagramView) -> bool:
    assert view.levels.current is not None
    return view.levels.current.layout.vertical


def network(view: DiagramView) -> NetworkLevel:
    assert isinstance(view.scene, NetworkLevel)
    return view.scene


def layers(view: DiagramView) -> LayersLevel:
    assert isinstance(view.scene, LayersLevel)
    return view.scene


def middle(view: DiagramView, name: str) -> QPoint:
    return view.levels.on_screen(name).center().toPoint()


def double_click(qtbot: QtBot, view: DiagramView, at: QPoint) -> None:
    viewport = view.canvas.viewport()
    qtbot.mouseClick(viewport, LEFT, pos=at)
    qtbot.mouseDClick(viewport, LEFT, pos=at)
    qtbot.mouseRelease(viewport, LEFT, pos=at)


def with_paths(given: Result, met: PathSum = MET) -> Result:
    """A result whose blocks with a skip know how their paths met."""

    def measured(run: Pass) -> Pass:
        blocks = tuple(
            replace(b, paths=met if b.skip_share is not None else None) for b in run.blocks
        )
        return replace(run, blocks=blocks)

    return replace(given, now=measured(given.now), all_on=measured(given.all_on))


# ---- levels


def test_the_level_switch_changes_and_shows_the_level(qtbot: QtBot, view: DiagramView) -> None:
    assert level(view) == "blocks"
    buttons = view.controls.levels
    assert buttons["blocks"].isChecked()
    qtbot.mouseClick(buttons["network"], LEFT)
    assert level(view) == "network"
    assert buttons["network"].isChecked()
    assert view.canvas.scene() is network(view)
    qtbot.mouseClick(buttons["layers"], LEFT)
    assert view.canvas.scene() is layers(view)
    assert not buttons["network"].isChecked()


def test_the_wheel_leads_inwards_to_the_block_under_it_and_out_again(view: DiagramView) -> None:
    wheel(view, middle(view, "layer2.1"), 4)
    wheel(view, middle(view, "layer2.1"), 4)
    assert level(view) == "layers"
    view.levels.morph.stop()
    area = view.levels.on_screen("layer2.1")
    assert area.contains(QPointF(view.canvas.viewport().rect().center()))
    for _ in range(8):
        wheel(view, view.canvas.viewport().rect().center(), -2)
        if level(view) != "layers":
            break
    assert level(view) == "blocks"
    assert view.canvas.zoom == pytest.approx(1.0)
    wheel(view, middle(view, "layer2.1"), -1)
    assert level(view) == "network"
    wheel(view, middle(view, "layer2.1"), -1)
    assert level(view) == "network"
    for _ in range(8):
        wheel(view, middle(view, "layer3.1"), 2)
        if level(view) != "network":
            break
    assert level(view) == "blocks"


def test_double_clicks_lead_inwards_and_on_empty_ground_outwards(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    double_click(qtbot, view, middle(view, "layer1.1"))
    assert level(view) == "layers"
    assert state.block == "layer1.1"
    view.levels.morph.stop()
    # Between the rows of frames lies nothing.
    frame = layers(view).blocks["layer1.1"].box.rect
    ground = QPointF(frame.x + frame.width / 2, frame.y - 5)
    double_click(qtbot, view, view.canvas.mapFromScene(ground))
    assert level(view) == "blocks"
    view.levels.morph.stop()
    corner = view.canvas.viewport().rect().bottomRight() - QPoint(3, 3)
    double_click(qtbot, view, corner)
    assert level(view) == "network"
    view.levels.morph.stop()
    stage = network(view).stages[1].part.rect
    inside = QPointF(stage.x + 6, stage.bottom - 6)
    double_click(qtbot, view, view.canvas.mapFromScene(inside))
    assert level(view) == "blocks"
    assert state.snapshot.gates.all_on


def test_keys_lead_in_and_out(qtbot: QtBot, view: DiagramView) -> None:
    levels = []
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Return):
        qtbot.keyClick(view, key)
        levels.append(level(view))
    assert levels == ["network", "network", "blocks", "layers"]
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    zoom = view.canvas.zoom
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.canvas.zoom > zoom
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.canvas.zoom == pytest.approx(zoom)


def test_arrows_go_from_row_to_row(qtbot: QtBot, view: DiagramView, state: ExplorerState) -> None:
    assert view.scene is not None
    state.select_block("layer1.1")
    qtbot.keyClick(view, Qt.Key.Key_Down)
    below = view.scene.blocks[state.block].box
    above = view.scene.blocks["layer1.1"].box
    assert below.row == above.row + 1
    assert abs(below.entry.x - above.entry.x) < 1.2 * above.rect.width
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert state.block == "layer1.1"
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert state.block == "layer1.1"
    view.turn()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert state.block == "layer1.2"


def test_keys_reach_every_layer_and_open_its_convolution(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    asked: list[str] = []
    view.convolution_asked.connect(asked.append)
    view.show_structure(build_structure(catalog.find("resnet20")))
    state.select_block("layer2.1")
    view.set_level("layers")
    seen = []
    for _ in range(7):
        qtbot.keyClick(view, Qt.Key.Key_Right)
        seen += [name for name, card in layers(view).cards.items() if card.selected]
    assert seen[:2] == ["layer2.1.conv1", "layer2.1.bn1"]
    assert seen[-1] == "layer2.2.conv1"
    assert state.block == "layer2.2"
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert asked == ["layer2.2.conv1"]
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert layers(view).cards["fc"].selected
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert asked == ["layer2.2.conv1"]


def test_a_key_explains_the_sum_and_another_closes_it(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    view.show_result(with_paths(fakes.result()))
    state.select_block("stem")
    qtbot.keyClick(view, Qt.Key.Key_E)
    assert view.explanation is None
    state.select_block("layer2.1")
    qtbot.keyClick(view, Qt.Key.Key_E)
    assert view.explanation is not None
    assert view.explanation.isVisible()
    assert "layer2.1" in view.explanation.accessibleName()
    gone = []
    view.explanation.destroyed.connect(lambda: gone.append(True))
    qtbot.keyClick(view.explanation, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(gone))
    assert level(view) == "blocks"


def test_a_key_opens_equal_blocks_and_folds_them(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    view.set_level("network")
    state.select_block("layer2.2")
    qtbot.keyClick(view, Qt.Key.Key_O)
    assert network(view).blocks["layer2.2"].box.names == ("layer2.2",)
    qtbot.keyClick(view, Qt.Key.Key_O)
    assert network(view).blocks["layer2.2"].box.names == ("layer2.1", "layer2.2")


@pytest.mark.parametrize("name", LEVELS)
def test_the_focus_is_a_ring_around_what_is_selected(
    qtbot: QtBot, view: DiagramView, name: LevelName
) -> None:
    view.set_level(name)
    view.levels.morph.stop()
    assert view.scene is not None
    view.activateWindow()
    view.fills.setFocus()
    qtbot.waitUntil(view.fills.hasFocus)
    assert not view.scene.ring.isVisible()
    without = view.canvas.grab().toImage()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.hasFocus)
    assert view.scene.ring.isVisible()
    assert view.canvas.grab().toImage() != without
    before = view.scene.ring.boundingRect()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.scene.ring.boundingRect() != before
    assert view.scene.ring.boundingRect().contains(view.scene.blocks["stem"].focus_place().center())


def test_tab_walks_through_all_controls_from_top_to_bottom(qtbot: QtBot, view: DiagramView) -> None:
    view.activateWindow()
    first = view.controls.levels["blocks"]
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(first.hasFocus)
    reached: list[QWidget] = []
    for _ in range(30):
        widget = QApplication.focusWidget()
        assert widget is not None
        if widget is first and reached:
            break
        if widget not in reached:  # the way has a stop for each of its links
            reached.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert all(widget.accessibleName() for widget in reached)
    expected = [view.play_button, view.find_button, view.turn_button, *view.buttons, view]
    at = [reached.index(widget) for widget in (first, *expected, view.fills)]
    assert at == sorted(at)


def test_the_way_is_shown_and_leads_back(view: DiagramView, state: ExplorerState) -> None:
    state.select_block("layer2.1")
    assert "layer2.1" in view.controls.crumbs.text()
    assert "Stage 2" in view.controls.crumbs.text()
    view.set_level("layers")
    view.controls.crumbs.linkActivated.emit("network")
    assert level(view) == "network"


def test_a_change_of_level_is_animated_and_ends(qtbot: QtBot, view: DiagramView) -> None:
    view.set_level("network")
    assert view.levels.morph.isVisible()
    qtbot.waitUntil(lambda: not view.levels.morph.isVisible(), timeout=5000)


def test_gates_selection_and_colours_are_those_of_every_level(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    gates = GateSettings.of({"layer2.1": 0.0})
    state.set_gates(gates)
    state.select_block("layer2.1")
    view.show_result(fakes.result(gates=gates))
    view.set_level("network")
    bar = next(item for item in network(view).boxes if "layer2.1" in item.box.names)
    assert bar.selected == "layer2.1"
    assert network(view).skips["layer2.1"].gate == pytest.approx(0.5)
    view.set_level("layers")
    assert layers(view).blocks["layer2.1"].selected
    assert layers(view).skips["layer2.1"].gate == 0.0


def test_a_click_on_a_folded_arc_switches_all_its_skips(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    view.set_level("network")
    view.levels.morph.stop()
    skip = network(view).skips["layer2.1"]
    at = view.canvas.mapFromScene(skip.path().pointAtPercent(0.25))
    qtbot.mouseClick(view.canvas.viewport(), LEFT, pos=at)
    assert state.snapshot.gates.skips == {"layer2.1": 0.0, "layer2.2": 0.0}
    assert "layer2.1 to layer2.2: off" in network(view).skips["layer2.1"].toolTip()
    qtbot.mouseClick(view.canvas.viewport(), LEFT, pos=at)
    assert state.snapshot.gates.all_on


def test_a_click_opens_equal_blocks_and_folds_them(qtbot: QtBot, view: DiagramView) -> None:
    view.set_level("network")

    def click_fold() -> None:
        view.levels.morph.stop()
        rect = network(view).folds["layer2.1"].boundingRect()
        at = view.canvas.mapFromScene(rect.center())
        qtbot.mouseClick(view.canvas.viewport(), LEFT, pos=at)

    def bars() -> list[tuple[str, ...]]:
        return [item.box.names for item in network(view).boxes]

    assert ("layer2.1", "layer2.2") in bars()
    click_fold()
    assert ("layer2.1",) in bars()
    assert ("layer2.2",) in bars()
    click_fold()
    assert ("layer2.1", "layer2.2") in bars()


def test_the_layout_turns(qtbot: QtBot, view: DiagramView) -> None:
    for name in LEVELS:
        view.set_level(name)
        assert not vertical(view)
        qtbot.mouseClick(view.turn_button, LEFT)
        assert vertical(view)
        assert not view.grab().isNull()
        qtbot.mouseClick(view.turn_button, LEFT)


@pytest.mark.parametrize("look", theme.THEMES.values(), ids=theme.THEMES)
def test_nothing_around_the_drawing_is_cut_off(
    qtbot: QtBot, qapp: QApplication, view: DiagramView, look: theme.Theme
) -> None:
    try:
        theme.apply(qapp, look)
        view.retheme()
        view.show_result(fakes.result())
        view.open_search()
        qtbot.keyClicks(view.search.field, "attention of the last layer")
        qtbot.keyClick(view.search.field, Qt.Key.Key_Return)
        sentence = view.search.sentence
        assert sentence.isVisible()
        assert sentence.height() >= sentence.heightForWidth(sentence.width())
        for width, height in ((569, 300), (758, 334), (1398, 614)):
            view.resize(width, height)
            for name in LEVELS:
                view.set_level(name)
                view.levels.morph.stop()
                QApplication.processEvents()
                assert faults(view) == [], (width, name)
    finally:
        theme.apply(qapp, theme.DARK)


# ---- overview and search


def test_the_minimap_shows_and_moves_what_is_seen(qtbot: QtBot, view: DiagramView) -> None:
    assert not view.minimap.isVisible()
    view.zoom_in()
    view.zoom_in()
    assert view.minimap.isVisible()
    before = view.minimap.frame()
    assert before.width() < 0.8 * view.minimap.width()
    qtbot.mousePress(view.minimap, LEFT, pos=QPoint(4, 4))
    qtbot.mouseMove(view.minimap, QPoint(5, 5))
    qtbot.mouseRelease(view.minimap, LEFT, pos=QPoint(5, 5))
    assert view.minimap.frame().left() < before.left()
    assert view.canvas.visible().left() <= 1.0
    view.fit()
    assert not view.minimap.isVisible()


def test_search_zooms_to_a_layer_and_says_when_there_is_none(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    qtbot.mouseClick(view.find_button, LEFT)
    assert view.search.isVisible()
    field = view.search.field
    qtbot.keyClicks(field, "attention")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "attention" in view.search.sentence.text()
    assert "layer1.0" in view.search.sentence.text()
    assert level(view) == "blocks"
    field.clear()
    qtbot.keyClicks(field, "layer2.1.conv2")
    assert not view.search.sentence.isVisible()
    # The list of names is open now, and takes the key.
    assert view.search.list.isVisible()
    qtbot.keyClick(view.search.list, Qt.Key.Key_Return)
    assert level(view) == "layers"
    assert state.block == "layer2.1"
    card = layers(view).cards["layer2.1.conv2"]
    assert card.selected
    place = layers(view).focus_place("layer2.1", card.name)
    assert view.canvas.visible().contains(place.center())
    assert not view.search.isVisible()


def test_a_name_chosen_from_the_list_is_found_and_not_covered(
    qtbot: QtBot, view: DiagramView, state: ExplorerState
) -> None:
    view.open_search()
    qtbot.keyClicks(view.search.field, "layer1.1")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(view.search.list, key)
    assert state.block == "layer1.1"
    assert layers(view).cards["layer1.1.conv1"].selected
    assert not view.search.isVisible()
    assert not view.search.list.isVisible()


def test_escape_closes_the_search(qtbot: QtBot, view: DiagramView) -> None:
    view.open_search()
    qtbot.keyClick(view.search.field, Qt.Key.Key_Escape)
    assert not view.search.isVisible()


def test_search_finds_a_block_and_the_head(view: DiagramView, state: ExplorerState) -> None:
    view.set_level("network")
    view.reveal("layer3.1")
    assert (level(view), state.block) == ("blocks", "layer3.1")
    view.reveal("fc")
    assert level(view) == "layers"
    assert layers(view).cards["fc"].selected


# ---- colours


def test_blocks_are_coloured_by_what_is_chosen(view: DiagramView) -> None:
    given = fakes.result()
    view.show_result(given)
    assert view.scene is not None
    block = given.structure.block("layer2.1")
    expected = {
        "gradient": given.now.block("layer2.1").gradient_norm,
        "activation": given.now.block("layer2.1").activation_norm,
        "sparsity": float((given.now.block("layer2.1").activation == 0).mean()),
        "parameters": float(block.parameters),
        "macs": float(block.macs),
    }
    for key, value in expected.items():
        view.fills.setCurrentIndex(view.fills.findData(key))
        assert view.scene.blocks["layer2.1"].value() == pytest.approx(value), key
        assert view.legend.scale is not None
        assert len(view.legend.scale.ticks(3)) >= 2
        assert not view.grab().isNull()


# ---- the flow


def test_p_plays_forwards_then_backwards_and_stops(qtbot: QtBot, view: DiagramView) -> None:
    qtbot.keyClick(view, Qt.Key.Key_P)
    assert not playing(view)
    view.show_result(with_paths(fakes.result()))
    qtbot.keyClick(view, Qt.Key.Key_P)
    assert playing(view)
    assert view.play_button.text() == "■"
    view.flow.advance(1.0)
    assert direction(view) == "forwards"
    assert 0 < view.flow.share < 1
    assert "forwards" in view.flow.words()
    forwards = view.flow.grab().toImage()
    view.flow.advance(1e3)
    assert direction(view) == "backwards"
    assert "backwards" in view.flow.words()
    view.flow.advance(1.0)
    assert view.flow.grab().toImage() != forwards
    view.flow.advance(1e3)
    assert not playing(view)
    assert not view.flow.isVisible()
    assert view.play_button.text() == "▶"


def test_a_second_press_or_another_level_stops_the_flow(qtbot: QtBot, view: DiagramView) -> None:
    view.show_result(with_paths(fakes.result()))
    qtbot.mouseClick(view.play_button, LEFT)
    assert playing(view)
    qtbot.mouseClick(view.play_button, LEFT)
    assert not playing(view)
    view.play()
    view.set_level("network")
    assert not playing(view)


@pytest.mark.parametrize("name", LEVELS)
def test_the_flow_takes_every_path_with_its_own_norm(view: DiagramView, name: LevelName) -> None:
    given = with_paths(fakes.result())
    view.show_result(given)
    view.set_level(name)
    scene = view.levels.current
    assert scene is not None
    for way, skip, branch in (("forwards", 4.0, 3.0), ("backwards", 0.5, 0.25)):
        steps = steps_of(scene.paths(), given.now, way)  # type: ignore[arg-type]
        assert sum(step.share for step in steps) == pytest.approx(1.0)
        pairs = [step.currents for step in steps if len(step.currents) == 2]
        assert len(pairs) == len(scene.skips)
        for currents in pairs:
            norms = {current.path.kind: current.norm for current in currents}
            assert norms == {"branch": branch, "skip": skip}
    trunk = steps_of(scene.paths(), given.now, "forwards")[2].currents[0]
    assert trunk.norm == given.now.block("stem").activation_norm


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("name", LEVELS)
def test_the_flow_follows_the_wires_around_every_corner(
    view: DiagramView, name: LevelName, backwards: bool
) -> None:
    view.resize(620, 400)
    view.set_level(name)
    assert view.scene is not None
    for way in view.scene.paths():
        outline = QPainterPathStroker()
        outline.setWidth(1.0)
        wire = outline.createStroke(way.curve)
        whole = way.curve.length()
        for share in (0.2, 0.55, 0.97):
            front, line = first_part(way.curve, share, backwards)
            assert line.length() == pytest.approx(share * whole, rel=0.02, abs=0.5)
            assert (line.currentPosition() - front).manhattanLength() < 1e-6
            for step in range(101):
                assert wire.contains(line.pointAtPercent(step / 100)), (way.block, way.kind)


def test_widths_are_logarithmic_and_zero_has_none() -> None:
    scale = GradientScale(-2, 2)
    widths = [width_of(norm, scale) for norm in (0.01, 1.0, 100.0)]
    assert None not in widths
    low, half, high = (float(width or 0) for width in widths)
    assert half == pytest.approx((low + high) / 2)
    assert width_of(0.0, scale) is None
    assert width_of(math.nan, scale) is None


# ---- what ⊕ does


def test_a_right_click_explains_the_sum_with_its_figures(qtbot: QtBot, view: DiagramView) -> None:
    view.show_result(with_paths(fakes.result()))
    assert view.scene is not None
    centre = view.scene.skips["layer2.1"].junction.centre
    at = view.canvas.mapFromScene(QPointF(centre.x, centre.y))
    qtbot.mouseClick(view.canvas.viewport(), RIGHT, pos=at)
    shown = view.explanation
    assert shown is not None
    text = shown.text.text()
    for words in ("‖x‖ = 4.0", "‖F(x)‖ = 3.0", "‖x + F(x)‖ = 5.0", "0.00", "90°"):
        assert words in text
    assert "0.50 through the skip, 0.25 through the branch" in text
    shown.close()
    assert "‖x + F(x)‖ = 5.0" in view.scene.skips["layer2.1"].toolTip()


def test_figures_of_the_past_are_not_told(view: DiagramView, state: ExplorerState) -> None:
    view.show_result(with_paths(fakes.result()))
    state.set_skips(["layer2.1"], False)
    assert view.scene is not None
    assert "‖" not in view.scene.skips["layer2.1"].toolTip()


def test_the_vectors_have_the_measured_lengths_and_angle(qtbot: QtBot) -> None:
    met = PathSum(4.0, 3.0, math.sqrt(37), 0.5, 1.0, 1.0)
    picture = VectorPicture("x", met)
    qtbot.addWidget(picture)
    first, last = picture.ends()
    assert math.hypot(last.x(), last.y()) == pytest.approx(met.sum_norm)
    assert math.hypot(last.x() - first.x(), last.y() - first.y()) == pytest.approx(3.0)
    picture.resize(300, 160)
    assert not picture.grab().isNull()


def test_a_cosine_that_rounds_to_zero_has_no_sign() -> None:
    block = STRUCTURES["resnet20"].block("layer2.1")
    for cosine, words in ((-0.001, "= 0.00,"), (0.001, "= 0.00,"), (-0.013, "= −0.01,")):
        assert words in " ".join(figures(block, replace(MET, cosine=cosine)))


@pytest.mark.parametrize(
    ("met", "words"),
    [
        (MET, "nearly at a right angle"),
        (replace(MET, cosine=0.6), "strengthens"),
        (replace(MET, cosine=-0.6), "takes away"),
        (replace(MET, skip_norm=0.0, cosine=math.nan), "The skip carries nothing"),
        (replace(MET, branch_norm=0.0, cosine=math.nan), "goes on as it came"),
    ],
)
def test_the_sentence_says_what_the_figures_say(met: PathSum, words: str) -> None:
    block = STRUCTURES["resnet20"].block("layer2.1")
    assert words in sentence(block, met)
    assert figures(block, met)[0].startswith("‖x‖")
    projected = STRUCTURES["resnet50"].block("layer2.0")
    assert figures(projected, met)[0].startswith("‖W x‖")


def test_hovering_a_block_tells_its_figures_and_a_card_its_layers(view: DiagramView) -> None:
    given = fakes.result()
    view.show_result(given)
    assert view.scene is not None
    tip = view.scene.blocks["layer2.1"].toolTip()
    assert "Activation norm" in tip
    assert "Zeros in the activation" in tip
    view.set_level("layers")
    assert "layer2.1.conv1" in layers(view).cards["layer2.1.conv1"].toolTip()


def test_thumbnails_are_the_mean_over_channels(view: DiagramView) -> None:
    given = fakes.result()
    view.show_result(given)
    view.set_level("layers")
    view.levels.morph.stop()
    frame = layers(view).blocks["layer3.2"].box
    assert isinstance(frame, Frame)
    assert frame.thumbnail is not None
    mean = given.now.block("layer3.2").activation.mean(axis=0)
    scaled = (mean - mean.min()) / (mean.max() - mean.min())
    side = frame.thumbnail.width / mean.shape[1]
    seen = view.canvas.grab().toImage()
    # Below lies the text of the range.
    for row, column in np.ndindex(mean.shape[0] - 2, mean.shape[1]):
        at = QPointF(column + 0.5, row + 0.5) * side
        at += QPointF(frame.thumbnail.x, frame.thumbnail.y)
        colour = seen.pixelColor(view.canvas.mapFromScene(at))
        expected = theme.colour_map("viridis")[int(255 * scaled[row, column])]
        assert [colour.red(), colour.green(), colour.blue()] == expected.tolist()
