"""The gradient-flow view: its words, its marks off the scale, its range, clicks and hovers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Literal

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.gradient_words import (
    PLAIN,
    ROBBED,
    ROBBED_SHORT,
    UNTRAINED,
    remark,
    sentence,
    short_sentence,
)
from resnet_viz.figures.numbers import number_text, power_of_ten
from resnet_viz.figures.scale import Scale
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import Pass, Result
from resnet_viz.views.explorer.gradient_flow import GradientFlowView
from resnet_viz.views.widgets import motion, theme
from tests import fakes
from tests.gui.fit import faults

ALL_OFF = GateSettings.of(dict.fromkeys(fakes.structure().skips, 0.0))
made_up = cache(fakes.result)  # frozen, and a ResNet-50's takes a second to make


def norms(run: Pass, *values: float) -> Pass:
    """``run`` with these norms at its first blocks."""
    changed = [
        replace(block, gradient_norm=v) for block, v in zip(run.blocks, values, strict=False)
    ]
    return replace(run, blocks=(*changed, *run.blocks[len(values) :]))


def removed(now: tuple[float, ...], all_on: tuple[float, ...] = ()) -> Result:
    """A ResNet-20 without skips, with these norms at its first blocks."""
    made = made_up(gates=ALL_OFF)
    return replace(made, now=norms(made.now, *now), all_on=norms(made.all_on, *all_on))


@pytest.fixture
def state(qapp: QApplication) -> ExplorerState:
    return ExplorerState(fakes.photo())


@pytest.fixture
def view(qtbot: QtBot, state: ExplorerState) -> GradientFlowView:
    widget = GradientFlowView(state)
    qtbot.addWidget(widget)
    widget.resize(560, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def ticks(view: GradientFlowView, axis: str) -> dict[str, float]:
    """Label → position of the labelled ticks of one axis."""
    return {text: at for at, text in view.plot.getAxis(axis)._tickLevels[0]}


def position(view: GradientFlowView, block: int) -> QPoint:
    """A point in the plot's viewport, near the top of the column of a block."""
    low, high = view.plot.getViewBox().viewRange()[1]
    point = QPointF(block, low + 0.4 * (high - low))
    scene = view.plot.getViewBox().mapViewToScene(point)
    return QPoint(view.plot.mapFromScene(scene))


def shown_range(view: GradientFlowView) -> tuple[float, float]:
    low, high = view.plot.getViewBox().viewRange()[1]
    return low, high


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8, "0.80"), (0.018, "0.018"), (0.0999, "0.10"), (44.2, "44"), (9.96, "10"),
        (1234.0, "1200"), (1.8e-15, "1.8×10⁻¹⁵"), (9.99e-5, "1.0×10⁻⁴"), (2e4, "2.0×10⁴"),
        (0.0, "0"), (math.inf, "∞"), (math.nan, "NaN"),
    ],
)  # fmt: skip
def test_numbers_have_two_significant_digits(value: float, text: str) -> None:
    assert number_text(value) == text


def test_decades_are_written_as_powers() -> None:
    assert power_of_ten(-8) == "10⁻⁸"
    assert power_of_ten(0) == "10⁰"
    assert power_of_ten(12) == "10¹²"


def test_sentence_compares_the_stem() -> None:
    assert sentence(removed((0.018,), (0.8,))) == (
        "At the stem the gradient is 0.018, 44 times smaller than with all skips on (0.80)."
    )
    assert "12 times larger than" in sentence(removed((9.6,), (0.8,)))
    assert "about the same as with all skips on (0.80)" in sentence(removed((0.81,), (0.8,)))


def test_sentence_with_all_skips_on_gives_both_ends() -> None:
    made = made_up()
    run = replace(norms(made.now, 0.8))
    assert sentence(replace(made, now=run, all_on=run)) == (
        "All skips are on: the gradient at the stem is 0.80, at the last block 1.0."
    )
    assert sentence(made_up("plain20")).startswith("This network has no skips: ")


@pytest.mark.parametrize(
    ("now", "all_on", "words"),
    [
        (0.0, 0.8, "has vanished to exactly 0 (float32); with all skips on it is 0.80."),
        (math.nan, 0.8, "is not a number; with all skips on it is 0.80."),
        (math.inf, 0.8, "is infinite; with all skips on it is 0.80."),
        (0.5, math.nan, "is 0.50; with all skips on it is not a number."),
        (0.0, 0.0, "has vanished to exactly 0 (float32), with all skips on too."),
    ],
)
def test_sentence_has_words_for_what_is_off_the_scale(
    now: float, all_on: float, words: str
) -> None:
    assert sentence(removed((now,), (all_on,))) == f"At the stem the gradient {words}"


def test_sentence_does_not_say_skips_where_branches_were_closed_too() -> None:
    gates = GateSettings.of(branch={"layer2.1": 0.0})
    assert "with all skips and branches on" in sentence(made_up(gates=gates))


def test_scale_has_whole_decades_and_at_least_two() -> None:
    assert Scale.covering([0.5, 3e-5]) == Scale(-5, 0)
    assert Scale.covering([0.5, 0.6]) == Scale(-2, 0)
    assert Scale.covering([1.0]) == Scale(-1, 1)
    assert Scale.covering([0.0, math.nan]) == Scale(-1, 1, frozenset({"0", "NaN"}))


def test_held_scale_only_grows() -> None:
    held = Scale(-8, 0)
    assert Scale.covering([0.5], held) == held
    assert Scale.covering([3e-12, 40.0, math.inf], held) == Scale(-12, 2, frozenset({"∞"}))


def test_says_what_will_come_before_the_first_result(view: GradientFlowView) -> None:
    assert view.empty.isVisible()
    assert view.empty.text() == "Gradient flow appears with the first pass."
    view.show_result(made_up())
    assert not view.empty.isVisible()
    assert view.sentence.isVisible()


def test_both_curves_are_drawn_and_inside_the_range(view: GradientFlowView) -> None:
    made = made_up(gates=ALL_OFF)
    view.show_result(made)
    low, high = shown_range(view)
    for curve, run in ((view.curve_now, made.now), (view.curve_all_on, made.all_on)):
        x, y = curve.getData()
        expected = np.log10([block.gradient_norm for block in run.blocks])
        np.testing.assert_array_equal(x, np.arange(10))
        np.testing.assert_allclose(y, expected, atol=1e-9)
        assert low < y.min()
        assert y.max() < high
    assert view.curve_now.opts["symbol"] != view.curve_all_on.opts["symbol"]
    assert view.legend.now.text() == "Skips as now"
    assert view.legend.all_on.text() == "All skips on"
    assert view.legend.off.text() == "9 skips off"


def test_coinciding_curves_are_both_drawn_and_named_so(view: GradientFlowView) -> None:
    view.show_result(made_up())
    np.testing.assert_array_equal(view.curve_now.getData()[1], view.curve_all_on.getData()[1])
    assert view.curve_all_on.opts["pen"].widthF() < view.curve_now.opts["pen"].widthF()
    assert view.legend.all_on.text() == "All skips on (the same)"
    assert not view.legend.off.isVisible()


def test_zero_and_not_finite_get_rows_of_their_own(view: GradientFlowView) -> None:
    view.show_result(removed((0.0, 0.0, math.nan, math.inf), (0.0,)))
    rows = ticks(view, "left")
    low, high = shown_range(view)
    decades = [view.curve_now.getData()[1], view.curve_all_on.getData()[1]]
    least, most = np.nanmin(decades), np.nanmax(decades)
    assert low < rows["0"] < least
    assert most < rows["∞"] < rows["NaN"] < high
    x, y = view.edge_now.getData()
    np.testing.assert_array_equal(x, [0, 1, 2, 3])
    np.testing.assert_array_equal(y, [rows["0"], rows["0"], rows["NaN"], rows["∞"]])
    assert list(view.edge_now.data["symbol"]) == ["t", "t", "h", "t1"]
    np.testing.assert_array_equal(view.edge_all_on.getData(), [[0], [rows["0"]]])
    # NaN in the curve's data breaks the line there.
    assert np.isnan(view.curve_now.getData()[1][:4]).all()


def test_rows_off_the_scale_go_when_nothing_is_there(view: GradientFlowView) -> None:
    view.show_result(removed((0.0, math.nan)))
    view.show_result(made_up())
    assert set(ticks(view, "left")) == {"10⁰", "10⁻¹", "10⁻²"}
    assert len(view.edge_now.data) == 0


def test_hold_scale_keeps_the_range_until_it_is_left(qtbot: QtBot, view: GradientFlowView) -> None:
    view.show_result(made_up(gates=ALL_OFF))
    wide = shown_range(view)
    qtbot.mouseClick(view.hold, Qt.MouseButton.LeftButton, pos=QPoint(8, view.hold.height() // 2))
    assert view.hold.isChecked()
    view.show_result(made_up())
    assert shown_range(view) == pytest.approx(wide)
    view.show_result(removed((1e-30,)))
    assert shown_range(view)[0] < -30
    assert shown_range(view)[1] == pytest.approx(wide[1], abs=2)
    view.show_result(made_up())
    assert shown_range(view)[0] < -30
    qtbot.mouseClick(view.hold, Qt.MouseButton.LeftButton, pos=QPoint(8, view.hold.height() // 2))
    assert shown_range(view)[0] > -4


def test_crosses_stand_under_the_blocks_whose_skip_is_off(view: GradientFlowView) -> None:
    view.show_result(made_up(gates=GateSettings.of({"layer1.1": 0.0, "layer2.0": 0.5})))
    np.testing.assert_array_equal(view.crosses.getData()[0], [2])
    assert view.legend.off.text() == "1 skip off"


def test_click_selects_the_nearest_block(
    qtbot: QtBot, view: GradientFlowView, state: ExplorerState
) -> None:
    view.show_result(made_up())
    assert view.selected.value() == 9  # no choice is the last block
    for block, name in ((4, "layer2.0"), (0, "stem")):
        qtbot.mouseClick(
            view.plot.viewport(),
            Qt.MouseButton.LeftButton,
            pos=position(view, block) + QPoint(4, 0),
        )
        assert state.block == name
        assert view.selected.value() == block


def test_arrow_keys_step_through_the_blocks(
    qtbot: QtBot, view: GradientFlowView, state: ExplorerState
) -> None:
    view.show_result(made_up())
    view.plot.setFocus()
    qtbot.keyClick(view.plot, Qt.Key.Key_Left)
    assert state.block == "layer3.1"
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    qtbot.keyClick(view.plot, Qt.Key.Key_Right)
    assert state.block == "layer3.2"


def test_selection_of_another_view_is_followed(
    view: GradientFlowView, state: ExplorerState
) -> None:
    view.show_result(made_up())
    state.select_block("layer1.2")
    assert view.selected.value() == 3
    assert "layer1.2" in ticks(view, "bottom")
    state.select_block("layer4.0")
    assert not view.selected.isVisible()


def test_hover_reads_the_numbers_out(qtbot: QtBot, view: GradientFlowView) -> None:
    made = made_up(gates=ALL_OFF)
    run = norms(made.now, 1.0, 0.016)
    view.show_result(replace(made, now=run, all_on=norms(made.all_on, 1.0, 0.8)))
    qtbot.mouseMove(view.plot.viewport(), position(view, 1))
    qtbot.waitUntil(view.readout.isVisible)
    assert view.readout.text().split("\n") == [
        "layer1.0 · skip off",
        "now: 0.016",
        "all skips on: 0.80",
        "now ÷ all on: 0.020",
    ]
    assert view.plot.rect().contains(view.readout.geometry())


def test_wheel_drag_and_right_click_leave_the_axes_alone(
    qtbot: QtBot, view: GradientFlowView
) -> None:
    view.show_result(made_up())
    before = view.plot.getViewBox().viewRange()
    viewport = view.plot.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=position(view, 2))
    qtbot.mouseMove(viewport, position(view, 6))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=position(view, 6))
    qtbot.mouseClick(viewport, Qt.MouseButton.RightButton, pos=position(view, 2))
    turn = QWheelEvent(
        QPointF(position(view, 4)), QPointF(position(view, 4)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, turn)
    assert view.plot.getViewBox().viewRange() == before
    assert QApplication.activePopupWidget() is None
    assert not view.plot.getPlotItem().menuEnabled()


@pytest.fixture(params=[theme.DARK, theme.PROJECTOR], ids=lambda look: look.name)
def themed(
    request: pytest.FixtureRequest, qapp: QApplication, view: GradientFlowView
) -> Iterator[GradientFlowView]:
    theme.apply(qapp, request.param)
    view.retheme()
    yield view
    theme.apply(qapp, theme.DARK)


@pytest.mark.parametrize("kind", ["resnet20", "resnet50"])
def test_labels_never_overlap(
    qapp: QApplication, themed: GradientFlowView, kind: Literal["resnet20", "resnet50"]
) -> None:
    themed.show_result(made_up(kind))
    metrics, box = themed.fontMetrics(), themed.plot.getViewBox()
    for size in ((560, 300), (420, 230), (900, 500)):
        themed.resize(*size)
        qapp.processEvents()
        assert (themed.width(), themed.height()) == size
        names = sorted(ticks(themed, "bottom").items(), key=lambda item: item[1])
        assert len(names) >= 3
        pixels = box.width() / np.ptp(box.viewRange()[0])
        end = -math.inf
        for name, x in names:
            half = metrics.horizontalAdvance(name) / 2
            assert x * pixels - half > end
            end = x * pixels + half
        heights = sorted(ticks(themed, "left").values())
        assert len(heights) >= 2
        assert np.diff(heights).min() * box.height() / np.ptp(shown_range(themed)) >= (
            0.8 * metrics.height()
        )


def test_long_class_names_are_cut_and_told_in_the_tooltip(view: GradientFlowView) -> None:
    label = "German short-haired pointer, a dog with an unusually long name"
    view.show_result(replace(made_up(), labels=(label,) * 10))
    assert view.caption.text().startswith("Gradient of logit “German")
    assert label in view.caption.toolTip()
    view.show_result(made_up())
    assert view.caption.text() == "Gradient of the logit of “cat”, L2 norm"


def test_remark_only_where_skips_of_a_trained_network_are_off(view: GradientFlowView) -> None:
    made = made_up(gates=ALL_OFF)
    view.show_result(made)
    view.resize(560, 400)
    assert view.remark.isVisible()
    assert view.remark.said.startswith(ROBBED)
    view.resize(560, 270)
    assert view.remark.said.startswith(ROBBED_SHORT)
    assert view.remark.toolTip().startswith(ROBBED)
    view.resize(420, 210)
    assert not view.remark.isVisible()
    assert ROBBED_SHORT in view.sentence.said
    assert "Open Plain-20" in view.sentence.said
    assert ROBBED in view.sentence.toolTip()
    view.show_result(replace(made, weights=WeightsInfo("untrained", trained=False)))
    assert ROBBED_SHORT not in view.sentence.said
    view.show_result(made_up())
    assert not view.remark.isVisible()


@pytest.mark.parametrize("size", [(426, 290), (560, 400), (450, 300), (640, 420), (420, 210)])
def test_the_plot_keeps_its_height_when_the_skips_go_off(
    qapp: QApplication, themed: GradientFlowView, size: tuple[int, int]
) -> None:
    themed.resize(*size)
    themed.show_result(made_up())
    qapp.processEvents()
    before = themed.plot.geometry()
    for result in (
        removed((3.1e-16,)), removed((0.0,)), removed((0.7,)), removed((0.0,), (0.0,)), made_up()
    ):  # fmt: skip
        themed.show_result(result)
        qapp.processEvents()
        assert themed.plot.geometry() == before
        assert not faults(themed)


@pytest.mark.parametrize("short", [False, True])
def test_remark_says_of_the_twin_only_what_is_so(
    short: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = catalog.find("plain20")
    made = made_up(gates=ALL_OFF)
    for embedded, words in (("plain20-cifar10", "trained without"), (None, "untrained")):
        monkeypatch.setitem(catalog.CATALOG, "plain20", replace(twin, embedded=embedded))
        said = remark(made, short)
        assert "<a href='plain20'>Open Plain-20</a>" in said
        assert words in said
    assert "href" not in remark(made_up("resnet50", gates=GateSettings.of({"layer1.0": 0.0})))


def test_the_twins_are_opened_by_links(
    qtbot: QtBot, view: GradientFlowView, state: ExplorerState
) -> None:
    state.set_network("resnet20")
    view.show_result(made_up(gates=ALL_OFF))
    with qtbot.waitSignal(state.network_changed):
        click_link(qtbot, view.remark, "plain20")
    assert state.snapshot.network == "plain20"
    view.show_result(made_up("plain20"))
    assert view.remark.said.startswith(PLAIN)
    click_link(qtbot, view.remark, "resnet20")
    assert state.snapshot.network == "resnet20"


def click_link(qtbot: QtBot, label: QLabel, address: str) -> None:
    """Click where the pointer is on the link to ``address``."""
    hovered: list[str] = []
    label.linkHovered.connect(hovered.append)
    for y in range(4, label.height(), 6):
        for x in range(4, label.width(), 8):
            qtbot.mouseMove(label, QPoint(x, y))
            if hovered[-1:] == [address]:
                qtbot.mouseClick(label, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
                return
    raise AssertionError(f"there is no link to {address} in {label.text()!r}")


def test_links_are_followed_by_keyboard_too(
    qtbot: QtBot, view: GradientFlowView, state: ExplorerState
) -> None:
    view.resize(560, 400)
    view.show_result(made_up(gates=ALL_OFF))
    with qtbot.waitActive(view):
        view.activateWindow()
    assert '<a href="term:shortcut"' in view.remark.text()
    view.remark.setFocus(Qt.FocusReason.TabFocusReason)
    asked = [view.remark.selectedText()]
    while asked[-1] != "Open Plain-20":
        qtbot.keyClick(view.remark, Qt.Key.Key_Tab)
        assert view.remark.hasFocus(), asked
        asked.append(view.remark.selectedText())
    qtbot.keyClick(view.remark, Qt.Key.Key_Return)
    assert asked[0] == "skips"
    assert state.snapshot.network == "plain20"


def test_the_collapse_is_told_in_orders_of_magnitude() -> None:
    assert sentence(removed((1.8e-15,), (1.3,))) == (
        "At the stem the gradient falls by 15 orders of magnitude: "
        "from 1.3 with all skips on to 1.8×10⁻¹⁵."
    )
    assert "rises by 4 orders of magnitude: from 0.10" in sentence(removed((1000.0,), (0.1,)))


@pytest.mark.parametrize(
    ("now", "all_on", "words"),
    [
        (1.8e-15, 1.3, "1.3 → 1.8×10⁻¹⁵, down 15 orders of magnitude."),
        (1000.0, 0.1, "0.10 → 1000, up 4 orders of magnitude."),
        (0.018, 0.8, "0.80 → 0.018."),
        (0.0, 0.8, "0.80 → exactly 0 (float32)."),
    ],
)
def test_short_sentence(now: float, all_on: float, words: str) -> None:
    said = short_sentence(removed((now,), (all_on,)))
    assert said == f"Gradient of “cat” at the stem: {words}"


@pytest.fixture
def moving(view: GradientFlowView) -> GradientFlowView:
    motion.allow(True)
    return view


def test_the_curve_and_the_axis_move_to_the_new_result(
    qtbot: QtBot, moving: GradientFlowView
) -> None:
    on, off = made_up(), made_up(gates=ALL_OFF)
    off = replace(off, snapshot=replace(on.snapshot, gates=ALL_OFF))
    moving.show_result(on)
    start, end = (run.blocks[0].gradient_norm for run in (on.now, off.now))
    assert moving.curve_now.getData()[1][0] == pytest.approx(math.log10(start))
    heights, lows = [], []
    moving.motion.moved.connect(lambda: heights.append(moving.curve_now.getData()[1][0]))
    moving.motion.moved.connect(lambda: lows.append(shown_range(moving)[0]))
    moving.show_result(off)
    assert moving.curve_now.getData()[1][0] > math.log10(end) + 1  # not there yet
    qtbot.waitUntil(lambda: not moving.motion.moving)
    assert moving.curve_now.getData()[1][0] == pytest.approx(math.log10(end))
    assert np.all(np.diff(heights) <= 1e-9)
    assert np.all(np.diff(lows) <= 1e-9)
    assert lows[-1] < math.log10(end)
    np.testing.assert_allclose(  # the other curve stays
        moving.curve_all_on.getData()[1], np.log10([b.gradient_norm for b in on.all_on.blocks])
    )


def test_a_norm_that_vanishes_falls_to_the_bottom_before_it_is_marked(
    qtbot: QtBot, moving: GradientFlowView
) -> None:
    on = made_up()
    off = removed((0.0, math.nan))
    off = replace(off, snapshot=replace(on.snapshot, gates=ALL_OFF))
    moving.show_result(on)
    moving.show_result(off)
    assert math.isfinite(moving.curve_now.getData()[1][0])
    assert list(moving.edge_now.data["symbol"]) == ["h"]
    qtbot.waitUntil(lambda: not moving.motion.moving)
    assert list(moving.edge_now.data["symbol"]) == ["t", "h"]
    assert math.isnan(moving.curve_now.getData()[1][0])


def test_another_network_is_there_at_once(moving: GradientFlowView) -> None:
    moving.show_result(made_up())
    moving.show_result(made_up("resnet50"))
    assert not moving.motion.moving


def test_stages_are_named_and_follow_the_network(view: GradientFlowView) -> None:
    view.show_result(made_up())
    assert ticks(view, "top") == {"Stage 1": 2.0, "Stage 2": 5.0, "Stage 3": 8.0}
    view.show_result(made_up("resnet50"))
    assert list(ticks(view, "top")) == ["Stage 1", "Stage 2", "Stage 3", "Stage 4"]


def test_accessible_texts(view: GradientFlowView) -> None:
    made = made_up(gates=ALL_OFF)
    view.show_result(made)
    assert view.accessibleName() == "Gradient flow"
    assert view.plot.accessibleDescription().startswith(sentence(made))


@pytest.mark.parametrize("gates", [GateSettings(), ALL_OFF], ids=["on", "off"])
def test_an_untrained_network_says_what_its_norms_do(
    view: GradientFlowView, gates: GateSettings
) -> None:
    made = made_up(gates=gates)
    structure = build_structure(catalog.find("resnet20"))
    untrained = WeightsInfo("untrained", trained=False)
    view.show_result(replace(made, structure=structure, weights=untrained))
    view.resize(560, 400)
    assert view.remark.isVisible()
    assert view.remark.said == UNTRAINED
    without = build_structure(catalog.find("vgg16"))
    assert UNTRAINED not in remark(replace(made, structure=without, weights=untrained))
