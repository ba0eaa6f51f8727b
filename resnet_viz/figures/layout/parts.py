"""What the levels are laid out into: boxes, arcs, stages, cards and the lines between. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from resnet_viz.figures.layout.geometry import Label, Point, Rect
from resnet_viz.networks.structure import Layer

HEAD = "head"
"""The name of the frame that holds the layers after the last block."""


@dataclass(frozen=True)
class Arc:
    """A skip: from the fork up to ``top``, along it, and down to the junction.

    ``top`` is across the main line: y, or x where the line is ``vertical``.
    ``label`` names what lies on it ("1×1" or "pad"), if anything; ``text_size`` is for that and for
    the gate's value.
    """

    start: Point
    top: float
    end: Point
    text_size: float
    label: Label | None
    vertical: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a level draws for one block, or for the equal blocks ``names`` that are folded.

    The main line goes in at ``entry`` and out at ``exit``: of the box, or of the junction where
    there is a skip.
    """

    names: tuple[str, ...]
    row: int = 0
    rect: Rect
    entry: Point
    exit: Point
    arc: Arc | None = None
    junction: Rect | None = None
    vertical: bool = False

    @property
    def name(self) -> str:
        """The name of the first block."""
        return self.names[0]


@dataclass(frozen=True, kw_only=True)
class BlockBox(Part):
    """The level of blocks: layers side by side, and below them the place of a measured value.

    ``alone`` is the name where there is no room for layers below it. ``ways`` are the lines through
    the layers, one for each path of an inception module.
    """

    title: Label
    alone: Label
    layers: tuple[Label, ...]
    heat: Rect
    heat_size: float
    ways: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Bar(Part):
    """The level of the network: ``texts`` is what is in each of the blocks, ``slices`` one place
    for each block's measured value. ``key`` is the first of the equal blocks it is one of."""

    key: str
    stage: int
    texts: tuple[Label, ...]
    slices: tuple[Rect, ...]


@dataclass(frozen=True)
class Fold:
    """What opens (``opened`` False: it is folded) or folds the equal blocks that begin at
    ``key``."""

    key: str
    count: int
    opened: bool
    label: Label


@dataclass(frozen=True)
class Card:
    """A layer's card: its heading and, below it, its figures."""

    layer: Layer
    rect: Rect
    title: Label
    lines: tuple[Label, ...]
    on_shortcut: bool = False


@dataclass(frozen=True, kw_only=True)
class Frame(Part):
    """The level of layers: ``lines`` is the block's part of the main line, from card to card.

    ``thumbnail`` is where its output's picture lies and ``fill`` the place of its measured value.
    The head has neither.
    """

    stage: int
    title: Label
    cards: tuple[Card, ...]
    thumbnail: Rect | None = None
    fill: Rect | None = None
    lines: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class StagePart:
    """The part of a stage that lies in one row. ``title`` is what can be clicked."""

    number: int
    row: int
    rect: Rect
    title: Label
    switch: Rect | None
    vertical: bool = False


@dataclass(frozen=True)
class Caption:
    """A shape, hanging below the edge it belongs to; ``edge`` is the point on that edge."""

    label: Label
    edge: Point


PartT = TypeVar("PartT", bound=Part, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Layout(Generic[PartT]):
    """A whole level. ``edges`` are polylines; those that lead to the next row have six points.

    ``notes`` are texts without a box: the number of classes, shapes and sums. ``spacing`` is the
    space between a part's box and its neighbours, a measure for arrowheads.
    """

    width: float
    height: float
    rows: int = 1
    input: Rect
    input_labels: tuple[Label, ...]
    parts: tuple[PartT, ...]
    stages: tuple[StagePart, ...] = ()
    folds: tuple[Fold, ...] = ()
    head: tuple[Label, ...] = ()
    notes: tuple[Label, ...] = ()
    edges: tuple[tuple[Point, ...], ...]
    captions: tuple[Caption, ...] = ()
    spacing: float
    vertical: bool = False
