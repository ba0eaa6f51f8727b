"""Paths through a residual network by their length: request and result, without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot


@dataclass(frozen=True)
class PathsRequest:
    """Measure the gradient through paths of each length, ``samples`` paths of each, all gates on.

    Raises:
        ValueError: ``samples`` is less than 1.
    """

    snapshot: Snapshot
    samples: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"{self.samples} paths cannot be averaged; take 1 or more")


@dataclass(frozen=True)
class PathsResult:
    """The gradient of ``target``'s logit with respect to the input, path by path.

    A path goes through the residual branch of some of the n ``blocks`` and through the skip of the
    others; its length is the number of branches. ``norms`` is (n + 1, at most ``samples``): the L2
    norms of single paths of length 0 to n, NaN where there are fewer paths than samples. ``sums``
    is (n + 1,): the norm of the sum of all paths of a length, exact, in which paths of different
    signs cancel; None where the network is too large for it. ``total`` is the norm of the whole
    gradient, the sum of all of them. ``gradient_skip_share`` is, for each block, ‖g through the
    skip‖ / (‖g through the skip‖ + ‖g through the branch‖) of the whole gradient that arrives at
    the block's input.

    With ``pictures``, such as "20 test images of CIFAR-10", all of these are means over them, each
    with the gradient of its own label's logit, computed before and come with the program.
    """

    on: Measured
    target: str
    blocks: tuple[str, ...]
    seed: int
    norms: np.ndarray
    sums: np.ndarray | None
    total: float
    gradient_skip_share: tuple[float, ...]
    pictures: str = ""

    @property
    def lengths(self) -> range:
        return range(len(self.blocks) + 1)

    @property
    def per_path(self) -> np.ndarray:
        """(n + 1,): the mean norm of one path of each length."""
        samples = self.norms.shape[1]
        counts = (min(count, samples) for count in self.counts)
        return np.array([row[:count].mean() for row, count in zip(self.norms, counts, strict=True)])

    @property
    def counts(self) -> tuple[int, ...]:
        """How many paths there are of each length: n over k."""
        n = len(self.blocks)
        return tuple(math.comb(n, k) for k in self.lengths)

    @property
    def shares(self) -> np.ndarray:
        """(n + 1,): mean norm × count, as shares of their sum (Veit 2016, fig. 6 c)."""
        product = self.per_path * np.array([float(count) for count in self.counts])
        whole = product.sum()
        return product / whole if 0 < whole < math.inf else product

    def narrowest(self, share: float = 0.95) -> tuple[int, int] | None:
        """The shortest run of lengths, first and last, that holds at least ``share`` of the sum.

        None where there is no gradient, or one that is not finite.
        """
        sums = np.concatenate(([0.0], np.cumsum(self.shares)))
        if not np.isfinite(sums).all() or sums[-1] <= 0:
            return None
        least = share * sums[-1]
        count = len(self.lengths)
        for width in range(count):
            held = [
                (sums[k + width + 1] - sums[k], -k)
                for k in range(count - width)
                if sums[k + width + 1] - sums[k] >= least
            ]
            if held:
                first = -max(held)[1]
                return first, first + width
        return None
