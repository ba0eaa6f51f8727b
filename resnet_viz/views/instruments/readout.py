"""The panel of the readout: what the network would answer if it stopped at a block."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_science import readout_script
from resnet_viz.figures import readout
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.figures.numbers import per_cent
from resnet_viz.figures.table import Table
from resnet_viz.results.readout import ReadoutRequest, ReadoutResult
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme


class ReadoutPanel(Panel):
    """A row of predictions, and two plots over blocks; a click selects the block."""

    NAME = "readout"
    SHOWS = (
        "What the network would answer if it stopped after a block: a linear probe for each block "
        "reads its output, with all skips on and all off. Right answers are sometimes overturned "
        "later. The network's own classifier would mislead at earlier blocks, whose channels do "
        "not mean what the last block's do."
    )
    PAPER = "Kaya, Hong, Dumitraș 2019"
    ARXIV = "1810.07052"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: ReadoutResult | None = None
        self.options.addStretch(1)
        self.row = QTableWidget()
        self.row.setAccessibleName("Answers by block")
        self.row.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.row.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.photo, self.images = Plot("This photo"), Plot("Test images")
        self.area.addWidget(self.row)
        self.area.addWidget(self.photo, 1)
        self.area.addWidget(self.images, 1)
        for part in (self.row, self.photo, self.images):
            part.hide()
        for plot in (self.photo, self.images):
            plot.clicked.connect(self._clicked)
        self.row.cellClicked.connect(lambda _, column: self._clicked(column))
        state.block_changed.connect(lambda _: self._select())

    def request(self) -> ReadoutRequest:
        """The network and the photo on screen."""
        return ReadoutRequest(self.state.snapshot)

    def passes(self) -> float | None:
        return 2

    def show_update(self, update: object) -> None:
        """Draw the readings."""
        assert isinstance(update, ReadoutResult)
        self.result = update
        self.label(readout.caption(update), update.on.snapshot)
        for plot, chart in zip((self.photo, self.images), self.figures()[0].panels, strict=True):
            assert isinstance(chart, Chart)
            plot.show_chart(chart)
            plot.show()
        self._fill()
        self._select()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self.result is None else (readout.readout(self.result),)

    def table(self) -> Table | None:
        """A row for each block."""
        return None if self.result is None else readout.table(self.result)

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else readout_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.photo.retheme()
        self.images.retheme()
        self._fill()

    def _fill(self) -> None:
        result = self.result
        if result is None:
            return
        rows, look = readout.rows(result), theme.current()
        self.row.setRowCount(len(rows))
        self.row.setColumnCount(len(result.probes.blocks))
        self.row.setVerticalHeaderLabels([name for name, _ in rows])
        self.row.setHorizontalHeaderLabels(list(result.probes.blocks))
        for number, (_, readings) in enumerate(rows):
            for column, one in enumerate(readings):
                text = f"{result.labels[one.label]}\n{per_cent(one.probability)}"
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                same = one.label == result.followed
                item.setForeground(QColor(look.text if same else look.warning))
                self.row.setItem(number, column, item)
        self.row.resizeColumnsToContents()
        self.row.resizeRowsToContents()
        heights = sum(self.row.rowHeight(n) for n in range(len(rows)))
        bar = self.row.horizontalScrollBar().sizeHint().height()
        self.row.setFixedHeight(self.row.horizontalHeader().sizeHint().height() + heights + bar + 6)
        self.row.show()

    def _clicked(self, number: int) -> None:
        if self.result is not None and not self.stale:
            self.state.select_block(self.result.probes.blocks[number])

    def _select(self) -> None:
        blocks = () if self.result is None else self.result.probes.blocks
        there = self.state.block in blocks
        for plot in (self.photo, self.images):
            plot.set_marker(float(blocks.index(self.state.block)) if there else None)
