"""The backbone as a pyramid: what the last block of each stage hands on. Without torch and Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot


@dataclass(frozen=True)
class PyramidRequest:
    """The features of each stage, with all skips on and with all off, whichever are set."""

    snapshot: Snapshot


@dataclass(frozen=True, eq=False)
class Features:
    """One stage's features, ``values`` (C, h, w) float32, as directions and as colours.

    ``directions`` are (C, h·w) float32, each place's features divided by their L2 norm; NaN where
    that is zero or not finite. ``colours`` are (h, w, 3) in [0, 1], see `principal`, and ``shares``
    the part of the variance that each of the three holds.
    """

    shape: tuple[int, int, int]
    directions: np.ndarray
    colours: np.ndarray
    shares: tuple[float, float, float]

    @classmethod
    def of(cls, values: np.ndarray) -> Features:
        """Both views of ``values``, (C, h, w)."""
        channels, height, width = values.shape
        colours, shares = principal(values)
        return cls((channels, height, width), directions(values), colours, shares)

    def similarity(self, row: int, column: int) -> np.ndarray:
        """The cosine of every place's features with those at one, (h, w) float32 in [−1, 1].

        NaN where one of the two is zero or not finite.
        """
        _, height, width = self.shape
        asked = self.directions[:, row * width + column]
        cosines: np.ndarray = np.clip(asked @ self.directions, -1.0, 1.0)
        return cosines.reshape(height, width)


@dataclass(frozen=True)
class Level:
    """A stage of the backbone: ``title`` is "C2" to "C5" where the strides are those of Lin 2017
    (arXiv:1612.03144 §3), else "stage 1" and so on; ``block`` is the stage's last.

    ``stride`` is how many pixels of the input lie between neighbours. ``off`` is None in a network
    without skips.
    """

    title: str
    number: int
    block: str
    stride: int
    on: Features
    off: Features | None

    @property
    def size(self) -> str:
        """Channels and places, such as "512 × 28×28"."""
        channels, height, width = self.on.shape
        return f"{channels} × {height}×{width}"

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the place that holds a point, both shares of the input's side."""
        _, height, width = self.on.shape
        return (
            min(height - 1, max(0, math.floor(y * height))),
            min(width - 1, max(0, math.floor(x * width))),
        )


@dataclass(frozen=True)
class Pyramid:
    """Every stage from input to output. ``input_size`` is the side of the input in pixels."""

    on: Measured
    input_size: int
    levels: tuple[Level, ...] = field(default=())


def directions(values: np.ndarray) -> np.ndarray:
    """(C, h, w) → (C, h·w) float32: each place's features over their L2 norm; NaN without one."""
    flat = np.asarray(values, np.float64).reshape(len(values), -1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # The greatest entry first, so that no square is lost.
        greatest = np.abs(flat).max(axis=0)
        scaled = flat / greatest
        unit = scaled / np.sqrt((scaled**2).sum(axis=0))
    unit[:, ~(np.isfinite(greatest) & (greatest > 0))] = np.nan
    return unit.astype(np.float32)


def principal(values: np.ndarray) -> tuple[np.ndarray, tuple[float, float, float]]:
    """The first three principal components of all places' features, as red, green and blue.

    (C, h, w) → (h, w, 3) float32, each component stretched from its least value (0) to its greatest
    (1), and its share of the variance. The greatest entry of each by amount is positive, so that
    the colours do not change from one computer to another. What does not vary is 0.5; where a
    feature is not finite, all is NaN.
    """
    channels, height, width = values.shape
    flat = np.asarray(values, np.float64).reshape(channels, -1).T
    if not np.isfinite(flat).all():
        return np.full((height, width, 3), np.nan, np.float32), (math.nan,) * 3
    greatest = np.abs(flat).max()
    centred = flat / greatest if greatest > 0 else flat
    centred = centred - centred.mean(axis=0)
    total = float((centred**2).sum())
    scores = np.zeros((len(centred), 3))
    held = np.zeros(3)
    if total > 0:
        found = _scores(centred)
        count = min(3, found.shape[1])
        scores[:, :count] = found[:, :count]
        held[:count] = (found[:, :count] ** 2).sum(axis=0) / total
    signs = np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(3)])
    scores = scores * np.where(signs == 0, 1.0, signs)
    low, high = scores.min(axis=0), scores.max(axis=0)
    wide = high - low > 1e-12 * max(1e-300, float(np.abs(scores).max()))
    stretched = np.where(wide, (scores - low) / np.where(wide, high - low, 1.0), 0.5)
    shares = (float(held[0]), float(held[1]), float(held[2]))
    return stretched.reshape(height, width, 3).astype(np.float32), shares


def _scores(centred: np.ndarray) -> np.ndarray:
    """The principal components of rows, greatest first, by the smaller of the two Gram matrices."""
    rows, columns = centred.shape
    if rows <= columns:
        variances, vectors = np.linalg.eigh(centred @ centred.T)
        scores = vectors * np.sqrt(np.maximum(variances, 0.0))
    else:
        _, vectors = np.linalg.eigh(centred.T @ centred)
        scores = centred @ vectors
    reversed_: np.ndarray = scores[:, ::-1]
    return reversed_
