"""The figure of iterative refinement: a cosine for each block, with skips and without."""

from __future__ import annotations

import math

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import fixed_text, number_text
from resnet_viz.figures.series import Series
from resnet_viz.results.refinement import RefinementResult

RESHAPES = "F(x) has another shape than x: no cosine"


def refinement(result: RefinementResult) -> Figure:
    """One chart; above zero a block goes down the loss."""
    ends = 1.0
    chart = Chart(
        f"{result.on.network}: cosine of F(x) and −∂L/∂x",
        Axis.named("block", [block.removeprefix("layer") for block in result.blocks]),
        Axis(
            "cosine of F(x) and −∂L/∂x",
            -ends,
            ends,
            ticks=tuple((at, fixed_text(at, 1)) for at in (-1.0, -0.5, 0.0, 0.5, 1.0)),
        ),
        series=(
            Series("skips on", result.with_skips, "skip", "o"),
            Series("skips off", result.without, "off", "s", dashed=True),
        ),
        bands=result.stages,
        references=(("no relation", 0.0),),
        crossed=(
            RESHAPES,
            tuple(n for n, one in enumerate(result.blocks) if math.isnan(result.with_skips[n])),
        ),
    )
    return Figure("refinement", "Iterative refinement", caption(result), (chart,))


def caption(result: RefinementResult) -> str:
    """What was measured, on what, and what stands out."""
    known = [value for value in result.with_skips if not math.isnan(value)]
    text = (
        f"Measured on {result.on.text}. L is the cross-entropy of “{result.target}”, "
        f"{result.source}: {number_text(result.loss[0])} nats with skips, "
        f"{number_text(result.loss[1])} without."
    )
    if known:
        down = sum(value > 0 for value in known)
        last = next(v for v in reversed(result.with_skips) if not math.isnan(v))
        text += (
            f" With skips {down} of {len(known)} blocks that keep the shape go down the loss; "
            f"the last has a cosine of {fixed_text(last)}."
        )
    return f"{text} One photo is one sample: other photos give other cosines."
