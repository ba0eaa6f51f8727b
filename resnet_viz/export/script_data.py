"""Numbers that no script can compute from what comes with the program, as data with their source.

What was measured on CIFAR-10's test images or while a network was trained for hours, and what is
quoted from papers, is printed as it is; the script says where it is from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from textwrap import wrap
from types import MappingProxyType

from resnet_viz.figures.table import Cell, Table
from resnet_viz.networks.cards import derived_path
from resnet_viz.networks.catalog import NetworkSpec

QUOTED: Mapping[str, str] = MappingProxyType(
    {
        "degradation": "Recorded once an epoch while these networks were trained on CIFAR-10, "
        "which takes hours; the cards beside the weights have the recipe.",
        "depth": "Published results, quoted from the papers that are named here.",
        "size": "Published results, quoted from the documentation that is named here.",
        "twins": "Published results, quoted from the paper that is named here.",
    }
)
"""The figures, by name, whose numbers were measured long ago, and how."""


def data_script(what: str, said: str, table: Table) -> str:
    """The script that prints a table that it holds; ``said`` is where its numbers are from."""
    comment = "".join(c if c.isprintable() else " " for c in said)
    lines = [f"# ResNet Explorer: {' '.join(what.split())}"]
    lines += [f"# {line}" for line in wrap(comment, 94)]
    lines += ["# They are data here, because nothing in a few lines can compute them anew.", ""]
    lines += ["COLUMNS = [", *(f"    {column!r}," for column in table.columns), "]", "ROWS = ["]
    lines += [f"    {_row(row)}," for row in table.rows]
    lines += ["]", "for row in ROWS:", '    print(*row, sep="\\t")']
    return "\n".join(lines) + "\n"


def shipped(specs: Iterable[NetworkSpec], kind: str, count: str) -> str:
    """Where the numbers of one of the derived files are from, for `data_script`."""
    names = " and ".join(derived_path(one, kind).name for one in specs)
    return (
        f"Computed from the weights that come with the program on {count}, saved as JPEG, which do "
        f"not come with it. They are in {names}, with the hash of the weights; `make derived` "
        "makes these files anew where the images are."
    )


def _row(row: tuple[Cell, ...]) -> str:
    """As literals; what is not finite has none, and is told in words."""
    odd = [isinstance(cell, float) and not math.isfinite(cell) for cell in row]
    cells = [repr(str(cell) if no else cell) for cell, no in zip(row, odd, strict=True)]
    return f"({', '.join(cells)},)"
