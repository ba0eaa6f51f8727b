"""What the level of blocks is laid out into: boxes, arcs, stages and captions. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.views.diagram.layout.geometry import Label, Point, Rect


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


@dataclass(frozen=True)
class BlockBox:
    """One block: its box, layers, heat bar and, where it has a skip, arc and junction.

    ``alone`` is its name where there is no room for layers below it. ``exit_x`` is where the edge
    to the next block begins, along the main line, and ``trunk`` where that line lies across it.
    ``ways`` are the lines through the paths of an inception module.
    """

    name: str
    row: int
    rect: Rect
    title: Label
    alone: Label
    layers: tuple[Label, ...]
    heat: Rect
    heat_size: float
    arc: Arc | None
    junction: Rect | None
    exit_x: float
    trunk: float
    ways: tuple[tuple[Point, ...], ...] = ()
    vertical: bool = False


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


@dataclass(frozen=True)
class Layout:
    """The whole diagram. ``edges`` are polylines; those that lead to the next row have six points.

    ``spacing`` is the space between a block's box and its neighbours, a measure for arrowheads.
    """

    width: float
    height: float
    rows: int
    input: Rect
    input_labels: tuple[Label, ...]
    blocks: tuple[BlockBox, ...]
    stages: tuple[StagePart, ...]
    head: tuple[Label, ...]
    head_label: Label
    edges: tuple[tuple[Point, ...], ...]
    captions: tuple[Caption, ...]
    spacing: float
    vertical: bool = False
