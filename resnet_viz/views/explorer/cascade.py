"""The cascade's panel: its controls, and the trace that builds up step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.cascade import Cascade
from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.state import ExplorerState
from resnet_viz.export.script import cascade_script
from resnet_viz.figures.cascade import cascade as cascade_figure
from resnet_viz.figures.cascade import point_text
from resnet_viz.figures.figure import Figure
from resnet_viz.networks import catalog
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.explorer.trace_plot import TracePlot
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

ORDERS = {"input": "From the input", "output": "From the output", "random": "At random"}
LONGEST_PAUSE = 2000
"""Milliseconds between a result and the next step, at the slowest tempo."""

_TIGHT = 15  # lines of text in the view's height, below which the legend has the figures


class CascadeView(ExplorerPanel):
    """Starts, pauses and stops ``cascade``, and draws its trace."""

    def __init__(
        self, state: ExplorerState, cascade: Cascade, parent: QWidget | None = None
    ) -> None:
        super().__init__(state, parent)
        self._cascade = cascade
        self._result: Result | None = None
        self.setAccessibleName("Cascade")
        self.run, self.back, self.stop = QPushButton(), QPushButton("Back on"), QPushButton("Stop")
        self.run.setToolTip("Switch the skips off one by one, pause, or go on (C)")
        self.back.setToolTip("Switch the skips on again, one by one, the last first (Shift+C)")
        self.stop.setToolTip("End the cascade; the skips stay as they are (Esc)")
        self.run.clicked.connect(cascade.toggle)
        self.back.clicked.connect(cascade.back)
        self.stop.clicked.connect(cascade.stop)
        self.order = QComboBox()
        self.order.setAccessibleName("Order")
        self.order.setToolTip("Which skip goes off first; holds from the next start")
        for name, text in ORDERS.items():
            self.order.addItem(text, name)
        self.order.activated.connect(self._choose_order)
        self.seed = QSpinBox()
        self.seed.setPrefix("seed ")
        self.seed.setMaximum(999)
        self.seed.setToolTip("The same seed gives the same order again")
        self.seed.valueChanged.connect(self._choose_seed)
        self.tempo = QSlider(Qt.Orientation.Horizontal)
        self.tempo.setAccessibleName("Tempo")
        self.tempo.setRange(0, LONGEST_PAUSE)
        self.tempo.setPageStep(200)
        self.tempo.setMinimumWidth(50)
        self.tempo.setValue(LONGEST_PAUSE - cascade.pause_ms)
        self.tempo.valueChanged.connect(self._choose_tempo)
        self.tempo_text = PlainLabel()
        self.trace = TracePlot()
        self.sentence = LinkedLabel()
        self.no_skips = LinkedLabel()
        self.no_skips.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_skips.network_asked.connect(state.set_network)
        self._lay_out()
        cascade.changed.connect(self._show)
        self._choose_tempo(self.tempo.value())
        self._choose_order()
        self.retheme()

    @classmethod
    def of(cls, explorer: Explorer) -> Self:
        return cls(explorer.state, explorer.cascade)

    def show_result(self, result: Result) -> None:
        """Take the newest result; its target names the probability's curve."""
        self._result = result
        self._show()

    def choices(self) -> dict[str, Json]:
        return {
            "order": self.order.currentData(),
            "seed": self.seed.value(),
            "pause": self._cascade.pause_ms,
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        choose(self.order, choices.get("order"))
        self._choose_order()
        if isinstance(choices.get("seed"), int):
            self.seed.setValue(choices["seed"])
        if isinstance(choices.get("pause"), int):
            self.tempo.setValue(LONGEST_PAUSE - choices["pause"])

    def figures(self) -> tuple[Figure, ...]:
        """The trace on screen; nothing before its first point."""
        cascade, result = self._cascade, self._result
        if result is None or not cascade.trace:
            return ()
        return (
            cascade_figure(
                list(cascade.trace.values()),
                len(result.structure.skips),
                cascade.reached,
                result.labels[result.now.target],
                result.structure.title,
            ),
        )

    def script(self, result: Result | None) -> str:
        """That of the trace on screen."""
        if result is None or not self._cascade.trace:
            return super().script(None)
        gates = GateSettings.of({}, result.snapshot.gates.branches)
        return cascade_script(result, tuple(self._cascade.trace.values()), gates)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.tempo_text.setStyleSheet(f"color: {theme.current().muted}")
        self.trace.retheme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.run, self.back, self.stop):
            buttons.addWidget(button)
        buttons.addStretch(1)
        choices = QHBoxLayout()
        choices.addWidget(self.order)
        choices.addWidget(self.seed)
        choices.addWidget(self.tempo, 1)
        choices.addWidget(self.tempo_text)
        controls = QGridLayout()
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setVerticalSpacing(2)
        controls.addLayout(buttons, 0, 0)
        controls.addLayout(choices, 1, 0)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(8, 4, 8, 4)
        rows.setSpacing(3)
        rows.addLayout(controls)
        rows.addWidget(self.trace, 1)
        rows.addWidget(self.sentence)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(page)
        self._pages.addWidget(self.no_skips)

    def _choose_order(self) -> None:
        self._cascade.order = self.order.currentData()
        self.seed.setVisible(self._cascade.order == "random")

    def _choose_seed(self, seed: int) -> None:
        self._cascade.seed = seed

    def _choose_tempo(self, value: int) -> None:
        self._cascade.pause_ms = LONGEST_PAUSE - value
        seconds = f"+{self._cascade.pause_ms / 1000:.1f} s"
        self.tempo_text.setText(seconds)
        tip = f"Tempo: each step waits for its result and then {seconds[1:]}"
        self.tempo.setToolTip(tip)
        self.tempo_text.setToolTip(tip)

    def _show(self) -> None:
        cascade, result = self._cascade, self._result
        skips = bool(result and result.structure.skips)
        running = cascade.phase == "running"
        self.run.setText({"idle": "Cascade", "running": "Pause", "paused": "Go on"}[cascade.phase])
        self.run.setEnabled(skips)
        self.back.setEnabled(cascade.can_go_back)
        self.stop.setEnabled(cascade.phase != "idle")
        self.order.setEnabled(not running)
        if result is None:
            return
        self._pages.setCurrentIndex(0 if skips else 1)
        if not skips:
            self.no_skips.say(no_skips_text(result))
            return
        target = result.labels[result.now.target]
        count = len(result.structure.skips)
        tight = self.height() < _TIGHT * self.fontMetrics().lineSpacing()
        points = list(cascade.trace.values())
        self.trace.show_trace(points, count, cascade.reached, target, tight)
        point = cascade.trace.get(cascade.reached)
        if point is None:
            text = f"C switches the {count} skips off one after the other."
        else:
            text = point_text(point, target, "; ") + "."
        self.sentence.say_plain(text)
        self.sentence.setVisible(not tight)
        self.trace.setToolTip(plain(text) if tight else "")


def no_skips_text(result: Result) -> str:
    """Why there is nothing to switch off, with a link to the twin that has skips."""
    spec = result.snapshot.own_spec
    twin = catalog.twin(spec)
    link = f" <a href='{twin.name}'>Open {twin.title}</a>, which has them." if twin else ""
    why = result.structure.why_no_skips or f"{result.structure.title} has no skips to switch off"
    return f"{why}.{link}"
