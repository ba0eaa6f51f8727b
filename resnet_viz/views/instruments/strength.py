"""The panel of the skips' strength: gradient and answer while the skips are turned down."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Odds, Series
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.results.strength import EVEN, FINE, StrengthRequest, StrengthResult
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.log_plot import LogPlot
from resnet_viz.views.plots.odds_plot import OddsPlot
from resnet_viz.views.widgets import theme

STEPS = {"Even steps of 0.05": EVEN, "Finer towards 0": FINE}
_SYMBOLS = ("o", "s", "t", "d", "p")


class StrengthPanel(Panel):
    """Sweeps s in y = act(F(x) + s·shortcut(x)) for all skips, a stage's or a block's."""

    NAME = "strength"
    TITLE = "Skip strength"
    LINE = "Turn the skips down from 1 to 0 and watch gradient and answer"
    SHOWS = (
        "The gradient of the target's logit and the answer while the skips are multiplied by a "
        "strength s between 1 and 0: on its way through n skips alone the gradient is multiplied "
        "by sⁿ. The other skips stay on; click a point to set it in the explorer."
    )
    PAPER = "He, Zhang, Ren, Sun 2016 §3, eq. 6–8"
    ARXIV = "1603.05027"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._structure: Structure | None = None
        self._result: StrengthResult | None = None
        self.skips = QComboBox()
        self.skips.setAccessibleName("Which skips are turned down")
        self.steps = QComboBox()
        self.steps.setAccessibleName("Steps of the strength")
        for text, strengths in STEPS.items():
            self.steps.addItem(text, strengths)
        self.options.addWidget(QLabel("Skips"))
        self.options.addWidget(self.skips)
        self.options.addWidget(self.steps)
        self.options.addStretch(1)
        self.gradient = LogPlot("Gradient norm of the target's logit, against skip strength")
        self.odds = OddsPlot("Probability, against skip strength")
        plots = QHBoxLayout()
        plots.addWidget(self.gradient, 1)
        plots.addWidget(self.odds, 1)
        self.area.addLayout(plots)
        for plot in (self.gradient, self.odds):
            plot.setMinimumHeight(180)
            plot.hide()
        self.gradient.clicked.connect(self._set)
        self.odds.clicked.connect(lambda x: self._set(round(x)))
        state.gates_changed.connect(lambda _: self._mark_strength())

    def show_result(self, result: Result) -> None:
        """Offer the skips of a new network."""
        if result.structure == self._structure:
            return
        self._structure = structure = result.structure
        self.skips.clear()
        if not structure.skips:
            return
        self.skips.addItem("All", structure.skips)
        for stage in structure.stages:
            self.skips.addItem(f"Stage {stage.number}", stage.skips)
        for name in structure.skips:
            self.skips.addItem(f"Block {name.removeprefix('layer')}", (name,))

    def request(self) -> StrengthRequest:
        """The sweep that is chosen."""
        if self._structure is None:
            raise ValueError("The network is still being loaded; measure again in a moment")
        if not self._structure.skips:
            raise ValueError(
                f"{self._structure.title} is a plain network and has no skips to turn down; choose "
                "a residual network in the explorer"
            )
        return StrengthRequest(
            self.state.snapshot, self.skips.currentData(), self.steps.currentData()
        )

    def show_update(self, update: object) -> None:
        """Draw the points that have been measured so far."""
        assert isinstance(update, StrengthResult)
        self._result = update
        self.label(describe(update), update.on.snapshot)
        self._draw()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in (self.gradient, self.odds):
            plot.retheme()
        self._draw()

    def _draw(self) -> None:
        result = self._result
        if result is None:
            return
        look, strengths = theme.current(), result.request.strengths
        points = result.points[::-1]
        first = len(strengths) - len(points)
        missing = [float("nan")] * first
        colours = (look.text, *look.stages)
        series = [
            Series(
                name,
                [*missing, *(point.gradient_norms[number] for point in points)],
                colours[number % len(colours)],
                _SYMBOLS[number % len(_SYMBOLS)],
            )
            for number, name in enumerate(result.watched)
        ]
        names = [f"{strength:g}" for strength in strengths]
        scale = Scale.covering(norm for point in points for norm in point.gradient_norms)
        target = result.labels[result.target]
        against = "against strength s"
        if strengths != EVEN:
            against += ", in uneven steps"
        self.gradient.title.setText(f"Gradient of the logit of “{target}”, L2 norm, {against}")
        self.gradient.show_series(series, names, scale=scale)
        self.gradient.reveal(first)
        self.odds.title.setText(f"Probability, {against}")
        tops = [result.labels[point.top] for point in points]
        self.odds.show_odds(
            [
                Odds("most probable class", [p.top_probability for p in points], "branch", True),
                Odds(f"target “{target}”", [p.target_probability for p in points], "skip"),
            ],
            names,
            first,
            [f"most probable: {top}" for top in tops],
        )
        for plot in (self.gradient, self.odds):
            plot.show()
        self._mark_strength()

    def _mark_strength(self) -> None:
        """Mark the strength that the explorer has now, if it is one of the sweep."""
        result = self._result
        if result is None:
            return
        gates, request = self.state.snapshot.gates, result.request
        found = [i for i, s in enumerate(request.strengths) if request.gates(s) == gates]
        at = found[0] if found else None
        self.gradient.set_marker(at)
        self.odds.set_marker(None if at is None else float(at))

    def _set(self, index: int) -> None:
        """Set a strength in the explorer, if that still shows what was measured here."""
        result = self._result
        if result is None or self.stale:
            return
        strength = result.request.strengths[min(max(index, 0), len(result.request.strengths) - 1)]
        if result.at(strength) is not None:
            self.state.set_gates(result.request.gates(strength))


def describe(result: StrengthResult) -> str:
    """What was measured on what, the gradient at the ends, and where the answer is lost."""
    points, total = result.points, len(result.request.strengths)
    target = result.labels[result.target]
    first, last = points[0], points[-1]
    count = "all" if len(points) == total else f"{len(points)} of"
    blocks = result.request.blocks
    skips = (
        blocks[0] if len(blocks) == 1 else f"the {len(blocks)} skips {blocks[0]} to {blocks[-1]}"
    )
    text = (
        f"Measured on {result.on.text}, {count} {total} strengths of {skips}. From strength "
        f"{first.strength:g} to {last.strength:g} the gradient at the stem goes from "
        f"{number_text(first.gradient_norms[0])} to {number_text(last.gradient_norms[0])}, and the "
        f"probability of “{target}” from {first.target_probability:.1%} to "
        f"{last.target_probability:.1%}"
    )
    lost = next((point for point in points if point.top != result.target), None)
    if lost is None:
        return f"{text}; it stays the most probable class." if first.top == result.target else text
    return f"{text}; at {lost.strength:g} the answer is “{result.labels[lost.top]}”."
