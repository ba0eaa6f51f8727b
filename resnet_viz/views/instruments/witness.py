"""The panel of a network's own statistics: was it read, and is it fed, as it was trained?"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import witness
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.results.result import Snapshot
from resnet_viz.results.witness import WitnessRequest, WitnessResult
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot


class WitnessPanel(Panel):
    """Bars over norms: the divergence of what a norm sees from what it stored in training."""

    NAME = "witness"
    SHOWS = (
        "Each batch norm has stored the mean and the variance that it saw in training. A network "
        "that was read right sees about the same on photos; one with another activation, other "
        "shortcuts or another normalisation does not. A network from a file is compared with what "
        "else its names and shapes could be."
    )
    PAPER = "Ioffe, Szegedy 2015 §3.1"
    ARXIV = "1502.03167"
    SHORT = 60.0  # nothing ships that could be shown meanwhile

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._result: WitnessResult | None = None
        self.options.addStretch(1)
        self.plot = Plot("Divergence of each norm")
        self.area.addWidget(self.plot, 1)
        self.plot.hide()

    def request(self) -> WitnessRequest:
        """The statistics of the network on screen."""
        return WitnessRequest(self.state.snapshot)

    def passes(self) -> float | None:
        """Of a file's network the other readings count too: as many as there may be."""
        return 35 if self.state.snapshot.weights.kind != "file" else None

    def show_update(self, update: object) -> None:
        """Draw a bar for each norm."""
        assert isinstance(update, WitnessResult)
        self._result = update
        self.label(witness.witness_caption(update), update.on.snapshot)
        self._draw()

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """Neither the photo nor gates nor the target matter."""
        return snapshot.network, snapshot.weights

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.plot.retheme()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self._result is None else (witness.witness(self._result),)

    def _draw(self) -> None:
        charts = [chart for figure in self.figures() for chart in figure.panels]
        self.plot.setVisible(bool(charts))
        for chart in charts:
            if isinstance(chart, Chart):
                self.plot.show_chart(chart)
