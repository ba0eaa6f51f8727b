"""What charts draw: values with a name and a look, without Qt.

A colour is named by its role, a field of the theme such as "skip", or "stage 1" to "stage 4".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Symbol = Literal["", "o", "s", "t", "d", "p"]
"""Disc, square, triangle, diamond, pentagon, or none."""


@dataclass(frozen=True)
class Series:
    """``values`` at the positions ``x``, by default 0, 1, …, joined by a line unless ``line`` is
    False; NaN leaves a gap where the axis has no row for it.

    ``width`` is in line widths of the look; ``hollow`` symbols let what is under them show.
    ``right`` puts it on the chart's right axis. ``labels`` stand at its points, one for each or
    only one, at the end. A series without a ``name`` belongs to the one before it and is in no
    legend.
    """

    name: str
    values: Sequence[float] | np.ndarray
    colour: str
    symbol: Symbol = ""
    dashed: bool = False
    x: Sequence[float] | np.ndarray | None = None
    width: float = 1.0
    hollow: bool = False
    opacity: float = 1.0
    line: bool = True
    right: bool = False
    labels: tuple[str, ...] = ()

    @property
    def positions(self) -> Sequence[float] | np.ndarray:
        return range(len(self.values)) if self.x is None else self.x


@dataclass(frozen=True)
class Bars:
    """Heights ≥ 0 at positions 0, 1, …; fewer than there are names while the rest is unknown."""

    name: str
    values: Sequence[float]
    colour: str


@dataclass(frozen=True)
class Curve:
    """Values after epochs 1, 2, …; ``thick`` for the deeper network, ``dashed`` for training."""

    name: str
    values: tuple[float, ...]
    colour: str
    thick: bool
    dashed: bool
