"""Loss surface: the loss around trained weights. Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

SIDES = (11, 15, 21, 31, 41, 51)
"""Points along each axis to choose from; odd, so that one lies on the weights themselves."""


@dataclass(frozen=True)
class SurfaceRequest:
    """The loss on a grid of ``side`` × ``side`` points around the weights of the network on screen
    and of its twin; both axes go from -``reach`` to ``reach``.

    ``pictures`` is how many pictures the loss is the mean of: with a ``path``, CIFAR-10 images
    from that folder or zip file with their labels, else crops of the open photo and of the gallery.

    Raises:
        ValueError: the grid has no point in its middle, or there is nothing to measure.
    """

    snapshot: Snapshot
    side: int = 21
    reach: float = 1.0
    pictures: int = 64
    path: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.side < 3 or self.side % 2 == 0:
            raise ValueError(f"a grid of {self.side} points has no middle; take 3, 5, 7 …")
        if not self.reach > 0:
            raise ValueError(f"a slice that reaches {self.reach:g} far is none; take 1")
        if self.pictures < 1:
            raise ValueError(f"a loss on {self.pictures} pictures is none; take 1 or more")

    @property
    def axis(self) -> np.ndarray:
        """(side,): the positions along either axis, in norms of the trained filters."""
        return axis_of(self.side, self.reach)

    def order(self) -> list[tuple[int, int]]:
        """The grid's points, from the middle outwards."""
        return from_the_middle(self.side)


def axis_of(side: int, reach: float) -> np.ndarray:
    """(side,): positions at equal distances from -``reach`` to ``reach``."""
    return np.linspace(-reach, reach, side)


def from_the_middle(side: int) -> list[tuple[int, int]]:
    """The points (row, column) of a grid, ring by ring around its middle, each ring all round."""
    middle = side // 2

    def place(point: tuple[int, int]) -> tuple[int, float]:
        across, up = point[1] - middle, point[0] - middle
        return max(abs(across), abs(up)), float(np.arctan2(up, across))

    points = [(row, column) for row in range(side) for column in range(side)]
    return sorted(points, key=place)


@dataclass(frozen=True)
class Surface:
    """One network's losses so far.

    ``loss`` is (side, side), mean cross-entropy in nats; row i is position ``axis[i]`` along the
    second direction, column j ``axis[j]`` along the first; NaN where not measured, ∞ where the
    loss was not finite. ``accuracy`` is the share of pictures that the network itself, in the
    middle, gives the label that the loss is towards.
    """

    on: Measured
    plain: bool
    loss: np.ndarray
    accuracy: float

    @property
    def least(self) -> tuple[int, int]:
        """Row and column of the least loss."""
        flat = int(np.nanargmin(self.loss))
        return flat // self.loss.shape[1], flat % self.loss.shape[1]

    @property
    def measured(self) -> int:
        return int((~np.isnan(self.loss)).sum())


@dataclass(frozen=True)
class SurfaceResult:
    """The surfaces so far: the residual network's and the plain one's, where there are both.

    ``pictures`` is what the loss is the mean of and ``labels`` what it is towards, in words.
    ``alone`` says why there is no second surface, or is "". ``precomputed`` is True for what comes
    with the program. ``count`` is the number of pictures.
    """

    request: SurfaceRequest
    surfaces: tuple[Surface, ...]
    pictures: str
    labels: str
    alone: str = ""
    precomputed: bool = False
    count: int = 0

    @property
    def complete(self) -> bool:
        return all(surface.measured == self.request.side**2 for surface in self.surfaces)
