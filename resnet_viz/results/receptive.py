"""The receptive field through skips: in theory, and as the gradient measures it. Without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

EDGE = 0.0455
"""Of the greatest gradient: what is above it belongs to the effective field (Luo 2016 §3, 2 σ)."""


@dataclass(frozen=True)
class ReceptiveRequest:
    """The fields of the units at one place of the stem's and every block's output, with all skips
    on and all off. ``x`` and ``y`` are shares of the picture, from its top left corner."""

    snapshot: Snapshot
    x: float = 0.5
    y: float = 0.5


@dataclass(frozen=True)
class Field:
    """What one unit of a block's output sees; ``off`` is with all skips off.

    ``box`` is the theoretical field in pixels of the input, (left, top, right, bottom), the last
    two exclusive; it may stand out past the picture. ``unit`` is (row, column) of the block's
    output. ``values``, (S, S) ≥ 0 float32, are the root mean square over channels of the unit's
    gradient, summed over colours, as a share of the greatest, which is ``peak``.
    """

    block: str
    off: bool
    box: tuple[int, int, int, int]
    unit: tuple[int, int]
    values: np.ndarray
    peak: float

    @property
    def theoretical(self) -> int:
        """The side of the theoretical field, in pixels of the input."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    @property
    def effective(self) -> float:
        """The side of a square as large as what is above `EDGE`, in pixels of the input."""
        return float(np.sqrt(np.count_nonzero(self.values > EDGE)))

    @property
    def inside(self) -> bool:
        """True if the gradient is 0 everywhere outside the theoretical field."""
        left, top, right, bottom = (max(0, side) for side in self.box)
        outside = self.values.copy()
        outside[top:bottom, left:right] = 0
        return not outside.any()


@dataclass(frozen=True)
class ReceptiveResult:
    """The fields so far, each block's with skips on before its with skips off.

    ``size`` is the side of the network's input, ``stages`` are titles with first and last block.
    """

    request: ReceptiveRequest
    on: Measured
    size: int
    blocks: tuple[str, ...]
    stages: tuple[tuple[str, int, int], ...]
    two_sides: bool
    fields: tuple[Field, ...] = ()

    def field(self, block: str, off: bool) -> Field | None:
        """That of a block, or None while it is not there."""
        return next((one for one in self.fields if (one.block, one.off) == (block, off)), None)
