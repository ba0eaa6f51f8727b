"""One method's maps at every block, from input to output. Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

OF_BLOCKS = tuple(name for name, method in METHODS.items() if method.at == "block")
"""The methods that have a map for each block."""


@dataclass(frozen=True)
class DepthRequest:
    """The maps of ``method`` at the stem and every block, with all skips on and all off.

    The class is the snapshot's target, or the one that the network with all skips on finds most
    likely.
    """

    snapshot: Snapshot
    method: str = OF_BLOCKS[0]


@dataclass(frozen=True)
class BlockMap:
    """A block's map, (h, w) float32; ``off`` says that it is the one with all skips off."""

    block: str
    off: bool
    values: np.ndarray


@dataclass(frozen=True)
class DepthResult:
    """The maps so far, from input to output, each block's with skips on before its with skips off.

    ``blocks`` are all there will be; ``target`` is the class in words.
    """

    request: DepthRequest
    on: Measured
    blocks: tuple[str, ...]
    target: str
    two_sides: bool
    maps: tuple[BlockMap, ...] = ()

    def map(self, block: str, off: bool) -> BlockMap | None:
        """That of a block, or None while it is not there."""
        return next((one for one in self.maps if (one.block, one.off) == (block, off)), None)
