"""What live training has measured so far; no Qt."""

from __future__ import annotations

import math

import numpy as np

from resnet_viz.figures.scale import Scale
from resnet_viz.results.twins import TWINS, Twin, TwinStep

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
            self._curves = np.concatenate([self._curves, np.empty_like(self._curves)])
            self._norms = np.concatenate([self._norms, np.empty_like(self._norms)])
        row = self._curves[self.count]
        row[0], row[2] = step.loss, step.accuracy
        before = self._curves[self.count - 1] if self.count else row[[0, 0, 2, 2]]
        for raw in (0, 2):
            row[raw + 1] = before[raw + 1] + SMOOTHING * (row[raw] - before[raw + 1])
        self._norms[self.count] = step.norms
        self.count += 1

    def truncate(self, newest: int) -> None:
        """Forget what came after step ``newest``."""
        self.count = min(self.count, newest)


class History:
    """Both twins' tracks, and the one scale of gradient norms that shows all of both."""

    def __init__(self, layers: int) -> None:
        self.tracks: dict[Twin, Track] = {twin: Track(layers) for twin in TWINS}
        self.scale = Scale.covering([])
        self._empty = True

    @property
    def newest(self) -> int:
        """The last step that any twin has measured."""
        return max(track.count for track in self.tracks.values())

    def append(self, step: TwinStep) -> None:
        self.tracks[step.twin].append(step)
        self.scale = Scale.covering(step.norms, None if self._empty else self.scale)
        self._empty = False

    def truncate(self, newest: int) -> None:
        """Forget what came after step ``newest``, in the scale as well."""
        if newest >= self.newest:
            return
        for track in self.tracks.values():
            track.truncate(newest)
        norms = np.concatenate([track.norms.ravel() for track in self.tracks.values()])
        self.scale = Scale.covering(_extremes(norms))
        self._empty = not len(norms)


def _extremes(values: np.ndarray) -> list[float]:
    """The few values that decide a scale: the least and the greatest, and what is off it."""
    ordinary = values[np.isfinite(values) & (values > 0)]
    found = [float(ordinary.min()), float(ordinary.max())] if len(ordinary) else []
    found += [0.0] if (values == 0).any() else []
    found += [math.inf] if np.isinf(values).any() else []
    found += [math.nan] if np.isnan(values).any() else []
    return found
