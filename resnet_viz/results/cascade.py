"""What the cascade measures at each of its steps; numbers only, no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TracePoint:
    """What the network measured with ``off`` of its skips off.

    ``block`` is the one whose skip was the last to go, "" with all on. ``gradient`` is the norm at
    the stem, ``probability`` the target's; ``top`` is what the network then finds most likely, with
    ``top_probability``.
    """

    off: int
    block: str
    gradient: float
    probability: float
    top: str
    top_probability: float
