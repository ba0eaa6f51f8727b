"""Numbers in words, the same in the window, in an export and on the command line."""

from __future__ import annotations

import math
from typing import Literal

Row = Literal["0", "∞", "NaN"]
"""What a logarithmic axis has no place for; each that occurs gets a row of its own at the edge."""


def number_text(value: float, digits: int = 2) -> str:
    """``value`` to ``digits`` significant digits: "0.80", "−44", "1.8×10⁻¹⁵", "0", "∞", "NaN"."""
    if value < 0:
        return f"−{number_text(-value, digits)}"
    row = row_of(value)
    if row is not None:
        return row
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 < power < 4:
        return f"{float(f'{value:.{digits - 1}e}'):.{max(0, digits - 1 - power)}f}"
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


def count_text(count: float, unit: str = "") -> str:
    """A count in three digits: "855 k parameters"."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g} {letter}{' ' + unit if unit else ''}"
    return f"{count:.0f}{' ' + unit if unit else ''}"


def per_cent(probability: float) -> str:
    """``probability`` in [0, 1] as text, such as "93.1 %", "< 0.1 %" or "NaN"."""
    if not math.isfinite(probability):
        return "NaN"
    return f"{100 * probability:.1f} %" if probability >= 0.001 else "< 0.1 %"


FEW = 2000
"""Images from which on a share is sure to about two points, so that no interval need be given."""


def share_text(share: float, count: int) -> str:
    """A share of ``count`` images that were right, with the 95 % interval where they are few.

    The interval is Wilson's (1927), which stays between 0 and 100 %.
    """
    if count >= FEW or count < 1 or not math.isfinite(share):
        return f"{100 * share:.0f} %"
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    half *= z / (1 + z * z / count)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{100 * share:.0f} % (95 % sure: {100 * low:.0f} to {100 * high:.0f} %)"


def duration_text(seconds: float) -> str:
    """About how long something takes: "under 1 s", "about 4 s", "about 3 min", "about 2 h"."""
    for most, unit, size in ((90.0, "s", 1.0), (5400.0, "min", 60.0)):
        if seconds < most:
            return f"about {seconds / size:.0f} {unit}" if seconds >= 1 else "under 1 s"
    return f"about {seconds / 3600:.0f} h"


def fixed_text(value: float, decimals: int = 2) -> str:
    """A value near 1 with so many decimals: "0.93", "−0.12", and "0.00" for a tiny negative one."""
    if not math.isfinite(value):
        return number_text(value)
    text = f"{value:.{decimals}f}"
    return text.replace("-", "−" if text.strip("-0.") else "")


def change_text(change: float, decimals: int = 1) -> str:
    """A difference with its sign: "+12.3", "−97.2", "0.0", "NaN"."""
    text = fixed_text(change, decimals)
    return f"+{text}" if change > 0 and text.strip("0.") else text
