"""Points, rectangles and labels: what every level's geometry is made of. No Qt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, cast

from resnet_viz.networks.structure import Layer, Shape

LINE = 1.25
"""Height of a line of text, in font sizes."""


@dataclass(frozen=True)
class Text:
    """How large text is: ``em`` gives a line's width at font size 1; sizes are in pixels.

    ``size`` is that of ordinary text and ``legible`` the smallest one that may be drawn.
    ``sideways`` says that the layout made with it is going to be transposed, from top to bottom.
    """

    em: Callable[[str], float]
    size: float
    legible: float
    sideways: bool = False


@dataclass(frozen=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def overlaps(self, other: Rect, slack: float = 1e-6) -> bool:
        """True if the two share more than an edge."""
        return (
            self.x < other.right - slack
            and other.x < self.right - slack
            and self.y < other.bottom - slack
            and other.y < self.bottom - slack
        )

    def contains(self, other: Rect, slack: float = 1e-6) -> bool:
        return (
            self.x <= other.x + slack
            and self.y <= other.y + slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True)
class Label:
    """Text to be centred in ``rect``; ``turned`` reads from bottom to top. Lines end in "\\n"."""

    text: str
    rect: Rect
    size: float
    turned: bool = False


def short_name(name: str) -> str:
    """ "layer3.1" as "3.1", "conv3_2" as "3_2", "inception4a" as "4a"; others as they are."""
    match = re.search(r"\d+[._]\d+$|\d+[a-z]$", name)
    return match.group() if match else name


def shape_text(shape: Shape) -> str:
    """(16, 32, 32) as "16×32×32"."""
    return "×".join(str(side) for side in shape)


def fit_text(options: Sequence[tuple[str, bool, float]], area: Rect, text: Text) -> Label:
    """The first option that fits ``area`` at its least size, else the one that fits largest.

    An option is (text, turned, least size in pixels). In a layout that is going to be transposed,
    ``turned`` is how the text reads afterwards, and ``area`` still what it is before.
    """
    labels = []
    for words, turned, least in options:
        along, across = area.width, area.height
        if turned != text.sideways:
            along, across = across, along
        lines = words.split("\n")
        widest = max(text.em(line) for line in lines)
        size = max(0.1, min(text.size, along / widest, across / (LINE * len(lines))))
        labels.append(Label(words, area, size, turned))
        if size >= least:
            return labels[-1]
    return max(labels, key=lambda label: label.size)


def straight(words: str, area: Rect, size: float, text: Text) -> Label:
    """Text along the main line: it reads from left to right, or turned once transposed."""
    return Label(words, area, size, text.sideways)


T = TypeVar("T")


def transposed(layout: T) -> T:
    """The same layout from top to bottom: rows become columns, and x and y change places.

    Fields called ``vertical`` become true; ``width`` and ``height`` of a layout are swapped. Plain
    numbers stay in the coordinates along and across the main line.
    """
    if isinstance(layout, Rect):
        return cast(T, Rect(layout.y, layout.x, layout.height, layout.width))
    if isinstance(layout, Point):
        return cast(T, Point(layout.y, layout.x))
    if isinstance(layout, tuple):
        return cast(T, tuple(transposed(part) for part in layout))
    if not is_dataclass(layout) or isinstance(layout, type | Layer):
        return layout
    values = {part.name: transposed(getattr(layout, part.name)) for part in fields(layout)}
    if "vertical" in values:
        values["vertical"] = True
    if "width" in values and "height" in values:
        values["width"], values["height"] = values["height"], values["width"]
    return replace(layout, **values)


def inner(rect: Rect, dx: float, dy: float) -> Rect:
    return Rect(
        rect.x + dx,
        rect.y + dy,
        max(0.1, rect.width - 2 * dx),
        max(0.1, rect.height - 2 * dy),
    )
