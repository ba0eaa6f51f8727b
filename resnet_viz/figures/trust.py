"""Is a map to be trusted? A chart for each measure and side, with random maps as the floor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import fixed_text
from resnet_viz.figures.precomputed import PRECOMPUTED
from resnet_viz.figures.series import Bars, Series, Symbol
from resnet_viz.figures.table import Cell, Table
from resnet_viz.results.trust import TrustResult, TrustScore, title_of
from resnet_viz.results.trust_measures import MEASURES, RANDOM, TrustMeasure

NO_WINNER = (
    "No measure of maps is accepted by all: they disagree, and each has an objection. Random maps "
    "are the floor, and none of the methods is the winner."
)
_COLOURS = ("stage 1", "stage 2", "stage 3", "stage 4", "branch", "skip", "warning", "text")
_SYMBOLS: tuple[Symbol, ...] = ("o", "s", "t", "d", "p")


def trust(result: TrustResult, measures: Sequence[str] = ()) -> Figure:
    """All measures, or ``measures``: skips on at the left and off at the right of each row."""
    panels = tuple(chart for name in measures or result.measures for chart in charts(result, name))
    title = f"Are maps of {result.on.network} to be trusted?"
    return Figure("trust", title, caption(result), panels, 2 if result.two_sides else 1)


def charts(result: TrustResult, name: str) -> tuple[Chart, ...]:
    """A measure's charts, on one scale: one for a number, else one for each side."""
    measure = MEASURES[name]
    if measure.of == "number":
        return (_bars(result, measure),)
    sides = (False, True) if result.two_sides else (False,)
    values = [v for off in sides for row in result.of(name, off) for v in row.values]
    low = min([0.0, *(v for v in values if math.isfinite(v))])
    return tuple(_curves(result, measure, off, -1.0 if low < -0.5 else min(low, 0.0))
                 for off in sides)  # fmt: skip


def _curves(result: TrustResult, measure: TrustMeasure, off: bool, low: float) -> Chart:
    side = f", skips {'off' if off else 'on'}" if result.two_sides else ""
    methods = tuple(dict.fromkeys(row.method for row in result.rows))
    series = []
    for row in result.of(measure.name, off):
        colour, symbol = look(row.method, methods)
        random = row.method in RANDOM
        series.append(
            Series(
                f"{title_of(row.method)}: {score_text(row)}",
                row.values,
                colour,
                symbol,
                dashed=random,
                hollow=random,
                x=row.x,
            )
        )
    if measure.of == "pixels":
        x = Axis.shares(f"pixels {'put back' if measure.name == 'insertion' else 'taken'}", 0.02)
    else:
        x = Axis.named("made random, with all before it", ("none", *result.parts))
    # The scale is the same on both sides, and ends at 1, which none of these can exceed.
    y = Axis(measure.axis, low - 0.02, 1.04, numbers="number")
    return Chart(f"{measure.title}: {measure.axis}{side}", x, y, tuple(series))


def _bars(result: TrustResult, measure: TrustMeasure) -> Chart:
    rows = [result.of(measure.name, off) for off in (False, True)]
    methods = tuple(dict.fromkeys(row.method for side in rows for row in side))
    heights = []
    for side in rows:
        there = {row.method: row.score for row in side}
        heights.append([there.get(method, math.nan) for method in methods])
    top = max([v for side in heights for v in side if math.isfinite(v)], default=1.0)
    share = measure.name == "infidelity"
    bars = [Bars("skips on" if result.two_sides else "", heights[0], "skip")]
    if result.two_sides and rows[1]:
        bars.append(Bars("skips off", heights[1], "branch"))
    axis = Axis.shares(measure.axis) if share else Axis(measure.axis, 0.0, 1.04 * (top or 1.0))
    readings = tuple(
        "\n".join(
            [
                title_of(method),
                *(
                    f"{bar.name}: {score_text(row)}".removeprefix(": ")
                    for bar, side in zip(bars, rows, strict=False)
                    for row in side
                    if row.method == method
                ),
            ]
        )
        for method in methods
    )
    return Chart(
        f"{measure.title}: {measure.axis}",
        Axis.named("", [title_of(method).replace(" ", "\n") for method in methods]),
        axis,
        bars=tuple(bars),
        grouped=True,
        readings=readings,
    )


def look(method: str, methods: Sequence[str]) -> tuple[str, Symbol]:
    """A method's colour and symbol, the same in all charts; random maps are grey."""
    if method in RANDOM:
        return "off", ("d" if method == "random_fine" else "s")
    place = [one for one in methods if one not in RANDOM].index(method)
    return _COLOURS[place % len(_COLOURS)], _SYMBOLS[place % len(_SYMBOLS)]


def score_text(row: TrustScore) -> str:
    """The area or the number, with its spread over several pictures, or why there is none."""
    if row.refusal:
        return row.refusal
    text = fixed_text(row.score)
    return text if math.isnan(row.spread) else f"{text} ± {fixed_text(row.spread)}"


def words(name: str) -> str:
    """What is done, how to read it, its paper and the objection to it."""
    one = MEASURES[name]
    return f"{one.sentence} {one.reading} {one.paper}. But: {one.objection}"


def table(result: TrustResult) -> Table:
    """A row for each method and side, a column for each measure's number and its spread."""
    names = result.measures
    columns = ["method", "skips"]
    for name in names:
        kind = "" if MEASURES[name].of == "number" else ", area"
        columns.append(f"{MEASURES[name].title}{kind}")
        if result.pictures:
            columns.append(f"{MEASURES[name].title}, standard deviation")
    rows: list[tuple[Cell, ...]] = []
    for method, off in dict.fromkeys((row.method, row.off) for row in result.rows):
        cells: list[Cell] = [title_of(method), "off" if off else "on"]
        for name in names:
            found = [row for row in result.of(name, off) if row.method == method and row.values]
            cells.append(found[0].score if found else None)
            if result.pictures:
                cells.append(found[0].spread if found else None)
        rows.append(tuple(cells))
    return Table("trust", tuple(columns), tuple(rows))


def caption(result: TrustResult) -> str:
    """What was measured, on what, and how to take it."""
    if result.precomputed:
        said = f"Precomputed on {result.on.network}: means over {result.pictures}, ± the standard "
        said += "deviation from image to image, for the class that the network gives each image; "
        said += f"methods of a block at {result.block}. {NO_WINNER} {PRECOMPUTED}"
        return said
    said = f"Measured on {result.on.text}, for “{result.target}”; methods of a block at "
    return f"{said}{result.block}. One picture only. {NO_WINNER}"
