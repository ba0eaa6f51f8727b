"""The degradation page's figure: error or loss by epoch, and the gradient beside it, He 2015 §4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.figures.degradation_words import caveat, findings
from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Curve, Series
from resnet_viz.figures.table import Cell, Table
from resnet_viz.networks.cards import TrainingCard

SHALLOW, DEEP = 20, 56
PANELS = {"plain": "Plain networks", "resnet": "Residual networks"}
GRADIENT = "gradient at the first and last convolution, L2 norm"


def curves(cards: Mapping[str, TrainingCard], kind: str, errors: bool) -> list[Curve]:
    """Test and training of the networks of a kind, as errors in per cent or losses in nats."""
    made = []
    for depth, card in _of_kind(cards, kind):
        test = card.test_error if errors else card.test_loss
        train = card.training_error if errors else card.training_loss
        for name, values, dashed in (("test", test, False), ("training", train, True)):
            made.append(Curve(f"{card.title}, {name}", values, _role(kind), depth == DEEP, dashed))
    return made


def gradients(cards: Mapping[str, TrainingCard], kind: str) -> list[Curve]:
    """The norms at the first and at the last convolution, where the cards have them."""
    made = []
    for depth, card in _of_kind(cards, kind):
        norms = list(card.gradient_norms.values())
        for name, values, dashed in (("first", norms[:1], False), ("last", norms[-1:], True)):
            made += [
                Curve(f"{card.title}, {name}", one, _role(kind), depth == DEEP, dashed)
                for one in values
            ]
    return made


def scale_of(some: Sequence[Curve]) -> Scale:
    """The decades that hold all values."""
    return Scale.covering(value for curve in some for value in curve.values)


def degradation(cards: Mapping[str, TrainingCard], errors: bool = True) -> Figure:
    """A chart for each kind of network, and one of its gradients where there are any."""
    quantity = "error, %" if errors else "loss, nats"
    found = {kind: curves(cards, kind, errors) for kind in PANELS}
    top = max((v for some in found.values() for one in some for v in one.values), default=1.0)
    panels = [
        _chart(f"{title}: {quantity}", found[kind], Axis(quantity, 0.0, top))
        for kind, title in PANELS.items()
    ]
    norms = {kind: gradients(cards, kind) for kind in PANELS}
    if any(norms.values()):
        scale = scale_of([one for some in norms.values() for one in some])
        panels += [
            _chart(f"{title}, {GRADIENT}", norms[kind], Axis.decades("L2 norm", scale))
            for kind, title in PANELS.items()
        ]
    caption = " ".join([*findings(cards, SHALLOW, DEEP), caveat(cards)])
    return Figure("degradation", "Training and test while they learn", caption, tuple(panels), 2)


def curves_table(cards: Mapping[str, TrainingCard]) -> Table:
    """A row for each network and epoch: all that the cards have."""
    rows: list[tuple[Cell, ...]] = []
    for card in cards.values():
        norms = list(card.gradient_norms.values())
        columns = [
            *(card.training_error, card.test_error, card.training_loss, card.test_loss, card.rate),
            *(norms[0] if norms else (), norms[-1] if norms else ()),
        ]
        for epoch in range(card.epochs):
            cells = [values[epoch] if values else None for values in columns]
            rows.append((card.title, epoch + 1, *cells))
    return Table(
        "degradation",
        (
            "network",
            "epoch",
            "training error, %",
            "test error, %",
            "training loss, nats",
            "test loss, nats",
            "learning rate",
            "gradient at the first convolution, L2 norm",
            "gradient at the last convolution, L2 norm",
        ),
        tuple(rows),
    )


def _of_kind(cards: Mapping[str, TrainingCard], kind: str) -> list[tuple[int, TrainingCard]]:
    names = {depth: f"{kind}{depth}" for depth in (SHALLOW, DEEP)}
    return [(depth, cards[name]) for depth, name in names.items() if name in cards]


def _role(kind: str) -> str:
    return "branch" if kind == "plain" else "skip"


def _chart(title: str, some: Sequence[Curve], y: Axis) -> Chart:
    epochs = max((len(curve.values) for curve in some), default=1)
    series = tuple(
        Series(
            curve.name,
            curve.values,
            curve.colour,
            dashed=curve.dashed,
            x=range(1, len(curve.values) + 1),
            width=1.8 if curve.thick else 0.8,
        )
        for curve in some
    )
    return Chart(title, Axis("epoch", 0.0, float(epochs)), y, series)
