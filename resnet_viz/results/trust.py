"""Is a map to be trusted? Request and result of several measures, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.results.trust_measures import MEASURES, RANDOM


@dataclass(frozen=True)
class TrustRequest:
    """Take ``measures`` of the maps of ``methods`` and of random ones, all skips on and all off.

    ``block`` is where methods of a block look; "" is the last. The class is the snapshot's target,
    or the one that the network with all skips on finds most likely.
    """

    snapshot: Snapshot
    methods: tuple[str, ...]
    block: str = ""
    measures: tuple[str, ...] = tuple(MEASURES)
    seed: int = 0


@dataclass(frozen=True)
class TrustScore:
    """One measure of one method's maps, or of a random one's; ``off`` is with all skips off.

    ``values`` is a curve over ``x`` (shares of pixels, or numbers of parts), or a single number.
    ``spread`` is the standard deviation of `score` over several pictures; NaN of a single one.
    ``refusal`` says why there is nothing.
    """

    measure: str
    method: str
    off: bool
    x: tuple[float, ...]
    values: tuple[float, ...]
    spread: float = float("nan")
    refusal: str = ""

    @property
    def score(self) -> float:
        """The area under the curve, as its mean height, or the number itself."""
        return score(self.x, self.values)


def score(x: tuple[float, ...], values: tuple[float, ...]) -> float:
    """The mean height of a curve by the trapezoid rule, or the only value; NaN of none."""
    if len(values) < 2:
        return float(values[0]) if values else float("nan")
    heights, places = np.asarray(values), np.asarray(x)
    area = ((heights[1:] + heights[:-1]) / 2 * np.diff(places)).sum()
    return float(area / (places[-1] - places[0]))


@dataclass(frozen=True)
class TrustResult:
    """What was measured so far. ``parts`` are what is made random, from the head down to the stem,
    each with all before it, ``target`` is the class in words.

    ``pictures`` says in words on which, where that is not the photo; ``precomputed`` is True for
    what comes with the program.
    """

    request: TrustRequest
    on: Measured
    block: str
    target: str
    two_sides: bool
    parts: tuple[str, ...]
    rows: tuple[TrustScore, ...] = ()
    pictures: str = ""
    seconds: float = 0.0
    precomputed: bool = False

    @property
    def measures(self) -> tuple[str, ...]:
        """Those that there is something of, in the order of the registry."""
        there = {row.measure for row in self.rows}
        return tuple(name for name in MEASURES if name in there)

    def of(self, measure: str, off: bool) -> tuple[TrustScore, ...]:
        """The scores of all methods by one measure."""
        return tuple(row for row in self.rows if (row.measure, row.off) == (measure, off))


def title_of(method: str) -> str:
    """A method's title, or that of a random map."""
    return RANDOM.get(method) or METHODS[method].title
