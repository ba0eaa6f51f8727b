"""One side of a comparison: which network, with which skips, and its strip of blocks."""

from __future__ import annotations

from typing import Literal, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.numbers import per_cent
from resnet_viz.figures.scale import Scale
from resnet_viz.networks import catalog
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.plots.strip import Cell, NetworkStrip
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

Skips = Literal["on", "off", "explorer"]

SKIPS: dict[Skips, str] = {
    "on": "all skips on",
    "off": "all skips off",
    "explorer": "skips as in the explorer",
}
AS_EXPLORER = ""
"""The network box's value for the network that the explorer shows."""


class Side(QWidget):
    """``changed`` follows the user's choices; ``chosen`` carries the name of a clicked block."""

    changed = Signal()
    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._structure: Structure | None = None
        self.title = PlainLabel(name)
        self.network = QComboBox()
        self.network.setAccessibleName(f"{name}: network")
        self.network.addItem("As in the explorer", AS_EXPLORER)
        for spec in catalog.CATALOG.values():
            self.network.addItem(f"{spec.title} · {spec.data_title}", spec.name)
        self.network.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.network.setMinimumContentsLength(14)
        self.skips = QComboBox()
        self.skips.setAccessibleName(f"{name}: skips")
        for value, text in SKIPS.items():
            self.skips.addItem(text, value)
        self.summary = PlainLabel()
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.strip = NetworkStrip()
        for box in (self.network, self.skips):
            box.activated.connect(lambda _: self.changed.emit())
        self.strip.clicked.connect(self._clicked)
        top = QHBoxLayout()
        for widget in (self.title, self.network, self.skips):
            top.addWidget(widget)
        top.addWidget(self.summary, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(top)
        rows.addWidget(self.strip)

    def choose(self, network: str, skips: Skips) -> None:
        """Set both boxes, without a signal."""
        self.network.setCurrentIndex(max(0, self.network.findData(network)))
        self.skips.setCurrentIndex(get_args(Skips).index(skips))

    def show_result(self, result: Result, scale: Scale) -> None:
        """Colour the strip by the gradient norm on ``scale``, and say what was predicted."""
        structure = result.structure
        self._structure = structure
        weights = "" if result.weights.trained else ", untrained"
        self.strip.show_network(
            "",
            [
                Cell(
                    block.name,
                    structure.stage_of(block.name),
                    block.has_skip and result.snapshot.gates.skip(block.name) > 0,
                )
                for block in structure.blocks
            ],
        )
        self.strip.show_values([block.gradient_norm for block in result.now.blocks], scale)
        best = result.now.top(1)[0]
        text = (
            f"{structure.title}{weights}, {skips_in_words(result)}: "
            f"“{result.labels[best]}” {per_cent(float(result.now.probabilities[best]))}"
        )
        self.summary.setText(text)
        self.summary.setToolTip(plain(text))
        self.strip.setAccessibleName(text)

    def mark(self, block: str) -> None:
        """Outline the block called ``block``."""
        if self._structure is not None:
            self.strip.set_marker([one.name for one in self._structure.blocks].index(block))

    def retheme(self, colour: str) -> None:
        """Take the theme's colours; ``colour`` is this side's, in all pictures."""
        self.title.setStyleSheet(f"color: {colour}; font-weight: 700")
        self.summary.setStyleSheet(f"color: {theme.current().text}")
        self.strip.retheme()

    def _clicked(self, index: int) -> None:
        if self._structure is not None:
            self.chosen.emit(self._structure.blocks[index].name)


def skips_in_words(result: Result) -> str:
    """Which skips were on: "no skips", "all 27 skips on", "3 of 27 skips off"."""
    skips, gates = result.structure.skips, result.snapshot.gates
    if not skips:
        return "no skips"
    off = sum(gates.skip(name) == 0.0 for name in skips)
    partly = sum(0.0 < gates.skip(name) < 1.0 for name in skips)
    if not off and not partly:
        return f"all {len(skips)} skips on"
    weaker = f", {partly} weaker" if partly else ""
    return (
        f"all {len(skips)} skips off"
        if off == len(skips)
        else (f"{off} of {len(skips)} skips off{weaker}")
    )
