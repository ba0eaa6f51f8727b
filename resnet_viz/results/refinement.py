"""Iterative refinement: does a block's F(x) go down the loss? Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot


@dataclass(frozen=True)
class RefinementRequest:
    """The cosine between F(x) and −∂L/∂x at each block of the network on screen.

    L is the cross-entropy of the snapshot's target, else of the photo's label, else of the class
    that the network with all its skips finds most likely.
    """

    snapshot: Snapshot


@dataclass(frozen=True)
class RefinementResult:
    """A cosine in [−1, 1] for each of ``blocks``, with all skips ``with_skips`` and ``without``.

    NaN where F(x) and x differ in shape (``reshaping``), or where one of the two vectors is zero.
    ``stages`` are each stage's title, first and last block. ``loss`` is L in nats, with and without
    skips, and ``source`` says in words where its class, ``target``, comes from.
    """

    on: Measured
    target: str
    source: str
    blocks: tuple[str, ...]
    reshaping: frozenset[str]
    stages: tuple[tuple[str, int, int], ...]
    with_skips: tuple[float, ...]
    without: tuple[float, ...]
    loss: tuple[float, float]
