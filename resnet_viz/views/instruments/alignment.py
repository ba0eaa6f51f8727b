"""The panel of residual alignment: block outputs in the plane of their two main directions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QHBoxLayout

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_science import alignment_script
from resnet_viz.figures import alignment
from resnet_viz.figures.figure import Figure
from resnet_viz.results.alignment import AlignmentRequest, AlignmentResult
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plane import PlanePlot


class AlignmentPanel(Panel):
    """A plane for each stage, residual over plain; a click selects the block."""

    NAME = "alignment"
    SHOWS = (
        "Residual alignment: whether the outputs of a stage's blocks lie on a line, one step after "
        "the other, in the plane of their two main directions. The paper finds them equispaced on "
        "a line in residual networks that generalise well, and not where the skips are gone. "
        "Straightness is the distance from the first output to the last over the length of the "
        "way: 1 is a line."
    )
    PAPER = "Li, Papyan 2023, RA1"
    ARXIV = "2401.09018"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: AlignmentResult | None = None
        self.options.addStretch(1)
        self.plots: list[list[PlanePlot]] = []

    def request(self) -> AlignmentRequest:
        """The network and the photo on screen."""
        return AlignmentRequest(self.state.snapshot)

    def passes(self) -> float | None:
        return 2

    def show_update(self, update: object) -> None:
        """Draw the ways of the networks measured so far."""
        assert isinstance(update, AlignmentResult)
        self.result = update
        self.label(alignment.caption(update), update.screen.on.snapshot)
        for plot in [plot for row in self.plots for plot in row]:
            plot.hide()
            plot.deleteLater()
        while (item := self.area.takeAt(0)) is not None:
            if (row_before := item.layout()) is not None:
                row_before.deleteLater()
        self.plots = []
        for row, charts in enumerate(alignment.charts(update)):
            self.plots.append([])
            beside = QHBoxLayout()
            self.area.addLayout(beside, 1)
            for column, chart in enumerate(charts):
                plot = PlanePlot(chart.title, legend=False)
                beside.addWidget(plot, 1)
                plot.tell = partial(self._tell, row, column)
                plot.clicked.connect(partial(self._clicked, row, column))
                plot.show_chart(chart)
                self.plots[-1].append(plot)

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self.result is None or not any(alignment.charts(self.result)):
            return ()
        return (alignment.alignment(self.result),)

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else alignment_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in [plot for row in self.plots for plot in row]:
            plot.retheme()

    def _name(self, row: int, column: int, point: int) -> str:
        if self.result is None:
            return ""
        ways = [way for way in self.result.both[row].ways if len(way.blocks) > 1]
        return ways[column].blocks[point]

    def _tell(self, row: int, column: int, _series: int, point: int) -> str:
        return self._name(row, column, point)

    def _clicked(self, row: int, column: int, _series: int, point: int) -> None:
        if self.result is not None and not self.stale:
            self.state.select_block(self._name(row, column, point))
