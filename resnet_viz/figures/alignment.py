"""The figure of residual alignment: the way through each stage, residual over plain."""

from __future__ import annotations

import math

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import fixed_text, per_cent
from resnet_viz.figures.scale import round_ticks
from resnet_viz.figures.series import Series
from resnet_viz.results.alignment import Alignment, AlignmentResult, Way


def alignment(result: AlignmentResult) -> Figure:
    """A chart for each stage with more than one block; the networks stand in rows."""
    panels = charts(result)
    columns = max((len(row) for row in panels), default=1)
    return Figure(
        "alignment",
        "Residual alignment",
        caption(result),
        tuple(chart for row in panels for chart in row),
        columns=columns,
    )


def charts(result: AlignmentResult) -> list[list[Chart]]:
    """A row of charts for each network, residual first."""
    return [[_chart(one, way) for way in one.ways if len(way.blocks) > 1] for one in result.both]


def _chart(one: Alignment, way: Way) -> Chart:
    names = tuple(block.rpartition(".")[2] for block in way.blocks)
    shares = [f"component {n} ({per_cent(share)})" for n, share in enumerate(way.explained, 1)]
    said = "" if math.isnan(way.straight) else f": straightness {fixed_text(way.straight)}"
    low, high = float(way.places.min()), float(way.places.max())
    room = 0.1 * (high - low) or 1.0
    low, high = low - room, high + room
    ticks = round_ticks(low, high)
    return Chart(
        f"{one.on.network}, {way.stage.lower()}{said}",
        Axis(shares[0], low, high, ticks=ticks),
        Axis(shares[1], low, high, ticks=ticks),
        (
            Series(
                "output of the stage's blocks, in their order",
                way.places[:, 1],
                "branch" if one.plain else "skip",
                "s" if one.plain else "o",
                x=way.places[:, 0],
                labels=names,
            ),
        ),
        legend=False,
    )


def caption(result: AlignmentResult) -> str:
    """What was measured, on what, and what it says."""
    parts = [f"Measured on {result.screen.on.text}."]
    for one in result.both:
        known = [way.straight for way in one.ways if not math.isnan(way.straight)]
        even = [way.uneven for way in one.ways if not math.isnan(way.uneven)]
        if known:
            parts.append(
                f"{one.on.network}: the way through a stage is "
                f"{_range(known)} as straight as a line, and its steps differ by {_range(even)} "
                "of their mean."
            )
    if result.no_twin:
        parts.append(result.no_twin)
    parts.append("Numbers are those of the blocks in their stage; one photo is one sample.")
    return " ".join(parts)


def _range(values: list[float]) -> str:
    low, high = fixed_text(min(values)), fixed_text(max(values))
    return low if low == high else f"{low} to {high}"
