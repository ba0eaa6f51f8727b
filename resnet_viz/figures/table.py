"""A table of what was measured: what a figure's numbers are exported as."""

from __future__ import annotations

from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """``rows`` have a cell for each of ``columns``, whose names hold the unit where there is one.

    ``name`` is fit for a file's name. A cell that was not measured is None.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
