"""The predictions view: what it lists, how a target is chosen, what it says when it must warn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.numbers import per_cent
from resnet_viz.networks import catalog
from resnet_viz.networks.architecture import Architecture, BlockSpec, Conv
from resnet_viz.networks.choice import FileNetwork, WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Pass, Result
from resnet_viz.views.explorer.predictions import PredictionColumn, PredictionsView
from resnet_viz.views.widgets import theme
from tests import fakes

ALL_OFF = GateSettings.of(dict.fromkeys(fakes.structure().skips, 0.0))


def probable(run: Pass, target: int, *probabilities: float) -> Pass:
    """``run`` with these probabilities for its first classes, and next to nothing for the rest."""
    odds = np.full(10, 1e-6, np.float32)
    odds[: len(probabilities)] = probabilities
    return replace(run, logits=np.log(odds), probabilities=odds, target=target)


def chosen(target: int | None, shown: int) -> Result:
    """Class 0 first with skips off, class 3 first with all on; ``shown`` is the target."""
    made = fakes.result(gates=ALL_OFF)
    return replace(
        made,
        snapshot=replace(made.snapshot, target=target),
        now=probable(made.now, shown, 0.931, 0.05, 0.01, 0.005, 0.002, 0.0004),
        all_on=probable(made.all_on, shown, 0.02, 0.01, 0.006, 0.95, 0.003, 0.002),
    )


@pytest.fixture
def state(qapp: QApplication) -> ExplorerState:
    return ExplorerState(fakes.photo())


@pytest.fixture
def view(qtbot: QtBot, state: ExplorerState) -> PredictionsView:
    widget = PredictionsView(state)
    qtbot.addWidget(widget)
    widget.resize(360, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def texts(column: PredictionColumn) -> list[str]:
    return [row.text() for row in (*column.rows, column.extra) if row.isVisible()]


def test_per_cent() -> None:
    assert per_cent(0.931) == "93.1 %"
    assert per_cent(1.0) == "100.0 %"
    assert per_cent(0.001) == "0.1 %"
    assert per_cent(0.00099) == "< 0.1 %"
    assert per_cent(float("nan")) == "NaN"


def test_says_what_will_come_before_the_first_result(view: PredictionsView) -> None:
    assert view.empty.isVisible()
    assert view.empty.text() == "Predictions appear with the first pass."
    view.show_result(fakes.result())
    assert not view.empty.isVisible()


def test_lists_the_top_five_of_both_passes(view: PredictionsView) -> None:
    view.show_result(chosen(None, shown=3))
    assert view.now.title.text() == "Skips as now"
    assert texts(view.now) == [
        "airplane 93.1 %",
        "automobile 5.0 %",
        "bird 1.0 %",
        "cat 0.5 %",
        "deer 0.2 %",
    ]
    assert view.all_on.title.text() == "All skips on"
    assert texts(view.all_on)[:2] == ["cat 95.0 %", "airplane 2.0 %"]


def test_the_target_is_marked_in_both_columns(view: PredictionsView) -> None:
    view.show_result(chosen(None, shown=3))
    assert [row.is_target for row in view.now.rows] == [False, False, False, True, False]
    assert [row.is_target for row in view.all_on.rows] == [True, False, False, False, False]
    assert view.all_on.rows[0].accessibleName() == "cat, 95.0 %, target"
    assert view.all_on.rows[1].accessibleName() == "airplane, 2.0 %, make this the target"


def test_click_makes_a_class_the_target_and_automatic_takes_it_back(
    qtbot: QtBot, view: PredictionsView, state: ExplorerState
) -> None:
    targets: list[int | None] = []
    state.target_changed.connect(targets.append)
    view.show_result(chosen(None, shown=3))
    assert view.target.text() == "Target: cat (automatic)"
    assert not view.automatic.isEnabled()
    qtbot.mouseClick(view.now.rows[1], Qt.MouseButton.LeftButton)
    assert targets == [1]
    assert view.automatic.isEnabled()
    view.show_result(chosen(1, shown=1))
    assert view.target.text() == "Target: automobile"
    qtbot.mouseClick(view.automatic, Qt.MouseButton.LeftButton)
    assert targets == [1, None]
    assert not view.automatic.isEnabled()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_rows_can_be_chosen_from_the_keyboard(
    qtbot: QtBot, view: PredictionsView, state: ExplorerState, key: Qt.Key
) -> None:
    view.show_result(chosen(None, shown=3))
    view.all_on.rows[0].setFocus()
    qtbot.keyClick(view.all_on.rows[0], Qt.Key.Key_Tab)
    assert view.all_on.rows[1].hasFocus()
    qtbot.keyClick(view.all_on.rows[1], key)
    assert state.snapshot.target == 0
    view.show_result(chosen(0, shown=0))
    assert view.all_on.rows[1].hasFocus()


def test_a_target_outside_the_top_five_has_a_row_of_its_own(
    qtbot: QtBot, view: PredictionsView, state: ExplorerState
) -> None:
    view.show_result(chosen(5, shown=5))
    assert texts(view.now)[5:] == ["dog < 0.1 %"]
    assert view.now.separator.isVisible()
    assert view.now.extra.is_target
    assert texts(view.all_on)[5:] == ["dog 0.2 %"]
    qtbot.mouseClick(view.now.extra, Qt.MouseButton.LeftButton)
    assert state.snapshot.target == 5
    view.show_result(chosen(None, shown=3))
    assert len(texts(view.now)) == 5
    assert not view.now.separator.isVisible()


def test_logits_that_are_no_numbers_are_said_in_words(view: PredictionsView) -> None:
    made = chosen(None, shown=3)
    lost = np.full(10, np.nan, np.float32)
    view.show_result(replace(made, now=replace(made.now, logits=lost, probabilities=lost)))
    assert view.now.message.isVisible()
    assert "not a number" in view.now.message.text()
    assert texts(view.now) == ["cat NaN"]
    assert not view.all_on.message.isVisible()
    assert len(texts(view.all_on)) == 5
    view.grab()  # a bar of NaN pixels must not break the painting
    view.show_result(made)
    assert not view.now.message.isVisible()
    assert len(texts(view.now)) == 5


def test_untrained_weights_carry_a_banner(view: PredictionsView) -> None:
    view.show_result(fakes.result(trained=False))
    assert view.banner.isVisible()
    assert view.banner.text() == "Untrained weights: these predictions mean nothing."
    view.show_result(fakes.result())
    assert not view.banner.isVisible()


def test_bars_share_one_scale(view: PredictionsView) -> None:
    """The bar of a class at 50 % ends in the middle of its row, in either column."""
    made = fakes.result(gates=ALL_OFF)
    half = probable(made.now, 3, 0.5, 0.3, 0.1, 0.05, 0.04)
    view.show_result(replace(made, now=half, all_on=half))
    look = theme.current()
    for column, colour in ((view.now, look.branch), (view.all_on, look.skip)):
        for row, share in zip(column.rows, (0.5, 0.3, 0.1), strict=False):
            picture = row.grab().toImage()
            y = picture.height() - 3
            line = [picture.pixelColor(x, y) for x in range(picture.width())]
            painted = sum(pixel == QColor(colour) for pixel in line)
            assert painted == pytest.approx(share * row.width(), abs=3)


def test_long_names_are_cut_and_told_in_the_tooltip(view: PredictionsView) -> None:
    label = "German short-haired pointer, a dog with an unusually long name"
    view.show_result(replace(chosen(None, shown=3), labels=(label,) * 10))
    assert view.width() == 360
    assert view.target.text().startswith("Target: German")
    assert "…" in view.target.text()
    assert label in view.target.toolTip()
    assert view.now.rows[0].toolTip() == f"{label}: 93.1 %. Click to make it the target."
    assert label in view.now.rows[0].accessibleName()


@pytest.fixture(params=list(theme.THEMES.values()), ids=lambda look: look.name)
def themed(
    request: pytest.FixtureRequest, qapp: QApplication, view: PredictionsView
) -> Iterator[PredictionsView]:
    theme.apply(qapp, request.param)
    view.retheme()
    yield view
    theme.apply(qapp, theme.DARK)


def test_columns_stand_side_by_side_where_they_fit_else_stacked(
    qapp: QApplication, themed: PredictionsView
) -> None:
    themed.show_result(chosen(5, shown=5))
    for width, height in ((360, 300), (280, 240)):
        themed.resize(width, height)
        qapp.processEvents()
        assert (themed.width(), themed.height()) == (width, height)
        now, all_on = (c.mapTo(themed, QPoint(0, 0)) for c in (themed.now, themed.all_on))
        stacked = theme.current().name == theme.PROJECTOR.name and width == 280
        assert (now.x() == all_on.x()) == stacked
        assert (now.y() == all_on.y()) != stacked
        last = themed.now.extra
        right = last.mapTo(themed, last.rect().bottomRight())
        assert right.x() < width
        if not stacked:
            assert right.y() < height


def test_what_the_network_knows_is_told_whole_in_the_tooltip(view: PredictionsView) -> None:
    view.resize(200, 300)
    view.show_result(fakes.result())
    assert view.classes.toolTip().startswith("10 classes; knows only: airplane, automobile, bird")
    assert view.classes.toolTip().endswith("truck")
    assert view.classes.text().startswith("10 classes")
    assert view.classes.text().endswith("…")


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("cat", "true: cat ✓ right"),
        ("dog", "true: dog ✗ wrong"),
        ("cow", "true: cow – not among the network's classes"),
        (None, ""),
    ],
)
def test_the_true_class_stands_beside_the_answer(
    view: PredictionsView, label: str | None, text: str
) -> None:
    made = fakes.result()
    photo = replace(made.snapshot.photo, label=label)
    run = probable(made.now, 3, 0.01, 0.01, 0.01, 0.9)
    view.show_result(replace(made, snapshot=replace(made.snapshot, photo=photo), now=run))
    assert view.truth.text() == text
    assert view.truth.isVisibleTo(view) == bool(label)


def test_features_are_shown_as_they_are(view: PredictionsView) -> None:
    """A network without a head has no classes, so nothing is a probability."""
    conv = Conv(8, 8, 3)
    of = Architecture(3, (Conv(3, 8, 3),), ((BlockSpec((conv, conv)),),))
    spec = replace(catalog.find("resnet20"), family="file", architecture=of)
    made = chosen(None, shown=2)
    choice = WeightsChoice("file", "a.pth", reading=FileNetwork("", spec))
    features = np.array([0.5, 2.0, 1.0, 0, 0, 0, 0, 0, 0, 0], np.float32)
    now = replace(made.now, logits=features, target=1)
    view.show_result(replace(made, snapshot=replace(made.snapshot, weights=choice), now=now))
    assert texts(view.now)[:3] == ["automobile 2.00", "bird 1.00", "airplane 0.500"]
    assert view.classes.toolTip() == "10 features; the network has no classes"
