"""The cards beside the shipped weights: how each network learned, epoch by epoch. No torch here.

Beside a card lie the files derived from the same weights, such as what removing the skips does.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resnet_viz import assets
from resnet_viz.networks.catalog import NetworkSpec


class CardError(Exception):
    """A card cannot be used; the text is a sentence for the user."""


@dataclass(frozen=True)
class TrainingCard:
    """What a card says of a network's training; one value for each epoch.

    Errors are in per cent, losses are cross-entropies in nats. ``train`` is measured on augmented
    batches while the network learns, ``test`` after each epoch on the clean test set.
    ``train_error_clean`` is the finished network's error on the training images as they are.
    ``collapse`` is what removing the skips does, as `analysis.collapse.Collapse`, as plain values.

    Newer cards also have ``fixed``: always the same training images as they are, measured after
    each epoch as the test set is; the learning ``rate``; and ``gradient_norms``, by the names of
    convolutions in the order of the network: the epoch's mean of the L2 norm of the loss's
    gradient. Where a card has none of them, they are empty.
    """

    network: str
    title: str
    recipe: dict[str, Any]
    train_error: tuple[float, ...]
    test_error: tuple[float, ...]
    train_loss: tuple[float, ...]
    test_loss: tuple[float, ...]
    train_error_clean: float | None
    collapse: dict[str, Any] | None
    fixed_error: tuple[float, ...] = ()
    fixed_loss: tuple[float, ...] = ()
    rate: tuple[float, ...] = ()
    gradient_norms: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        return len(self.train_error)

    @property
    def training_error(self) -> tuple[float, ...]:
        """On the fixed training images where the card has them, else while the network learned."""
        return self.fixed_error or self.train_error

    @property
    def training_loss(self) -> tuple[float, ...]:
        """As `training_error`."""
        return self.fixed_loss or self.train_loss


def card_path(spec: NetworkSpec, folder: Path | None = None) -> Path:
    """Where the card of ``spec`` is to be; ``folder`` None is that of the shipped weights."""
    return (folder or assets.path("weights")) / f"{spec.name}-cifar10.json"


def derived_path(spec: NetworkSpec, kind: str, folder: Path | None = None) -> Path:
    """Where what was computed from the weights of ``spec`` is to be, such as its "surface"."""
    return (folder or assets.path("derived")) / f"{spec.name}-{kind}.json"


def read_card(spec: NetworkSpec, folder: Path | None = None) -> TrainingCard:
    """Read the card of ``spec``; what was derived from its weights lies in ``folder`` too.

    Raises:
        CardError: there is none, or it is damaged.
    """
    return _read(spec, card_path(spec, folder), read_derived(spec, "collapse", folder))


def read_seeds(spec: NetworkSpec, folder: Path | None = None) -> tuple[TrainingCard, ...]:
    """The cards of further runs of ``spec`` with the same recipe and other seeds.

    Raises:
        CardError: one is damaged.
    """
    path = card_path(spec, folder)
    found = sorted(path.parent.glob(f"{spec.name}-seed*-cifar10.json"))
    return tuple(_read(spec, other, None) for other in found)


def read_derived(spec: NetworkSpec, kind: str, folder: Path | None = None) -> dict[str, Any] | None:
    """What was computed from the weights that come with the program, as plain values.

    None where there is nothing, or where it was made from other weights than those of the card.
    """
    try:
        derived = json.loads(derived_path(spec, kind, folder).read_bytes())
        card = json.loads(card_path(spec, folder).read_bytes())
        return dict(derived) if derived["weights_sha256"] == card["sha256"] else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _read(spec: NetworkSpec, path: Path, collapse: dict[str, Any] | None) -> TrainingCard:
    try:
        card = json.loads(path.read_bytes())
        told = card["history"]
        history = {name: _numbers(told[name]) for name in _CURVES}
        history |= {name: _numbers(told.get(name, ())) for name in _NEWER}
        norms = {name: _numbers(some) for name, some in told.get("gradient_norms", {}).items()}
        if card["network"] != spec.name:
            raise ValueError("made for another network")
        epochs = len(history["train_loss"])
        lengths = {len(curve) for curve in (*history.values(), *norms.values())}
        if not epochs or not lengths <= {0, epochs} or not all(map(history.get, _CURVES)):
            raise ValueError("curves of different lengths")
        clean = card.get("train_accuracy_clean")
        return TrainingCard(
            spec.name,
            spec.title,
            dict(card["recipe"]),
            _errors(history["train_accuracy"]),
            _errors(history["test_accuracy"]),
            history["train_loss"],
            history["test_loss"],
            None if clean is None else 100 * (1 - float(clean)),
            collapse,
            _errors(history["fixed_accuracy"]),
            history["fixed_loss"],
            history["rate"],
            norms,
        )
    except FileNotFoundError as error:
        raise CardError(
            f"the card of {spec.title}, {path.name}, is missing; train it with "
            f"make train NETWORK={spec.name}"
        ) from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CardError(
            f"the card of {spec.title}, {path.name}, is damaged; install the program again"
        ) from error


_CURVES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
_NEWER = ("fixed_loss", "fixed_accuracy", "rate")


def _numbers(values: Any) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("not finite")
    return numbers


def _errors(accuracies: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(100 * (1 - accuracy) for accuracy in accuracies)
