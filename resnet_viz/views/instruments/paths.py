"""The paths' panel: gradient by path length, and what comes through skip and branch at each ⊕."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.series import Bars, Series
from resnet_viz.networks.structure import Structure
from resnet_viz.results.derived import precomputed_paths
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.instruments.panel import PRECOMPUTED, Panel
from resnet_viz.views.plots.bar_plot import BarPlot
from resnet_viz.views.plots.log_plot import LogPlot
from resnet_viz.views.widgets import theme

VEIT = "Veit 2016, trained ResNet-110: 10 to 34 layers, which is 5 to 17 of 54 branches."


class PathsPanel(Panel):
    """Three plots over the path's length, and two over the blocks."""

    NAME = "paths"
    TITLE = "Paths"
    LINE = "How much gradient goes through paths of each length"
    SHOWS = (
        "A network of n blocks has 2ⁿ paths, each through the residual branch of some blocks and "
        "the skip of the others: how much gradient reaches the input along paths of each length "
        "(the forward pass stays whole; only the gradient is held to the path)."
    )
    PAPER = "Veit, Wilber, Belongie 2016 §5"
    ARXIV = "1605.06431"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._result: PathsResult | None = None
        self._measured_on: Structure | None = None
        self._pass: Result | None = None
        self.samples = QSpinBox()
        self.samples.setRange(1, 200)
        self.samples.setValue(16)
        self.options.addWidget(QLabel("Paths of each length"))
        self.options.addWidget(self.samples)
        self.options.addStretch(1)
        self.gradient = LogPlot("Gradient at the input, L2 norm, by path length")
        self.count = LogPlot("Number of paths by length")
        self.share = BarPlot("Norm of one path × number, share of the sum")
        self.signal = BarPlot("Signal: share of the sum at each ⊕")
        self.back = BarPlot("Gradient: share of what arrives before each block")
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

    def show_update(self, update: object) -> None:
        """Draw the paths that have been measured."""
        assert isinstance(update, PathsResult)
        self._result = update
        self.label(describe(update), update.on.snapshot)
        self._draw()

    def precomputed(self, snapshot: Snapshot) -> PathsResult | None:
        """The paths of the networks that come with the program."""
        return precomputed_paths(snapshot)

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """What comes with the program does not depend on the photo."""
        if self._result is not None and self._result.pictures:
            return snapshot.network, snapshot.weights
        return super().depends_on(snapshot)

    def show_result(self, result: Result) -> None:
        """The signal's shares come from the explorer's pass with all gates open."""
        self._pass = result
        self._draw_signal()
        self._select()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in (self.gradient, self.count, self.share, self.signal, self.back):
            plot.retheme()
        self._draw()

    def _draw(self) -> None:
        result, look = self._result, theme.current()
        if result is None:
            return
        names = [str(length) for length in result.lengths]
        series = [Series("one path", result.per_path.tolist(), look.accent)]
        if result.sums is not None:
            sums = result.sums.tolist()
            series.append(Series("all, summed", sums, look.muted, "s", dashed=True))
        self.gradient.show_series(series, names)
        counts = [float(count) for count in result.counts]
        self.count.show_series([Series("paths", counts, look.accent)], names)
        shares = result.shares.tolist()
        held = result.narrowest()
        inside = range(held[0], held[1] + 1) if held else range(0)
        self.share.show_bars(
            [
                Bars("95 % of the sum", [v if k in inside else 0.0 for k, v in enumerate(shares)],
                     "accent"),
                Bars("the rest", [0.0 if k in inside else v for k, v in enumerate(shares)], "off"),
            ],
            names,
            max([v for v in shares if math.isfinite(v)], default=1.0) or 1.0,
        )  # fmt: skip
        skip = result.gradient_skip_share
        self._draw_shares(self.back, list(skip), result.blocks)
        self._select()

    def _draw_signal(self) -> None:
        if self._pass is None:
            return
        blocks = [b for b in self._pass.all_on.blocks if b.skip_share is not None]
        self._draw_shares(
            self.signal,
            [math.nan if b.skip_share is None else b.skip_share for b in blocks],
            tuple(b.name for b in blocks),
        )

    def _draw_shares(self, plot: BarPlot, skip: list[float], blocks: tuple[str, ...]) -> None:
        plot.show_bars(
            [
                Bars("through the skip", skip, "skip"),
                Bars("through the branch", [1 - share for share in skip], "branch"),
            ],
            [name.removeprefix("layer") for name in blocks],
            1.0,
        )

    def _signal_blocks(self) -> tuple[str, ...]:
        if self._pass is None:
            return ()
        return tuple(b.name for b in self._pass.all_on.blocks if b.skip_share is not None)

    def _signal_clicked(self, x: float) -> None:
        number = self.signal.position(x)
        if number is not None:
            self.state.select_block(self._signal_blocks()[number])

    def _back_clicked(self, x: float) -> None:
        """Select the block in the explorer, if that still shows the network measured here."""
        number = self.back.position(x)
        if self._result is not None and number is not None and not self.stale:
            self.state.select_block(self._result.blocks[number])

    def _select(self) -> None:
        block = self.state.block
        measured = self._result.blocks if self._result is not None else ()
        for plot, blocks in ((self.signal, self._signal_blocks()), (self.back, measured)):
            plot.set_marker(float(blocks.index(block)) if block in blocks else None)


def describe(result: PathsResult) -> str:
    """What was measured, on what, and which lengths count."""
    paths = f"mean of up to {result.norms.shape[1]} paths of each length"
    if result.pictures:
        text = (
            f"Precomputed on {result.pictures}, {result.on.network} ({result.on.weights.title}): "
            f"gradient of each label's logit, {paths} and over the images. {PRECOMPUTED}"
        )
    else:
        text = f"Measured on {result.on.text}: gradient of the logit of “{result.target}”, {paths}."
    held, n = result.narrowest(), len(result.blocks)
    if held is None:
        return f"{text} Not a number, or none at all, arrives at the input."
    counts = result.counts
    share = sum(counts[held[0] : held[1] + 1]) / sum(counts)
    lengths = f"{held[0]} to {held[1]}" if held[0] < held[1] else str(held[0])
    total = sum(a * b for a, b in zip(result.per_path.tolist(), counts, strict=True))
    return (
        f"{text} Paths through {lengths} of the {n} branches "
        f"({_percent(share)} of all 2{_power(n)}) hold 95 % of the sum of norms, "
        f"{number_text(total)}; the whole gradient, in which paths cancel, has "
        f"{number_text(result.total)}. {VEIT}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share > 0.1 else f"{100 * share:.2g} %"


def _power(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
