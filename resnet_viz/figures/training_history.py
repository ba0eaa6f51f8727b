"""What live training has measured so far; no Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from resnet_viz.figures.scale import Scale
from resnet_viz.results.live_training import TWINS, Twin, TwinStep

SMOOTHING = 0.1
"""The weight of the newest value in the moving average: about the last ten steps count."""

_COLUMNS = 4  # loss, its average, accuracy, its average


class Track:
    """One twin's measurements; entry i is that of step i + 1."""

    def __init__(self, layers: int) -> None:
        self.count = 0
        self._curves = np.empty((256, _COLUMNS))
        self._norms = np.empty((256, layers))

    @property
    def losses(self) -> np.ndarray:
        return self._curves[: self.count, 0]

    @property
    def smooth_losses(self) -> np.ndarray:
        return self._curves[: self.count, 1]

    @property
    def accuracies(self) -> np.ndarray:
        return self._curves[: self.count, 2]

    @property
    def smooth_accuracies(self) -> np.ndarray:
        return self._curves[: self.count, 3]

    @property
    def norms(self) -> np.ndarray:
        """(steps, layers): gradient norms of the layers' weights."""
        return self._norms[: self.count]

    def append(self, step: TwinStep) -> None:
        """Take the next step's measurements."""
        if self.count == len(self._curves):
            more = max(256, self.count)
            self._curves = np.concatenate([self._curves, np.empty((more, _COLUMNS))])
            self._norms = np.concatenate([self._norms, np.empty((more, self._norms.shape[1]))])
        row = self._curves[self.count]
        row[0], row[2] = step.loss, step.accuracy
        before = self._curves[self.count - 1] if self.count else row[[0, 0, 2, 2]]
        for raw in (0, 2):
            row[raw + 1] = before[raw + 1] + SMOOTHING * (row[raw] - before[raw + 1])
        self._norms[self.count] = step.norms
        self.count += 1

    def cut(self, newest: int) -> Cut:
        """Forget what came after step ``newest``; it is returned."""
        kept = min(self.count, newest)
        after = Cut(self._curves[kept : self.count].copy(), self._norms[kept : self.count].copy())
        self.count = kept
        return after

    def paste(self, after: Cut) -> None:
        """Go on with what `cut` returned."""
        room = self.count + len(after.curves)
        self._curves = np.concatenate([self._curves[: self.count], after.curves])
        self._norms = np.concatenate([self._norms[: self.count], after.norms])
        self.count = room


@dataclass(frozen=True)
class Cut:
    """A part of a `Track`: loss, its average, accuracy and its average (steps, 4), and norms."""

    curves: np.ndarray
    norms: np.ndarray


@dataclass(frozen=True)
class GivenUp:
    """What came after step ``since`` until one went on from there; ``cuts`` are the twins'."""

    since: int
    cuts: dict[Twin, Cut]

    @property
    def newest(self) -> int:
        """The last step that any twin had measured."""
        return self.since + max(len(cut.curves) for cut in self.cuts.values())


class History:
    """Both twins' tracks, and the one scale of gradient norms that shows all of both.

    ``given_up`` is what was forgotten last, until there is something else to forget.
    """

    def __init__(self, layers: int) -> None:
        self.tracks: dict[Twin, Track] = {twin: Track(layers) for twin in TWINS}
        self.scale = Scale.covering([])
        self.ratio_scale = _about_one([])
        self.given_up: GivenUp | None = None
        self._empty = True

    @property
    def newest(self) -> int:
        """The last step that any twin has measured."""
        return max(track.count for track in self.tracks.values())

    @property
    def ratios(self) -> np.ndarray:
        """(steps, layers): the plain twin's gradient norm over the residual twin's, as far as both
        have come; NaN where both are 0."""
        both = min(track.count for track in self.tracks.values())
        return _over(self.tracks["plain"].norms[:both], self.tracks["residual"].norms[:both])

    def append(self, step: TwinStep) -> None:
        self.tracks[step.twin].append(step)
        self.scale = Scale.covering(step.norms, None if self._empty else self.scale)
        self._empty = False
        if all(track.count >= step.step for track in self.tracks.values()):
            plain, residual = (self.tracks[t].norms[step.step - 1] for t in ("plain", "residual"))
            self.ratio_scale = _about_one(_over(plain, residual), self.ratio_scale)

    def truncate(self, newest: int) -> None:
        """Give up what came after step ``newest``, in the scale as well."""
        if newest < self.newest:
            self.given_up = GivenUp(newest, self._cut(newest))
            self._measure_scale()

    def exchange(self, since: int) -> None:
        """Take back what was given up after step ``since``, and give up what there is now."""
        wanted = self.given_up
        if wanted is None or wanted.since != since:
            return
        self.given_up = GivenUp(since, self._cut(since))
        for twin, cut in wanted.cuts.items():
            self.tracks[twin].paste(cut)
        self._measure_scale()

    def _cut(self, newest: int) -> dict[Twin, Cut]:
        return {twin: track.cut(newest) for twin, track in self.tracks.items()}

    def _measure_scale(self) -> None:
        norms = np.concatenate([track.norms.ravel() for track in self.tracks.values()])
        self.scale = Scale.covering(_extremes(norms))
        self._empty = not len(norms)
        self.ratio_scale = _about_one(_extremes(self.ratios))


def _over(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return upper / lower


def _about_one(ratios: Iterable[float], held: Scale | None = None) -> Scale:
    """The scale that shows ``ratios`` with 1 in the middle: whole decades, one at least."""
    scale = Scale.covering(ratios, held)
    decades = max(1, -scale.low, scale.high)
    return Scale(-decades, decades, scale.rows)


def _extremes(values: np.ndarray) -> list[float]:
    """The few values that decide a scale: the least and the greatest, and what is off it."""
    ordinary = values[np.isfinite(values) & (values > 0)]
    found = [float(ordinary.min()), float(ordinary.max())] if len(ordinary) else []
    found += [0.0] if (values == 0).any() else []
    found += [math.inf] if np.isinf(values).any() else []
    found += [math.nan] if np.isnan(values).any() else []
    return found
