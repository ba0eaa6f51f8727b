"""The gradient laboratory: a network built on the spot beside its plain twin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_laboratory import laboratory_script
from resnet_viz.figures import laboratory
from resnet_viz.figures import laboratory_words as words
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.figures.numbers import power_of_ten
from resnet_viz.figures.scale import Scale
from resnet_viz.results.laboratory import (
    CHEAP_DEPTH,
    MOST_DEPTH,
    LaboratoryRequest,
    LaboratoryResult,
    NetworkFlow,
)
from resnet_viz.results.laboratory_regime import BOUNDS, judge
from resnet_viz.results.result import Result
from resnet_viz.results.task import Progress
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.laboratory.controls import LaboratoryControls
from resnet_viz.views.laboratory.sweep import Sweep
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.plots.strip import HEAT_MAP, Cell, NetworkStrip
from resnet_viz.views.widgets import motion, theme
from resnet_viz.views.widgets.feature import Json, Key
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.progress_row import ProgressRow
from resnet_viz.views.widgets.scale_bar import ScaleBar
from resnet_viz.views.widgets.scrolling import put_into

PAUSE = 200
"""Milliseconds after the last change before a network is built."""

_LEAST_PLOT = 90  # pixels
_KEPT = ("depth", "combine", "norm", "initialisation", "nonlinearity", "data", "batch", "seed")


class LaboratoryPage(Page):
    """Every change of a control builds and measures both networks anew; the newest one wins.

    Above are the networks, coloured by the gradient; below, layer by layer, what was measured.
    """

    KEYS = {  # noqa: RUF012
        "sweep": Key("S", "Follow the gradient backwards; again: show it at once")
    }

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.channel = Channel(worker, "laboratory", self)
        self.result: LaboratoryResult | None = None
        self._asked: LaboratoryRequest | None = None
        self._allowed: LaboratoryRequest | None = None
        self.controls = LaboratoryControls()
        self.sweep = Sweep(self)
        self.sweep_button = QPushButton("Sweep (S)")
        self.sweep_button.setToolTip("Follow the gradient from the loss back to the input (S)")
        self.progress = ProgressRow(self.channel)
        self.colours = ScaleBar(theme.colour_map(HEAT_MAP))
        self.colours.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.compared = LinkedLabel()
        self.warning = _Warning()
        self.waiting = PlainLabel()
        """In the place of the plots until there is something to plot."""
        self.waiting.setWordWrap(True)
        self.waiting.setText(words.waiting(self.controls.request()))
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.residual_strip, self.plain_strip = NetworkStrip(), NetworkStrip()
        self.plots = tuple(Plot(title, least=_LEAST_PLOT) for title in laboratory.QUANTITIES)
        self.weights, self.activations, self.variances = self.plots
        self.residual_finding, self.plain_finding = LinkedLabel(), LinkedLabel()
        self._scroll = QScrollArea()
        self._arrange()
        self._later = QTimer(self, singleShot=True, interval=PAUSE)
        self._connect()
        self.retheme()

    # ---- building

    def _arrange(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 6, 8, 6)
        column.addWidget(self.controls)
        column.addWidget(self.compared)
        column.addStretch(1)
        put_into(self._scroll, left)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        top = QHBoxLayout()
        top.addWidget(self.sweep_button)
        top.addWidget(self.progress, 1)
        top.addWidget(self.colours)
        plots = QHBoxLayout()
        plots.setSpacing(10)
        for plot in self.plots:
            plots.addWidget(plot, 1)
            # Where the page is low the plots give way, before anything is cut off below.
            plot.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
            plot.setToolTip(_MEANING[self.plots.index(plot)])
        findings = QHBoxLayout()
        findings.setSpacing(10)
        for label in (self.residual_finding, self.plain_finding):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setToolTip(BOUNDS)
            findings.addWidget(label, 1)
        rows = QVBoxLayout()
        rows.setContentsMargins(8, 6, 8, 6)
        rows.setSpacing(4)
        rows.addLayout(top)
        rows.addWidget(self.warning)
        rows.addWidget(self.residual_strip)
        rows.addWidget(self.plain_strip)
        rows.addLayout(findings)
        rows.addWidget(self.waiting, 1)
        rows.addLayout(plots, 1)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self._scroll)
        columns.addLayout(rows, 1)
        self._show_parts()

    def _connect(self) -> None:
        self._later.timeout.connect(self._ask)
        self.controls.changed.connect(self._later.start)
        self.state.snapshot_changed.connect(lambda _: self._later.start())
        self.channel.updated.connect(self._show)
        self.channel.progressed.connect(self._progressed)
        self.channel.failed.connect(self._failed)
        self.progress.cancel.clicked.connect(self._cancelled)
        self.warning.go.clicked.connect(self._allow)
        self.warning.back.clicked.connect(lambda: self.controls.depth_box.setValue(CHEAP_DEPTH))
        self.sweep_button.clicked.connect(self.toggle_sweep)
        self.sweep.moved.connect(self._show_front)
        self.sweep.ended.connect(self._show_whole)
        for plot in self.plots:
            plot.clicked.connect(self._mark)
        for strip in (self.residual_strip, self.plain_strip):
            strip.clicked.connect(lambda cell: self._mark(max(0, 2 * cell - 1)))
        key = QShortcut(QKeySequence(self.KEYS["sweep"].keys), self)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.toggle_sweep)

    def choices(self) -> dict[str, Json]:
        """The network and the batch."""
        return {name: getattr(self.controls.request(), name) for name in _KEPT}

    def restore(self, choices: Mapping[str, Json]) -> None:
        now = self.controls.request()
        kept = {
            name: choices[name]
            for name in _KEPT
            if name in choices and type(choices[name]) is type(getattr(now, name))
        }
        self.controls.choose(replace(now, **kept))

    @property
    def settled(self) -> bool:
        if self.result is None:
            return False
        measured, chosen = self.result.request, self.controls.request()
        return all(getattr(measured, name) == getattr(chosen, name) for name in _KEPT)

    # ---- asking

    def showEvent(self, event: QShowEvent) -> None:
        """Measure once the page is looked at."""
        super().showEvent(event)
        self._later.start()

    def _request(self) -> LaboratoryRequest:
        now = self.state.snapshot
        request = replace(self.controls.request(), device=now.device)
        if request.data == "photos":
            # The crop box of the explorer, so that it is the picture that the user chose.
            request = replace(request, photo=now.photo, crop=now.crop)
        return request

    def _ask(self) -> None:
        """Measure what is chosen, if the page is on screen and it is not on it already."""
        request = self._request()
        if not self.isVisible() or request == self._asked:
            return
        self._asked = request
        deep = CHEAP_DEPTH < request.depth <= MOST_DEPTH and (request.depth - 2) % 6 == 0
        if deep and request != self._allowed:
            self.channel.stop()
            self.progress.hide()
            self.say("")
            self.waiting.clear()
            self.warning.ask(words.warning(request, self.result))
            return
        self.warning.hide()
        self.waiting.setText(words.waiting(request))
        self.channel.start(request)

    def _allow(self) -> None:
        """Measure the deep network that was warned of."""
        self._allowed, self._asked = self._request(), None
        self._ask()

    def _cancelled(self) -> None:
        self._asked = None
        depth = self.result.request.depth if self.result else 0
        self.waiting.clear()
        still = f"; on screen is still that of {depth} layers" if depth else ""
        self.say(f"The measurement was cancelled{still}")

    def _progressed(self, progress: Progress) -> None:
        if progress.total:  # the networks could be built, so what was wrong is mended
            self.say("")

    def _failed(self, sentence: str) -> None:
        self.waiting.clear()
        self.say(sentence)

    # ---- showing

    def _show(self, result: LaboratoryResult) -> None:
        self.result = result
        self._draw()
        for strip in (self.residual_strip, self.plain_strip):
            strip.pulse()
        self.sweep.stop()
        if motion.milliseconds():
            self.toggle_sweep()

    def _show_parts(self) -> None:
        """Show no plot before there is something in it."""
        self.waiting.setVisible(self.result is None)
        self.sweep_button.setEnabled(self.result is not None)
        for widget in (*self.plots, self.colours):
            widget.setVisible(self.result is not None)
        if self.result is None:
            for widget in (
                self.residual_strip,
                self.plain_strip,
                self.residual_finding,
                self.plain_finding,
            ):
                widget.hide()

    def _draw(self) -> None:
        """Show the result, whole."""
        result = self.result
        self._show_parts()
        if result is None:
            return
        look = theme.current()
        figure = laboratory.laboratory(result)
        for plot, chart in zip(self.plots, figure.panels, strict=True):
            if isinstance(chart, Chart):
                plot.show_chart(chart)
        scale = Scale.covering(value for flow in result.flows for value in _cell_values(flow))
        self.colours.set_labels(
            power_of_ten(scale.low), power_of_ten(scale.high), "weight gradient of a block, L2"
        )
        for strip, label, one in (
            (self.residual_strip, self.residual_finding, result.residual),
            (self.plain_strip, self.plain_finding, result.plain),
        ):
            for widget in (strip, label):
                widget.setVisible(one is not None)
            if one is None:
                continue
            verdict = judge(one, result.request)
            strip.show_network(words.heading(one, verdict), _cells(one))
            strip.show_values(_cell_values(one), scale)
            label.say(words.finding(one, verdict, look.muted))
        self.compared.say_plain(words.compared(result))

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self.result is None else (laboratory.laboratory(self.result),)

    def script(self, result: Result | None) -> str:
        """That of the twins on screen."""
        if self.result is None:
            return super().script(None)
        return laboratory_script(self.result.request)

    def toggle_sweep(self) -> None:
        """Let the front run from the loss to the input; again, and everything is shown at once."""
        if self.sweep.running:
            self.sweep.stop()
        elif self.result is not None:
            self.sweep.start(len(self.result.plain.layers))
            self.sweep_button.setText("Stop (S)")

    def _show_front(self, layer: float) -> None:
        """The front is at ``layer``; the forward pass, and so the variance, is there already."""
        for plot in (self.weights, self.activations):
            plot.reveal(max(0, math.ceil(layer)))
        for strip in (self.residual_strip, self.plain_strip):
            strip.set_front((layer + 0.5) / 2)

    def _show_whole(self) -> None:
        self.sweep_button.setText("Sweep (S)")
        for plot in (self.weights, self.activations):
            plot.reveal(None)
        for strip in (self.residual_strip, self.plain_strip):
            strip.set_front(None)

    def _mark(self, layer: int) -> None:
        """Mark a layer in every plot, and its block in both networks."""
        for plot in self.plots:
            plot.set_marker(layer)
        for strip in (self.residual_strip, self.plain_strip):
            strip.set_marker((layer + 1) // 2)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self._scroll.setFixedWidth(round(26 * look.point_size))
        for plot in self.plots:  # with room for a title and a legend of two lines each
            plot.setMinimumHeight(_LEAST_PLOT + 5 * plot.fontMetrics().height())
        for label in (self.compared, self.waiting):
            label.setStyleSheet(f"color: {look.muted}")
        for label, colour in (
            (self.residual_finding, look.skip),
            (self.plain_finding, look.branch),
        ):
            label.setStyleSheet(
                f"QLabel {{ border: none; border-left: 5px solid {colour}; padding-left: 6px; }}"
            )
        self.warning.retheme()
        for plot in self.plots:
            plot.retheme()
        for strip in (self.residual_strip, self.plain_strip):
            strip.retheme()
        self.sweep.stop()
        self._draw()


_MEANING = (
    "The gradient of the mean cross-entropy with respect to each layer's weights. The squares are "
    "summed in float64; 0 means that every entry is 0.",
    "The gradient of the mean cross-entropy with respect to what each layer hands on: after norm "
    "and nonlinearity, and at the end of a block after its paths have met; at fc the logits.",
    "The variance of all numbers of the batch that each layer hands on: after norm and "
    "nonlinearity, and at the end of a block after its paths have met; at fc the logits.",
)


def _cells(flow: NetworkFlow) -> list[Cell]:
    """The stem, every block and the classifier."""
    blocks = flow.layers[2:-1:2]
    return [
        Cell(flow.layers[0].name, 0, False),
        *(Cell(x.name.removesuffix(".conv2"), x.stage, flow.has_skips) for x in blocks),
        Cell(flow.layers[-1].name, 0, False),
    ]


def _cell_values(flow: NetworkFlow) -> list[float]:
    """The weight gradient's norm of each cell; a block's is over both of its convolutions."""
    norms = [layer.weight_gradient for layer in flow.layers]
    blocks = [math.hypot(*pair) for pair in zip(norms[1:-1:2], norms[2:-1:2], strict=True)]
    return [norms[0], *blocks, norms[-1]]


class _Warning(QFrame):
    """Says what a deep network takes, and lets the user go on or back; hidden until needed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("cost")
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        self.go = QPushButton("Measure it")
        self.back = QPushButton(f"Back to {CHEAP_DEPTH}")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 6, 4)
        row.addWidget(self.text, 1)
        for button in (self.go, self.back):
            row.addWidget(button)
        self.hide()

    def ask(self, sentence: str) -> None:
        self.text.setText(sentence)
        self.show()

    def retheme(self) -> None:
        look = theme.current()
        self.setStyleSheet(
            f"#cost {{ background: {look.raised}; border-left: 6px solid {look.warning}; }}"
        )
