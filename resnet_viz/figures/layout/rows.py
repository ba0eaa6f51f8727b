"""Where rows break: between blocks of equal worth, or between frames of any length. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from resnet_viz.networks.structure import Block

STAGE_GAP_CELLS = 0.3


@dataclass(frozen=True)
class Slot:
    """One place in the row: ``group`` is the stage's number, 0 before the stages, -1 after."""

    group: int
    cells: float
    block: Block | None = None


@dataclass(frozen=True)
class Row:
    """Slots ``first`` to ``last`` (exclusive) make one row, ``cells`` wide."""

    first: int
    last: int
    cells: float


@lru_cache(maxsize=4)
def break_rows(slots: tuple[Slot, ...], most: int) -> list[tuple[Row, ...]]:
    """For each number of rows up to ``most``, the breaks with the least widest row.

    A break within a stage costs as much as a twentieth of a row and a quarter of a block.
    """
    before = [0.0]
    gaps = [0.0]
    for previous, slot in pairwise(slots):
        gaps.append(STAGE_GAP_CELLS if slot.group != previous.group else 0.0)
    for slot, gap in zip(slots, gaps, strict=True):
        before.append(before[-1] + slot.cells + gap)

    def row(first: int, last: int) -> Row:
        return Row(first, last, before[last] - before[first] - gaps[first])

    count = len(slots)
    # best[n]: (cost, breaks) of the first n slots in the current number of rows. The input stays
    # with the stem, so no row begins at slot 1.
    best: list[tuple[float, tuple[Row, ...]]] = [
        (row(0, n).cells if n else math.inf, (row(0, n),)) for n in range(count + 1)
    ]
    plans = [best[count][1]]
    total = before[-1]
    for rows in range(2, min(most, count - 1) + 1):
        longer: list[tuple[float, tuple[Row, ...]]] = [(math.inf, ())] * (count + 1)
        for last in range(rows + 1, count + 1):
            for first in range(max(2, rows), last):
                cost, breaks = best[first]
                torn = 0.25 + 0.05 * total / rows
                if slots[first].group != slots[first - 1].group:
                    torn = 0.0
                tail = row(first, last)
                cost = max(cost, tail.cells) + torn
                if cost < longer[last][0]:
                    longer[last] = cost, (*breaks, tail)
        best = longer
        plans.append(best[count][1])
    return plans


def break_lengths(
    lengths: Sequence[float], start: float, deep: float, gap: float, proportion: float
) -> list[tuple[int, int]]:
    """The first and last (exclusive) of each row, so that all rows have the view's proportions.

    A row begins at ``start``, is ``deep`` high, and has a ``gap`` after each of its ``lengths``.
    """
    best: tuple[float, list[tuple[int, int]]] | None = None
    longest = max(lengths)
    for count in range(1, len(lengths) + 1):
        target = max(longest, sum(lengths) / count * (1.0 if count == 1 else 1.06))
        rows, first, used = [], 0, 0.0
        for index, length in enumerate(lengths):
            if index > first and used + length > target * 1.001 + gap * (index - first):
                rows.append((first, index))
                first, used = index, 0.0
            used += length + gap
        rows.append((first, len(lengths)))
        wide = start + max(sum(lengths[a:b]) + gap * (b - a) for a, b in rows)
        scale = min(proportion / wide, 1.0 / (len(rows) * deep))
        if best is None or scale > best[0]:
            best = scale, rows
    assert best is not None
    return best[1]
