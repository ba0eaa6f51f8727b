"""The level of the network as a scene: stages as bars, equal blocks folded."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsScene

from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.facts import bar_card, block_card
from resnet_viz.views.diagram.items.bar import BarItem, FoldItem
from resnet_viz.views.diagram.items.ground import MainLineItem, StageItem, StageTitleItem
from resnet_viz.views.diagram.items.paint import arc_path, edges_path, qpoint, qrect
from resnet_viz.views.diagram.items.skip import SkipItem
from resnet_viz.views.diagram.layout.geometry import Text
from resnet_viz.views.diagram.layout.network import NetworkLayout, lay_out_network
from resnet_viz.views.diagram.measures import Fill
from resnet_viz.views.diagram.scenes.blocks import HEAT_MAP, show_stage_gates
from resnet_viz.views.diagram.scenes.level import LevelName, Path
from resnet_viz.views.widgets import theme


class NetworkScene(QGraphicsScene):
    """``bars`` in order, ``folds`` and ``skips`` by the name of their first block."""

    level: LevelName = "network"

    def __init__(
        self,
        structure: Structure,
        width: float,
        height: float,
        text: Text,
        opened: frozenset[str],
    ) -> None:
        super().__init__()
        self.structure = structure
        self.layout: NetworkLayout = lay_out_network(structure, width, height, text, opened)
        layout = self.layout
        self.setSceneRect(QRectF(0, 0, layout.width, layout.height))
        colours = theme.colour_map(HEAT_MAP)
        self.ground = MainLineItem(
            QRectF(0, 0, layout.width, layout.height),
            layout.input,
            layout.edges,
            layout.head,
            (*layout.input_labels, layout.head_label, *layout.notes),
            layout.spacing,
            text.legible,
        )
        self.stages = [StageItem(part) for part in layout.stages]
        self.titles = [StageTitleItem(part, text.legible) for part in layout.stages]
        self.bars = [BarItem(bar, bar.stage == 0, text.legible, colours) for bar in layout.bars]
        self.folds = {fold.key: FoldItem(fold, text.legible) for fold in layout.folds}
        self.skips: dict[str, SkipItem] = {}
        for bar in layout.bars:
            if bar.arc and bar.junction:
                concat = structure.block(bar.names[0]).combine == "concat"
                sign = "‖" if concat else "+"
                self.skips[bar.names[0]] = SkipItem(
                    bar.names, bar.rect, bar.arc, bar.junction, sign, text.legible
                )
        for item in (self.ground, *self.stages, *self.titles, *self.bars):
            self.addItem(item)
        for above in (*self.folds.values(), *self.skips.values()):
            self.addItem(above)

    def show_gates(self, gates: GateSettings) -> None:
        for skip in self.skips.values():
            skip.set_gate(float(np.mean([gates.skip(name) for name in skip.names])))
        for item in self.bars:
            item.branch = float(np.mean([gates.branch(name) for name in item.bar.names]))
            item.update()
        show_stage_gates(self.titles, self.structure, gates)

    def show_selection(self, name: str) -> None:
        for item in self.bars:
            item.selected = name if name in item.bar.names else ""
            item.update()

    def show_fill(self, fill: Fill, faded: bool) -> None:
        for item in self.bars:
            item.set_fill(fill.values, fill.scale, faded)

    def show_picture(self, pixels: np.ndarray | None) -> None:
        self.ground.set_picture(pixels)

    def show_tooltips(self, gates: GateSettings, result: Result | None) -> None:
        for item in self.bars:
            names = item.bar.names
            if len(names) == 1:
                item.setToolTip(block_card(self.structure.block(names[0]), gates, result))
            else:
                item.setToolTip(bar_card(names, self.structure))

    def places(self) -> dict[str, QRectF]:
        return {name: qrect(bar.rect) for bar in self.layout.bars for name in bar.names}

    def paths(self) -> list[Path]:
        paths: list[Path] = []
        edges = self.layout.edges
        for bar, edge in zip(self.layout.bars, edges, strict=False):
            paths.append(Path(bar.names[0], "trunk", edges_path([edge])))
            branch = QPainterPath(qpoint(edge[-1]))
            branch.lineTo(qpoint(bar.exit))
            paths.append(Path(bar.names[-1], "branch", branch))
            if bar.arc:
                paths.append(Path(bar.names[-1], "skip", arc_path(bar.arc)))
        out = QPainterPath(qpoint(edges[len(self.layout.bars)][0]))
        for edge in edges[len(self.layout.bars) :]:
            for point in edge:
                out.lineTo(qpoint(point))
        paths.append(Path("", "trunk", out))
        return paths
