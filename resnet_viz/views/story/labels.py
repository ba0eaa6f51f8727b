"""Where the names of dots can stand so that none hides a dot, a line or another name.

Pure geometry. Boxes are rows of an array, (N, 4): left, top, right, bottom; lines are (N, 4) as
well: from x, y to x, y; all in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF

_ROUNDS = 4
_SIDES = 8
_STEPS = 12  # how far from its dot a name may go, in steps of nearly a radius
_NEAR = 2  # of these count as beside the dot, where no line is needed
_AWAY = 2.6  # radii to the left and right of other dots, where a name would seem to be theirs
_DISTANCE_COST = 0.6  # what a step costs against a pixel of line, or a square pixel, hidden


@dataclass(frozen=True)
class Label:
    """A name's place, and the line from its dot where it is too far to be read without."""

    box: QRectF
    leader: QLineF | None


def place(
    dots: Sequence[Sequence[QPointF]],
    sizes: Sequence[QSizeF],
    radius: float,
    bounds: QRectF,
    taken: Sequence[QRectF] = (),
    lines: Sequence[QLineF] = (),
) -> list[Label]:
    """A place for a box of each of ``sizes`` near one of the ``dots`` that go by that name.

    ``taken`` and ``lines`` are kept free as well. Each name in turn takes the place that hides
    least, next to a dot if it can, and after all have one they may change it again.
    """
    drawn = np.array([(line.x1(), line.y1(), line.x2(), line.y2()) for line in lines])
    drawn = drawn.reshape(-1, 4)
    edge = _boxes([bounds])
    options, leaders, steps, costs = [], [], [], []
    for row, size in zip(dots, sizes, strict=True):
        own = [_around(dot, radius, radius) for dot in row]
        rest = [
            _around(dot, _AWAY * radius, 1.1 * radius)
            for other in dots
            if other is not row
            for dot in other
        ]
        blocked = _boxes([*taken, *own, *rest])
        option = np.vstack([_candidates(dot, size, radius) for dot in row])
        leader = np.vstack([_leaders(dot, _candidates(dot, size, radius), radius) for dot in row])
        step = np.tile(np.repeat(np.arange(_STEPS), _SIDES), len(row))
        area = (option[:, 2] - option[:, 0]) * (option[:, 3] - option[:, 1])
        cost = _overlap(option, blocked).sum(1) + area - _overlap(option, edge)[:, 0]
        cost += _inside(drawn, option).sum(0) + _DISTANCE_COST * step
        cost += _inside(leader, blocked).sum(1) * (step >= _NEAR)
        options.append(option)
        leaders.append(leader)
        steps.append(step)
        costs.append(cost)
    chosen: list[int | None] = [None] * len(options)
    for _ in range(_ROUNDS):
        before = list(chosen)
        for number, option in enumerate(options):
            there = [
                (options[other][choice], leaders[other][choice])
                for other, choice in enumerate(chosen)
                if choice is not None and other != number
            ]
            cost = costs[number].copy()
            if there:
                boxes, lead = (np.array(rows) for rows in zip(*there, strict=True))
                cost += _overlap(option, boxes).sum(1)
                cost += _inside(leaders[number], boxes).sum(1) + _inside(lead, option).sum(0)
            chosen[number] = int(cost.argmin())
        if chosen == before:
            break
    return [
        Label(
            QRectF(QPointF(*option[choice, :2]), QPointF(*option[choice, 2:])),
            QLineF(*leader[choice]) if step[choice] >= _NEAR else None,
        )
        for option, leader, step, choice in zip(options, leaders, steps, chosen, strict=True)
    ]


def _candidates(dot: QPointF, size: QSizeF, radius: float) -> np.ndarray:
    """Boxes ever farther from the dot: right, left, above, below, and the corners between."""
    x, y = dot.x(), dot.y()
    width, height = size.width(), size.height()
    made = []
    for step in range(_STEPS):
        gap = radius * (1.3 + 0.9 * step)
        above, below, middle = y - gap - height, y + gap, y - height / 2
        for left, top in (
            (x + gap, middle),
            (x - gap - width, middle),
            (x - width / 2, above),
            (x - width / 2, below),
            (x + 0.7 * gap, above + 0.4 * height),
            (x - 0.7 * gap - width, above + 0.4 * height),
            (x + 0.7 * gap, below - 0.4 * height),
            (x - 0.7 * gap - width, below - 0.4 * height),
        ):
            made.append((left, top, left + width, top + height))
    return np.array(made)


def _around(dot: QPointF, across: float, down: float) -> QRectF:
    return QRectF(dot.x() - across, dot.y() - down, 2 * across, 2 * down)


def _boxes(areas: Sequence[QRectF]) -> np.ndarray:
    rows = [(area.left(), area.top(), area.right(), area.bottom()) for area in areas]
    return np.array(rows).reshape(-1, 4)


def _leaders(dot: QPointF, boxes: np.ndarray, radius: float) -> np.ndarray:
    """The lines from a dot's edge to the nearest points of boxes."""
    x = np.clip(dot.x(), boxes[:, 0], boxes[:, 2])
    y = np.clip(dot.y(), boxes[:, 1], boxes[:, 3])
    share = 1.2 * radius / np.maximum(np.hypot(x - dot.x(), y - dot.y()), 1.2 * radius)
    return np.stack(
        [dot.x() + share * (x - dot.x()), dot.y() + share * (y - dot.y()), x, y], axis=1
    )


def _overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area that each of N boxes shares with each of M, (N, M), in square pixels."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.prod(np.maximum(high - low, 0.0), axis=2)


def _inside(lines: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The length of each of N lines in each of M boxes, (N, M), after Liang and Barsky (1984)."""
    start, along = lines[:, None, :2], lines[:, None, 2:] - lines[:, None, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (boxes[None, :, :2] - start) / along, (boxes[None, :, 2:] - start) / along
    near, far = np.minimum(one, other), np.maximum(one, other)
    still = along == 0.0  # parallel to an axis: in the box for good, or never
    within = (boxes[None, :, :2] <= start) & (start <= boxes[None, :, 2:])
    near = np.where(still, np.where(within, 0.0, 1.0), near)
    far = np.where(still, np.where(within, 1.0, 0.0), far)
    begin, end = np.maximum(near.max(2), 0.0), np.minimum(far.min(2), 1.0)
    return np.maximum(end - begin, 0.0) * np.hypot(along[..., 0], along[..., 1])
