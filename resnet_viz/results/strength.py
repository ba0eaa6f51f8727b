"""Skip strength: one pass for each strength of the skips. Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

EVEN = tuple(number / 20 for number in range(21))
"""From 0 to 1 in steps of 0.05."""

FINE = (
    *(0.0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005),
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
"""Finer towards 0, where the gradient may change by decades."""


@dataclass(frozen=True)
class StrengthRequest:
    """Sweep the strength of the skips of ``blocks``; ``strengths`` ascend and end with 1.

    Every other gate is on, whatever the snapshot's gates are.

    Raises:
        ValueError: there is no block, or the strengths are not in order within [0, 1].
    """

    snapshot: Snapshot
    blocks: tuple[str, ...]
    strengths: tuple[float, ...] = EVEN

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError("there is no skip to turn down; choose a residual network")
        ordered = list(self.strengths) == sorted(set(self.strengths))
        if not ordered or self.strengths[0] < 0 or self.strengths[-1] != 1:
            raise ValueError(
                f"the strengths {', '.join(f'{s:g}' for s in self.strengths)} do not ascend within "
                "[0, 1] to 1"
            )

    def gates(self, strength: float) -> GateSettings:
        """The gates of the pass at ``strength``."""
        return GateSettings().with_skips(self.blocks, strength)


@dataclass(frozen=True)
class StrengthPoint:
    """What one pass gave at one ``strength``.

    ``gradient_norms`` are the L2 norms of the gradient of the target's logit at the outputs of
    the watched blocks; ``top`` is the most probable class there.
    """

    strength: float
    gradient_norms: tuple[float, ...]
    top: int
    top_probability: float
    target_probability: float


@dataclass(frozen=True)
class StrengthResult:
    """What was measured so far: ``points`` from strength 1 downwards.

    ``watched`` are the stem and the first block of each stage. ``target`` is the class whose logit
    the gradient is taken of, the same at every strength.
    """

    request: StrengthRequest
    on: Measured
    labels: tuple[str, ...]
    watched: tuple[str, ...]
    target: int
    points: tuple[StrengthPoint, ...]

    def at(self, strength: float) -> StrengthPoint | None:
        """The point at ``strength``, if it is measured."""
        return next((p for p in self.points if p.strength == strength), None)
