"""Logarithmic scales that have a place for zero, infinity and not-a-number; shared by all plots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from resnet_viz.figures.numbers import Row, number_text, power_of_ten, row_of

_LEAST_DECADES = 2


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


def spread(values: Sequence[float], least: float, top: float, bottom: float = 0.0) -> list[float]:
    """Places for labels at ``values``, moved ``least`` apart, between ``bottom`` and ``top``."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    places = [0.0] * len(values)
    floor = bottom + least / 2
    for index in order:
        places[index] = max(values[index], floor)
        floor = places[index] + least
    ceiling = top - least / 2
    for index in reversed(order):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - least
    return places


def joined(ticks: Sequence[tuple[float, str]], least: float) -> list[tuple[float, str]]:
    """Ticks that would lie over each other, closer than ``least``, as one with both texts."""
    found: list[tuple[float, str]] = []
    for at, text in sorted(ticks):
        if found and at - found[-1][0] < least:
            found[-1] = found[-1][0], f"{found[-1][1]}, {text}"
        else:
            found.append((at, text))
    return found


def round_ticks(low: float, high: float, most: int = 4) -> tuple[tuple[float, str], ...]:
    """Round numbers between two ends, at most so many of them and as many as that allows."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return ()
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * n for n in (1, 2, 5, 10) if span / (power * n) <= most)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple((n * step, _short(n * step)) for n in range(first, last + 1))


def _short(value: float) -> str:
    """As `number_text`, without noughts after the point."""
    text = number_text(value, 3)
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text
