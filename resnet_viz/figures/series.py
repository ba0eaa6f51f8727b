"""What plots draw: values with a name and a look, without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Series:
    """Values ≥ 0 at positions 0, 1, …; ``symbol`` is one of pyqtgraph's."""

    name: str
    values: Sequence[float]
    colour: str
    symbol: str = "o"
    dashed: bool = False


@dataclass(frozen=True)
class Bars:
    """Heights ≥ 0 at positions 0, 1, …; fewer than there are names while the rest is unknown.

    ``colour`` is a field of the theme, such as "skip", so that the bars follow it.
    """

    name: str
    values: Sequence[float]
    colour: str


@dataclass(frozen=True)
class Line:
    """``y`` over the positions that all lines of a plot share; NaN leaves a gap.

    ``colour`` is a field of the theme, such as "skip", so that the line follows it.
    """

    name: str
    y: Sequence[float] | np.ndarray
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Odds:
    """Probabilities of one class; ``colour`` is a field of the theme, such as "skip"."""

    name: str
    values: Sequence[float]
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Curve:
    """Values after epochs 1, 2, …; ``thick`` for the deeper network, ``dashed`` for training."""

    name: str
    values: tuple[float, ...]
    colour: str
    thick: bool
    dashed: bool
