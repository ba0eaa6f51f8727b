"""Curves on linear axes, such as a trace along a line or a correlation against the lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from resnet_viz.figures.series import Line
from resnet_viz.views.plots.linear_plot import LinearPlot
from resnet_viz.views.widgets import theme


class LinePlot(LinearPlot):
    """Draws `Line`s over one another; ``x_name`` says what is on the horizontal axis."""

    def __init__(self, title: str, x_name: str) -> None:
        super().__init__(title)
        self._x_name = x_name
        self._lines: tuple[Line, ...] = ()
        self._positions = np.zeros(0)
        self._range = (-1.0, 1.0)
        self._items: list[Any] = []

    def show_lines(
        self, lines: Sequence[Line], positions: np.ndarray, y_range: tuple[float, float]
    ) -> None:
        """Draw ``lines`` at ``positions``, which rise, on an axis with the ends ``y_range``."""
        self._lines, self._positions, self._range = tuple(lines), positions, y_range
        self.readout.hide()
        self.redraw()

    def describe(self, x: float) -> str:
        if not len(self._positions):
            return ""
        number = int(np.abs(self._positions - x).argmin())
        lines = [f"{self._x_name} {self._positions[number]:.3g}"]
        for line in self._lines:
            value = float(line.y[number])
            text = "NaN" if math.isnan(value) else f"{value:.2f}"
            lines.append(f"{line.name}: {text}")
        return "\n".join(lines)

    def redraw(self) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        look = theme.current()
        self.number_axes("left", "bottom", on=len(self._positions) > 0)
        if not len(self._positions):
            return
        first, last = float(self._positions[0]), float(self._positions[-1])
        self.set_range((first, last), self._range)
        # Half of the last tick's label stands out past the end of the axis.
        self.plot.getPlotItem().layout.setContentsMargins(
            0, 0, QFontMetrics(self.font()).height(), 0
        )
        zero = pg.InfiniteLine(0.0, angle=0, pen=pg.mkPen(look.line, width=1))
        self._items.append(zero)
        self.plot.addItem(zero, ignoreBounds=True)
        for line in self._lines:
            dash = {"dash": [4, 3]} if line.dashed else {}
            pen = pg.mkPen(getattr(look, line.colour), width=look.line_width, **dash)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            curve = pg.PlotDataItem(
                self._positions, np.asarray(line.y, float), pen=pen, connect="finite"
            )
            curve.curve.setSegmentedLineMode("off")
            self._items.append(curve)
            self.plot.addItem(curve, ignoreBounds=True)
        self.explain(
            [
                ("┅┅" if line.dashed else "━━", getattr(look, line.colour), line.name)
                for line in self._lines
            ]
            if len(self._lines) > 1
            else []
        )
