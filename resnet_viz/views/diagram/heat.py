"""The logarithmic colour scale of gradient norms, shared by the blocks' bars and the legend."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class GradientScale:
    """From 10^``low`` to 10^``high``; both are whole decades, ``low`` < ``high``."""

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


def sign(norm: float) -> str:
    """The mark of a norm that has no place on a logarithmic scale, or ""."""
    if math.isnan(norm):
        return "NaN"
    if math.isinf(norm):
        return "∞"
    return "0" if norm == 0 else ""


def number_text(norm: float) -> str:
    """A norm in two digits: "0.018", "1.8e-15"."""
    if sign(norm):
        return sign(norm)
    if 0.001 <= norm < 1000:
        return f"{norm:.2g}" if norm < 100 else f"{norm:.0f}"
    digits, exponent = f"{norm:.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def decade_text(exponent: int) -> str:
    """10 to a power as a tick's label: "1", "10", "0.1", "1e-8"."""
    return {-1: "0.1", 0: "1", 1: "10"}.get(exponent, f"1e{exponent}")
