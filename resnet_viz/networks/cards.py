"""The cards beside the shipped weights: how each network learned, epoch by epoch. No torch here."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_viz.networks import weights
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

    @property
    def epochs(self) -> int:
        return len(self.train_error)


def card_path(spec: NetworkSpec, folder: Path | None = None) -> Path:
    """Where the card of ``spec`` is to be; ``folder`` None is that of the shipped weights."""
    return (folder or weights.assets_dir() / "weights") / f"{spec.name}-cifar10.json"


def read_card(spec: NetworkSpec, folder: Path | None = None) -> TrainingCard:
    """Read the card of ``spec``.

    Raises:
        CardError: there is none, or it is damaged.
    """
    path = card_path(spec, folder)
    try:
        card = json.loads(path.read_bytes())
        history = {name: _numbers(card["history"][name]) for name in _CURVES}
        if card["network"] != spec.name:
            raise ValueError("made for another network")
        if len({len(curve) for curve in history.values()}) != 1 or not history["train_loss"]:
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
            card.get("collapse"),
        )
    except FileNotFoundError as error:
        raise CardError(
            f"the card of {spec.title}, {path.name}, is missing; train it with "
            f"make train NETWORK={spec.name}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CardError(
            f"the card of {spec.title}, {path.name}, is damaged; install the program again"
        ) from error


_CURVES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")


def _numbers(values: Any) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("not finite")
    return numbers


def _errors(accuracies: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(100 * (1 - accuracy) for accuracy in accuracies)
