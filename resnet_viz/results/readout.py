"""Readout: what a network would answer if it stopped at a block. Without torch."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

GRID = 2
"""A block's output is averaged over GRID×GRID fields before its probe reads it."""


@dataclass(frozen=True)
class ReadoutRequest:
    """Ask the probe of each block about the photo, with all skips on and all off."""

    snapshot: Snapshot


@dataclass(frozen=True, eq=False)
class Probes:
    """The linear probes of a network that comes with the program.

    ``weights`` are, for each of ``blocks``, (K, D + 1) float32: logits are W·[features, 1].
    ``accuracy`` and ``accuracy_off`` are the shares of held-out test images that each is right
    about, with all skips on and all off; the probes were trained with all skips on. ``final`` is
    the network's own. ``overturned`` is the share of what the network gets wrong of which some
    earlier probe was right. ``trained_on`` and ``measured_on`` count the images.
    """

    blocks: tuple[str, ...]
    weights: tuple[np.ndarray, ...]
    accuracy: tuple[float, ...]
    accuracy_off: tuple[float, ...]
    final: float
    overturned: float
    trained_on: int
    measured_on: int

    @classmethod
    def of(cls, values: dict[str, Any], classes: int) -> Probes:
        """From the values of a derived file.

        Raises:
            ValueError, KeyError: the file is damaged.
        """
        weights = [
            np.frombuffer(base64.b64decode(text), "<f2").reshape(classes, -1).astype(np.float32)
            for text in values["probes"]
        ]
        half = int(values["readout_images"]) // 2
        return cls(
            tuple(values["blocks"]),
            tuple(weights),
            tuple(map(float, values["accuracy"])),
            tuple(map(float, values["accuracy_off"])),
            float(values["final"]),
            float(values["overturned"]),
            half,
            half,
        )


def packed(weights: np.ndarray) -> str:
    """(K, D + 1) as it stands in a derived file: base64 of little-endian float16."""
    return base64.b64encode(np.ascontiguousarray(weights, "<f2").tobytes()).decode("ascii")


@dataclass(frozen=True)
class Reading:
    """What a probe answers: the most probable class, its probability and that of ``followed``."""

    label: int
    probability: float
    followed: float


@dataclass(frozen=True, eq=False)
class ReadoutResult:
    """A reading for each block, with all skips ``with_skips`` and ``without`` (none in a plain
    network). ``followed`` is the class that the whole network answers with all skips."""

    on: Measured
    labels: tuple[str, ...]
    probes: Probes
    followed: int
    stages: tuple[tuple[str, int, int], ...]
    with_skips: tuple[Reading, ...]
    without: tuple[Reading, ...]
