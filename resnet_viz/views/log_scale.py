"""Logarithmic scales that have a place for zero, infinity and not-a-number; shared by all plots."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Row = Literal["0", "∞", "NaN"]
"""What a logarithmic axis has no place for; each that occurs gets a row of its own at the edge."""

_LEAST_DECADES = 2


def number_text(value: float) -> str:
    """``value`` ≥ 0 to two significant digits: "0.80", "44", "1.8×10⁻¹⁵", "0", "∞" or "NaN"."""
    row = row_of(value)
    if row is not None:
        return row
    mantissa, exponent = f"{value:.1e}".split("e")
    power = int(exponent)
    if -4 < power < 4:
        return f"{float(f'{value:.1e}'):.{max(0, 1 - power)}f}"
    return f"{mantissa}×{power_of_ten(power)}"


def power_of_ten(exponent: int) -> str:
    """The decade as text, such as "10⁻⁸"."""
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def row_of(value: float) -> Row | None:
    """The row at the edge that ``value`` belongs in, or None if it has a place on the scale."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞"
    return "0" if value <= 0.0 else None


@dataclass(frozen=True)
class Scale:
    """The vertical range: whole decades from 10^``low`` to 10^``high``, and the rows in use."""

    low: int
    high: int
    rows: frozenset[Row] = field(default_factory=frozenset)

    @classmethod
    def covering(cls, norms: Iterable[float], held: Scale | None = None) -> Scale:
        """The least scale that shows every one of ``norms``, and at least two decades.

        With ``held``, that scale, made larger only where one of ``norms`` falls out of it.
        """
        values = list(norms)
        rows = frozenset(row for row in map(row_of, values) if row is not None)
        powers = [math.log10(value) for value in values if row_of(value) is None]
        if held is not None:
            powers += [held.low, held.high]
            rows |= held.rows
        low, high = (math.floor(min(powers)), math.ceil(max(powers))) if powers else (0, 0)
        if high - low < _LEAST_DECADES:
            low -= 1
        if high - low < _LEAST_DECADES:
            high += 1
        return cls(low, high, rows)


Ticks = list[tuple[float, str]]


def decade_ticks(scale: Scale, powers: range, least: float) -> tuple[Ticks, Ticks]:
    """The decades among ``powers`` to label, as many as fit with ``least`` between them, and the
    others, which get a tick without a label."""
    step = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100, 1000) if s >= least)
    step = min(step, max(1, len(powers) - 1))  # one label alone would not make a scale
    labelled: Ticks = [(p, power_of_ten(p)) for p in powers if (scale.high - p) % step == 0]
    return labelled, [(p, "") for p in powers if (scale.high - p) % step]
