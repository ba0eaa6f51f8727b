"""Transfer: linear probes on a frozen backbone, for classes of the user's. No torch, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from resnet_viz.images.photo import Photo
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

MOST = 200
"""Examples of a class at most."""


@dataclass(frozen=True)
class Group:
    """A class of the user's: its name, and its examples as files or as photos."""

    name: str
    examples: tuple[str | Photo, ...]


@dataclass(frozen=True)
class TransferRequest:
    """Train probes for ``groups``; without any, for CIFAR-10's test images, ``each`` of a class."""

    snapshot: Snapshot
    groups: tuple[Group, ...] = ()
    each: int = 30


@dataclass(frozen=True)
class LabelPhoto:
    """Tells the task to label what the explorer shows now."""

    snapshot: Snapshot


@dataclass(frozen=True)
class Accuracy:
    """The share of held-out examples that each stage's probe gets right; NaN where its features
    are not finite. ``name`` says of which backbone."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """What the probes say of a photo: ``probabilities`` are (stages, classes)."""

    snapshot: Snapshot
    probabilities: np.ndarray


@dataclass(frozen=True)
class TransferResult:
    """What has been measured so far. ``levels`` are the stages' titles; ``chance`` is the share of
    the commonest class among the ``held`` examples; ``skipped`` names files that cannot be read;
    ``complete`` says that every backbone has been measured."""

    request: TransferRequest
    on: Measured
    classes: tuple[str, ...]
    levels: tuple[str, ...]
    trained: int
    held: int
    chance: float
    accuracies: tuple[Accuracy, ...] = ()
    skipped: tuple[str, ...] = field(default=())
    answer: Answer | None = None
    complete: bool = False
