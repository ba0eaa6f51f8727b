"""Live training as the page sees it: the request, the commands and the results; no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from resnet_viz.networks.family import Initialisation

Twin = Literal["residual", "plain"]
TWINS: tuple[Twin, ...] = get_args(Twin)
"""The order in which they take their half of a step."""

STAGES = 3


@dataclass(frozen=True)
class DataChoice:
    """Which images: scikit-learn's digits, CIFAR-10 from torchvision's address, or from ``path``.

    ``limit`` is how many images of CIFAR-10, as many of each class; 0 for all.
    """

    kind: Literal["digits", "cifar10", "path"] = "digits"
    path: str = ""
    limit: int = 0


@dataclass(frozen=True)
class TrainingRequest:
    """Two networks of 6n + 2 layers, residual and plain, that see the same batches.

    SGD with momentum 0.9 and weight decay 1e-4 (He 2015 §4.2) at a constant ``rate``. With the same
    ``seed`` everything repeats bit by bit: first weights (the same in both), batches, augmentation.
    With ``skip_init`` each residual branch is multiplied by a learnable scalar that starts at 0,
    which is what lets the residual twin learn without a norm (De & Smith 2020, arXiv:2002.10444).
    """

    data: DataChoice = field(default_factory=DataChoice)
    depth: int = 32
    norm: bool = True
    skip_init: bool = False
    initialisation: Initialisation = "he"
    rate: float = 0.03
    batch_size: int = 32
    seed: int = 0


@dataclass(frozen=True)
class Resume:
    """Train until told otherwise."""


@dataclass(frozen=True)
class Pause:
    """Stop after the step that is running."""


@dataclass(frozen=True)
class StepOnce:
    """Train for one step, then pause."""


@dataclass(frozen=True)
class SetRate:
    """Use another learning rate from the next step on."""

    rate: float


@dataclass(frozen=True)
class GoTo:
    """Pause, and go back (or forwards again) to the last checkpoint at or before ``step``."""

    step: int


@dataclass(frozen=True)
class TakeBack:
    """Return to what going on from an earlier step gave up; what there is now is given up for it.

    Said again, everything is as it was. Only what was given up last can be had.
    """


@dataclass(frozen=True)
class TakenBack:
    """Said once `TakeBack` was obeyed: what came after ``step`` was exchanged."""

    step: int


@dataclass(frozen=True)
class TwinStep:
    """What one twin measured in one step; ``step`` counts from 1.

    ``loss`` is cross-entropy in nats and ``accuracy`` a share, both over the batch and before the
    weights are changed. ``norms`` are L2 norms of the gradient of each layer's weights, in the
    order of `layer_names`.
    """

    twin: Twin
    step: int
    loss: float
    accuracy: float
    norms: tuple[float, ...]


@dataclass(frozen=True)
class Standing:
    """Where the training stands: after ``step`` steps, of ``newest`` that there are to go to.

    What was measured after ``newest`` is no longer valid. ``checkpoints`` are the steps that
    `GoTo` can reach. ``diverged`` are the twins that have stopped. ``told`` commands were obeyed
    before it, which is not part of where the training stands: who told more of them waits.
    """

    step: int
    newest: int
    running: bool
    rate: float
    checkpoints: tuple[int, ...]
    diverged: tuple[Twin, ...] = ()
    told: int = field(default=0, compare=False)


def layer_names(depth: int) -> tuple[str, ...]:
    """The layers that have weights, from input to output: ``depth`` of them (He 2015 §4.2)."""
    inside = (
        f"layer{stage}.{block}.conv{number}"
        for stage in range(1, STAGES + 1)
        for block in range((depth - 2) // (2 * STAGES))
        for number in (1, 2)
    )
    return ("conv1", *inside, "fc")
