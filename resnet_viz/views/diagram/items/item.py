"""What every item of the diagram has: a place that can be clicked, and an answer to the click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from resnet_viz.figures.layout.parts import Part
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.facts import bar_card, block_card
from resnet_viz.views.diagram.fills import Fill
from resnet_viz.views.diagram.items.paint import HAND, qrect

LevelName = Literal["network", "blocks", "layers"]


class Deeds(Protocol):
    """What a click on an item can lead to."""

    def select(self, block: str, layer: str = "") -> None:
        """Select a block, or a layer in it."""

    def switch(self, names: Sequence[str]) -> None:
        """Switch the skips of these blocks off, or on where all are off."""

    def fold(self, key: str) -> None:
        """Open the equal blocks that begin at ``key``, or fold them."""

    def enter(self, level: LevelName, block: str) -> None:
        """Go to a level, to this block."""

    def frame(self, block: str) -> None:
        """Show this block as large as suits the level."""

    def open_convolution(self, layer: str) -> None:
        """Show how a convolution computes."""

    def explain(self, block: str, at: QPoint) -> None:
        """Say what the ⊕ of a block does, beside a point of the screen."""


class DiagramItem(QGraphicsItem):
    """Takes clicks in ``place``, and paints at most ``margin`` beyond it.

    Two quick clicks on a ``repeated`` item, such as a switch, are two clicks.
    """

    repeated = False

    def __init__(self, place: QRectF, margin: float, z: float, clickable: bool = True) -> None:
        super().__init__()
        self._place, self._margin = place, margin
        self.setZValue(z)
        if clickable:
            self.setAcceptHoverEvents(True)
            self.setCursor(HAND)

    def boundingRect(self) -> QRectF:
        margin = self._margin
        return self._place.adjusted(-margin, -margin, margin, margin)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self._place)
        return path

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        raise NotImplementedError

    def clicked(self, at: QPointF, do: Deeds) -> None:
        """Answer a click at a point of the scene."""

    def double_clicked(self, at: QPointF, do: Deeds) -> bool:
        """Answer a double click; False where this is but ground."""
        return False

    def asked(self, at: QPoint, do: Deeds) -> bool:
        """Answer a right click at a point of the screen; False if there is nothing to say."""
        return False


class PartItem(DiagramItem):
    """A block, or equal blocks that are folded, with what is measured there.

    ``selected`` is the name of the selected one of them, or "". ``values`` are by name; ``faded``
    marks those of the past.
    """

    def __init__(self, box: Part, place: QRectF, margin: float, z: float, legible: float) -> None:
        super().__init__(place, margin, z)
        self.box, self._legible = box, legible
        self.selected = ""
        self.branch = 1.0
        self.fill: Fill | None = None
        self.faded = False

    @property
    def name(self) -> str:
        """The name of the first block."""
        return self.box.name

    def block_at(self, at: QPointF) -> str:
        """The block that a point lies over."""
        return self.name

    def focus_place(self) -> QRectF:
        """What the focus is drawn around."""
        return qrect(self.box.rect)

    def show_gates(self, gates: GateSettings) -> None:
        self.branch = float(np.mean([gates.branch(name) for name in self.box.names]))
        self.update()

    def show_selection(self, name: str) -> None:
        self.selected = name if name in self.box.names else ""
        self.update()

    def show_fill(self, fill: Fill, faded: bool) -> None:
        self.fill, self.faded = fill, faded
        self.update()

    def value(self, name: str = "") -> float | None:
        """What is shown of a block, by default the first one."""
        return self.fill.values.get(name or self.name) if self.fill else None

    def describe(self, structure: Structure, gates: GateSettings, result: Result | None) -> None:
        """Let hovering tell what is known."""
        names = self.box.names
        if len(names) > 1:
            self.setToolTip(bar_card(names, structure))
        else:
            self.setToolTip(block_card(structure.block(self.name), gates, result))

    def clicked(self, at: QPointF, do: Deeds) -> None:
        do.select(self.block_at(at))
