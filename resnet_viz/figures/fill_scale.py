"""The scales that colour blocks by what was measured or counted; the legend shows the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from resnet_viz.figures.numbers import count_text, number_text, power_of_ten, row_of


class FillScale(Protocol):
    """Where values lie between two ends, and how they are written."""

    def position(self, value: float) -> float:
        """Where a value that has no mark lies on the scale, in [0, 1]."""

    def mark(self, value: float) -> str:
        """The sign of a value that has no place on the scale, or ""."""

    def text(self, value: float) -> str:
        """The value in few digits."""

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most ``most`` + 1 positions with what is written there."""


@dataclass(frozen=True)
class GradientScale:
    """A logarithmic scale from 10^``low`` to 10^``high``: whole decades, ``low`` < ``high``."""

    low: int
    high: int

    @classmethod
    def covering(cls, norms: Iterable[float]) -> GradientScale | None:
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
class CountScale(GradientScale):
    """A logarithmic scale of counts, such as parameters."""

    def text(self, value: float) -> str:
        return count_text(value).replace(" ", "")


@dataclass(frozen=True)
class ShareScale:
    """A linear scale from 0 to 1, in per cent."""

    def position(self, value: float) -> float:
        return min(1.0, max(0.0, value))

    def mark(self, value: float) -> str:
        return "" if math.isfinite(value) else row_of(value) or ""

    def text(self, value: float) -> str:
        return f"{100 * value:.0f} %"

    def ticks(self, most: int) -> list[tuple[float, str]]:
        shares = (0.0, 0.25, 0.5, 0.75, 1.0) if most >= 4 else (0.0, 0.5, 1.0)
        return [(share, f"{100 * share:.0f} %") for share in shares]
