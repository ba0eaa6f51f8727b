"""What the three layouts have in common: head, input, arcs, the main line and its turns. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from resnet_viz.figures.layout.geometry import (
    LINE,
    Label,
    Point,
    Rect,
    Text,
    fit_text,
    inner,
    shape_text,
    straight,
)
from resnet_viz.figures.layout.parts import Arc, Part
from resnet_viz.networks.structure import Block, Structure

Option = tuple[str, bool, float]
"""A text, whether it is turned, and its least size; as ``fit_text`` takes it."""


def input_words(structure: Structure) -> list[str]:
    """The input's shape, on one line and on two."""
    shape = structure.input_shape
    return [shape_text(shape), f"{shape[0]}×\n{shape_text(shape[1:])}"]


def class_words(structure: Structure) -> list[str]:
    """The number of classes, from long to short."""
    classes = structure.head[-1].output_shape[-1] if structure.head else 0
    return [f"{classes} classes", f"{classes}\nclasses", str(classes)]


def around(picture: Rect, left: float, right: float, deep: float, gap: float) -> tuple[Rect, Rect]:
    """The strips above and below the input's picture, for its name and its shape."""
    above = Rect(left, picture.y - deep - gap, right - left, deep)
    return above, Rect(left, picture.bottom + gap, right - left, deep)


def head_boxes(
    choices: Sequence[Sequence[Option]], room: Rect, gap: float, text: Text
) -> tuple[Label, ...]:
    """Boxes side by side in ``room``, ``gap`` between them, each with the text that fits it."""
    width = max(3.0, (room.width + gap) / len(choices) - gap)
    boxes = []
    for index, options in enumerate(choices):
        rect = Rect(room.x + index * (width + gap), room.y, width, room.height)
        boxes.append(replace(fit_text(options, inner(rect, 1.5, 3), text), rect=rect))
    return tuple(boxes)


def arc_over(
    block: Block, start: Point, top: float, junction: Rect, size: float, text: Text
) -> Arc:
    """The skip from a fork over the block to its junction, with the shortcut's kind if it fits."""
    end = Point(junction.centre.x, junction.y)
    words = {"projection": "1×1", "pad": "pad"}.get(block.shortcut, "")
    label = arc_label(words, (start.x + end.x) / 2, top, size, 0.7, text) if words else None
    if label and label.rect.width >= 0.8 * (end.x - start.x):
        label = None
    return Arc(start, top, end, size, label)


def arc_label(
    words: str, middle: float, top: float, size: float, margin: float, text: Text
) -> Label:
    """Text on a plate that lies on an arc; ``margin`` is in font sizes, both sides together."""
    width, height = text.em(words) * size + margin * size, LINE * size
    return straight(words, Rect(middle - width / 2, top - height / 2, width, height), size, text)


def main_line(
    picture: Rect,
    parts: Sequence[Part],
    head: Sequence[Label],
    tail: float,
    turn: Callable[[int], tuple[float, float, float]],
) -> tuple[tuple[Point, ...], ...]:
    """The edges from the input through the parts and the head, and ``tail`` pixels out of it.

    ``turn`` says how the line goes on after a row: on the right at which x it leaves that row, at
    which y it goes back, and on the left at which x it enters the next one.
    """
    y = head[0].rect.centre.y if head else 0.0
    outs = [Point(picture.right, parts[0].entry.y), *(part.exit for part in parts)]
    outs += [Point(box.rect.right, y) for box in head]
    ins = [*(part.entry for part in parts), *(Point(box.rect.x, y) for box in head)]
    ins.append(replace(outs[-1], x=outs[-1].x + tail))
    edges: list[tuple[Point, ...]] = []
    row = 0
    for start, end in zip(outs, ins, strict=True):
        if abs(start.y - end.y) < 1e-6:
            edges.append((start, end))
            continue
        right, between, left = turn(row)
        row += 1
        edges.append(
            (
                start,
                Point(right, start.y),
                Point(right, between),
                Point(left, between),
                Point(left, end.y),
                end,
            )
        )
    return tuple(edges)
