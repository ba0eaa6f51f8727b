"""Bars over blocks or lengths, one on another, on a linear axis."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFontMetrics

from resnet_viz.figures.numbers import number_text, row_of
from resnet_viz.figures.series import Bars
from resnet_viz.views.plots.linear_plot import LegendEntry, LinearPlot
from resnet_viz.views.widgets import theme


class BarPlot(LinearPlot):
    """Draws `Bars`, the later on top of the earlier. A height that is no number, or infinite, is
    drawn as a sign at the foot."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._stack: tuple[Bars, ...] = ()
        self._names: tuple[str, ...] = ()
        self._bands: tuple[tuple[str, int, int], ...] = ()
        self._top = 1.0
        self._reference: tuple[str, float] | None = None
        self._outlined: tuple[str, frozenset[int]] = ("", frozenset())
        self._items: list[Any] = []
        self.plot.showAxis("top")
        self.plot.getAxis("top").setStyle(tickLength=0, tickTextOffset=1)

    def show_bars(
        self,
        stack: Sequence[Bars],
        names: Sequence[str],
        top: float,
        bands: Sequence[tuple[str, int, int]] = (),
        reference: tuple[str, float] | None = None,
        outlined: tuple[str, Collection[int]] = ("", ()),
    ) -> None:
        """Draw ``stack`` at positions called ``names`` on an axis from 0 to ``top``.

        ``bands`` are (title, first, last) of the stages; ``reference`` is a dashed line and its
        name; ``outlined`` says what is special about some positions.
        """
        self._stack, self._names, self._top = tuple(stack), tuple(names), top
        self._bands, self._reference = tuple(bands), reference
        self._outlined = (outlined[0], frozenset(outlined[1]))
        self.readout.hide()
        self.redraw()

    def position(self, x: float) -> int | None:
        """The number of the bar at a horizontal position."""
        if not self._names:
            return None
        return min(len(self._names) - 1, max(0, round(x)))

    def describe(self, x: float) -> str:
        number = self.position(x)
        if number is None:
            return ""
        lines = [self._names[number]]
        for bars in self._stack:
            if number < len(bars.values):
                lines.append(f"{bars.name}: {number_text(bars.values[number])}".lstrip(": "))
        if self._reference is not None:
            lines.append(f"{self._reference[0]}: {number_text(self._reference[1])}")
        if number in self._outlined[1]:
            lines.append(self._outlined[0])
        return "\n".join(lines)

    def redraw(self) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        look = theme.current()
        count = max(1, len(self._names))
        top_axis = self.plot.getAxis("top")
        top_axis.setHeight(QFontMetrics(self.font()).height() + 2 if self._bands else 6)
        self.set_range((-0.6, count - 0.4), (0.0, 1.04 * self._top))
        self.number_axes("left", on=bool(self._names))
        self._tick()
        for number, (_, first, last) in enumerate(self._bands):
            colour = QColor(look.stages[number % len(look.stages)])
            line = pg.mkPen(colour, width=1)
            colour.setAlpha(40)
            shade = pg.LinearRegionItem((first - 0.5, last + 0.5), brush=colour, pen=line)
            shade.setMovable(False)
            shade.setZValue(-10)
            self._add(shade)
        foot = [0.0] * count
        for bars in self._stack:
            self._draw(bars, foot)
        legend: list[LegendEntry] = [
            ("■", getattr(look, bars.colour), bars.name) for bars in self._stack if bars.name
        ]
        if self._reference is not None:
            name, height = self._reference
            legend.append(("┅┅", look.text, f"{name}: {number_text(height)}"))
            if math.isfinite(height):
                pen = pg.mkPen(look.text, width=0.8 * look.line_width, dash=[4, 3])
                self._add(pg.InfiniteLine(height, angle=0, pen=pen))
        if self._outlined[1]:
            legend.append(("□", look.text, self._outlined[0]))
        self.explain(legend)

    def _add(self, item: Any) -> None:
        self._items.append(item)
        self.plot.addItem(item, ignoreBounds=True)

    def _draw(self, bars: Bars, foot: list[float]) -> None:
        if not bars.values:
            return
        look = theme.current()
        colour = QColor(getattr(look, bars.colour))
        outline = pg.mkPen(look.text, width=look.line_width)
        heights = [value if math.isfinite(value) else 0.0 for value in bars.values]
        outlined = self._outlined[1]
        self._add(
            pg.BarGraphItem(
                x=list(range(len(heights))),
                y0=foot[: len(heights)],
                height=heights,
                width=0.76,
                brush=colour,
                pens=[outline if n in outlined else pg.mkPen(colour) for n in range(len(heights))],
            )
        )
        for number, height in enumerate(heights):
            foot[number] += height
        for number, value in enumerate(bars.values):
            row = row_of(value)
            if row in ("∞", "NaN"):
                sign = pg.TextItem(row, color=look.text, anchor=(0.5, 1))
                sign.setFont(self.font())
                sign.setPos(number, 0)
                self._add(sign)

    def _tick(self) -> None:
        """Name positions where no name touches another: the ends, each band's first, the rest."""
        metrics, names = QFontMetrics(self.font()), self._names
        each = self.spacing(1.0)
        firsts = [first for _, first, _ in self._bands]
        taken: dict[int, float] = {}
        for x in dict.fromkeys([0, len(names) - 1, *firsts, *range(len(names))] if names else []):
            half = metrics.horizontalAdvance(names[x]) / 2 + metrics.averageCharWidth() * 0.6
            if all(abs(x - y) * each >= half + width for y, width in taken.items()):
                taken[x] = half
        self.plot.getAxis("bottom").setTicks([[(x, names[x]) for x in sorted(taken)]])
        overhang = metrics.horizontalAdvance(names[-1]) // 2 if names else 0
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, max(4, overhang), 0)
        titles = [
            ((first + last) / 2, title)
            for title, first, last in self._bands
            if metrics.horizontalAdvance(title) + 6 <= (last - first + 1) * each
        ]
        self.plot.getAxis("top").setTicks([titles])
