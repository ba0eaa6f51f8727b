"""The panel of the skips' strength: gradient and answer while the skips are turned down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QComboBox, QHBoxLayout

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script import strength_script
from resnet_viz.figures import strength
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.results.strength import EVEN, FINE, StrengthRequest, StrengthResult
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.plain_text import PlainLabel

STEPS = {"Even steps of 0.05": EVEN, "Finer towards 0": FINE}


class StrengthPanel(Panel):
    """Sweeps s in y = act(F(x) + s·shortcut(x)) for all skips, a stage's or a block's."""

    NAME = "strength"
    SHOWS = (
        "The gradient of the target's logit and the answer while the skips are multiplied by a "
        "strength s between 1 and 0: on its way through n skips alone the gradient is multiplied "
        "by sⁿ. The other skips stay on; click a point to set it in the explorer."
    )
    PAPER = "He, Zhang, Ren, Sun 2016 §3, eq. 6–8"
    ARXIV = "1603.05027"
    SHORT = 60.0  # nothing ships that could be shown meanwhile

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._structure: Structure | None = None
        self.result: StrengthResult | None = None
        self._wanted = "All"
        self.skips = QComboBox()
        self.skips.setAccessibleName("Which skips are turned down")
        self.steps = QComboBox()
        self.steps.setAccessibleName("Steps of the strength")
        for text, strengths in STEPS.items():
            self.steps.addItem(text, strengths)
        self.skips.activated.connect(self._chosen)
        self.options.addWidget(PlainLabel("Skips"))
        self.options.addWidget(self.skips)
        self.options.addWidget(self.steps)
        self.options.addStretch(1)
        self.gradient = Plot("Gradient norm of the target's logit, against skip strength")
        self.odds = Plot("Probability, against skip strength")
        plots = QHBoxLayout()
        plots.addWidget(self.gradient, 1)
        plots.addWidget(self.odds, 1)
        self.area.addLayout(plots)
        for plot in (self.gradient, self.odds):
            plot.setMinimumHeight(180)
            plot.hide()
        self.gradient.clicked.connect(self._set)
        self.odds.clicked.connect(self._set)
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
        self._choose_wanted()

    def _chosen(self, place: int) -> None:
        self._wanted = self.skips.itemText(place)

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

    def passes(self) -> float | None:
        return 0.7 * len(self.steps.currentData()) if self.skips.count() else None

    def show_update(self, update: object) -> None:
        """Draw the points that have been measured so far."""
        assert isinstance(update, StrengthResult)
        self.result = update
        self.label(strength.strength_caption(update), update.on.snapshot)
        self._draw()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in (self.gradient, self.odds):
            plot.retheme()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self.result is None else (strength.strength(self.result),)

    def choices(self) -> dict[str, Json]:
        """Which skips, and the steps, as they are called."""
        return {"skips": self._wanted, "steps": self.steps.currentText()}

    def restore(self, choices: Mapping[str, Json]) -> None:
        if isinstance(choices.get("skips"), str):
            self._wanted = choices["skips"]
            self._choose_wanted()
        place = self.steps.findText(str(choices.get("steps")))
        if place >= 0:
            self.steps.setCurrentIndex(place)

    def _choose_wanted(self) -> None:
        """The skips that were chosen, where the network on screen has them."""
        self.skips.setCurrentIndex(max(0, self.skips.findText(self._wanted)))

    def script(self, result: Result | None) -> str:
        """That of the sweep on screen."""
        if self.result is None or result is None:
            return super().script(None)
        return strength_script(result, self.result.request, self.result.target)

    def _draw(self) -> None:
        for figure in self.figures():
            for plot, chart in zip((self.gradient, self.odds), figure.panels, strict=True):
                if isinstance(chart, Chart):
                    plot.show_chart(chart)
                plot.show()
        self._mark_strength()

    def _mark_strength(self) -> None:
        """Mark the strength that the explorer has now, if it is one of the sweep."""
        result = self.result
        if result is None:
            return
        gates, request = self.state.snapshot.gates, result.request
        found = [i for i, s in enumerate(request.strengths) if request.gates(s) == gates]
        at = found[0] if found else None
        for plot in (self.gradient, self.odds):
            plot.set_marker(at)

    def _set(self, index: int) -> None:
        """Set a strength in the explorer, if that still shows what was measured here."""
        result = self.result
        if result is None or self.stale:
            return
        chosen = result.request.strengths[index]
        if result.at(chosen) is not None:
            self.state.set_gates(result.request.gates(chosen))
