"""The laboratory's page with the real worker: small networks, real clicks and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import laboratory_words as words
from resnet_viz.results.laboratory import (
    LaboratoryRequest,
    LaboratoryResult,
    LayerFlow,
    NetworkFlow,
)
from resnet_viz.results.laboratory_regime import judge
from resnet_viz.views.laboratory.controls import PRESETS
from resnet_viz.views.laboratory.page import PAUSE, LaboratoryPage
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import motion, theme
from tests import fakes
from tests.gui.conftest import discard, settle
from tests.gui.fit import faults

SMALL = LaboratoryRequest(depth=8, batch=16)


class Bench:
    """The page alone, the sentences that it said and the results that came."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, theme.DARK)  # in its style things move
        self.state = ExplorerState(fakes.photo())
        self.state.set_device("cpu")
        self.worker = Worker()
        self.said: list[str] = []
        self.page = LaboratoryPage(self.state, self.worker, self.said.append)
        qtbot.addWidget(self.page)
        self.results: list[LaboratoryResult] = []
        self.page.channel.updated.connect(self.results.append)
        self.controls = self.page.controls
        self.controls.choose(SMALL)
        self.page.resize(1100, 700)

    def show(self) -> Bench:
        self.page.show()
        with self.qtbot.waitActive(self.page):
            self.page.activateWindow()
        self.measured()
        return self

    def measured(self) -> LaboratoryResult:
        """Wait until what is chosen has been measured."""
        self.qtbot.waitUntil(
            lambda: (
                bool(self.results)
                and self.results[-1].request == self.page._request()
                and not self.page.channel.running
                and not self.page._later.isActive()
            ),
            timeout=60_000,
        )
        return self.results[-1]

    def click(self, widget: object) -> None:
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)  # type: ignore[arg-type]

    def type_depth(self, text: str) -> None:
        box = self.controls.depth_box
        box.setFocus()
        box.selectAll()
        self.qtbot.keyClicks(box, text)
        self.qtbot.keyClick(box, Qt.Key.Key_Return)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=30_000)


def first_drawn(plot: Plot) -> int:
    """The first position that has a point on screen; one past the last while there is none."""
    positions, _ = plot.lines[0].getData()
    return len(plot.chart.series[0].values) if positions is None else int(positions[0])


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.page.sweep.stop()
    made.worker.close()


def test_nothing_is_measured_before_the_page_is_looked_at(bench: Bench) -> None:
    bench.controls.changed.emit()
    settle(bench.qtbot, 2 * PAUSE)
    assert not bench.page.channel.running
    assert bench.results == []
    result = bench.show().results[-1]
    assert result.residual is not None
    assert [one.name for one in bench.page.weights.chart.series] == ["ResNet-8", "Plain-8"]
    assert len(bench.page.weights.chart.series[0].values) == 8
    assert len(bench.page.residual_strip.cells) == 5
    assert [cell.has_skip for cell in bench.page.residual_strip.cells] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert not any(cell.has_skip for cell in bench.page.plain_strip.cells)


def test_the_page_greets_with_what_is_on_its_way_and_not_with_empty_axes(bench: Bench) -> None:
    page = bench.page
    bench.page.show()
    assert not any(plot.isVisible() for plot in page.plots)
    assert not page.residual_strip.isVisible()
    assert page.waiting.isVisible()
    assert "being built and measured" in page.waiting.text(), "from the first moment on"
    bench.wait_until(lambda: page.channel.running)
    assert page.waiting.text() == (
        "ResNet-8 and Plain-8 are being built and measured, one pass each: about a second on one "
        "processor core."
    )
    bench.measured()
    assert all(plot.isVisible() for plot in page.plots)
    assert page.residual_strip.isVisible()
    assert not page.waiting.isVisible()


def test_both_networks_are_drawn_in_one_colour_scale_and_each_plot_in_one(bench: Bench) -> None:
    page = bench.show().page
    assert page.residual_strip._scale == page.plain_strip._scale
    for plot in page.plots:
        assert len(plot.chart.series) == 2
        values = [value for one in plot.chart.series for value in one.values]
        assert 10**plot.scale.low <= min(v for v in values if v > 0)
        assert max(values) <= 10**plot.scale.high


def test_every_control_measures_anew(bench: Bench) -> None:
    controls = bench.show().controls

    def choose(box: QComboBox, key: Qt.Key = Qt.Key.Key_Down) -> None:
        box.setFocus()
        bench.qtbot.keyClick(box, key)

    bench.qtbot.mouseClick(
        controls.norm, Qt.MouseButton.LeftButton, pos=QPoint(10, controls.norm.height() // 2)
    )
    assert bench.measured().request == replace(SMALL, norm=True, device="cpu")
    choose(controls.combine)
    choose(controls.initialisation)
    choose(controls.nonlinearity)
    choose(controls.batch)
    choose(controls.batch, Qt.Key.Key_Up)
    bench.qtbot.keyClick(controls.seed, Qt.Key.Key_Up)
    request = bench.measured().request
    assert (request.combine, request.initialisation, request.nonlinearity, request.seed) == (
        "concat", "he", "leaky relu", 1,
    )  # fmt: skip
    assert bench.page.weights.chart.series[0].name == "Concat-8"
    assert "1×1 convolutions" in bench.page.compared.said
    choose(controls.combine)
    assert bench.measured().residual is None
    assert not bench.page.residual_strip.isVisible()
    assert not bench.page.residual_finding.isVisible()
    assert [one.name for one in bench.page.weights.chart.series] == ["Plain-8"]


def test_the_slider_moves_in_steps_of_six_and_the_newest_depth_wins(bench: Bench) -> None:
    controls = bench.show().controls
    bench.results.clear()
    for _ in range(3):
        bench.qtbot.keyClick(controls.slider, Qt.Key.Key_Right)
    assert controls.depth_box.value() == 26
    bench.measured()
    assert [result.request.depth for result in bench.results] == [26]
    bench.type_depth("14")
    assert controls.slider.value() == 1
    bench.measured()
    assert [result.request.depth for result in bench.results] == [26, 14]


def test_a_change_while_it_measures_drops_what_was_asked_before(bench: Bench) -> None:
    bench.show()
    bench.results.clear()
    bench.type_depth("110")
    bench.wait_until(
        lambda: bench.page.progress.isVisible() and bench.page.progress.bar.value() > 2
    )
    bench.type_depth("8")
    bench.click(bench.controls.norm)
    bench.measured()
    assert {result.request.depth for result in bench.results} == {8}


def test_presets_keep_batch_data_and_seed(bench: Bench) -> None:
    controls = bench.show().controls
    controls.choose(replace(SMALL, seed=5))
    button = controls.presets[list(PRESETS).index("What a skip changes")]
    bench.click(button)
    request = bench.measured().request
    assert (request.depth, request.batch, request.data, request.seed) == (20, 16, "noise", 5)
    assert "vanishing" in bench.page.plain_strip._title
    assert "healthy" in bench.page.residual_strip._title
    assert "Bengio" in bench.page.plain_finding.said
    assert "1603.05027" in bench.page.residual_finding.said


def test_zero_init_is_offered_only_with_a_norm(bench: Bench) -> None:
    controls = bench.show().controls
    index = controls.initialisation.findData("zero")
    model = controls.initialisation.model()
    assert not model.flags(model.index(index, 0)) & Qt.ItemFlag.ItemIsEnabled
    bench.click(controls.presets[list(PRESETS).index("Start at the identity")])
    assert controls.initialisation.currentData() == "zero"
    bench.type_depth("8")
    bench.measured()
    assert "γ = 1" in bench.page.compared.said
    assert "1706.02677" in bench.page.residual_finding.said
    controls.norm.setFocus()
    bench.qtbot.keyClick(controls.norm, Qt.Key.Key_Space)
    assert controls.initialisation.currentData() == "he"
    assert not bench.said


def test_a_depth_that_is_none_says_so_and_leaves_the_last_result(bench: Bench) -> None:
    bench.show()
    shown = bench.page.result
    bench.type_depth("57")
    bench.wait_until(lambda: bool(bench.said))
    assert "depth 57 is not 6n + 2" in bench.said[-1]
    assert bench.page.result is shown
    assert bench.page.weights.chart.series[0].name == "ResNet-8"
    bench.type_depth("1208")
    bench.wait_until(lambda: len(bench.said) == 2)
    assert "more than 1202" in bench.said[-1]
    bench.type_depth("14")
    assert bench.measured().request.depth == 14
    assert bench.said[-1] == "", "the sentence goes once it is mended"


@pytest.mark.long
def test_1202_layers_are_measured_only_when_confirmed_and_can_be_cancelled(bench: Bench) -> None:
    bench.show()
    page, shown = bench.page, bench.page.result
    bench.type_depth("1202")
    bench.wait_until(page.warning.isVisible)
    assert "GiB" in page.warning.text.text()
    assert "billion a second of the last measurement (CPU)" in page.warning.text.text()
    assert not page.channel.running
    bench.click(page.warning.go)
    bench.wait_until(lambda: page.progress.isVisible() and page.progress.bar.value() > 1)
    assert not page.warning.isVisible()
    bench.click(page.progress.cancel)
    assert not page.channel.running
    assert bench.said == ["The measurement was cancelled; on screen is still that of 8 layers"]
    assert page.result is shown
    bench.type_depth("1196")
    bench.wait_until(page.warning.isVisible)
    bench.click(page.warning.back)
    assert bench.controls.depth_box.value() == 110
    bench.type_depth("8")
    bench.measured()
    assert not page.warning.isVisible()


def test_photos_are_measured_anew_when_another_is_opened(bench: Bench) -> None:
    bench.show()
    count = len(bench.results)
    bench.state.set_photo(fakes.photo(100, 100))
    settle(bench.qtbot, 2 * PAUSE)
    assert not bench.page.channel.running
    assert len(bench.results) == count  # noise has no photo
    bench.controls.data.setFocus()
    bench.qtbot.keyClick(bench.controls.data, Qt.Key.Key_Up)
    first = bench.measured()
    assert "“gradient” and the sample photos" in bench.page.compared.said
    bench.state.set_photo(fakes.photo(200, 100))
    second = bench.measured()
    assert second.request.photo is bench.state.snapshot.photo
    assert first.plain.layers != second.plain.layers


@pytest.mark.long
def test_a_result_is_swept_from_the_loss_to_the_input_and_then_shown_whole(bench: Bench) -> None:
    motion.allow(True)
    bench.show()
    page = bench.page
    assert page.sweep.running
    fronts: list[float] = []
    page.sweep.moved.connect(fronts.append)
    bench.wait_until(lambda: first_drawn(page.weights) == 4)
    assert first_drawn(page.activations) == 4
    assert first_drawn(page.variances) == 0  # it is there before anything goes backwards
    front = page.plain_strip.front
    assert front is not None
    assert 1.5 < front <= 2.5
    assert page.residual_strip.front == front
    bench.wait_until(lambda: not page.sweep.running)
    assert fronts == sorted(fronts, reverse=True)
    assert page.plain_strip.front is None
    assert first_drawn(page.weights) == 0


def test_s_and_the_button_start_and_stop_the_sweep(bench: Bench) -> None:
    motion.allow(True)
    bench.show()
    page = bench.page
    bench.click(page.sweep_button)
    assert not page.sweep.running
    assert first_drawn(page.weights) == 0
    assert page.sweep_button.text() == "Sweep (S)"
    for widget in (page, bench.controls.depth_box, bench.controls.combine):
        widget.setFocus()
        bench.qtbot.keyClick(widget, Qt.Key.Key_S)
        assert page.sweep.running, widget
        assert page.sweep_button.text() == "Stop (S)"
        bench.qtbot.keyClick(widget, Qt.Key.Key_S)
        assert not page.sweep.running
    assert bench.controls.request() == SMALL


def test_without_moving_curves_a_result_is_there_at_once(bench: Bench) -> None:
    motion.allow(False)
    bench.show()
    assert not bench.page.sweep.running
    assert bench.page.plain_strip.front is None


def test_a_click_marks_the_same_layer_everywhere(bench: Bench) -> None:
    page = bench.show().page
    page.sweep.stop()
    strip = page.plain_strip
    bench.qtbot.mouseClick(
        strip, Qt.MouseButton.LeftButton, pos=strip.cell_rect(2).center().toPoint()
    )
    assert [plot.marker.value() for plot in page.plots] == [3, 3, 3]
    assert page.residual_strip._marker == 2


@pytest.mark.long
@pytest.mark.parametrize("size", [(960, 600), (1280, 800), (1366, 768), (1920, 1080)])
def test_nothing_is_cut_off_while_the_first_sweep_runs(
    qtbot: QtBot, settings: QSettings, size: tuple[int, int]
) -> None:
    window = MainWindow(settings)
    try:
        page = window.pages["laboratory"]
        assert isinstance(page, LaboratoryPage)
        window.worker.request = lambda snapshot: None  # type: ignore[method-assign]
        window.worker.start = lambda channel, request: None  # type: ignore[method-assign]
        window.resize(*size)
        window.show()
        window.turn_to_page("laboratory")
        motion.allow(True)
        for style in theme.THEMES:
            window.set_theme(style)
            page._show(result(depth=56))
            page.sweep.start(56)
            fronts: list[float] = []
            page.sweep.moved.connect(fronts.append)
            qtbot.waitUntil(lambda fronts=fronts: bool(fronts))  # type: ignore[misc]
            assert page.sweep.running
            assert faults(page) == [], style
            for plot in page.plots:
                assert plot.legend.isVisible()
                assert plot.legend.height() > 0
            if size[1] >= 768:
                assert page.height() <= page.parentWidget().height(), "nothing to scroll to"  # type: ignore[union-attr]
            assert page.residual_strip.height() == page.plain_strip.height()
            assert page.plain_strip.cell_rect(0).height() >= page.fontMetrics().height()
    finally:
        discard(window)


def test_it_fits_the_window_in_every_theme(qtbot: QtBot, settings: QSettings) -> None:
    window = MainWindow(settings)
    try:
        page = window.pages["laboratory"]
        assert isinstance(page, LaboratoryPage)
        window.worker.request = lambda snapshot: None  # type: ignore[method-assign]
        window.worker.start = lambda channel, request: None  # type: ignore[method-assign]
        window.show()
        with qtbot.waitActive(window):
            window.activateWindow()
        qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
        assert window.pages.shown is page
        page._show(result(depth=110))
        for style in theme.THEMES:
            window.set_theme(style)
            look = theme.current()
            drawn = [line.opts["pen"].color().name() for line in page.weights.lines]
            assert drawn == [look.skip, look.branch]
            for size in ((1920, 1080), (1366, 768)):
                window.resize(*size)
                QApplication.processEvents()
                assert (window.width(), window.height()) == size
                for label in (page.residual_finding, page.plain_finding, page.compared):
                    assert label.height() >= label.heightForWidth(label.width()) > 0
                for plot in page.plots:
                    assert plot.plot.height() > 120
                line = page.plain_strip.fontMetrics()
                assert line.horizontalAdvance(page.plain_strip._title) < page.plain_strip.width()
    finally:
        discard(window)


# Sentences


def result(depth: int, norm: bool = False, seconds: float = 0.5) -> LaboratoryResult:
    """A made-up result: the residual network's gradient is flat, the plain one's falls."""
    stages = [0, *(1 + 3 * index // (depth - 2) for index in range(depth - 2)), 0]
    names = ["conv1"]
    for index in range(depth - 2):
        names.append(f"layer{stages[index + 1]}.{index // 2}.conv{1 + index % 2}")
    names.append("fc")

    def flow(title: str, skips: bool, fall: float) -> NetworkFlow:
        layers = []
        for index, (name, stage) in enumerate(zip(names, stages, strict=True)):
            norm = 10 ** (-fall * (depth - 1 - index))
            norm = norm if norm > 1e-40 else 0.0
            layers.append(LayerFlow(name, stage, norm, norm if norm > 1e-22 else 0.0, norm, 1.0))
        return NetworkFlow(title, skips, tuple(layers), 2.3, seconds)

    request = LaboratoryRequest(depth=depth, norm=norm)
    residual = flow(f"ResNet-{depth}", True, 0.0)
    return LaboratoryResult(request, residual, flow(f"Plain-{depth}", False, 0.4), "CPU")


def test_a_heading_names_regime_and_figures_and_zero_is_explained() -> None:
    made = result(depth=110)
    assert made.residual is not None
    healthy = judge(made.residual, made.request)
    assert words.heading(made.residual, healthy) == (
        "ResNet-110: healthy – weight gradient 1.0 at the first convolution, 1.0 at the last"
    )
    zero = judge(made.plain, made.request)
    assert words.heading(made.plain, zero) == (
        "Plain-110: exactly zero in float32 – weight gradient 0 at the first convolution, "
        "0.40 at the last"
    )
    text = words.finding(made.plain, zero, "#777777")
    assert "summed" not in text
    assert "Glorot &amp; Bengio 2010" in text
    small = result(depth=56)
    vanishing = judge(small.plain, small.request)
    assert "vanishing – weight gradient 1.0×10⁻²²" in words.heading(small.plain, vanishing)
    assert "summed in float64" in words.finding(small.plain, vanishing, "#777777")


def test_the_warning_reckons_from_the_last_measurement() -> None:
    deep = LaboratoryRequest(depth=1202, batch=64, norm=True)
    assert "on one processor core; nothing has been measured here yet" in words.warning(deep, None)
    last = result(depth=110, seconds=1.0)
    text = words.warning(deep, last)
    # 1200 : 108 layers of the same batch, 2 seconds for both twins.
    assert "about 22 seconds" in text
    assert "ResNet-1202 and Plain-1202" in text
    assert "6.2 GiB" in text
