"""A curve on a logarithmic axis that moves, axis and all, from one result to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

from resnet_viz.figures.numbers import row_of
from resnet_viz.figures.scale import Scale
from resnet_viz.views.widgets import motion


class CurveMotion(QObject):
    """Where a curve of norms and the ends of its axis are now, in decades (log10).

    A norm that has no place on the axis (0, ∞) moves to or from the axis' end; one that had none
    before either is NaN, as is not-a-number: it does not move.
    """

    moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.heights = np.empty(0)
        self.low, self.high = 0.0, 1.0
        self._from = self._to = (self.heights, self.low, self.high)
        self._norms: tuple[float, ...] = ()
        self._clock = QVariantAnimation(self)
        self._clock.setStartValue(0.0)
        self._clock.setEndValue(1.0)
        self._clock.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._clock.valueChanged.connect(self._advance)
        self._clock.finished.connect(self.moved)

    @property
    def moving(self) -> bool:
        return self._clock.state() == QVariantAnimation.State.Running

    def jump(self, norms: Sequence[float], scale: Scale) -> None:
        """Be there at once."""
        self._clock.stop()
        self._norms = tuple(norms)
        self.heights, self.low, self.high = _heights(norms, scale), scale.low, scale.high

    def move(self, norms: Sequence[float], scale: Scale) -> None:
        """Go there, from wherever the curve is, in the time that `motion` allows."""
        duration = motion.milliseconds()
        if not duration or len(norms) != len(self._norms):
            self.jump(norms, scale)
            return
        start, end = self.heights.copy(), _heights(norms, scale)
        for index, (before, after) in enumerate(zip(self._norms, norms, strict=True)):
            if row_of(before) is not None and row_of(after) is not None:
                start[index] = end[index] = math.nan
            elif math.isnan(start[index]):
                start[index] = end[index] if math.isnan(before) else _edge(before, scale)
        self._from, self._to = (start, self.low, self.high), (end, scale.low, scale.high)
        self._norms = tuple(norms)
        self._clock.stop()
        self._clock.setDuration(duration)
        self._clock.start()
        self._advance(0.0)

    def _advance(self, share: float) -> None:
        (start, low, high), (end, to_low, to_high) = self._from, self._to
        self.heights = start + share * (end - start)
        self.low = low + share * (to_low - low)
        self.high = high + share * (to_high - high)
        self.moved.emit()


def _edge(norm: float, scale: Scale) -> float:
    return float(scale.low if row_of(norm) == "0" else scale.high)


def _heights(norms: Sequence[float], scale: Scale) -> np.ndarray:
    """log10 of ``norms``; 0 and ∞ at the ends of ``scale``."""
    return np.array(
        [
            math.nan
            if math.isnan(norm)
            else math.log10(norm)
            if row_of(norm) is None
            else _edge(norm, scale)
            for norm in norms
        ]
    )
