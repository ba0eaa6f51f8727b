"""A table of what was measured: what a figure's numbers are exported as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from resnet_viz.figures.figure import Chart, Figure, Map

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """``rows`` have a cell for each of ``columns``, whose names hold the unit where there is one.

    ``name`` is fit for a file's name. A cell that was not measured is None.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table_of(figure: Figure) -> Table:
    """The numbers of a figure's charts.

    A row for each position with a column for each series, where all charts share their positions;
    else a row for each number. Of a figure of maps alone, a row for each of their numbers.
    """
    charts = [panel for panel in figure.panels if isinstance(panel, Chart)]
    if not charts:
        maps = [panel for panel in figure.panels if isinstance(panel, Map)]
        return Table(figure.name, ("map", "unit", "row", "column", "value"), tuple(_cells(maps)))
    shared = {(chart.x.title, chart.x.names, tuple(chart.positions)) for chart in charts}
    if len(shared) == 1:
        return _wide(figure.name, charts)
    rows = [
        (chart.title, name or chart.y.title, _position(chart, at), value)
        for chart in charts
        for at in chart.positions
        for name, value, _ in chart.values_at(at)
    ]
    return Table(figure.name, ("chart", "series", "position", "value"), tuple(rows))


def _wide(name: str, charts: list[Chart]) -> Table:
    columns: dict[str, dict[float, float]] = {}
    for chart in charts:
        for at in chart.positions:
            for series, value, axis in chart.values_at(at):
                said = ": ".join(part for part in (axis.title, series) if part)
                columns.setdefault(said, {}).setdefault(at, value)
    positions = charts[0].positions
    rows = tuple(
        (_position(charts[0], at), *(column.get(at) for column in columns.values()))
        for at in positions
    )
    return Table(name, (charts[0].x.title or "position", *columns), rows)


def _cells(maps: list[Map]) -> Iterator[tuple[Cell, ...]]:
    for shown in maps:
        for (row, column), value in np.ndenumerate(shown.values):
            yield shown.title, shown.unit, row, column, float(value)


def _position(chart: Chart, at: float) -> Cell:
    if at == int(at):
        number = int(at)
        return chart.x.names[number] if 0 <= number < len(chart.x.names) else number
    return at
