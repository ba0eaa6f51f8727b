"""Live training in the real window, with clicks and keys."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import training_words as words
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.training import RATIO_COLOURS, loss_ticks, thinned
from resnet_viz.figures.training_history import History
from resnet_viz.results.live_training import Standing, TrainingRequest, TwinStep
from resnet_viz.results.recorded import recorded_run
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.training.controls import PRESETS, SKIP_INIT
from resnet_viz.views.training.heat_map import HeatMap, colours, row_colours
from resnet_viz.views.training.page import TrainingPage, block_norms
from resnet_viz.views.training.time_line import TimeLine
from resnet_viz.views.widgets import motion, theme
from tests import fakes
from tests.gui.conftest import Driver
from tests.gui.fit import faults

SPACE, LEFT, RIGHT, HOME, END = (
    Qt.Key.Key_Space,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


class Training:
    """The training page, set to the smallest networks and batches."""

    def __init__(self, qtbot: QtBot, page: TrainingPage) -> None:
        self.qtbot, self.page = qtbot, page
        self.pick(page.controls.layers, 8)
        self.pick(page.controls.batch, 16)
        self.steps: list[TwinStep] = []
        page.channel.updated.connect(
            lambda update: self.steps.append(update) if isinstance(update, TwinStep) else None
        )

    def pick(self, box: QComboBox, value: object) -> None:
        """Choose in a box as a user does, with the keyboard."""
        box.setFocus()
        self.qtbot.keyClick(box, HOME)
        for _ in range(box.findData(value)):
            self.qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentData() == value

    def click(self, name: str) -> None:
        button = getattr(self.page.controls, name)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def wait(self, newest: int) -> None:
        """Until so many steps are measured, by both twins."""
        self.qtbot.waitUntil(
            lambda: min(t.count for t in self.page.history.tracks.values()) >= newest,
            timeout=60_000,
        )

    def wait_paused(self) -> int:
        """Until the page says that it is paused, and has drawn so; the newest step."""
        self.qtbot.waitUntil(
            lambda: self.page.controls.start.text() == "Start" and self.page.standing.newest > 0,
            timeout=60_000,
        )
        newest = self.page.standing.newest
        self.wait_drawn(newest)
        return newest

    def wait_drawn(self, step: int) -> None:
        """Until a step's figures are on screen, which a timer brings there."""
        self.qtbot.waitUntil(
            lambda: self.page.sentence.said.startswith(f"Step {step}:"), timeout=60_000
        )

    def everything_has_come(self) -> None:
        """Until what the task was already doing when it was asked would have come, too."""
        told = self.page.standing.told
        self.page.controls.rate_changed.emit(self.page.standing.rate)
        self.qtbot.waitUntil(lambda: self.page.standing.told == told + 1, timeout=60_000)

    def step_to(self, newest: int) -> None:
        """Single steps up to a step."""
        for step in range(self.page.history.newest + 1, newest + 1):
            self.click("step")
            self.qtbot.waitUntil(
                lambda step=step: self.page.standing.newest == step, timeout=60_000
            )  # type: ignore[misc]

    def scrub(self, step: int) -> None:
        """Click on the time line where a step is."""
        line = self.page.time_line
        self.qtbot.waitUntil(lambda: line.newest == self.page.standing.newest, timeout=10_000)
        spot = QPoint(round(line.x_of(step)), line.height() // 2)
        self.qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=spot)
        self.qtbot.waitUntil(lambda: self.page.standing.step == step, timeout=60_000)


@pytest.fixture
def said() -> list[str]:
    """What the page has said to the user."""
    return []


@pytest.fixture
def training(qtbot: QtBot, said: list[str]) -> Iterator[Training]:
    """The page by itself, with a worker of its own."""
    worker = Worker()
    page = TrainingPage(ExplorerState(fakes.photo()), worker, said.append)
    qtbot.addWidget(page)
    page.resize(1200, 680)
    page.show()
    qtbot.waitActive(page)
    yield Training(qtbot, page)
    worker.close()


def in_window(driver: Driver) -> tuple[MainWindow, Training]:
    """The page in the real window, after a click on its tab."""
    window = driver.window
    window.show()
    page = window.pages["training"]
    assert isinstance(page, TrainingPage)
    spot = window.tabs.tabRect(list(window.pages).index("training")).center()
    driver.qtbot.mouseClick(window.tabs, Qt.MouseButton.LeftButton, pos=spot)
    return window, Training(driver.qtbot, page)


def test_start_and_pause(training: Training) -> None:
    page = training.page
    assert page.controls.start.text() == "Start"
    training.click("start")
    assert page.controls.start.text() == "Pause"
    training.wait(3)
    training.click("start")
    assert page.controls.start.text() == "Pausing…"
    newest = training.wait_paused()
    training.steps.clear()
    training.everything_has_come()
    assert training.steps == []
    assert page.history.newest == newest
    assert {track.count for track in page.history.tracks.values()} == {newest}
    assert page.sentence.said.startswith(f"Step {newest}: loss ")
    residual = page.history.tracks["residual"]
    assert words.loss_text(residual.losses[-1]) in page.sentence.said
    assert page.time_text.text() == f"Step {newest}"
    assert all(strip.colour_of(0) is not None for strip in page.strips.values())


def test_the_keys_do_what_the_buttons_do(training: Training) -> None:
    page = training.page
    page.setFocus()
    training.qtbot.keyClick(page, "n")
    training.wait(1)
    assert training.wait_paused() == 1
    training.qtbot.keyClick(page, SPACE)
    training.wait(2)
    training.qtbot.keyClick(page, SPACE)
    assert training.wait_paused() >= 2
    training.qtbot.keyClick(page, "R")
    assert page.history.newest == 0
    assert not page.channel.running


def test_one_step_is_one_step(training: Training) -> None:
    training.click("step")
    training.wait(1)
    training.everything_has_come()
    assert [one.twin for one in training.steps] == ["residual", "plain"]
    # The twins begin alike but for the skips, which the strips show.
    arcs = {twin: [c.has_skip for c in strip.cells] for twin, strip in training.page.strips.items()}
    assert arcs == {"residual": [False, True, True, True, False], "plain": [False] * 5}


def test_scrubbing_back_and_going_on_repeats_what_was(training: Training) -> None:
    page = training.page
    training.step_to(7)
    first = list(training.steps)
    training.scrub(5)
    training.qtbot.waitUntil(lambda: page.sentence.said.startswith("Step 5:"))
    assert page.time_text.text() == "Step 5 of 7"
    assert page.history.newest == 7
    _, _, smooth, after = page.loss.plot.lines[4:]  # of the plain twin
    assert smooth.getData()[0].tolist() == [1, 2, 3, 4, 5]
    assert after.getData()[0].tolist() == [5, 6, 7]
    training.steps.clear()
    training.click("step")
    training.qtbot.waitUntil(lambda: page.standing.step == 6, timeout=60_000)
    assert training.steps == [one for one in first if one.step == 6]
    assert page.history.newest == 6


def test_going_on_from_an_earlier_step_can_be_taken_back_and_is_faint_until_then(
    training: Training,
) -> None:
    page = training.page
    assert not page.take_back.isVisible()
    training.step_to(7)
    first = list(training.steps)
    training.scrub(5)
    training.click("step")
    training.qtbot.waitUntil(lambda: page.standing.newest == 6, timeout=60_000)
    training.qtbot.waitUntil(page.take_back.isVisible)
    faint = [x.tolist() for x, _ in (line.getData() for line in page.loss.plot.lines)]
    assert faint.count([6, 7]) == 2, "a curve of each twin"
    page.setFocus()
    training.qtbot.keyClick(page, "U")
    training.qtbot.waitUntil(lambda: page.standing.step == page.standing.newest == 7)
    training.wait_drawn(7)
    residual = [one for one in first if one.twin == "residual"]
    assert page.history.tracks["residual"].losses.tolist() == [one.loss for one in residual]
    assert page.history.given_up is not None
    assert (page.history.given_up.since, page.history.given_up.newest) == (5, 6)
    training.qtbot.mouseClick(page.take_back, Qt.MouseButton.LeftButton)
    training.qtbot.waitUntil(lambda: page.standing.step == page.standing.newest == 6)
    training.click("reset")
    training.qtbot.waitUntil(lambda: not page.take_back.isVisible())


def test_the_arrow_keys_go_from_checkpoint_to_checkpoint(training: Training) -> None:
    page = training.page
    training.step_to(6)
    line = page.time_line
    training.qtbot.waitUntil(lambda: line.newest == 6)
    line.setFocus()
    for key, step in ((LEFT, 5), (LEFT, 0), (LEFT, 0), (RIGHT, 5), (END, 6), (HOME, 0)):
        training.qtbot.keyClick(line, key)
        # The line is drawn by a timer, so it may follow a little later.
        training.qtbot.waitUntil(
            lambda step=step: page.standing.step == line.position == step,  # type: ignore[misc]
            timeout=60_000,
        )
    training.qtbot.waitUntil(lambda: page.time_text.text() == "Step 0 of 6")


@pytest.mark.long
def test_scrubbing_pauses_a_run(training: Training) -> None:
    training.click("start")
    training.wait(6)
    training.scrub(0)
    assert training.page.controls.start.text() == "Start"
    assert not training.page.standing.running


def test_reset_shows_the_chosen_networks_untrained(training: Training) -> None:
    page = training.page
    training.step_to(1)
    training.pick(page.controls.layers, 14)
    training.pick(page.controls.norm, False)
    assert page.notice.text() == "The new depth and batch norm need a restart: press Reset (R)."
    assert len(page.strips["plain"].cells) == 5
    training.click("reset")
    assert page.notice.text() == ""
    assert len(page.strips["plain"].cells) == 8
    assert "without batch norm" in page.strips["plain"].accessibleName()
    assert page.strips["plain"].colour_of(0) is None
    assert page.sentence.said.startswith("Step 0:")
    assert page.time_line.stops == (0,)
    training.step_to(1)
    assert page.history.tracks["plain"].norms.shape == (1, 14)


def test_the_learning_rate_changes_while_it_trains(training: Training) -> None:
    page = training.page
    training.step_to(5)
    training.click("start")
    box = page.controls.rate
    box.setFocus()
    box.selectAll()
    training.qtbot.keyClicks(box, "0.0005")
    training.qtbot.keyClick(box, Qt.Key.Key_Return)
    training.qtbot.waitUntil(lambda: page.standing.rate == 0.0005, timeout=60_000)
    assert page.standing.running
    assert page.notice.text() == ""
    training.scrub(0)
    # The rate belongs to what was gone back to.
    training.qtbot.waitUntil(lambda: box.value() == page.request.rate)  # type: ignore[union-attr]


def test_a_rate_that_is_too_high_is_said_in_words(training: Training) -> None:
    page = training.page
    training.pick(page.controls.norm, False)
    page.controls.rate.setFocus()
    page.controls.rate.selectAll()
    training.qtbot.keyClicks(page.controls.rate, "10")
    training.qtbot.keyClick(page.controls.rate, Qt.Key.Key_Return)
    training.click("start")
    training.qtbot.waitUntil(lambda: bool(page.standing.diverged), timeout=60_000)
    training.qtbot.waitUntil(lambda: "diverged in step" in page.sentence.said, timeout=10_000)
    twin = page.standing.diverged[0]
    assert not math.isfinite(page.history.tracks[twin].losses[-1])


def test_an_example_sets_everything_and_begins_anew(training: Training) -> None:
    page = training.page
    training.step_to(1)
    page.controls.preset.setFocus()
    training.qtbot.keyClick(page.controls.preset, HOME)
    training.qtbot.keyClick(page.controls.preset, Qt.Key.Key_Down)
    assert page.controls.norm.currentData() == SKIP_INIT
    assert page.history.newest == 0
    assert not page.channel.running
    training.pick(page.controls.layers, 8)
    assert page.controls.preset.currentText() == "Own settings"
    training.pick(page.controls.layers, PRESETS[1].request.depth)
    assert page.controls.preset.currentText() == PRESETS[1].title


def test_an_examples_name_goes_with_the_last_of_its_values(training: Training) -> None:
    page = training.page
    page.controls.preset.setFocus()
    training.qtbot.keyClick(page.controls.preset, HOME)
    assert page.controls.preset.currentText() == PRESETS[0].title
    page.controls.rate.setFocus()
    page.controls.rate.selectAll()
    training.qtbot.keyClicks(page.controls.rate, "0.5")
    training.qtbot.keyClick(page.controls.rate, Qt.Key.Key_Return)
    assert page.controls.preset.currentText() == "Own settings"
    page.restore({"rate": PRESETS[0].request.rate})
    assert page.controls.preset.currentText() == PRESETS[0].title
    page.restore({"norm": SKIP_INIT})
    assert page.controls.preset.currentText() == "Own settings"
    assert page.choices()["norm"] == SKIP_INIT
    assert page.controls.request().skip_init
    assert not page.controls.request().norm


def test_a_file_that_is_no_zip_is_named_and_the_run_on_screen_stays(
    training: Training, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = training.page
    (tmp_path / "photos.zip").write_text("no zip")
    answer = (str(tmp_path / "photos.zip"), "")
    training.step_to(1)
    page.channel.stop()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: answer)
    page.controls.data.setFocus()
    training.qtbot.keyClick(page.controls.data, END)
    assert page.controls.images.isEnabled()
    training.click("start")
    training.qtbot.waitUntil(lambda: bool(said), timeout=60_000)
    assert "photos.zip cannot be read" in said[0]
    assert "train on the digits" in said[0]
    assert page.history.newest == 1
    assert page.controls.start.text() == "Start"
    assert not page.progress.isVisible()


def test_no_file_chosen_changes_nothing(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    data = training.page.controls.data
    data.setFocus()
    training.qtbot.keyClick(data, END)
    assert data.currentText() == "Digits"
    assert training.page.controls.request().data.kind == "digits"


def test_closing_in_mid_training(driver: Driver) -> None:
    window, training = in_window(driver)
    training.click("start")
    training.wait(1)
    window.close()
    assert window.worker.ended
    assert not training.page.channel.running


@pytest.mark.long
def test_in_the_window_hidden_and_in_every_theme_on_a_small_screen(driver: Driver) -> None:
    window, training = in_window(driver)
    page = training.page
    training.click("start")
    training.wait(1)
    window.tabs.setCurrentIndex(0)
    before, drawn = page.history.newest, page.time_line.newest
    training.wait(before + 2)
    assert page.time_line.newest == drawn, "nothing is drawn while it is hidden"
    window.turn_to_page("training")
    training.qtbot.waitUntil(lambda: page.time_line.newest >= before + 2)
    training.click("start")
    training.wait_paused()
    for name in ("dark", "light", "projector"):
        window.set_theme(name)
        window.resize(1366, 768)
        QApplication.processEvents()
        assert page.minimumSizeHint().width() <= 1366
        assert page.minimumSizeHint().height() <= 768 - 70
        for widget in (*page.maps.values(), page.time_line, page.loss):
            assert widget.geometry().right() <= page.width()
            assert widget.geometry().bottom() <= page.height()


# ---- the recorded run


@pytest.fixture
def fresh(qtbot: QtBot) -> Iterator[TrainingPage]:
    """The page as it is when it is first looked at, with nothing that moves."""
    worker = Worker()
    page = TrainingPage(ExplorerState(fakes.photo()), worker, lambda sentence: None)
    qtbot.addWidget(page)
    page.resize(1200, 680)
    page.show()
    qtbot.waitActive(page)
    yield page
    worker.close()


def test_a_recorded_run_is_shown_and_marked_until_the_first_start(
    qtbot: QtBot, fresh: TrainingPage
) -> None:
    page, recorded = fresh, recorded_run()
    assert recorded is not None
    assert recorded.request == PRESETS[0].request
    assert page.history.newest == recorded.newest == 300
    qtbot.waitUntil(lambda: page.sentence.said.startswith("Recorded, not trained here. Step 300:"))
    assert "100 steps take about" in page.sentence.said
    assert page.notice.text() == "Recorded run"
    assert page.figures()[0].title.startswith("Recorded: ")
    assert not page.channel.running
    page.time_line.setFocus()
    qtbot.keyClick(page.time_line, HOME)
    qtbot.keyClick(page.time_line, RIGHT)
    qtbot.waitUntil(lambda: page.time_text.text() == "Step 10 of 300")
    qtbot.mouseClick(page.controls.step, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.history.tracks["plain"].count == 1, timeout=60_000)
    assert page.recorded is None
    qtbot.waitUntil(lambda: page.sentence.said.startswith("Step 1:"))
    assert page.notice.text() == ""
    # It was recorded by the same training: the first step repeats, to the digits that are kept.
    first = page.history.tracks["residual"].norms[0]
    assert recorded.steps[0].norms == pytest.approx(first, rel=0.02)


def test_a_recorded_run_moves_where_things_may_move(qtbot: QtBot, fresh: TrainingPage) -> None:
    page = fresh
    page.hide()
    page.reset()
    assert page.history.newest == 0
    assert "100 steps take about" in page.sentence.said
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, theme.DARK)  # in its style things move
    motion.allow(True)
    moving = TrainingPage(ExplorerState(fakes.photo()), page.worker, lambda sentence: None)
    qtbot.addWidget(moving)
    moving.show()
    assert moving.history.newest == 0
    qtbot.waitUntil(lambda: moving.history.newest >= 2)
    qtbot.waitUntil(lambda: "Recorded" in moving.sentence.said)
    moving.reset()
    assert moving.history.newest == 0
    assert moving.notice.text() == ""


@pytest.mark.parametrize("size", [(960, 600), (1280, 800), (1366, 768), (1920, 1080)])
def test_nothing_is_cut_off_in_any_theme(made: MainWindow, size: tuple[int, int]) -> None:
    made.resize(*size)
    made.turn_to_page("training")
    page = made.pages["training"]
    for name in ("dark", "light", "projector"):
        made.set_theme(name)
        QApplication.processEvents()
        assert faults(page) == [], name
        if size[1] >= 768:
            assert page.height() <= page.parentWidget().height(), "nothing to scroll to"


# ---- the parts


def test_the_history_averages_and_forgets() -> None:
    history = History(2)
    for step, loss in enumerate((2.0, 1.0, 3.0), start=1):
        for twin in ("residual", "plain"):
            history.append(TwinStep(twin, step, loss, 0.5, (1e-3, 10.0**step)))  # type: ignore[arg-type]
    track = history.tracks["plain"]
    assert track.smooth_losses.tolist() == pytest.approx([2.0, 1.9, 2.01])
    assert (history.scale.low, history.scale.high) == (-3, 3)
    history.truncate(1)
    assert history.newest == 1
    assert (history.scale.low, history.scale.high) == (-3, 1)


def test_the_ratio_of_the_twins_is_about_1_and_has_a_place_for_what_is_none() -> None:
    history = History(3)
    assert (history.ratio_scale.low, history.ratio_scale.high) == (-1, 1)
    history.append(TwinStep("residual", 1, 1.0, 0.5, (1.0, 0.0, 0.0)))
    assert history.ratios.shape == (0, 3)
    history.append(TwinStep("plain", 1, 1.0, 0.5, (1e-4, 1.0, 0.0)))
    assert history.ratios[0, 0] == 1e-4
    assert math.isinf(history.ratios[0, 1])
    assert math.isnan(history.ratios[0, 2])
    assert (history.ratio_scale.low, history.ratio_scale.high) == (-4, 4)
    assert history.ratio_scale.rows == {"∞", "NaN"}
    middle = colours(np.array([1.0]), history.ratio_scale, RATIO_COLOURS)
    assert middle.min() > 220, "white where both are equal"
    history.truncate(0)
    assert (history.ratio_scale.low, history.ratio_scale.high) == (-1, 1)


def test_a_long_history_grows() -> None:
    history = History(1)
    for step in range(1, 601):
        history.append(TwinStep("plain", step, float(step), 0.0, (float(step),)))
    assert history.tracks["plain"].losses.tolist() == list(range(1, 601))
    assert history.tracks["plain"].norms[:, 0].tolist() == list(range(1, 601))


def test_long_curves_are_thinned_and_end_with_the_newest() -> None:
    steps, values = thinned(np.arange(10_000.0))
    assert 700 < len(steps) <= 800
    assert (steps[-1], values[-1]) == (10_000, 9999)
    assert len(thinned(np.empty(0))[0]) == 0


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.5, 3.0, ["0.5", "1", "2", "3"]),
        (1e-6, 1e6, ["10⁻⁶", "10⁻⁴", "0.01", "1", "100", "10⁴", "10⁶"]),
    ],
)
def test_ticks_of_the_loss(low: float, high: float, texts: list[str]) -> None:
    assert [text for _, text in loss_ticks(low, high)] == texts


def test_colours_of_what_is_off_the_scale_are_no_colours_of_the_scale(qtbot: QtBot) -> None:
    values = np.array([1e-2, 1e2, 0.0, math.inf, math.nan])
    found = colours(values, Scale(-2, 2))
    assert found[0].tolist() == [68, 1, 84]
    assert found[1].tolist() == [253, 231, 37]
    off = ["#" + "".join(f"{int(c):02x}" for c in colour) for colour in found[2:]]
    assert off == [row_colours()[row] for row in ("0", "∞", "NaN")]
    ordinary = colours(10 ** np.linspace(-2, 2, 256), Scale(-2, 2))
    for colour in found[2:].astype(int):
        assert np.abs(ordinary.astype(int) - colour).sum(axis=1).min() > 30


@pytest.fixture
def heat_map(qtbot: QtBot) -> HeatMap:
    made = HeatMap("plain")
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show_layers(["conv1", "fc"])
    return made


def test_the_picture_has_the_newest_step_at_the_right(heat_map: HeatMap) -> None:
    norms = np.stack([np.arange(1.0, 1001), np.arange(1.0, 1001)], axis=1)
    heat_map.show_norms(norms, Scale(0, 3), 1000, 1000, False)
    assert heat_map.steps[[0, -1]].tolist() == [701, 1000]
    area = heat_map.area()
    assert heat_map.value_at(area.right(), area.bottom()) == ("fc", 1000, 1000.0)
    assert heat_map.value_at(area.left(), area.top()) == ("conv1", 701, 701.0)
    heat_map.show_norms(norms, Scale(0, 3), 1000, 1000, True)
    assert heat_map.steps[[0, -1]].tolist() == [2, 1000]
    heat_map.show_norms(norms, Scale(0, 3), 1000, 200, False)
    assert 200 in heat_map.steps
    assert heat_map.grab().height() == 200


def test_a_twin_that_stopped_leaves_the_picture_empty(heat_map: HeatMap) -> None:
    heat_map.show_norms(np.ones((5, 2)), Scale(0, 2), 10, 10, False)
    area = heat_map.area()
    assert heat_map.value_at(area.right(), area.top() + 1) is None


def test_blocks_have_the_norm_of_both_their_layers() -> None:
    assert block_norms(np.array([1.0, 3.0, 4.0, 5.0])) == [1.0, 5.0, 5.0]


def test_the_time_line_snaps_to_checkpoints(qtbot: QtBot) -> None:
    line = TimeLine()
    qtbot.addWidget(line)
    line.resize(420, 30)
    line.show_time(40, 40, (0, 10, 20, 30))
    asked: list[int] = []
    line.asked.connect(asked.append)
    for step in (12, 16, 39):
        spot = QPoint(round(line.x_of(step)), 10)
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=spot)
    assert asked == [10, 20, 40]


def test_words_of_a_twin_that_diverged() -> None:
    history = History(1)
    history.append(TwinStep("residual", 1, 2.345, 0.1, (0.21,)))
    history.append(TwinStep("plain", 1, math.nan, 0.1, (math.nan,)))
    history.append(TwinStep("residual", 2, 1.5, 0.1, (0.3,)))
    text = words.measured(history, 2, Standing(2, 2, True, 0.1, (0,), ("plain",)))
    assert text == (
        "Step 2: loss 1.50 (residual); gradient norm of the first layer 0.30 (residual). "
        "The plain twin diverged in step 1: its loss is NaN, so it has stopped."
    )


def test_words_about_a_restart() -> None:
    request = TrainingRequest()
    assert words.needs_restart(TrainingRequest(rate=9.0), request) == ""
    assert "The new depth needs a restart" in words.needs_restart(TrainingRequest(depth=8), request)
