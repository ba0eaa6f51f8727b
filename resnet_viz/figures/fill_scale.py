"""The scales that colour blocks by what was measured or counted; the legend shows the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from resnet_viz.figures.numbers import count_text, number_text, power_of_ten, row_of


class FillScale(Protocol):
    """Where values lie between two ends, and how they are written."""

    @property
    def ends(self) -> tuple[float, float]:
        """The positions at which the legend begins and ends."""

    def position(self, value: float) -> float:
        """Where a value that has no mark lies: from 0 to 1 on the colours themselves, down to −1
        and up to 2 on those that lie below and above them."""

    def mark(self, value: float) -> str:
        """The sign of a value that has no place on the scale, or ""."""

    def text(self, value: float) -> str:
        """The value in few digits."""

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most ``most`` + 1 positions, as shares of the legend's length, with what is written
        there."""


@dataclass(frozen=True)
class GradientScale:
    """A logarithmic scale from 10^``low`` to 10^``high``: whole decades, ``low`` < ``high``."""

    low: int
    high: int
    ends = (0.0, 1.0)

    @classmethod
    def covering(cls, norms: Iterable[float]) -> Self | None:
        """The decades that hold all finite norms above zero, or None if there are none."""
        logs = [math.log10(norm) for norm in norms if math.isfinite(norm) and norm > 0]
        if not logs:
            return None
        low, high = math.floor(min(logs)), math.ceil(max(logs))
        return cls(low if low < high else low - 1, high)

    def position(self, norm: float) -> float:
        """Where a norm above zero lies on the scale, in [0, 1]."""
        share = (math.log10(norm) - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    def decades(self, most: int) -> list[int]:
        """The exponents to label: both ends, and at most ``most`` - 1 between them."""
        span = self.high - self.low
        steps = max(1, min(most, span))
        return [round(self.low + span * step / steps) for step in range(steps + 1)]

    def mark(self, value: float) -> str:
        return row_of(value) or ""

    def text(self, value: float) -> str:
        return number_text(value)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        span = self.high - self.low
        return [((e - self.low) / span, power_of_ten(e)) for e in self.decades(most)]


@dataclass(frozen=True)
class AnchoredScale(GradientScale):
    """The scale of all skips on, which stays where it is, and what lies beyond it.

    ``low`` and ``high`` are its decades, so that a value that does not change keeps its position
    whatever becomes of the others. It is shown from 10^``least`` to 10^``most``; the decades beyond
    it get the narrower the further they are away.
    """

    least: int = 0
    most: int = 0

    @classmethod
    def around(cls, anchor: Iterable[float], norms: Iterable[float]) -> AnchoredScale | None:
        """The decades of ``anchor``, and as many more as hold ``norms``; None if there is nothing
        to hold."""
        both = GradientScale.covering(norms)
        held = GradientScale.covering(anchor) or both
        if held is None:
            return None
        both = both or held
        return cls(held.low, held.high, min(both.low, held.low), max(both.high, held.high))

    @property
    def ends(self) -> tuple[float, float]:  # type: ignore[override]
        return self._at(self.least), self._at(self.most)

    def _at(self, power: float) -> float:
        if power < self.low:
            return -_beyond(self.low - power)
        if power > self.high:
            return 1.0 + _beyond(power - self.high)
        return (power - self.low) / (self.high - self.low)

    def position(self, norm: float) -> float:
        return self._at(math.log10(norm))

    def ticks(self, most: int) -> list[tuple[float, str]]:
        first, last = self.ends
        least_gap = 0.75 / max(1, most)
        inner = super().decades(most)[1:-1]
        wanted = [self.least, self.most, self.low, self.high, *inner]
        wanted += sorted(range(self.least, self.most + 1), key=lambda power: power % 5 != 0)
        shares: dict[int, float] = {}
        for power in wanted:
            share = (self._at(power) - first) / (last - first)
            if all(abs(share - other) >= least_gap for other in shares.values()):
                shares[power] = share
        return [(shares[power], power_of_ten(power)) for power in sorted(shares)]


def _beyond(decades: float) -> float:
    """How far so many decades lie beyond the anchor: from 0 at none towards 1."""
    return decades / (decades + 6.0)


@dataclass(frozen=True)
class CountScale(GradientScale):
    """A logarithmic scale of counts, such as parameters."""

    def text(self, value: float) -> str:
        return count_text(value).replace(" ", "")


@dataclass(frozen=True)
class ShareScale:
    """A linear scale from 0 to 1, in per cent."""

    ends = (0.0, 1.0)

    def position(self, value: float) -> float:
        return min(1.0, max(0.0, value))

    def mark(self, value: float) -> str:
        return "" if math.isfinite(value) else row_of(value) or ""

    def text(self, value: float) -> str:
        return f"{100 * value:.0f} %"

    def ticks(self, most: int) -> list[tuple[float, str]]:
        shares = (0.0, 0.25, 0.5, 0.75, 1.0) if most >= 4 else (0.0, 0.5, 1.0)
        return [(share, f"{100 * share:.0f} %") for share in shares]
