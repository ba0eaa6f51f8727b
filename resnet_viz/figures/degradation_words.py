"""What the degradation page's curves say, in sentences made from the numbers themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resnet_viz.figures.numbers import number_text, share_text
from resnet_viz.figures.table import Table
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import TrainingCard

ALIKE = 0.5
"""Percentage points within which two errors of single runs are called about the same."""

FLAT = 0.3
"""Percentage points: a training error that moves by no more at the end has stopped moving."""

_HALF = 5
"""Epochs at most in each of the two means that say whether a curve still falls."""


@dataclass(frozen=True)
class Ending:
    """How a training error ended: by how many points the mean of its last ``epochs`` lies below
    that of as many before them, all at the same learning ``rate`` (None where the card has none).
    """

    fell: float
    epochs: int
    rate: float | None

    @property
    def flat(self) -> bool:
        return abs(self.fell) <= FLAT

    @property
    def text(self) -> str:
        """The test itself, in words."""
        epochs = "its last epoch" if self.epochs == 1 else f"its last {self.epochs} epochs"
        before = "the one" if self.epochs == 1 else f"the {self.epochs}"
        rate = "" if self.rate is None else f", all at the last rate, {self.rate:g}"
        return (
            f"the mean training error of {epochs} is {abs(self.fell):.1f} points "
            f"{'below' if self.fell > 0 else 'above'} that of {before} before{rate}; "
            f"up to {FLAT} counts as flat"
        )


def ending(card: TrainingCard) -> Ending | None:
    """Whether the training error still moved at the last rate; None where that has no two epochs.

    Where the card has no rates, the last quarter of the epochs is looked at.
    """
    last = (
        sum(rate == card.rate[-1] for rate in card.rate)
        if card.rate
        else max(2, round(card.epochs / 4))
    )
    half = min(_HALF, min(last, card.epochs) // 2)
    if half < 1:
        return None
    errors = card.training_error
    before, after = errors[-2 * half : -half], errors[-half:]
    fell = (sum(before) - sum(after)) / half
    return Ending(fell, half, card.rate[-1] if card.rate else None)


def compared(shallow: TrainingCard, deep: TrainingCard) -> str:
    """Whether more depth helped, whatever was measured, and whether the deep one was done."""
    error = deep.training_error[-1]
    train = error - shallow.training_error[-1]
    test = deep.test_error[-1] - shallow.test_error[-1]
    opening = (
        f"After {deep.epochs} epochs {deep.title}'s training error is {error:.1f} %, "
        f"{_apart(train)} {shallow.title}'s"
    )
    if deep.recipe != shallow.recipe or deep.epochs != shallow.epochs:
        return (
            f"{opening}; but the recipes differ ({shallow.title} had {shallow.epochs} epochs, "
            f"{deep.title} {deep.epochs}), so nothing follows about depth."
        )
    ended = ending(deep)
    said = f"{opening}: {_verdict(train, test, ended)}."
    if ended is None:
        return said
    state = "has stopped improving" if ended.flat else "was still changing"
    if ended.fell > FLAT:
        state = "was still falling"
    return f"{said} {deep.title} {state}: {ended.text}."


def _apart(points: float) -> str:
    if abs(points) <= ALIKE:
        return "about the same as"
    return f"{abs(points):.1f} points {'above' if points > 0 else 'below'}"


def _verdict(train: float, test: float, ended: Ending | None) -> str:
    tested = f"on the test set it is {_apart(test)} it".replace(" as it", "")
    if train > ALIKE and test > ALIKE:
        worse = f"deeper and worse, in training too ({test:.1f} points worse on the test set)"
        if ended is not None and ended.fell > FLAT:
            return (
                f"{worse}, so this is not overfitting; whether it is degradation or only slower "
                "learning these curves do not say, because they end too early"
            )
        return f"{worse}, so this is not overfitting but degradation"
    if train > ALIKE:
        return f"deeper and worse in training, though {tested}"
    if train < -ALIKE and test > ALIKE:
        return f"better in training but {test:.1f} points worse on the test set, as in overfitting"
    if train < -ALIKE:
        return f"deeper and better in training, no degradation; {tested}"
    return f"no degradation in training; {tested}"


def seeds_text(pairs: Sequence[tuple[TrainingCard, TrainingCard]]) -> str:
    """How much runs of the same network differ that have all but the seed in common; "" for none.

    ``pairs`` are a network's shipped run and another one of it.
    """
    said = []
    for one, other in pairs:
        alike = [{**card.recipe, "seed": None} for card in (one, other)]
        if alike[0] == alike[1] and one.epochs == other.epochs:
            train = abs(one.training_error[-1] - other.training_error[-1])
            test = abs(one.test_error[-1] - other.test_error[-1])
            said.append(f"{one.title} by {train:.1f} in training and {test:.1f} on the test set")
    if not said:
        return ""
    return f"Two runs that differ in their seed alone end apart (points): {'; '.join(said)}."


def gradients_text(cards: Mapping[str, TrainingCard], shallow: int = 20, deep: int = 56) -> str:
    """What the gradient at the first convolution did in training, as plain numbers; "" for none."""
    said = []
    for name in (f"plain{shallow}", f"plain{deep}", f"resnet{shallow}", f"resnet{deep}"):
        card = cards.get(name)
        if card is None or not card.gradient_norms:
            continue
        norms = next(iter(card.gradient_norms.values()))
        said.append(f"{card.title} {number_text(min(norms))} to {number_text(max(norms))}")
    if not said:
        return ""
    return (
        "Gradient of the loss at the first convolution's weights, L2 norm, mean over each epoch, "
        f"least to greatest: {'; '.join(said)}. He 2015 §4.1 says that in plain networks with "
        "batch norm neither signal vanishes."
    )


def caveat(cards: Mapping[str, TrainingCard]) -> str:
    """What has to be known to read the curves."""
    fixed = all(card.fixed_error for card in cards.values())
    measured = (
        "Training error is that of always the same training images as they are, measured after "
        "each epoch as the test error is."
        if fixed
        else "Training error is the mean over an epoch of augmented batches while the network "
        "still learns, so it may lie above the test error."
    )
    return (
        "As He et al. 2015 (arXiv:1512.03385) §4.1–4.2, fig. 6, but with fewer epochs and on a "
        "JPEG-compressed copy of CIFAR-10, so the figures are not comparable with theirs. "
        f"{measured}"
    )


def collapse_text(card: TrainingCard) -> str:
    """What removing the skips of the trained network did; "" where it was not measured."""
    try:
        collapse = card.collapse or {}
        on, off = collapse["skips_on"], collapse["skips_off"]
        name = next(iter(on["gradient_norms"]))
        return (
            f"All skips removed from the trained {card.title}: accuracy on {collapse['images']:,} "
            f"test images {share_text(on['accuracy'], collapse['images'])} → "
            f"{share_text(off['accuracy'], collapse['images'])}, loss "
            f"{number_text(on['loss'])} → {number_text(off['loss'])} nats; its gradient at the "
            f"first convolution's weights, on {collapse['gradient_images']:,} of them, "
            f"{number_text(on['gradient_norms'][name])} → "
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


def twins_table(cards: Sequence[TrainingCard]) -> Table:
    """The figures of the networks that come with the program, as the README has them."""
    rows = []
    for card in cards:
        on = (card.collapse or {}).get("skips_on")
        off = (card.collapse or {}).get("skips_off")
        first = next(iter(on["gradient_norms"])) if on else ""
        gradient = [number_text(one["gradient_norms"][first]) for one in (on, off) if one]
        accuracy = [f"{100 * one['accuracy']:.1f} %" for one in (on, off) if one]
        rows.append(
            (
                catalog.find(card.network).title,
                f"{card.training_error[-1]:.1f} %",
                f"{card.test_error[-1]:.1f} %",
                " → ".join(accuracy),
                " → ".join(gradient),
            )
        )
    return Table(
        "twins",
        (
            "network",
            "training error",
            "test error",
            "test accuracy, skips on → off",
            "gradient at the first convolution, skips on → off",
        ),
        tuple(rows),
    )
