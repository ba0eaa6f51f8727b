"""What the three levels of the diagram have in common: each is a scene that the view can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsScene

from resnet_viz.figures.layout.geometry import Text
from resnet_viz.figures.layout.parts import HEAD, Layout, Part
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.explain import explanation
from resnet_viz.views.diagram.fills import Fill
from resnet_viz.views.diagram.items.ground import FocusItem, MainLineItem, StageItem, StageTitleItem
from resnet_viz.views.diagram.items.item import DiagramItem, LevelName, PartItem
from resnet_viz.views.diagram.items.paint import arc_path, edges_path, qpoint, qrect, rounded
from resnet_viz.views.diagram.items.skip import SkipItem

LEVELS: tuple[LevelName, ...] = ("network", "blocks", "layers")
"""From the outermost to the innermost."""

TITLES: dict[LevelName, str] = {"network": "Network", "blocks": "Blocks", "layers": "Layers"}


@dataclass(frozen=True)
class Path:
    """A way that data takes. ``block`` is whose it is; ``kind`` which of its ways.

    ``trunk`` leads to the block, from what was before it; ``skip`` and ``branch`` go through it,
    side by side.
    """

    block: str
    kind: Literal["trunk", "skip", "branch"]
    curve: QPainterPath


class Level(QGraphicsScene):
    """One level: built once for a structure and a size, then only recoloured.

    ``blocks`` are the items by the name of each of their blocks, ``skips`` by the name of the first
    one. A level with ``fits`` is laid out to fill the view; the other has text of ordinary size.
    """

    fits = True

    def __init__(
        self,
        structure: Structure,
        layout: Layout[Part],
        items: Sequence[PartItem],
        text: Text,
        more: Sequence[DiagramItem] = (),
        inside: bool = False,
        ground: float = 0.0,
    ) -> None:
        super().__init__()
        self.structure, self.layout, self.boxes = structure, layout, tuple(items)
        whole = QRectF(0, 0, layout.width, layout.height)
        self.setSceneRect(whole.adjusted(-ground, -ground, ground, ground))
        self.ground = MainLineItem(self.sceneRect(), layout, text.legible)
        stages = structure.stages
        self.stages = [
            StageItem(part, stages[part.number - 1].blocks[0].name if inside else "")
            for part in layout.stages
        ]
        self.titles = [
            StageTitleItem(part, stages[part.number - 1].skips, text.legible)
            for part in layout.stages
        ]
        self.blocks = {name: item for item in items for name in item.box.names}
        self.skips: dict[str, SkipItem] = {}
        for box in layout.parts:
            if box.arc and box.junction:
                concat = structure.block(box.name).combine == "concat"
                self.skips[box.name] = SkipItem(box, concat, text.legible, roof=self.fits)
        self.ring = FocusItem()
        for item in (
            *(self.ring, self.ground, *self.stages, *self.titles),
            *(*items, *more, *self.skips.values()),
        ):
            self.addItem(item)

    def show_gates(self, gates: GateSettings) -> None:
        """Draw skips and branches as ``gates`` has them."""
        for skip in self.skips.values():
            skip.set_gate(float(np.mean([gates.skip(name) for name in skip.names])))
        for box in self.boxes:
            box.show_gates(gates)
        for title in self.titles:
            title.show_gates(gates)

    def show_facts(self, gates: GateSettings, result: Result | None, late: bool) -> None:
        """Let hovering tell what is known; ⊕ tells what it added unless that is ``late``."""
        for item in self.boxes:
            item.describe(self.structure, gates, result)
        met = {block.name: block.paths for block in result.now.blocks} if result else {}
        for skip in self.skips.values():
            skip.figures = ""
            if len(skip.names) == 1 and not late:
                block = self.structure.block(skip.names[0])
                skip.figures = explanation(block, met.get(block.name))

    def show_selection(self, name: str, layer: str = "") -> None:
        """Outline the block called ``name``, and a layer of it."""
        for item in self.boxes:
            item.show_selection(name)

    def show_fill(self, fill: Fill, faded: bool) -> None:
        """Colour the blocks; ``faded`` marks values of the past."""
        for item in self.boxes:
            item.show_fill(fill, faded)

    def show_picture(self, pixels: np.ndarray | None) -> None:
        """Show what the network sees, (S, S, 3) uint8, as the input."""
        self.ground.set_picture(pixels)

    def places(self) -> dict[str, QRectF]:
        """Where each block lies, by its name."""
        return {name: qrect(box.rect) for box in self.layout.parts for name in box.names}

    def focus_place(self, name: str, layer: str = "") -> QRectF:
        """What is selected, a block or a layer of it."""
        return self.blocks[name].focus_place()

    def show_focus(self, name: str, layer: str, focused: bool) -> None:
        """Draw a ring around what is selected while the diagram has the keyboard."""
        self.ring.put(self.focus_place(name, layer))
        self.ring.setVisible(focused)

    def stops(self) -> list[tuple[str, str]]:
        """Where the keys stop on their way from the input to the output: a block, and its layer
        where those are drawn."""
        return [(name, "") for box in self.layout.parts for name in box.names]

    def fold_of(self, name: str) -> str:
        """The first of the equal blocks that ``name`` is one of, or "" where none are folded."""
        return ""

    def is_convolution(self, layer: str) -> bool:
        """True if a convolution called ``layer`` is drawn here."""
        return False

    def beside(self, name: str, step: int) -> str:
        """The block that lies nearest to ``name`` in the next row (``step`` 1) or the one before
        (−1), or ``name`` where there is none."""

        def flow(other: str) -> tuple[int, float]:
            box = self.blocks[other].box
            return box.row, box.entry.y if box.vertical else box.entry.x

        row, at = flow(name)
        others = [other for other in self.blocks if flow(other)[0] == row + step]
        return min(others, key=lambda other: abs(flow(other)[1] - at), default=name)

    def surroundings(self, name: str) -> tuple[QRectF, QPointF | None]:
        """What is shown around a block, its stage, and at which point that begins."""
        number = self.structure.stage_of(name)
        area = self.places().get(name, self.sceneRect())
        for part in self.layout.stages:
            if number and part.number == number:
                area = area.united(qrect(part.rect))
        return area, None

    def paths(self) -> list[Path]:
        """The ways of the data, from the input to the output: to each block, then its skip and
        its branch; at last the way out."""
        paths: list[Path] = []
        layout = self.layout
        for box, edge in zip(layout.parts, layout.edges, strict=False):
            first, last = ("" if name == HEAD else name for name in (box.names[0], box.names[-1]))
            # The skip forks off on the way to the box.
            paths.append(Path(first, "trunk", edges_path([edge])))
            branch = QPainterPath(qpoint(box.entry))
            branch.lineTo(qpoint(box.exit))
            paths.append(Path(last, "branch", branch))
            if box.arc:
                paths.append(Path(last, "skip", arc_path(box.arc)))
        out = [qpoint(point) for edge in layout.edges[len(layout.parts) :] for point in edge]
        paths.append(Path("", "trunk", rounded(out, 9)))
        return paths


def nearest(places: Mapping[str, QRectF], at: QPointF) -> str:
    """The name of the block whose place is nearest to a point."""

    def distance(name: str) -> float:
        place = places[name]
        dx = max(place.left() - at.x(), 0.0, at.x() - place.right())
        dy = max(place.top() - at.y(), 0.0, at.y() - place.bottom())
        return dx * dx + dy * dy

    return min(places, key=distance)
