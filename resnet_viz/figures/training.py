"""Live training as a figure: loss and accuracy of both twins, and the gradient of each layer."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from resnet_viz.figures.figure import Axis, Chart, Figure, Map, Panel
from resnet_viz.figures.numbers import power_of_ten
from resnet_viz.figures.series import Series
from resnet_viz.figures.training_history import History
from resnet_viz.figures.training_words import measured
from resnet_viz.results.live_training import TWINS, Standing, Twin

MOST_POINTS = 800
_FAINT, _FADED = 0.51, 0.35  # opacity of what was measured at each step, and of what is ahead
_GIVEN_UP = 0.5
_QUARTERS = tuple((share / 4, f"{share / 4:g}") for share in range(5))

Quantity = Literal["loss", "accuracy"]
TITLES: dict[Quantity, str] = {
    "loss": "Loss of each step, nats",
    "accuracy": "Accuracy of each step, share",
}
RATIO_TITLE = "Gradient of the weights, plain twin over residual twin"
RATIO_COLOURS = "CET-D1"
"""Blue where the plain twin's gradient is smaller, white where both are equal, red where larger."""
COLOURS: dict[Twin, str] = {"residual": "skip", "plain": "branch"}


def training(
    history: History, position: int, standing: Standing, layers: tuple[str, ...], about: str
) -> Figure:
    """Everything that the page shows at step ``position``, of the whole run; ``about`` says what
    is trained."""
    panels: tuple[Panel, ...] = (
        gradients(history, "residual", layers),
        ratios(history, layers),
        curves(history, "loss", position),
        curves(history, "accuracy", position),
    )
    return Figure("training", about, measured(history, position, standing), panels, 2)


def curves(history: History, quantity: Quantity, position: int) -> Chart:
    """One curve of each twin over the steps, faint as measured and strong as a moving average;
    what comes after ``position`` is faded, and what was given up is faint."""
    found: list[Series] = []
    everything = []
    for twin in TWINS:
        track = history.tracks[twin]
        if quantity == "loss":
            pair = (track.losses, track.smooth_losses)
        else:
            pair = (track.accuracies, track.smooth_accuracies)
        everything.append(pair[0])
        gave_up = history.given_up
        if gave_up is not None:
            average = gave_up.cuts[twin].curves[:, 1 if quantity == "loss" else 3]
            everything.append(average)
            steps, values = thinned(average)
            found.append(
                Series(
                    "",
                    values,
                    COLOURS[twin],
                    dashed=twin == "plain",
                    x=steps + gave_up.since,
                    width=0.8,
                    opacity=_GIVEN_UP,
                )
            )
        for values, smooth in zip(pair, (False, True), strict=True):
            steps, values = thinned(values)
            split = int(np.searchsorted(steps, position, "right"))
            for part, opacity in (
                (slice(0, split), 1.0 if smooth else _FAINT),
                (slice(max(0, split - 1), None), _FADED if smooth else _FADED / 2),
            ):
                after = part.start > 0 or split == 0
                found.append(
                    Series(
                        twin if smooth and not after else "",
                        values[part],
                        COLOURS[twin],
                        dashed=smooth and twin == "plain",
                        x=steps[part],
                        width=1.0 if smooth else 0.5,
                        opacity=opacity,
                    )
                )
    newest = max(20, history.newest, history.given_up.newest if history.given_up else 0)
    return Chart(
        TITLES[quantity],
        Axis("step", -0.03 * newest, 1.03 * newest),
        _heights(quantity, np.concatenate(everything)),
        tuple(found),
        marker=float(position) if position < history.newest else None,
    )


def _heights(quantity: Quantity, values: np.ndarray) -> Axis:
    if quantity == "accuracy":
        return Axis("accuracy, share", -0.1, 1.1, ticks=_QUARTERS)
    there = values[np.isfinite(values) & (values > 0)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (1.0, 3.0)
    low, high = min(low, 1.0), max(high, 3.0)
    least, most = math.log10(low), math.log10(high)
    margin = 0.1 * (most - least)
    ticks = tuple(loss_ticks(low, high))
    return Axis("cross-entropy, nats", least - margin, most + margin, log=True, ticks=ticks)


def gradients(history: History, twin: Twin, layers: tuple[str, ...]) -> Map:
    """The gradient norm of each layer (rows, input at the top) at each step (columns)."""
    norms, scale = history.tracks[twin].norms, history.scale
    rows = tuple((float(n), name) for n, name in _named_layers(layers))
    return Map(
        f"Gradient of the weights, {twin} twin",
        norms.T,
        scale.low,
        scale.high,
        "gradient norm of weights, L2",
        log=True,
        rows=scale.rows,
        x=Axis("step", 0.5, len(norms) + 0.5),
        y=Axis("layer", -0.5, len(layers) - 0.5, names=layers, ticks=rows),
    )


def ratios(history: History, layers: tuple[str, ...]) -> Map:
    """What differs: the plain twin's gradient norms over the residual twin's, step by step.

    Both twins' norms side by side look alike: they span as many decades from layer to layer as
    the two differ by.
    """
    values, scale = history.ratios, history.ratio_scale
    rows = tuple((float(n), name) for n, name in _named_layers(layers))
    return Map(
        RATIO_TITLE,
        values.T,
        scale.low,
        scale.high,
        "plain over residual",
        colours=RATIO_COLOURS,
        log=True,
        rows=scale.rows,
        x=Axis("step", 0.5, len(values) + 0.5),
        y=Axis("layer", -0.5, len(layers) - 0.5, names=layers, ticks=rows),
    )


def _named_layers(layers: tuple[str, ...]) -> list[tuple[int, str]]:
    """The first layer, the first of each stage, and the last."""
    return [
        (n, f"stage {name[5]}" if name.startswith("layer") else name)
        for n, name in enumerate(layers)
        if not name.startswith("layer") or name.endswith(".0.conv1")
    ]


def thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of at most about ``MOST_POINTS`` of them, the last included."""
    count = len(values)
    stride = max(1, -(-count // MOST_POINTS))
    chosen = np.arange(count - 1, -1, -stride)[::-1] if count else np.arange(0)
    return chosen + 1, values[chosen]


def loss_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks of a logarithmic axis: 1, 2, 3 and 5 of each decade, or powers where there are many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    few = len(decades) <= 3
    every = max(1, len(decades) // 5)
    found = []
    for power in decades:
        if not few and power % every:
            continue
        for digit in (1, 2, 3, 5) if few else (1,):
            value = digit * 10.0**power
            if low * 0.999 <= value <= high * 1.001:
                plain = -4 < power < 4
                found.append((math.log10(value), f"{value:g}" if plain else power_of_ten(power)))
    return found
