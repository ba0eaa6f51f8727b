"""What the degradation page's curves say, in sentences made from the numbers themselves."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.figures.numbers import number_text
from resnet_viz.networks.cards import TrainingCard

ALIKE = 0.5
"""Percentage points within which two errors of single runs are called about the same."""

CAVEAT = (
    "As He et al. 2015 (arXiv:1512.03385) §4.1–4.2, fig. 6, but with fewer epochs and on a "
    "JPEG-compressed copy of CIFAR-10, so the figures are not comparable with theirs; one run "
    "each. "
    "Training error is the mean over an epoch of augmented batches while the network still learns, "
    "so it may lie above the test error."
)


def compared(shallow: TrainingCard, deep: TrainingCard) -> str:
    """Whether more depth helped, whatever was measured."""
    train = deep.train_error[-1] - shallow.train_error[-1]
    test = deep.test_error[-1] - shallow.test_error[-1]
    after = f"After {deep.epochs} epochs "
    opening = (
        f"{after}{deep.title}'s training error is {deep.train_error[-1]:.1f} %, "
        f"{_apart(train)} {shallow.title}'s"
    )
    if deep.recipe != shallow.recipe or deep.epochs != shallow.epochs:
        return (
            f"{opening}; but the recipes differ ({shallow.title} had {shallow.epochs} epochs, "
            f"{deep.title} {deep.epochs}), so nothing follows about depth."
        )
    return f"{opening}: {_verdict(train, test)}."


def _apart(points: float) -> str:
    if abs(points) <= ALIKE:
        return "about the same as"
    return f"{abs(points):.1f} points {'above' if points > 0 else 'below'}"


def _verdict(train: float, test: float) -> str:
    tested = f"on the test set it is {_apart(test)} it".replace(" as it", "")
    if train > ALIKE and test > ALIKE:
        return (
            "deeper and worse, in training too, so this is not overfitting but degradation "
            f"({test:.1f} points worse on the test set)"
        )
    if train > ALIKE:
        return f"deeper and worse in training, though {tested}"
    if train < -ALIKE and test > ALIKE:
        return f"better in training but {test:.1f} points worse on the test set, as in overfitting"
    if train < -ALIKE:
        return f"deeper and better in training, no degradation; {tested}"
    return f"no degradation in training; {tested}"


def collapse_text(card: TrainingCard) -> str:
    """What removing the skips of the trained network did, from its card; "" if it is not there."""
    try:
        collapse = card.collapse or {}
        on, off = collapse["skips_on"], collapse["skips_off"]
        name = next(iter(on["gradient_norms"]))
        return (
            f"All skips removed from the trained {card.title} ({collapse['images']} test images): "
            f"accuracy {100 * on['accuracy']:.0f} → {100 * off['accuracy']:.0f} %, gradient of the "
            f"loss at the first convolution's weights {number_text(on['gradient_norms'][name])} → "
            f"{number_text(off['gradient_norms'][name])}."
        )
    except (KeyError, TypeError, StopIteration):
        return ""


def findings(cards: Mapping[str, TrainingCard], shallow: int = 20, deep: int = 56) -> list[str]:
    """A sentence for each kind of network of which both depths are there."""
    said = []
    for kind in ("plain", "resnet"):
        pair = [cards.get(f"{kind}{depth}") for depth in (shallow, deep)]
        if pair[0] is not None and pair[1] is not None:
            said.append(compared(pair[0], pair[1]))
    return said
