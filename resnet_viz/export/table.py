"""Tables as files, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path

from resnet_viz.figures.table import Cell, Table

FORMATS = (".csv", ".json")


def write_table(table: Table, path: Path, about: Mapping[str, str] | None = None) -> None:
    """Write ``table`` as CSV or JSON, as the name of ``path`` says; both UTF-8.

    Numbers have all their digits; those that are not finite are "NaN", "inf" and "-inf" in both,
    and what was not measured is empty or null. JSON has room for what the numbers are ``about``;
    CSV has none, and comment lines would stand in spreadsheets' cells: see `write_metadata`.

    Raises:
        ValueError: the name ends otherwise.
        OSError: the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([map(_inert, row) for row in (table.columns, *table.rows)])
    elif kind == ".json":
        rows = [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows]
        given: dict[str, object] = {
            "name": table.name,
            "columns": list(table.columns),
            "rows": rows,
        }
        given |= {"about": dict(about)} if about else {}
        path.write_text(json.dumps(given, ensure_ascii=False, indent=1), encoding="utf-8")
    else:
        raise ValueError(
            f"{path.name} is no name for a table; let it end with {' or '.join(FORMATS)}"
        )


def beside_csv(path: Path) -> Path:
    """Where what a CSV file is about lies, by the W3C's convention for tables (CSVW §5.3)."""
    return path.with_name(f"{path.name}-metadata.json")


def write_metadata(table: Table, name: str, path: Path, about: Mapping[str, str]) -> None:
    """Write to ``path`` what the CSV file called ``name`` is about, in the W3C's form.

    Raises:
        OSError: the file cannot be written.
    """
    given = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": name,
        "dc:title": table.name,
        "tableSchema": {"columns": [{"titles": column} for column in table.columns]},
        "notes": dict(about),
    }
    path.write_text(json.dumps(given, ensure_ascii=False, indent=1), encoding="utf-8")


def _inert(cell: Cell) -> Cell:
    """A cell of CSV: a name that spreadsheets would compute ("=1+1") begins with an apostrophe."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return "" if cell is None else _plain(cell)


def _plain(cell: Cell) -> Cell:
    """A cell that CSV and JSON can hold."""
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else "inf" if cell > 0 else "-inf"
    return cell
