"""One curve of each twin over the steps: faint as measured, strong as a moving average."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from resnet_viz.results.twins import TWINS, Twin
from resnet_viz.views.widgets import theme

MOST_POINTS = 800
_FAINT, _FADED = 130, 90  # opacity of what was measured at each step, and of what is given up

Quantity = Literal["loss", "accuracy"]


def colour_of(twin: Twin) -> str:
    """The residual twin has the colour of skips, everywhere."""
    look = theme.current()
    return look.skip if twin == "residual" else look.branch


def thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of at most about ``MOST_POINTS`` of them, the last included."""
    count = len(values)
    stride = max(1, -(-count // MOST_POINTS))
    chosen = np.arange(count - 1, -1, -stride)[::-1] if count else np.arange(0)
    return chosen + 1, values[chosen]


class Curves(QWidget):
    """The loss on a logarithmic axis, or the accuracy from 0 to 1."""

    def __init__(self, quantity: Quantity, title: str) -> None:
        super().__init__()
        self.quantity: Quantity = quantity
        self._title = title
        self.title = QLabel()
        self.setAccessibleName(title)
        self.plot = pg.PlotWidget()
        self.plot.setMinimumHeight(80)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        # For each twin: as measured, averaged, and both again for what comes after the position.
        self.items: dict[Twin, tuple[Any, Any, Any, Any]] = {}
        for twin in TWINS:
            items = tuple(pg.PlotCurveItem(connect="finite") for _ in range(4))
            for item in items:
                self.plot.addItem(item)
            self.items[twin] = items
        self._line = pg.InfiniteLine(angle=90)
        self.plot.addItem(self._line, ignoreBounds=True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.title)
        rows.addWidget(self.plot, 1)
        self._range(np.empty(0))
        self.retheme()

    def show_curves(
        self, curves: dict[Twin, tuple[np.ndarray, np.ndarray]], newest: int, position: int
    ) -> None:
        """``curves`` are (values of each step, moving average); fade what is after ``position``."""
        for twin, pair in curves.items():
            raw, smooth, raw_after, smooth_after = self.items[twin]
            for values, before, after in zip(
                pair, (raw, smooth), (raw_after, smooth_after), strict=True
            ):
                steps, heights = thinned(self._heights(values))
                split = int(np.searchsorted(steps, position, "right"))
                before.setData(steps[:split], heights[:split])
                after.setData(steps[max(0, split - 1) :], heights[max(0, split - 1) :])
        self._range(np.concatenate([raw for raw, _ in curves.values()]))
        self.plot.setXRange(0, max(20, newest), padding=0.03)
        self._line.setVisible(position < newest)
        self._line.setValue(position)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font(), hideOverlappingLabels=200)
            axis.setPen(look.line)
            axis.setTextPen(look.text)
        self.plot.showGrid(y=True, alpha=0.2)
        overhang = self.fontMetrics().horizontalAdvance("0000") // 2
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, overhang, 0)
        self.plot.getAxis("left").setWidth(self.fontMetrics().horizontalAdvance("0.0005") + 8)
        self._line.setPen(pg.mkPen(look.text, width=look.line_width * 0.6))
        for twin, items in self.items.items():
            for item, width, alpha in zip(
                items, (1.0, look.line_width, 1.0, look.line_width),
                (_FAINT, 255, _FADED // 2, _FADED), strict=True,
            ):  # fmt: skip
                item.setPen(_pen(twin, width, alpha))
        self.title.setText(
            f"{self._title} &nbsp; <span style='color:{look.skip}'>━━ residual</span> &nbsp; "
            f"<span style='color:{look.branch}'>╍╍ plain</span>"
        )

    def _heights(self, values: np.ndarray) -> np.ndarray:
        if self.quantity == "accuracy":
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.log10(values)
        heights[~np.isfinite(heights)] = math.nan
        return heights

    def _range(self, values: np.ndarray) -> None:
        axis = self.plot.getAxis("left")
        if self.quantity == "accuracy":
            self.plot.setYRange(0, 1, padding=0.1)
            axis.setTicks([[(share / 4, f"{share / 4:g}") for share in range(5)], []])
            return
        there = values[np.isfinite(values) & (values > 0)]
        low, high = (float(there.min()), float(there.max())) if len(there) else (1.0, 3.0)
        low, high = min(low, 1.0), max(high, 3.0)
        axis.setTicks([loss_ticks(low, high), []])
        self.plot.setYRange(math.log10(low), math.log10(high), padding=0.1)


def loss_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks of a logarithmic axis: 1, 2 and 5 of each decade, or powers where there are many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    few = len(decades) <= 3
    every = max(1, len(decades) // 5)
    found = []
    for power in decades:
        if not few and power % every:
            continue
        for digit in (1, 2, 3, 5) if few else (1,):
            value = digit * 10.0**power
            if low * 0.999 <= value <= high * 1.001:
                found.append((math.log10(value), f"{value:g}"))
    return found


def _pen(twin: Twin, width: float, alpha: int) -> QPen:
    colour = QColor(colour_of(twin))
    colour.setAlpha(alpha)
    pen = pg.mkPen(colour, width=width)
    if twin == "plain" and width > 1:
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 2])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
