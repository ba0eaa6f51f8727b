"""The panel of iterative refinement: does each block's F(x) go down the loss?"""

from __future__ import annotations

from collections.abc import Callable

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_science import refinement_script
from resnet_viz.figures import refinement
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.results.refinement import RefinementRequest, RefinementResult
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot


class RefinementPanel(Panel):
    """A cosine over blocks; a click selects the block in the explorer."""

    NAME = "refinement"
    SHOWS = (
        "Iterative refinement: whether what a block adds, F(x), goes down the loss, which the "
        "cosine between F(x) and −∂L/∂x at the block's input tells, with all skips on and all off. "
        "Above zero the block makes the answer better, to first order; the paper finds that later "
        "blocks refine in this way, while the first ones of a stage learn new features."
    )
    PAPER = "Jastrzębski et al. 2018"
    ARXIV = "1710.04773"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: RefinementResult | None = None
        self.options.addStretch(1)
        self.plot = Plot("Iterative refinement")
        self.area.addWidget(self.plot, 1)
        self.plot.hide()
        self.plot.clicked.connect(self._clicked)
        state.block_changed.connect(lambda _: self._select())

    def request(self) -> RefinementRequest:
        """The network and the photo on screen."""
        return RefinementRequest(self.state.snapshot)

    def passes(self) -> float | None:
        return 4

    def show_update(self, update: object) -> None:
        """Draw the cosines."""
        assert isinstance(update, RefinementResult)
        self.result = update
        self.label(refinement.caption(update), update.on.snapshot)
        chart = self.figures()[0].panels[0]
        assert isinstance(chart, Chart)
        self.plot.show_chart(chart)
        self.plot.show()
        self._select()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self.result is None else (refinement.refinement(self.result),)

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else refinement_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.plot.retheme()

    def _clicked(self, number: int) -> None:
        if self.result is not None and not self.stale:
            self.state.select_block(self.result.blocks[number])

    def _select(self) -> None:
        blocks = () if self.result is None else self.result.blocks
        there = self.state.block in blocks
        self.plot.set_marker(float(blocks.index(self.state.block)) if there else None)
