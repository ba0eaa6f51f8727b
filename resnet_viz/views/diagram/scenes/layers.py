"""The level of layers as a scene: a card for every layer of every block."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsScene

from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.facts import block_card
from resnet_viz.views.diagram.items.frame import THUMBNAIL_MAP, CardItem, FrameItem
from resnet_viz.views.diagram.items.ground import MainLineItem
from resnet_viz.views.diagram.items.paint import arc_path, edges_path, qpoint, qrect
from resnet_viz.views.diagram.items.skip import SkipItem
from resnet_viz.views.diagram.layout.geometry import Rect, Text
from resnet_viz.views.diagram.layout.layers import HEAD, LayersLayout, lay_out_layers
from resnet_viz.views.diagram.measures import Fill
from resnet_viz.views.diagram.scenes.level import LevelName, Path
from resnet_viz.views.widgets import theme


class LayersScene(QGraphicsScene):
    """``frames`` and ``skips`` by the block's name, ``cards`` by the layer's (the first of it)."""

    level: LevelName = "layers"

    def __init__(self, structure: Structure, width: float, height: float, text: Text) -> None:
        super().__init__()
        self.structure = structure
        self.layout: LayersLayout = lay_out_layers(structure, width, height, text)
        layout = self.layout
        # With ground around it, so that the first and the last block can be in the middle.
        ground = 5 * text.size
        whole = QRectF(0, 0, layout.width, layout.height)
        self.setSceneRect(whole.adjusted(-ground, -ground, ground, ground))
        colours = theme.colour_map(THUMBNAIL_MAP)
        labels = layout.input_labels
        self.ground = MainLineItem(
            self.sceneRect(), layout.input, layout.edges, (), labels, layout.spacing, text.legible
        )
        self.addItem(self.ground)
        self.frames: dict[str, FrameItem] = {}
        self.cards: dict[str, CardItem] = {}
        self.skips: dict[str, SkipItem] = {}
        self._cards_of: dict[str, list[CardItem]] = {}
        for frame in layout.frames:
            self.frames[frame.name] = FrameItem(frame, text.legible, colours)
            self.addItem(self.frames[frame.name])
            in_block = frame.name not in (HEAD, "stem")
            for card in frame.cards:
                item = CardItem(card, frame.name, in_block, text.legible)
                self._cards_of.setdefault(frame.name, []).append(item)
                self.cards.setdefault(item.name, item)
                self.addItem(item)
            if frame.arc and frame.junction:
                sign = "‖" if structure.block(frame.name).combine == "concat" else "+"
                # Only the curve itself is a switch: the ground below it is the frame's.
                edge = Rect(frame.arc.top, frame.arc.top, 0.0, 0.0)
                skip = SkipItem((frame.name,), edge, frame.arc, frame.junction, sign, text.legible)
                self.skips[frame.name] = skip
                self.addItem(skip)

    def show_gates(self, gates: GateSettings) -> None:
        for name, skip in self.skips.items():
            skip.set_gate(gates.skip(name))
        for name, cards in self._cards_of.items():
            for card in cards:
                gate = gates.skip(name) if card.card.on_shortcut else gates.branch(name)
                card.off = gate == 0.0
                card.update()

    def show_selection(self, name: str) -> None:
        for frame in self.frames.values():
            frame.selected = frame.name == name
            frame.update()

    def select_layer(self, name: str) -> None:
        """Outline one layer's card; no card where ``name`` is none's."""
        for card in self.cards.values():
            card.selected = card.name == name
            card.update()

    def show_fill(self, fill: Fill, faded: bool) -> None:
        for name, frame in self.frames.items():
            frame.set_fill(fill.values.get(name), fill.scale, faded)

    def show_picture(self, pixels: np.ndarray | None) -> None:
        self.ground.set_picture(pixels)

    def show_tooltips(self, gates: GateSettings, result: Result | None) -> None:
        for block in self.structure.blocks:
            frame = self.frames[block.name]
            frame.setToolTip(block_card(block, gates, result))
        if result is not None:
            for measured in result.now.blocks:
                if measured.name in self.frames:
                    self.frames[measured.name].set_activation(measured.activation)

    def places(self) -> dict[str, QRectF]:
        return {name: qrect(item.frame.rect) for name, item in self.frames.items()}

    def paths(self) -> list[Path]:
        paths: list[Path] = []
        for frame, edge in zip(self.layout.frames, self.layout.edges, strict=False):
            name = "" if frame.name == HEAD else frame.name
            paths.append(Path(name, "trunk", edges_path([edge])))
            branch = QPainterPath(qpoint(frame.entry))
            branch.lineTo(qpoint(frame.exit))
            paths.append(Path(name, "branch", branch))
            if frame.arc:
                paths.append(Path(name, "skip", arc_path(frame.arc)))
        paths.append(Path("", "trunk", edges_path([self.layout.edges[-1]])))
        return paths
