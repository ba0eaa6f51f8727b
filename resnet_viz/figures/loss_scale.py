"""The scale of losses that contours, surfaces and their colours share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

LEAST, MOST = 1e-3, 100.0
"""What lies outside is drawn at the end of the scale; guessing among ten classes costs 2.3."""

LINEAR_MOST = 10.0
"""The same for linear heights, where a large loss would flatten everything else."""

_STEPS = (1, 2, 5)


def _step_below(value: float) -> float:
    """The greatest 1, 2 or 5 times a power of ten that is at most ``value``."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return max(step * power for step in _STEPS if step * power <= value * (1 + 1e-9))


@dataclass(frozen=True)
class LossScale:
    """From ``low`` to ``high`` nats, both 1, 2 or 5 times a power of ten; colours are logarithmic.

    ``cut`` is True where a loss lies above the scale.
    """

    low: float = 0.1
    high: float = 10.0
    cut: bool = False

    @classmethod
    def covering(cls, grids: Iterable[np.ndarray]) -> LossScale:
        """The scale of all grids together; NaN and ∞ do not count."""
        values = np.concatenate([np.asarray(grid).ravel() for grid in grids])
        values = values[~np.isnan(values)]
        known = values[np.isfinite(values)].clip(LEAST, MOST)
        if not len(known):
            return cls()
        low = _step_below(float(known.min()))
        high = 1 / _step_below(1 / float(known.max()))
        if high < 4 * low:
            high = 1 / _step_below(1 / (4 * low))
        return cls(low, high, bool((values > high).any()))

    @property
    def levels(self) -> list[float]:
        """1, 2 and 5 times powers of ten inside the scale, its ends included."""
        powers = range(math.floor(math.log10(self.low)) - 1, math.ceil(math.log10(self.high)) + 1)
        all_levels = [step * 10.0**power for power in powers for step in _STEPS]
        return [value for value in all_levels if self.low * 0.999 <= value <= self.high * 1.001]

    def share(self, loss: np.ndarray | float) -> np.ndarray:
        """Where losses lie between the ends, in [0, 1] on the logarithm; NaN stays NaN."""
        inside = np.clip(np.asarray(loss, float), self.low, self.high)
        return np.asarray(np.log(inside / self.low) / math.log(self.high / self.low))

    def height(self, loss: np.ndarray | float, linear: bool) -> np.ndarray:
        """Heights in [0, 1]: logarithmic as the colours, or linear from 0."""
        if not linear:
            return self.share(loss)
        return np.asarray(np.clip(np.asarray(loss, float) / self.linear_top, 0.0, 1.0))

    @property
    def linear_top(self) -> float:
        """The loss at the top of linear heights."""
        return min(self.high, LINEAR_MOST)


def loss_text(loss: float) -> str:
    """Three significant digits, "not finite" or "–" where it is not known."""
    if math.isnan(loss):
        return "–"
    return f"{loss:.3g}" if math.isfinite(loss) else "not finite"
