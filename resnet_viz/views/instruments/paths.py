"""The paths' panel: gradient by path length, and what comes through skip and branch at each ⊕."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from PySide6.QtWidgets import QHBoxLayout, QSpinBox

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_instruments import paths_script
from resnet_viz.figures import paths
from resnet_viz.figures.figure import Figure
from resnet_viz.networks.structure import Structure
from resnet_viz.results.derived import precomputed_paths
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets.feature import Json, kept_of, put_back
from resnet_viz.views.widgets.plain_text import PlainLabel


class PathsPanel(Panel):
    """Three plots over the path's length, and two over the blocks."""

    NAME = "paths"
    SHOWS = (
        "A network of n blocks has 2ⁿ paths, each through the residual branch of some blocks and "
        "the skip of the others: how much gradient reaches the input along paths of each length "
        "(the forward pass stays whole; only the gradient is held to the path)."
    )
    PAPER = "Veit, Wilber, Belongie 2016 §5"
    ARXIV = "1605.06431"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: PathsResult | None = None
        self._measured_on: Structure | None = None
        self._pass: Result | None = None
        self.samples = QSpinBox()
        self.samples.setRange(1, 200)
        self.samples.setValue(16)
        self.options.addWidget(PlainLabel("Paths of each length"))
        self.samples.setAccessibleName("Paths of each length")
        self.options.addWidget(self.samples)
        self.options.addStretch(1)
        self.gradient = Plot("Gradient at the input, L2 norm, by path length")
        self.count = Plot("Number of paths by length")
        self.share = Plot("Norm of one path × number, share of the sum")
        self.signal = Plot("Signal: share of the sum at each ⊕")
        self.back = Plot("Gradient: share of what arrives before each block")
        for plots, height in (
            ((self.gradient, self.count, self.share), 3),
            ((self.signal, self.back), 2),
        ):
            row = QHBoxLayout()
            row.setSpacing(12)
            for plot in plots:
                row.addWidget(plot, 1)
            self.area.addLayout(row, height)
        self.signal.clicked.connect(self._signal_clicked)
        self.back.clicked.connect(self._back_clicked)
        state.block_changed.connect(lambda _: self._select())

    def request(self) -> PathsRequest:
        """The paths of the network on screen."""
        return PathsRequest(self.state.snapshot, self.samples.value())

    def passes(self) -> float | None:
        if self._pass is None or not self._pass.structure.skips:
            return None
        return 0.16 * self.samples.value() * len(self._pass.structure.blocks)

    def show_update(self, update: object) -> None:
        """Draw the paths that have been measured."""
        assert isinstance(update, PathsResult)
        self.result = update
        self.label(paths.paths_caption(update), update.on.snapshot)
        self._draw()

    def precomputed(self, snapshot: Snapshot) -> PathsResult | None:
        """The paths of the networks that come with the program."""
        return precomputed_paths(snapshot)

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """What comes with the program does not depend on the photo."""
        if self.result is not None and self.result.pictures:
            return snapshot.network, snapshot.weights
        return super().depends_on(snapshot)

    def show_result(self, result: Result) -> None:
        """The signal's shares come from the explorer's pass with all gates open."""
        self._pass = result
        self._draw_signal()
        self._select()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self.result is None else (paths.paths(self.result, self._pass),)

    def choices(self) -> dict[str, Json]:
        """How many paths are drawn."""
        return kept_of({"samples": self.samples})

    def restore(self, choices: Mapping[str, Json]) -> None:
        put_back({"samples": self.samples}, choices)

    def script(self, result: Result | None) -> str:
        """That of the paths on screen."""
        if self.result is None:
            return super().script(None)
        return paths_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in (self.gradient, self.count, self.share, self.signal, self.back):
            plot.retheme()

    def _draw(self) -> None:
        result = self.result
        if result is None:
            return
        for plot, chart in (
            (self.gradient, paths.gradients(result)),
            (self.count, paths.counts(result)),
            (self.share, paths.shares(result)),
            (self.back, paths.gradient_shares(result)),
        ):
            plot.show_chart(chart)
        self._select()

    def _draw_signal(self) -> None:
        if self._pass is not None:
            self.signal.show_chart(paths.signal_shares(self._pass))

    def _signal_blocks(self) -> tuple[str, ...]:
        return () if self._pass is None else paths.signal_blocks(self._pass)

    def _signal_clicked(self, number: int) -> None:
        self.state.select_block(self._signal_blocks()[number])

    def _back_clicked(self, number: int) -> None:
        """Select the block in the explorer, if that still shows the network measured here."""
        if self.result is not None and not self.stale:
            self.state.select_block(self.result.blocks[number])

    def _select(self) -> None:
        block = self.state.block
        measured = self.result.blocks if self.result is not None else ()
        for plot, blocks in ((self.signal, self._signal_blocks()), (self.back, measured)):
            plot.set_marker(float(blocks.index(block)) if block in blocks else None)
