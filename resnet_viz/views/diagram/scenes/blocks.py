"""The level of blocks as a scene: built once for a structure and a size, then only recoloured."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsScene

from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.facts import block_card
from resnet_viz.views.diagram.items.block import BlockItem
from resnet_viz.views.diagram.items.ground import MainLineItem, StageItem, StageTitleItem
from resnet_viz.views.diagram.items.paint import arc_path, edges_path, qpoint, qrect
from resnet_viz.views.diagram.items.skip import SkipItem
from resnet_viz.views.diagram.layout.blocks import lay_out
from resnet_viz.views.diagram.layout.geometry import Text
from resnet_viz.views.diagram.layout.parts import Layout
from resnet_viz.views.diagram.measures import Fill
from resnet_viz.views.diagram.scenes.level import LevelName, Path
from resnet_viz.views.widgets import theme

HEAT_MAP = "viridis"


class DiagramScene(QGraphicsScene):
    """The items of one network. ``blocks`` and ``skips`` are by the block's name."""

    level: LevelName = "blocks"

    def __init__(self, structure: Structure, width: float, height: float, text: Text) -> None:
        super().__init__()
        self.structure = structure
        self.layout: Layout = lay_out(structure, width, height, text)
        self.setSceneRect(QRectF(0, 0, self.layout.width, self.layout.height))
        colours = theme.colour_map(HEAT_MAP)
        layout = self.layout
        self.ground = MainLineItem(
            self.sceneRect(),
            layout.input,
            layout.edges,
            layout.head,
            (*layout.input_labels, layout.head_label),
            layout.spacing,
            text.legible,
            layout.captions,
            layout.vertical,
        )
        self.stages = [StageItem(part) for part in self.layout.stages]
        self.titles = [StageTitleItem(part, text.legible) for part in self.layout.stages]
        self.blocks: dict[str, BlockItem] = {}
        self.skips: dict[str, SkipItem] = {}
        for block, box in zip(structure.blocks, self.layout.blocks, strict=True):
            is_stem = block.kind == "stem"
            self.blocks[block.name] = BlockItem(box, is_stem, text.legible, colours)
            if box.arc and box.junction:
                sign = "‖" if block.combine == "concat" else "+"
                names = (block.name,)
                skip = SkipItem(names, box.rect, box.arc, box.junction, sign, text.legible)
                self.skips[block.name] = skip
        for item in (
            self.ground,
            *self.stages,
            *self.titles,
            *self.blocks.values(),
            *self.skips.values(),
        ):
            self.addItem(item)

    def stage_skips(self, number: int) -> tuple[str, ...]:
        """The names of a stage's blocks that have a skip."""
        return self.structure.stages[number - 1].skips

    def show_gates(self, gates: GateSettings) -> None:
        """Draw skips and branches as ``gates`` has them."""
        for name, skip in self.skips.items():
            skip.set_gate(gates.skip(name))
        for name, item in self.blocks.items():
            item.branch = gates.branch(name)
            item.update()
        show_stage_gates(self.titles, self.structure, gates)

    def show_selection(self, name: str) -> None:
        """Outline the block called ``name``."""
        for item in self.blocks.values():
            item.selected = item.box.name == name
            item.update()

    def show_fill(self, fill: Fill, faded: bool) -> None:
        """Colour the heat bars; ``faded`` says that the values are not those of these gates."""
        for name, item in self.blocks.items():
            item.set_heat(fill.values.get(name), fill.scale, faded)

    def show_picture(self, pixels: np.ndarray | None) -> None:
        self.ground.set_picture(pixels)

    def show_tooltips(self, gates: GateSettings, result: Result | None) -> None:
        for block in self.structure.blocks:
            self.blocks[block.name].setToolTip(block_card(block, gates, result))

    def places(self) -> dict[str, QRectF]:
        return {box.name: qrect(box.rect) for box in self.layout.blocks}

    def paths(self) -> list[Path]:
        """The main line to each block, then its skip and its branch; at last the way out."""
        paths: list[Path] = []
        edges = self.layout.edges
        for box, edge in zip(self.layout.blocks, edges, strict=False):
            # The skip forks off on the way to the box.
            paths.append(Path(box.name, "trunk", edges_path([edge])))
            leave = qpoint(edge[-1])
            branch = QPainterPath(leave)
            if box.vertical:
                branch.lineTo(box.trunk, box.exit_x)
            else:
                branch.lineTo(box.exit_x, box.trunk)
            paths.append(Path(box.name, "branch", branch))
            if box.arc:
                paths.append(Path(box.name, "skip", arc_path(box.arc)))
        out = QPainterPath(qpoint(edges[len(self.layout.blocks)][0]))
        for edge in edges[len(self.layout.blocks) :]:
            for point in edge:
                out.lineTo(qpoint(point))
        paths.append(Path("", "trunk", out))
        return paths


def show_stage_gates(
    titles: list[StageTitleItem], structure: Structure, gates: GateSettings
) -> None:
    """Set the switches of the stages' titles."""
    for title in titles:
        names = structure.stages[title.part.number - 1].skips
        if names:
            values = [gates.skip(name) for name in names]
            some = 0.5 if any(values) else 0.0
            title.set_on(1.0 if all(value == 1 for value in values) else some)
