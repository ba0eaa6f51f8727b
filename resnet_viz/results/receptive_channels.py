"""Which channels see a place, and what excites a channel. Numpy alone, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.images.overlay import smooth
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

MOST_PATCHES = 12
MOST_PHOTOS = 300


@dataclass(frozen=True)
class Seen:
    """A channel's mean activation in an area and elsewhere."""

    channel: int
    inside: float
    outside: float

    @property
    def more(self) -> float:
        """How much more it is in the area than elsewhere."""
        return self.inside - self.outside


def who_sees(activation: np.ndarray, mask: np.ndarray, contrast: bool = False) -> list[Seen]:
    """All channels by their mean activation in ``mask``, greatest first; with ``contrast`` by how
    much greater it is than elsewhere.

    ``activation`` is (C, h, w); ``mask`` is boolean over the same square at any resolution, and a
    unit of the block counts by the share of it that is inside.

    Raises:
        ValueError: nothing is inside.
    """
    if not mask.any():
        raise ValueError("Nothing is brushed yet; draw on the photo first")
    weights = share_of(mask, activation.shape[1], activation.shape[2])
    values = np.nan_to_num(activation.astype(np.float64), posinf=0.0, neginf=0.0)
    inside = (values * weights).sum(axis=(1, 2)) / weights.sum()
    rest = 1 - weights
    outside = (values * rest).sum(axis=(1, 2)) / rest.sum() if rest.sum() > 0 else 0 * inside
    found = [Seen(n, float(inside[n]), float(outside[n])) for n in range(len(values))]
    return sorted(found, key=lambda one: -(one.more if contrast else one.inside))


def share_of(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """The share of each of (height, width) cells that is inside ``mask``, float64."""
    if mask.shape[0] < height or mask.shape[1] < width:
        return smooth(mask.astype(np.float32), height, width).astype(np.float64)
    rows = np.add.reduceat(mask.astype(np.float64), _edges(mask.shape[0], height), axis=0)
    cells = np.add.reduceat(rows, _edges(mask.shape[1], width), axis=1)
    sizes = np.outer(
        np.diff([*_edges(mask.shape[0], height), mask.shape[0]]),
        np.diff([*_edges(mask.shape[1], width), mask.shape[1]]),
    )
    found: np.ndarray = cells / sizes
    return found


def _edges(pixels: int, cells: int) -> np.ndarray:
    edges: np.ndarray = (np.arange(cells) * pixels) // cells
    return edges


@dataclass(frozen=True)
class PatchesRequest:
    """What excites ``channel`` of ``block`` most, of the files in ``paths`` and the open photo, or
    of that and the samples where there are no paths. With the gates as they are set."""

    snapshot: Snapshot
    block: str
    channel: int
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Patch:
    """Where a photo excites the channel most: ``value`` is the activation there.

    ``box`` is the unit's theoretical receptive field in pixels of the input, clipped to the picture
    (left, top, right, bottom), and ``whole`` the same before it was. ``pixels`` is the photo inside
    ``box``, uint8, and ``values`` the channel's activation there. ``own`` marks the open photo.
    """

    name: str
    value: float
    box: tuple[int, int, int, int]
    whole: tuple[int, int, int, int]
    pixels: np.ndarray
    values: np.ndarray
    own: bool = False
    path: str = ""


@dataclass(frozen=True)
class PatchesResult:
    """The patches so far, the most exciting first, at most `MOST_PATCHES`, and the open photo's.

    ``looked`` photos were looked at, ``broken`` files could not be opened.
    """

    request: PatchesRequest
    on: Measured
    size: int
    looked: int = 0
    broken: int = 0
    own: Patch | None = None
    patches: tuple[Patch, ...] = ()
