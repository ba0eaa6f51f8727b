"""A figure as a value: what it shows and says, for whoever paints it, on screen or on paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from resnet_viz.figures.numbers import Row, number_text, per_cent, row_of
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Bars, Series

Numbers = Literal["number", "share", "per cent"]
"""How values are written: in two digits, a share of 1 in per cent, or as per cent already."""

Band = tuple[str, int, int]
"""A stage's title, and its first and last position."""

_NEAR = 0.5  # how far from a point its values are still read


@dataclass(frozen=True)
class Axis:
    """``title`` names the quantity and its unit; the axis goes from ``low`` to ``high``.

    On a logarithmic axis (``log``) the ends and ``ticks`` are powers of ten, and each of ``rows``
    that occurs gets a row of its own at the edge. ``names`` are those of positions 0, 1, …
    ``ticks`` are (place, text); None lets the painter choose them.
    """

    title: str = ""
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    rows: frozenset[Row] = frozenset()
    names: tuple[str, ...] = ()
    ticks: tuple[tuple[float, str], ...] | None = None
    numbers: Numbers = "number"

    @classmethod
    def decades(cls, title: str, values: Iterable[float] | Scale) -> Axis:
        """A logarithmic axis of whole decades that has a place for all ``values``."""
        scale = values if isinstance(values, Scale) else Scale.covering(values)
        return cls(title, scale.low, scale.high, log=True, rows=scale.rows)

    @classmethod
    def named(cls, title: str, names: Sequence[str], count: int = 0) -> Axis:
        """Positions with ``names``; or ``count`` positions without any."""
        ticks = None if names else ()
        return cls(title, -0.5, max(1, len(names), count) - 0.5, names=tuple(names), ticks=ticks)

    @classmethod
    def shares(cls, title: str, margin: float = 0.0) -> Axis:
        """From 0 to 1."""
        return cls(title, -margin, 1 + margin, numbers="share")

    def place(self, value: float) -> float:
        """Where ``value`` stands, between ``low`` and ``high`` if it is inside; NaN off it."""
        if not self.log:
            return value if math.isfinite(value) else math.nan
        return math.log10(value) if row_of(value) is None else math.nan

    def places(self, values: Sequence[float] | np.ndarray) -> np.ndarray:
        """`place` of each of ``values``."""
        numbers = np.asarray(values, float)
        if not self.log:
            return np.where(np.isfinite(numbers), numbers, math.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.isfinite(numbers) & (numbers > 0), np.log10(numbers), math.nan)

    def row(self, value: float) -> Row | None:
        """The row at the edge that ``value`` belongs in, if this axis has it."""
        row = row_of(value) if self.log else None
        return row if row in self.rows else None

    def text(self, value: float) -> str:
        """``value`` in words."""
        if self.numbers == "share":
            return per_cent(value)
        if self.numbers == "per cent":
            return f"{number_text(value, 3)} %"
        return number_text(value)


@dataclass(frozen=True)
class Chart:
    """Series and stacked bars over one horizontal axis.

    ``bands`` are the stages; ``references`` are named heights, drawn as dashed lines; ``marker``
    is a position with a vertical line. ``crossed`` says what a cross at the foot of some positions
    means, and which; None has no row for crosses. ``outlined`` says what is special about bars at
    some positions. ``grouped`` bars stand side by side. ``legend`` is False where the title or
    something else names the series. ``readings`` are what is read at each position, where that is
    more than name and values.
    """

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    bars: tuple[Bars, ...] = ()
    bands: tuple[Band, ...] = ()
    references: tuple[tuple[str, float], ...] = ()
    marker: float | None = None
    crossed: tuple[str, tuple[int, ...]] | None = None
    outlined: tuple[str, frozenset[int]] = ("", frozenset())
    grouped: bool = False
    right: Axis | None = None
    legend: bool = True
    readings: tuple[str, ...] = ()

    @property
    def positions(self) -> list[float]:
        """Every position that has a value or a name, from left to right."""
        found: set[float] = set(map(float, range(len(self.x.names))))
        for one in self.series:
            found.update(map(float, one.positions))
        for bars in self.bars:
            found.update(map(float, range(len(bars.values))))
        return sorted(found)

    def nearest(self, x: float) -> int | None:
        """The number of the position that is nearest to ``x``; None without any near it."""
        there = np.asarray(self.positions)
        if not len(there):
            return None
        number = int(np.abs(there - x).argmin())
        near = bool(self.x.names) or abs(there[number] - x) <= _NEAR
        return number if near else None

    def name(self, position: float) -> str:
        """What a position is called."""
        whole = position == int(position)
        if whole and 0 <= position < len(self.x.names):
            return self.x.names[int(position)]
        text = str(int(position)) if whole else number_text(position, 3)
        return f"{self.x.title} {text}".strip()

    def reading(self, x: float) -> str:
        """What is to be read at a horizontal place, a line for each value; "" for nothing."""
        number = self.nearest(x)
        if number is None:
            return ""
        if self.readings:
            return self.readings[number] if number < len(self.readings) else ""
        position = self.positions[number]
        lines = [self.name(position)]
        for name, value, axis in self.values_at(position):
            lines.append(f"{name}: {axis.text(value)}" if name else axis.text(value))
        lines += [f"{name}: {self.y.text(value)}" for name, value in self.references]
        if self.outlined[0] and position in self.outlined[1]:
            lines.append(self.outlined[0])
        return "\n".join(lines)

    def values_at(self, position: float) -> list[tuple[str, float, Axis]]:
        """Name, value and axis of everything that has a value at ``position``."""
        found: list[tuple[str, float, Axis]] = []
        for one in self.series:
            axis = self.right if one.right and self.right is not None else self.y
            there = np.flatnonzero(np.asarray(one.positions, float) == position)
            found += [(one.name, float(one.values[n]), axis) for n in there[:1]]
        for bars in self.bars:
            if position == int(position) and 0 <= position < len(bars.values):
                found.append((bars.name, float(bars.values[int(position)]), self.y))
        return found


@dataclass(frozen=True)
class Map:
    """Numbers on a plane as colours: ``values`` is (rows, columns), the first row at the top, or,
    if ``upwards``, at the bottom; NaN is left blank.

    ``colours`` names the map: "viridis", "inferno" or "CET-D1" (signed, white at zero), whose ends
    are ``low`` and ``high`` in ``unit``, powers of ten if ``log``. ``rows`` are signs of values
    that have no place on the scale. ``levels`` are heights of contour lines. ``points`` are
    (symbol, name, x, y). ``picture`` is (H, W, 3) uint8, under the map, which then covers it by
    ``opacity``, with a line around what is as far from 0 as ``contour`` (0: none). ``x`` and ``y``
    are None for a picture, whose places have no numbers.
    """

    title: str
    values: np.ndarray
    low: float
    high: float
    unit: str
    colours: str = "viridis"
    log: bool = False
    rows: frozenset[Row] = frozenset()
    x: Axis | None = None
    y: Axis | None = None
    upwards: bool = False
    levels: tuple[float, ...] = ()
    points: tuple[tuple[str, str, float, float], ...] = ()
    picture: np.ndarray | None = None
    opacity: float = 1.0
    contour: float = 0.0


Panel = Chart | Map


@dataclass(frozen=True)
class Figure:
    """Panels with a common ``title`` and a ``caption`` that says what was measured on what.

    ``name`` is fit for a file's name. The panels stand in ``columns``, row by row.
    """

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...] = field(default=())
    columns: int = 1
