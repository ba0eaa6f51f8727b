"""The level of blocks: every block with the layers of its residual branch, and its skip."""

from __future__ import annotations

from resnet_viz.figures.layout.blocks import lay_out
from resnet_viz.figures.layout.geometry import Text
from resnet_viz.networks.structure import Structure
from resnet_viz.views.diagram.items.block import BlockItem
from resnet_viz.views.diagram.scenes.level import Level


class BlocksLevel(Level):
    def __init__(self, structure: Structure, width: float, height: float, text: Text) -> None:
        layout = lay_out(structure, width, height, text)
        stem = structure.stem.name
        items = [BlockItem(box, box.name == stem, text.legible) for box in layout.parts]
        super().__init__(structure, layout, items, text)
