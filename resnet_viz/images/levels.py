"""Deep values (more than 8 bits, signed, floating point) as the 256 levels that a screen shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_DEPTHS = (8, 10, 12, 14)
"""Bits of sensors and X-ray plates whose values are stored in 16 bits without being scaled."""


@dataclass(frozen=True)
class Scale:
    """``black`` becomes 0 and ``white`` 255; ``note`` says so, or is "" where nobody asks."""

    black: float
    white: float
    note: str = ""


def scale_of(low: float, high: float, dtype: np.dtype, bits: int | None = None) -> Scale:
    """The scale for values of ``dtype`` from ``low`` to ``high``, both finite.

    ``bits`` is how many the file says are significant. Whole numbers are shown by their depth:
    that which is told, else the least usual one of a camera or an X-ray plate that holds them.
    Numbers below zero or above 16 bits, and floating point beyond 0 to 1, fill their own range.
    """
    if dtype.kind == "f":
        # A picture of shares of white; one that is far below it would be black.
        return Scale(0.0, 1.0) if low >= 0 and 0.5 < high <= 1 else _own(low, high)
    if dtype.itemsize == 1:
        least = 0.0 if dtype.kind == "u" else -128.0
        return Scale(least, least + 255, "" if least == 0 else _shown(least, least + 255))
    if low < 0 or high > 65535:
        return _own(low, high)
    if bits is not None and bits < 16 and high < 2**bits:
        white = 2**bits - 1
        return Scale(
            0.0, white, f"The file uses {bits} bits: 0 to {white:,} are shown as black to white."
        )
    if low < high:  # one value alone tells nothing
        for depth in _DEPTHS:
            white = 2**depth - 1
            if high <= white:
                return Scale(
                    0.0,
                    white,
                    f"Shown on the scale of {depth} bits: its values reach {high:,.0f} of 65,535.",
                )
    return Scale(0.0, 65535.0)


def _own(low: float, high: float) -> Scale:
    return Scale(low, high, _shown(low, high))


def _shown(low: float, high: float) -> str:
    first, last = (f"{value:.6g}".replace("-", "−") for value in (low, high))
    return f"The values {first} to {last} are shown as black to white."


def shares(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Where each value lies from black (0) to white (1), clipped, float32; NaN is black."""
    span = (scale.white - scale.black) or 1.0
    # Divided before the difference is taken, so that no range is too large.
    found = values.astype(np.float64) / span - scale.black / span
    return np.nan_to_num(found, copy=False).clip(0, 1).astype(np.float32)


def levels(values: np.ndarray, scale: Scale) -> np.ndarray:
    """``values`` as uint8 on ``scale``."""
    return np.rint(255 * shares(values, scale)).astype(np.uint8)


def over_white(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """``colours`` (H, W, C), shares of white, laid over white by ``alpha`` (H, W) in [0, 1]."""
    return 1 - (1 - colours) * alpha[..., None]
