"""The panel of trust: several measures of the chosen methods' maps, beside random maps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QToolButton, QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import trust
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.table import Table
from resnet_viz.results.attribution_methods import FIRST, FORWARD, METHODS, SMALL, TOGETHER
from resnet_viz.results.derived import precomputed_trust
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.trust import TrustRequest, TrustResult
from resnet_viz.results.trust_measures import MEASURES, RANDOM
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.low_plot import LowPlot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.time_left import TimeLeft

CHOSEN = (*FIRST, "guided_backprop")
_HEIGHT = 190  # pixels of a chart, above its legend


class _Row:
    """A measure: its words above its charts, skips on at the left and off at the right."""

    def __init__(self, name: str, grid: QGridLayout, row: int) -> None:
        self.name = name
        self.heading = QLabel(MEASURES[name].title)
        self.heading.setStyleSheet("font-weight: 600")
        self.words = LinkedLabel()
        self.plots = [LowPlot(MEASURES[name].title, _HEIGHT) for _ in range(2)]
        grid.addWidget(self.heading, 3 * row, 0, 1, 2)
        grid.addWidget(self.words, 3 * row + 1, 0, 1, 2)
        single = MEASURES[name].of == "number"
        for column, plot in enumerate(self.plots):
            grid.addWidget(plot, 3 * row + 2, column, 1, 2 if single and not column else 1)
            grid.setColumnStretch(column, 1)
        self.show_result(None)

    def show_result(self, result: TrustResult | None) -> None:
        """Draw what there is; the row is hidden where there is nothing."""
        there = result is not None and self.name in result.measures
        self.heading.setVisible(there)
        self.words.setVisible(there)
        charts = trust.charts(result, self.name) if there and result is not None else ()
        for number, plot in enumerate(self.plots):
            plot.setVisible(number < len(charts))
            if number < len(charts):
                plot.show_chart(charts[number])

    def retheme(self) -> None:
        self.words.say(
            f'<span style="color: {theme.current().muted}">{trust.words(self.name)}</span>'
        )
        for plot in self.plots:
            plot.retheme()


class TrustPanel(Panel):
    """Chosen measures of chosen methods, with all skips on beside all off."""

    NAME = "trust"
    SHOWS = (
        "Whether the maps of methods of attribution are to be trusted, as several measures see it, "
        "each beside random maps as the floor, with all skips on and all off. No measure is "
        "accepted by all, so no method is crowned."
    )
    PAPER = "Adebayo et al. 2018; each measure's own paper is beside it"
    ARXIV = "1810.03292"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: TrustResult | None = None
        self._channels: dict[str, int] = {}
        self._promise: tuple[float, float] | None = None
        self._truth = 1.0
        self._batched = False
        self.methods, self.ticks = self._menu(
            "Methods", {name: (one.title, one.sentence) for name, one in METHODS.items()}, CHOSEN
        )
        self.measures, self.measured_by = self._menu(
            "Measures",
            {name: (one.title, one.sentence) for name, one in MEASURES.items()},
            tuple(MEASURES),
        )
        self.options.addWidget(self.methods)
        self.options.addWidget(QLabel("by"))
        self.options.addWidget(self.measures)
        self.options.addStretch(1)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        self.rows = [_Row(name, grid, number) for number, name in enumerate(MEASURES)]
        self.area.addWidget(holder)
        self.area.addStretch(1)
        self.left = TimeLeft(self.channel)
        self.left.told.connect(self._tell_left)
        self.channel.ended.connect(self._learn)
        self.progress.cancel.clicked.connect(self.left.forget)
        state.block_changed.connect(lambda _: self._block_changed())
        self._ticked()

    def _menu(
        self, name: str, items: dict[str, tuple[str, str]], chosen: tuple[str, ...]
    ) -> tuple[QToolButton, dict[str, QAction]]:
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setAccessibleName(name)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        ticks = {}
        for key, (title, sentence) in items.items():
            tick = menu.addAction(title)
            tick.setCheckable(True)
            tick.setChecked(key in chosen)
            tick.setToolTip(sentence)
            tick.toggled.connect(lambda _: self._ticked())
            ticks[key] = tick
        button.setMenu(menu)
        return button, ticks

    def request(self) -> TrustRequest:
        """What is chosen, at the selected block."""
        methods, measures = _chosen(self.ticks), _chosen(self.measured_by)
        if not methods or not measures:
            raise ValueError("Choose at least one method and one measure first")
        seconds = self.seconds()
        self._promise = None if seconds is None else (seconds, self._truth)
        return TrustRequest(self.state.snapshot, methods, self._block(), measures)

    def _block(self) -> str:
        return self.state.block if self.state.block in self._channels else ""

    def passes(self) -> float | None:
        """The cost of all measures of all maps, corrected by what the last measurement took."""
        if not self._channels:
            return None
        channels = self._channels.get(self._block()) or list(self._channels.values())[-1]
        costs = [METHODS[name].worth(channels) for name in _chosen(self.ticks)]
        maps = len(costs) + len(RANDOM)
        chosen = [MEASURES[name] for name in _chosen(self.measured_by)]
        total = sum(costs) * (1 + sum(measure.maps for measure in chosen))
        total += FORWARD * maps * sum(measure.forwards for measure in chosen)
        if self._batched:
            total *= TOGETHER
        return self._truth * 2 * total

    @property
    def stale(self) -> bool:
        """True too where a method of the block shows another block than the selected one."""
        if super().stale or self.result is None or self.result.precomputed:
            return super().stale
        of_block = any(METHODS[name].uses_block for name in self.result.request.methods)
        wanted = self._block() or next(reversed(self._channels), self.result.block)
        return of_block and wanted != self.result.block

    def precomputed(self, snapshot: Snapshot) -> TrustResult | None:
        """The means over test images of the networks that come with the program."""
        return precomputed_trust(snapshot)

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """Means over test images do not depend on the photo."""
        if self.result is not None and self.result.precomputed:
            return snapshot.network, snapshot.weights
        return super().depends_on(snapshot)

    def show_result(self, result: Result) -> None:
        """Count the channels, by which the time is told."""
        self._channels = {one.name: len(one.activation) for one in result.now.blocks}
        self._batched = result.weights.trained and max(result.network_input.shape[:2]) <= SMALL
        self._mark()

    def show_update(self, update: object) -> None:
        """Draw what has been measured so far."""
        assert isinstance(update, TrustResult)
        self.result = update
        self.label(trust.caption(update), update.on.snapshot)
        for row in self.rows:
            row.show_result(update)

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self.result is None or not self.result.rows:
            return ()
        return (trust.trust(self.result),)

    def table(self) -> Table | None:
        """A row for each method, a column for each measure."""
        return None if self.result is None or not self.result.rows else trust.table(self.result)

    def choices(self) -> dict[str, Json]:
        return {"methods": list(_chosen(self.ticks)), "measures": list(_chosen(self.measured_by))}

    def restore(self, choices: Mapping[str, Json]) -> None:
        for key, ticks in (("methods", self.ticks), ("measures", self.measured_by)):
            kept = choices.get(key)
            if isinstance(kept, list):
                for name, tick in ticks.items():
                    tick.setChecked(name in kept)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for row in self.rows:
            row.retheme()

    def _ticked(self) -> None:
        for button, ticks, word in (
            (self.methods, self.ticks, "method"),
            (self.measures, self.measured_by, "measure"),
        ):
            count = len(_chosen(ticks))
            button.setText(f"{count} {word}{'' if count == 1 else 's'}")
        self._tell_time()

    def _block_changed(self) -> None:
        self._mark()
        self._tell_time()

    def _tell_left(self, sentence: str) -> None:
        if sentence:
            self.takes.setText(f"{sentence}.")
        else:
            self._tell_time()

    def _learn(self) -> None:
        """Promise what the measurement that has just ended has taken."""
        if self._promise is not None and self.result is not None and self._promise[0] > 0:
            promised, truth = self._promise
            self._truth = truth * self.result.seconds / promised
        self._promise = None
        self._tell_time()


def _chosen(ticks: Mapping[str, QAction]) -> tuple[str, ...]:
    return tuple(name for name, tick in ticks.items() if tick.isChecked())
