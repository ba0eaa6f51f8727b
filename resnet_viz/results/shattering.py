"""Gradient shattering: request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from resnet_viz.results.result import Snapshot

Kind = Literal["fully connected", "convolutional"]
NOISE = "noise"

POINTS: dict[Kind, int] = {"fully connected": 256, "convolutional": 64}
LAGS: dict[Kind, int] = {"fully connected": 32, "convolutional": 16}
"""Inputs on the line, and the largest lag, in steps from one input to the next."""


@dataclass(frozen=True)
class ShatteringRequest:
    """Draw ``runs`` pairs of an untrained residual and a plain network; measure their gradients.

    "fully connected": ``depth`` layers of 200 rectifiers with one input, on a line from -2 to 2;
    ``beta`` scales the residual branch (Balduzzi 2017 §2). "convolutional": the CIFAR family, of
    6n + 2 layers, on a line from the snapshot's photo to ``second``, a sample's name or `NOISE`;
    ``beta`` has no meaning there.
    """

    snapshot: Snapshot
    kind: Kind = "fully connected"
    depth: int = 50
    norm: bool = True
    beta: float = 0.1
    second: str = NOISE
    runs: int = 10
    seed: int = 0


@dataclass(frozen=True)
class Curve:
    """What one of residual, plain, white noise and brown noise gave.

    ``trace`` is (N,): the derivative of the output along the line, of the first run; its standard
    deviation ``deviation`` is 0 where the gradient is the same everywhere. ``correlation`` is (L +
    1,): the autocorrelation of the input gradients at lags 0 to L, the mean over the runs so far.
    """

    trace: np.ndarray
    deviation: float
    correlation: np.ndarray


@dataclass(frozen=True)
class ShatteringResult:
    """``runs`` of the request's are done; ``positions`` is (N,): where the inputs lie."""

    request: ShatteringRequest
    runs: int
    positions: np.ndarray
    residual: Curve
    plain: Curve
    white: Curve
    brown: Curve

    @property
    def step(self) -> float:
        """The distance between neighbours on the line."""
        return float(self.positions[1] - self.positions[0])
