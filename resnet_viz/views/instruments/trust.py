"""The panel of trust: several measures of the chosen methods' maps, beside random maps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from PySide6.QtWidgets import QGridLayout, QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_data import data_script, shipped
from resnet_viz.figures import trust
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.table import Table
from resnet_viz.results.attribution_methods import FIRST, FORWARD, METHODS
from resnet_viz.results.derived import precomputed_trust
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.trust import TrustRequest, TrustResult
from resnet_viz.results.trust_measures import MEASURES, RANDOM
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.instruments.maps_panel import MapsPanel, chosen, counted
from resnet_viz.views.plots.low_plot import LowPlot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.plain_text import PlainLabel

CHOSEN = (*FIRST, "guided_backprop")
_HEIGHT = 190  # pixels of a chart, above its legend


class _Row:
    """A measure: its words above its charts, skips on at the left and off at the right."""

    def __init__(self, name: str, grid: QGridLayout, row: int) -> None:
        self.name = name
        self.heading = LinkedLabel(MEASURES[name].title)
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


class TrustPanel(MapsPanel):
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
        self.methods, self.ticks = self.menu_of(
            "Methods", {name: (one.title, one.sentence) for name, one in METHODS.items()}, CHOSEN
        )
        self.measures, self.measured_by = self.menu_of(
            "Measures",
            {name: (one.title, one.sentence) for name, one in MEASURES.items()},
            tuple(MEASURES),
        )
        self.options.addWidget(self.methods)
        self.options.addWidget(PlainLabel("by"))
        self.options.addWidget(self.measures)
        self.options.addStretch(1)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        self.rows = [_Row(name, grid, number) for number, name in enumerate(MEASURES)]
        self.area.addWidget(holder)
        self.area.addStretch(1)
        self.ticked()

    def request(self) -> TrustRequest:
        """What is chosen, at the selected block."""
        methods, measures = chosen(self.ticks), chosen(self.measured_by)
        if not methods or not measures:
            raise ValueError("Choose at least one method and one measure first")
        self.promise()
        return TrustRequest(self.state.snapshot, methods, self.block(), measures)

    def methods_chosen(self) -> tuple[str, ...]:
        return chosen(self.ticks)

    def work(self, costs: list[float]) -> float:
        """All measures of all maps."""
        measures = [MEASURES[name] for name in chosen(self.measured_by)]
        maps = len(costs) + len(RANDOM)
        return sum(costs) * (1 + sum(one.maps for one in measures)) + FORWARD * maps * sum(
            one.forwards for one in measures
        )

    def taken(self) -> float | None:
        return None if self.result is None else self.result.seconds

    def shown_block(self) -> str | None:
        """That of the maps, if a method looks at it."""
        if self.result is None or self.result.precomputed:
            return None
        of_block = any(METHODS[name].uses_block for name in self.result.request.methods)
        return self.result.block if of_block else None

    def precomputed(self, snapshot: Snapshot) -> TrustResult | None:
        """The means over test images of the networks that come with the program."""
        return precomputed_trust(snapshot)

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """Means over test images do not depend on the photo."""
        if self.result is not None and self.result.precomputed:
            return snapshot.network, snapshot.weights
        return super().depends_on(snapshot)

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

    def script(self, result: Result | None) -> str:
        """What came with the program, as data; for what is measured there is none."""
        table, made = self.table(), self.result
        if table is None or made is None or not made.precomputed:
            return super().script(result)
        said = shipped([made.on.snapshot.spec], "trust", made.pictures)
        return data_script(self.figures()[0].title, said, table)

    def table(self) -> Table | None:
        """A row for each method, a column for each measure."""
        return None if self.result is None or not self.result.rows else trust.table(self.result)

    def choices(self) -> dict[str, Json]:
        return {"methods": list(chosen(self.ticks)), "measures": list(chosen(self.measured_by))}

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

    def ticked(self) -> None:
        """Count methods and measures, and say how long they take."""
        self.methods.setText(counted(len(chosen(self.ticks)), "method"))
        self.measures.setText(counted(len(chosen(self.measured_by)), "measure"))
        super().ticked()
