"""How well a network, as it was read, fits the statistics that its norms stored in training."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

FITS = 0.025
"""Of a mean divergence: at most so much is a fit. Measured on the four networks that come with the
program: 0.01 for the right reading, 0.03 to 0.5 for another activation, 0.05 to 0.12 for zeros at
the other end, 0.3 to 2 for the plain twin."""

DOUBTFUL = 0.06
"""More than this is no fit at all."""

CLEARLY = 0.6
"""A reading is better than another if its divergence is at most this share of the other's."""


@dataclass(frozen=True)
class Fit:
    """``layers``: for each norm, from input to output, the divergence of what it saw on ``images``
    pictures from what it stored: 0 is the same; without unit."""

    layers: tuple[tuple[str, float], ...]
    images: int

    @property
    def mean(self) -> float:
        """Of all layers."""
        return sum(value for _, value in self.layers) / len(self.layers)

    @property
    def short(self) -> str:
        """How well it fits, for the end of a sentence."""
        if self.mean <= FITS:
            return f"it fits its own statistics: {self.mean:.3f}"
        if self.mean <= DOUBTFUL:
            return f"it fits its own statistics only roughly: {self.mean:.3f}"
        return f"it does not fit its own statistics: {self.mean:.3f}"

    @property
    def text(self) -> str:
        """The same with what it means, for the user."""
        said = f"{self.short[0].upper()}{self.short[1:]}"
        if self.mean <= FITS:
            return said
        if self.mean <= DOUBTFUL:
            return (
                f"{said}, where a right reading has up to {FITS}; its pictures may have been "
                "others, or normalised otherwise"
            )
        return (
            f"{said}, where a right reading has up to {FITS}; it is another network than was read, "
            "its input is normalised otherwise, or its statistics are not from training"
        )


@dataclass(frozen=True)
class Tried:
    """Another choice for one assumption, and how well it fits; None where it could not be run."""

    key: str
    choice: str
    fit: float | None


@dataclass(frozen=True)
class WitnessRequest:
    """Compare the network on screen with the statistics that it stored; where it was read from a
    file, compare its other readings too."""

    snapshot: Snapshot


@dataclass(frozen=True)
class WitnessResult:
    """What was found out ``on`` a network. ``fit`` is that of the reading that fits best, None
    where there are no statistics; ``choices`` are (assumption, choice) that fit better than what is
    on screen; ``sentences`` say it."""

    on: Measured
    fit: Fit | None
    tried: tuple[Tried, ...]
    choices: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
