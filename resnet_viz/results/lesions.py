"""Lesions: one block's residual branch is switched off. Request and result, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

Pictures = Literal["photo", "samples", "labelled"]


@dataclass(frozen=True)
class LesionsRequest:
    """Lesion each block of the network on screen in turn, and then of its twin, all gates on.

    ``pictures``: "photo": the open photo; "samples": that and the gallery's others; "labelled":
    ``count`` CIFAR-10 images from ``path``, a folder or a zip file with one folder for each class.
    """

    snapshot: Snapshot
    pictures: Pictures = "photo"
    path: str = ""
    count: int = 200


@dataclass(frozen=True)
class Scores:
    """Means over the pictures: the class's ``probability``, the share ``top1`` of pictures whose
    most probable class it is, and ``loss``, the cross-entropy -ln p in nats."""

    probability: float
    top1: float
    loss: float


@dataclass(frozen=True)
class Lesions:
    """One network's scores, ``intact`` and with each of ``blocks`` lesioned, as far as measured.

    ``lesioned`` is shorter than ``blocks`` while the measurement goes on. ``reshaping`` are the
    blocks that change the shape, and so have no identity shortcut. ``target`` names the class of a
    single picture, or is "" for several.
    """

    on: Measured
    plain: bool
    blocks: tuple[str, ...]
    reshaping: frozenset[str]
    stages: tuple[tuple[str, int, int], ...]
    target: str
    intact: Scores
    lesioned: tuple[Scores, ...]


@dataclass(frozen=True)
class LesionsResult:
    """What was measured so far: the network on ``screen``, then its ``twin``.

    ``no_twin`` says why there is none. With ``labelled`` pictures the scores are those of their
    labels, else those of the class that the same network finds most likely when it is intact.
    ``precomputed`` is True for what comes with the program.
    """

    request: LesionsRequest
    pictures: int
    labelled: bool
    screen: Lesions
    twin: Lesions | None = None
    no_twin: str = ""
    precomputed: bool = False
