"""Points, rectangles and labels: what every level's geometry is made of. No Qt."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resnet_viz.networks.structure import Shape

LINE = 1.25
"""Height of a line of text, in font sizes."""


@dataclass(frozen=True)
class Text:
    """How large text is: ``em`` gives a line's width at font size 1; sizes are in pixels.

    ``size`` is that of ordinary text and ``legible`` the smallest one that may be drawn.
    """

    em: Callable[[str], float]
    size: float
    legible: float


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
    """ "layer3.1" as "3.1"; other names as they are."""
    match = re.search(r"\d+\.\d+$", name)
    return match.group() if match else name


def shape_text(shape: Shape) -> str:
    """(16, 32, 32) as "16×32×32"."""
    return "×".join(str(side) for side in shape)


def fit_text(options: Sequence[tuple[str, bool, float]], area: Rect, text: Text) -> Label:
    """The first option that fits ``area`` at its least size, else the one that fits largest.

    An option is (text, turned, least size in pixels).
    """
    labels = []
    for words, turned, least in options:
        along, across = (area.height, area.width) if turned else (area.width, area.height)
        lines = words.split("\n")
        widest = max(text.em(line) for line in lines)
        size = max(0.1, min(text.size, along / widest, across / (LINE * len(lines))))
        labels.append(Label(words, area, size, turned))
        if size >= least:
            return labels[-1]
    return max(labels, key=lambda label: label.size)


def inner(rect: Rect, dx: float, dy: float) -> Rect:
    return Rect(
        rect.x + dx,
        rect.y + dy,
        max(0.1, rect.width - 2 * dx),
        max(0.1, rect.height - 2 * dy),
    )
