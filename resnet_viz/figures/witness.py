"""The figure of a network's own statistics: how far what each norm sees is from what it stored."""

from __future__ import annotations

import math

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.series import Bars
from resnet_viz.results.witness import FITS, WitnessResult


def witness(result: WitnessResult) -> Figure:
    """A bar for each norm, from input to output; no chart where there are no statistics."""
    panels: tuple[Chart, ...] = ()
    if result.fit is not None:
        names = [name.removeprefix("layer") for name, _ in result.fit.layers]
        values = [value for _, value in result.fit.layers]
        top = max([2 * FITS, *(value for value in values if math.isfinite(value))])
        said = "divergence from the stored statistics"
        panels = (
            Chart(
                f"{result.on.network}: {said}",
                Axis.named("norm", names),
                Axis(said, 0.0, 1.04 * top),
                bars=(Bars("divergence", values, "branch"),),
                references=(("a right reading's mean, at most", FITS),),
            ),
        )
    return Figure("witness", "Its own statistics, norm by norm", witness_caption(result), panels)


def witness_caption(result: WitnessResult) -> str:
    """What was measured, how well it fits, and which readings were compared."""
    weights = result.on.weights.title if result.on.weights.trained else "untrained"
    pictures = f", {result.fit.images} squares of the samples" if result.fit else ""
    said = [f"Measured on {result.on.network} ({weights}){pictures}", *result.sentences]
    if result.tried:
        runs = [one for one in result.tried if one.fit is not None]
        said.append(f"{len(runs)} other readings were compared")
    if result.choices:
        said.append("Open the file again with these choices to see that network")
    return " ".join(f"{sentence}." for sentence in said)
