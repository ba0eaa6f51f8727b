"""Two results side by side: what belongs together, and what differs. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.images.overlay import enlarge
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import BlockPass, Result, Snapshot


@dataclass(frozen=True)
class CompareRequest:
    """Compare these two; where both know the same classes, the right one takes the left one's
    target, so that gradients and Grad-CAM are those of one score.

    ``left_off`` and ``right_off`` switch all skips of a side off, whatever its gates.
    """

    left: Snapshot
    right: Snapshot
    left_off: bool = False
    right_off: bool = False

    def next_frame_of(self, other: CompareRequest) -> bool:
        """True if it asks for the same of another frame of the same stream."""
        same = self.left.same_but_frame(other.left) and self.right.same_but_frame(other.right)
        off = (self.left_off, self.right_off) == (other.left_off, other.right_off)
        return same and off and self != other


@dataclass(frozen=True)
class Comparison:
    """Both results. ``now`` of each is what is compared."""

    left: Result
    right: Result

    @property
    def same_classes(self) -> bool:
        """True if probabilities can be compared class by class."""
        return self.left.labels == self.right.labels

    def top(self, count: int) -> list[int]:
        """The classes that matter: the target, then the most probable of either side.

        Only for the `same_classes`.
        """
        sides = zip(self.left.now.top(count), self.right.now.top(count), strict=True)
        order = [self.left.now.target, *(index for pair in sides for index in pair)]
        return list(dict.fromkeys(order))[:count]


def counterpart(structure: Structure, block: str, other: Structure) -> str:
    """The block of ``other`` that corresponds to ``block`` of ``structure``.

    That of the same stage at the same share of the way through it; stem to stem, last to last.
    """
    number = structure.stage_of(block)
    if number == 0 or not other.stages:
        return other.stem.name
    ours = structure.stages[[stage.number for stage in structure.stages].index(number)].blocks
    theirs = other.stages[min(number, len(other.stages)) - 1].blocks
    place = [one.name for one in ours].index(block)
    share = place / (len(ours) - 1) if len(ours) > 1 else 1.0
    return theirs[round(share * (len(theirs) - 1))].name


def mean_activation(block: BlockPass) -> np.ndarray:
    """The mean over the channels, (h, w) float32."""
    return np.asarray(block.activation.mean(axis=0), np.float32)


def difference(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``right`` − ``left`` for two maps (h, w); the smaller one is enlarged to the larger."""
    height, width = (max(sizes) for sizes in zip(left.shape, right.shape, strict=True))
    with np.errstate(invalid="ignore"):
        return enlarge(right, height, width) - enlarge(left, height, width)
