"""Residual alignment: do block outputs lie on a line? Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot


@dataclass(frozen=True)
class AlignmentRequest:
    """The outputs of each stage's blocks for the photo on screen, and those of the twin."""

    snapshot: Snapshot


@dataclass(frozen=True, eq=False)
class Way:
    """The way through one ``stage``: what its blocks put out, all of one shape.

    ``places`` is (n, 2), along the two main directions of the n outputs around their mean;
    ``explained`` the share of the variance that each holds. ``straight`` is the distance from the
    first to the last output over the length of the way: 1 on a line, in the order of the blocks.
    ``uneven`` is the deviation of the steps' lengths over their mean: 0 if they are equispaced.
    Both are NaN where there is no step.
    """

    stage: str
    blocks: tuple[str, ...]
    places: np.ndarray
    explained: tuple[float, float]
    straight: float
    uneven: float


@dataclass(frozen=True, eq=False)
class Alignment:
    """One network's ways, a stage each; ``plain`` without skips of its own."""

    on: Measured
    plain: bool
    ways: tuple[Way, ...]


@dataclass(frozen=True, eq=False)
class AlignmentResult:
    """The network on ``screen`` and its ``twin``; ``no_twin`` says why there is none."""

    screen: Alignment
    twin: Alignment | None = None
    no_twin: str = ""

    @property
    def both(self) -> list[Alignment]:
        """Residual, then plain."""
        found = [one for one in (self.screen, self.twin) if one is not None]
        return sorted(found, key=lambda one: one.plain)
