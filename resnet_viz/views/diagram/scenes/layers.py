"""The level of layers: a card for every layer of every block."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from resnet_viz.figures.layout.geometry import Text
from resnet_viz.figures.layout.layers import lay_out_layers
from resnet_viz.figures.layout.parts import HEAD
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.items.frame import CardItem, FrameItem
from resnet_viz.views.diagram.items.paint import qpoint, qrect
from resnet_viz.views.diagram.scenes.level import Level


class LayersLevel(Level):
    """``cards`` are by the layer's name (the first of it)."""

    fits = False

    def __init__(self, structure: Structure, width: float, height: float, text: Text) -> None:
        layout = lay_out_layers(structure, width, height, text)
        frames = [FrameItem(frame, text.legible) for frame in layout.parts]
        every = [
            CardItem(card, frame.name, text.legible)
            for frame in layout.parts
            for card in frame.cards
        ]
        # With ground around it, so that the first and the last block can be in the middle.
        super().__init__(structure, layout, frames, text, every, ground=5 * text.size)
        self._frames, self._every = frames, every
        self.cards: dict[str, CardItem] = {}
        for card in every:
            self.cards.setdefault(card.name, card)

    def show_gates(self, gates: GateSettings) -> None:
        super().show_gates(gates)
        for card in self._every:
            card.show_gates(gates)

    def show_facts(self, gates: GateSettings, result: Result | None, late: bool) -> None:
        super().show_facts(gates, result, late)
        measured = {block.name: block for block in result.now.blocks} if result else {}
        for frame in self._frames:
            if frame.name in measured:
                frame.set_activation(measured[frame.name].activation)

    def show_selection(self, name: str, layer: str = "") -> None:
        super().show_selection(name, layer)
        for card in self._every:
            card.show_selection(layer)

    def focus_place(self, name: str, layer: str = "") -> QRectF:
        if layer in self.cards:
            return qrect(self.cards[layer].card.rect)
        return super().focus_place(name)

    def stops(self) -> list[tuple[str, str]]:
        return [(card.block, name) for name, card in self.cards.items()]

    def is_convolution(self, layer: str) -> bool:
        return layer in self.cards and self.cards[layer].is_convolution

    def surroundings(self, name: str) -> tuple[QRectF, QPointF | None]:
        places = self.places()
        name = name if name in places else HEAD
        start = qpoint(self.blocks[name].box.entry)
        return places[name].adjusted(-8, -8, 8, 8), start
