"""Probabilities over a row of measurements that fills up from its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics

from resnet_viz.figures.series import Odds
from resnet_viz.views.plots.linear_plot import LinearPlot
from resnet_viz.views.widgets import theme


class OddsPlot(LinearPlot):
    """Draws `Odds` over one another on an axis from 0 to 1, at positions 0, 1, … with names."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._odds: tuple[Odds, ...] = ()
        self._names: tuple[str, ...] = ()
        self._remarks: tuple[str, ...] = ()
        self._first = 0
        self._items: list[Any] = []

    def show_odds(
        self, odds: Sequence[Odds], names: Sequence[str], first: int, remarks: Sequence[str]
    ) -> None:
        """Draw ``odds`` from position ``first`` on; ``remarks`` are read beside them."""
        self._odds, self._names, self._first = tuple(odds), tuple(names), first
        self._remarks = tuple(remarks)
        self.readout.hide()
        self.redraw()

    def describe(self, x: float) -> str:
        number = round(x) - self._first
        if not 0 <= number < len(self._remarks):
            return ""
        values = [f"{odds.name}: {odds.values[number]:.1%}" for odds in self._odds]
        return "\n".join([self._names[number + self._first], *values, self._remarks[number]])

    def redraw(self) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        look, count = theme.current(), len(self._names)
        if not count:
            return
        self.set_range((-0.5, count - 0.5), (-0.04, 1.04))
        self._tick(QFontMetrics(self.font()))
        size = 3 + 2 * look.line_width
        for number, odds in enumerate(self._odds):
            colour = QColor(getattr(look, odds.colour))
            dash = {"dash": [4, 3]} if odds.dashed else {}
            pen = pg.mkPen(colour, width=look.line_width, **dash)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            curve = pg.PlotDataItem(
                [self._first + index for index in range(len(odds.values))],
                [float(value) for value in odds.values],
                pen=pen,
                symbol="so"[number % 2],
                symbolPen=pg.mkPen(colour),
                symbolBrush=QColor(look.panel) if odds.dashed else colour,
                symbolSize=size + (3 if odds.dashed else 0),
                connect="finite",
            )
            curve.curve.setSegmentedLineMode("off")
            self._items.append(curve)
            self.plot.addItem(curve, ignoreBounds=True)
        self.explain(
            [
                ("┅□┅" if odds.dashed else "━●━", getattr(look, odds.colour), odds.name)
                for odds in self._odds
            ]
        )

    def _tick(self, metrics: QFontMetrics) -> None:
        """Name positions where no name touches another, the ends first."""
        taken: dict[int, float] = {}
        spacing, names = self.spacing(1.0), self._names
        for x in dict.fromkeys([0, len(names) - 1, *range(len(names))]):
            half = metrics.horizontalAdvance(names[x]) / 2 + 0.6 * metrics.averageCharWidth()
            if all(abs(x - y) * spacing >= half + width for y, width in taken.items()):
                taken[x] = half
        self.plot.getAxis("bottom").setTicks([[(x, names[x]) for x in sorted(taken)]])
