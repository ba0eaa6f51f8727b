"""The level of the network: stages as bars, equal blocks folded."""

from __future__ import annotations

from resnet_viz.figures.layout.geometry import Text
from resnet_viz.figures.layout.network import lay_out_network
from resnet_viz.figures.layout.parts import Bar
from resnet_viz.networks.structure import Structure
from resnet_viz.views.diagram.items.bar import BarItem, FoldItem
from resnet_viz.views.diagram.scenes.level import Level


class NetworkLevel(Level):
    """``folds`` are by the name of the first of the equal blocks."""

    def __init__(
        self,
        structure: Structure,
        width: float,
        height: float,
        text: Text,
        opened: frozenset[str],
    ) -> None:
        layout = lay_out_network(structure, width, height, text, opened)
        items = [BarItem(bar, bar.stage == 0, text.legible) for bar in layout.parts]
        folds = {fold.key: FoldItem(fold, text.legible) for fold in layout.folds}
        super().__init__(structure, layout, items, text, tuple(folds.values()), inside=True)
        self.folds = folds

    def fold_of(self, name: str) -> str:
        bar = self.blocks[name].box
        assert isinstance(bar, Bar)
        return bar.key if bar.key in self.folds else ""
