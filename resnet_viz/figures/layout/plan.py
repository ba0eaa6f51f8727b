"""How many rows of blocks a view gets, and the sizes that all rows share. No Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from resnet_viz.figures.layout.geometry import LINE, Text
from resnet_viz.figures.layout.rows import Row, Slot, break_rows
from resnet_viz.networks.structure import Block, Layer, Structure

INPUT_CELLS = 0.85
MARGIN = 18.0
_MOST_ROWS = 9


@dataclass(frozen=True)
class Plan:
    """The sizes that all rows share; heights of the strips of a row from top to bottom."""

    rows: tuple[Row, ...]
    cell: float
    spacing: float
    title_size: float
    title: float
    arc: float
    box: float
    heat: float
    caption: float
    gap: float

    @property
    def box_width(self) -> float:
        return self.cell - 3.6 * self.spacing

    @property
    def height(self) -> float:
        return self.title + self.arc + self.box + self.heat + self.caption + 14

    @property
    def total_height(self) -> float:
        return len(self.rows) * (self.height + self.gap) - self.gap


def drawn_layers(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers that get a box: convolutions, pooling and fully connected ones."""
    return tuple(x for x in layers if re.search("conv|pool|linear", x.kind, re.IGNORECASE))


def layer_texts(layer: Layer) -> tuple[str, str, str]:
    """What a layer's box may say: in full, in full on two lines, and in short."""
    kind = layer.kind.lower()
    if "pool" in kind:
        which = "max" if "max" in kind else "avg"
        return f"{which} pool", f"{which}\npool", "pool"
    if "linear" in kind:
        return "fc", "fc", "fc"
    kernel, _, channels = (part.strip() for part in layer.text.partition(","))
    return layer.text, f"{kernel}\n{channels}" if channels else kernel, kernel


def layers_in_row(block: Block) -> int:
    """How many layers that get a box follow each other in a block, on its longest path."""
    return max(len(drawn_layers(way)) for way in (block.branches or (block.layers,)))


def head_cells(structure: Structure) -> float:
    """How wide the head is: several fully connected layers want more room than one."""
    return max(1.1, 0.42 * len(drawn_layers(structure.head)))


def slots_of(structure: Structure) -> tuple[Slot, ...]:
    return (
        Slot(0, INPUT_CELLS),
        Slot(0, 1.0, structure.stem),
        *(Slot(stage.number, 1.0, b) for stage in structure.stages for b in stage.blocks),
        Slot(-1, head_cells(structure)),
    )


def _plan(
    rows: tuple[Row, ...], width: float, height: float, text: Text, skips: bool, captions: bool
) -> Plan:
    """Sizes for these rows in a view of width × height."""
    count = len(rows)
    widest = max(row.cells for row in rows)
    cell = min((width - 2 * MARGIN) / widest, 15 * text.size)
    gap = 0.0 if count == 1 else min(26.0, max(10.0, 0.025 * height))
    row_height = (height - 16 - (count - 1) * gap) / count
    title_size = min(text.size, max(1.08 * text.legible, 0.09 * row_height))
    for _ in range(2):
        spacing = min(16.0, max(4.0, 0.088 * cell))
        strips = {
            "title": 1.4 * title_size,
            "arc": min(46.0, max(15.0, 0.3 * cell)) if skips else 4.0,
            "heat": min(
                (3.6 if text.sideways else 1.35) * text.size, max(1.3 * text.legible, 0.15 * cell)
            ),
            "caption": LINE * title_size if captions else 0.0,
        }
        box = row_height - sum(strips.values()) - 14
        # Boxes wider than twice their height look empty: then the cells shrink instead.
        cell = min(cell, max(2.0 * box, 8.0) + 3.6 * spacing)
    # From top to bottom, layers lie above each other and want width.
    box = max(6.0, min(box, (5.0 if text.sideways else 1.3) * (cell - 3.6 * spacing)))
    return Plan(rows, cell, spacing, title_size, box=box, gap=gap, **strips)


def best_plan(slots: tuple[Slot, ...], width: float, height: float, text: Text) -> Plan:
    """The number of rows that makes the blocks largest; bottlenecks count width for less."""
    blocks = [slot.block for slot in slots if slot.block]
    skips = any(block.has_skip for block in blocks)
    layers = max(map(layers_in_row, blocks))
    narrow = max(1.0, layers / (4.4 if text.sideways else 2.2))

    def score(plan: Plan) -> float:
        fits = plan.total_height <= height
        starts = [row.first for row in plan.rows[1:]]
        whole = all(slots[at].group != slots[at - 1].group for at in starts)
        # Rows that hold whole stages read better than slightly larger blocks.
        size = min(plan.box_width / narrow, plan.box) * (1.2 if whole and starts else 1.0)
        return size - (0 if fits else 1e3)

    plans = []
    for rows in break_rows(slots, _MOST_ROWS * (2 if text.sideways else 1)):
        plan = _plan(rows, width, height, text, skips, captions=True)
        if plan.box < 3.2 * text.legible:
            plan = _plan(rows, width, height, text, skips, captions=False)
        plans.append(plan)
    return max(plans, key=score)
