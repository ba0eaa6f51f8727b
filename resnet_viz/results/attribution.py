"""Attribution: where a score comes from, by several methods. Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot


@dataclass(frozen=True)
class AttributionRequest:
    """The maps of ``methods`` (names in the registry), with all skips on and with all off.

    ``block`` is where methods of a block look; "" is the last. ``target`` is A, None the class
    that the network with all skips on finds most likely. With ``against``, B, the score is the
    logit of A minus that of B: why A and not B. With ``as_set`` there is one map a method, with
    the snapshot's own gates.
    """

    snapshot: Snapshot
    methods: tuple[str, ...]
    block: str = ""
    target: int | None = None
    against: int | None = None
    as_set: bool = False


@dataclass(frozen=True)
class AttributionMap:
    """One method's map, (h, w) float32; ``off`` says that it is the one with all skips off.

    ``refusal`` says why there is none, in a sentence; ``values`` is then all NaN.
    """

    method: str
    off: bool
    values: np.ndarray
    refusal: str = ""

    @property
    def half(self) -> float:
        """The smallest share of the area that carries half of the map's weight, Σ|values|.

        NaN where the map is zero or not a number everywhere.
        """
        weights = np.abs(self.values[np.isfinite(self.values)]).astype(np.float64)
        total = weights.sum()
        if not total > 0:
            return float("nan")
        held = np.cumsum(np.sort(weights)[::-1])
        return float((np.searchsorted(held, total / 2 * (1 - 1e-12)) + 1) / self.values.size)


@dataclass(frozen=True)
class AttributionResult:
    """The maps so far. ``picture`` is the network's input, (S, S, 3) uint8.

    ``target`` and ``against`` are classes by number, ``labels`` all their names; ``scores`` the
    score with all skips on and with all off, in logits, the latter None where there are none.
    ``seconds`` is what they took of the worker's time, without that of other tasks.
    """

    request: AttributionRequest
    on: Measured
    block: str
    picture: np.ndarray
    labels: tuple[str, ...]
    target: int
    against: int | None
    scores: tuple[float, float | None]
    maps: tuple[AttributionMap, ...] = ()
    seconds: float = 0.0

    @property
    def asked(self) -> str:
        """The score in words: “cat”, or “cat” rather than “dog”."""
        said = f"“{self.labels[self.target]}”"
        return said if self.against is None else f"{said} rather than “{self.labels[self.against]}”"


@dataclass(frozen=True)
class PairRequest:
    """The map of one method for either of two networks that are compared."""

    left: AttributionRequest
    right: AttributionRequest


@dataclass(frozen=True)
class Pair:
    """What a `PairRequest` gave."""

    request: PairRequest
    left: AttributionMap
    right: AttributionMap
