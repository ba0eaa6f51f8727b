"""Compare: two networks, or one with its skips on and off, side by side in step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script import comparison_script
from resnet_viz.figures import comparison as figures
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.numbers import power_of_ten
from resnet_viz.figures.scale import Scale
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.attribution import AttributionRequest, Pair, PairRequest
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.comparison import CompareRequest, Comparison, counterpart
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.compare.maps import Maps
from resnet_viz.views.compare.odds import Odds
from resnet_viz.views.compare.side import AS_EXPLORER, Side, Skips
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.plots.strip import HEAT_MAP
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.progress_row import ProgressRow
from resnet_viz.views.widgets.scale_bar import ScaleBar

GRAD_CAM = "grad_cam"
PRESETS: dict[str, tuple[tuple[str, Skips], tuple[str, Skips]]] = {
    "Skips on | off": ((AS_EXPLORER, "on"), (AS_EXPLORER, "off")),
    "Residual | plain": (("resnet56", "on"), ("plain56", "on")),
    "20 | 56 layers": (("resnet20", "on"), ("resnet56", "on")),
    "Plain 20 | 56": (("plain20", "on"), ("plain56", "on")),
}
"""A comparison for each button: network and skips of the left and of the right side."""


class ComparePage(Page):
    """Selection, target and scales are shared: what is chosen on one side is chosen on both."""

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.channel = Channel(worker, "compare", self)
        self._comparison: Comparison | None = None
        self._asked: CompareRequest | None = None
        self._refused: CompareRequest | None = None
        self._block = ""
        self._blocks = ("", "")
        self._pair: Pair | None = None
        self.mapping = Channel(worker, "compare attribution", self)
        self.left, self.right = Side("Left"), Side("Right")
        self.presets = [self._preset(text) for text in PRESETS]
        self.sentence = LinkedLabel()
        self.empty = PlainLabel("Both sides appear once they are computed.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.progress = ProgressRow(self.channel)
        self.colours = ScaleBar(theme.colour_map(HEAT_MAP))
        self.colours.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.maps = Maps()
        self.method = QComboBox()
        for method in METHODS.values():
            self.method.addItem(method.title, method.name)
            warning = f"\n{method.warning}." if method.warning else ""
            tip = f"{method.sentence}\n{method.paper}. Costs {method.cost}.{warning}"
            self.method.setItemData(self.method.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.setAccessibleName("Method of the maps")
        self.method.setToolTip("Which maps of both sides are compared")
        self.attributing = ProgressRow(self.mapping)
        self.plot = Plot("Gradient norm of the target's logit at each block's output, L2")
        self.odds = Odds()
        self._arrange()
        self.left.choose(AS_EXPLORER, "on")
        self.right.choose(AS_EXPLORER, "off")
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._ask)
        for side in (self.left, self.right):
            side.changed.connect(self._later.start)
        self.left.chosen.connect(self._select_left)
        self.right.chosen.connect(self._select_right)
        self.plot.clicked.connect(self._plot_clicked)
        state.snapshot_changed.connect(lambda _: self._later.start())
        self.channel.updated.connect(self._show)
        self.channel.failed.connect(self._failed)
        self.method.currentIndexChanged.connect(lambda _: self._map())
        self.mapping.updated.connect(self._mapped)
        self.mapping.failed.connect(self._not_mapped)
        self.attributing.cancel.clicked.connect(lambda: self._not_mapped(""))
        self.retheme()

    def _preset(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: self._choose(text))
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        for button in self.presets:
            top.addWidget(button)
        top.addWidget(PlainLabel("Maps"))
        top.addWidget(self.method)
        top.addWidget(self.progress, 1)
        top.addWidget(self.colours)
        measured = QVBoxLayout()
        measured.addWidget(self.plot, 1)
        measured.addWidget(self.odds)
        self.body = QWidget()
        halves = QHBoxLayout(self.body)
        halves.setContentsMargins(0, 0, 0, 0)
        halves.setSpacing(12)
        shown = QVBoxLayout()
        shown.addWidget(self.maps, 1)
        shown.addWidget(self.attributing)
        halves.addLayout(shown, 1)
        halves.addLayout(measured, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 6, 8, 6)
        rows.setSpacing(4)
        rows.addLayout(top)
        rows.addWidget(self.left)
        rows.addWidget(self.right)
        rows.addWidget(self.sentence)
        rows.addWidget(self.empty, 1)
        rows.addWidget(self.body, 1)
        self.body.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._later.start()

    def show_result(self, result: Result) -> None:
        self._later.start()

    def retheme(self) -> None:
        look = theme.current()
        self.left.retheme(look.skip)
        self.right.retheme(look.branch)
        self.plot.retheme()
        if self._comparison is not None:
            self._show(self._comparison)

    def choices(self) -> dict[str, Json]:
        """Network and skips of both sides, and the method of the maps."""
        sides = {"left": self.left, "right": self.right}
        chosen: dict[str, Json] = {
            name: {"network": side.network.currentData(), "skips": side.skips.currentData()}
            for name, side in sides.items()
        }
        return {**chosen, "method": self.method.currentData()}

    def restore(self, choices: Mapping[str, Json]) -> None:
        for name, side in (("left", self.left), ("right", self.right)):
            kept = choices.get(name, {})
            choose(side.network, kept.get("network"))
            choose(side.skips, kept.get("skips"))
        choose(self.method, choices.get("method"))
        self._later.start()

    def _choose(self, preset: str) -> None:
        for side, (network, skips) in zip((self.left, self.right), PRESETS[preset], strict=True):
            side.choose(network, skips)
        self._ask()

    def _ask(self) -> None:
        """Compare what is chosen, if the page is on screen and it is not on it already."""
        if not self.isVisible():
            return
        request = CompareRequest(
            self._snapshot(self.left),
            self._snapshot(self.right),
            self.left.skips.currentData() == "off",
            self.right.skips.currentData() == "off",
        )
        if request == self._asked or (self._refused and request.next_frame_of(self._refused)):
            return
        self._refused = None
        self._asked = request
        if self.channel.running:
            self.channel.tell(request)
        else:
            self.channel.start(request)

    def _snapshot(self, side: Side) -> Snapshot:
        now = self.state.snapshot
        name = side.network.currentData() or now.network
        skips: Skips = side.skips.currentData()
        same = name == now.network
        gates = now.gates if skips == "explorer" and same else GateSettings()
        known = same or catalog.find(name).family == now.own_spec.family
        return replace(
            now,
            network=name,
            gates=gates,
            weights=now.weights if same else WeightsChoice(),
            target=now.target if known else None,
        )

    def _failed(self, sentence: str) -> None:
        self._asked, self._refused = None, self._asked
        self.say(sentence)

    def _show(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self.say("")  # what kept an earlier one from being made
        self.progress.hide()
        self.empty.hide()
        self.body.show()
        left, right = comparison.left, comparison.right
        blocks = (*left.now.blocks, *right.now.blocks)
        scale = Scale.covering(block.gradient_norm for block in blocks)
        self.colours.set_labels(
            power_of_ten(scale.low), power_of_ten(scale.high), "gradient norm, L2"
        )
        self.left.show_result(left, scale)
        self.right.show_result(right, scale)
        self.plot.show_chart(figures.gradients(comparison))
        self.odds.show_comparison(comparison)
        self.sentence.say_plain(figures.sentence(comparison))
        names = [block.name for block in left.now.blocks]
        self._select_left(self._block if self._block in names else names[-1])

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self._comparison is None:
            return ()
        shown = figures.comparison(self._comparison, self._block)
        if self._pair is None and self.method.currentData() != GRAD_CAM:
            return (shown,)
        return (shown, figures.maps(self._comparison, self._blocks, self._pair))

    def script(self, result: Result | None) -> str:
        """The gradients of both sides."""
        if self._comparison is None:
            return super().script(None)
        return comparison_script(self._comparison.left, self._comparison.right)

    def _select_left(self, block: str) -> None:
        if self._comparison is None:
            return
        left, right = self._comparison.left.structure, self._comparison.right.structure
        self._select(block, counterpart(left, block, right))

    def _select_right(self, block: str) -> None:
        if self._comparison is None:
            return
        left, right = self._comparison.left.structure, self._comparison.right.structure
        self._select(counterpart(right, block, left), block)

    def _select(self, left: str, right: str) -> None:
        assert self._comparison is not None
        self._block = left
        self.left.mark(left)
        self.right.mark(right)
        names = [block.name for block in self._comparison.left.structure.blocks]
        self.plot.set_marker(names.index(left))
        self._blocks = (left, right)
        self._map()

    def _map(self) -> None:
        """Draw the maps of the chosen method; those of all but Grad-CAM are made first."""
        comparison, method = self._comparison, self.method.currentData()
        if comparison is None:
            return
        if method == GRAD_CAM:
            self.mapping.stop()
            self.attributing.hide()
            self._pair = None
            self.maps.show_blocks(comparison, *self._blocks)
            return
        of_block = METHODS[method].uses_block
        sides = [
            AttributionRequest(
                side.snapshot, (method,), block if of_block else "", side.now.target, as_set=True
            )
            for side, block in zip((comparison.left, comparison.right), self._blocks, strict=True)
        ]
        request = PairRequest(sides[0], sides[1])
        if self._pair is not None and self._pair.request == request:
            self.maps.show_blocks(comparison, *self._blocks, self._pair)
            return
        self._pair = None
        self.maps.show_blocks(comparison, *self._blocks)
        self.maps.show_waiting(figures.of_whom(comparison, METHODS[method]))
        self.mapping.start(request)

    def _mapped(self, pair: Pair) -> None:
        if self._comparison is not None:
            self._pair = pair
            self.maps.show_blocks(self._comparison, *self._blocks, pair)

    def _not_mapped(self, sentence: str) -> None:
        """Cancelled, or it cannot be done: back to the maps that are always there."""
        choose(self.method, GRAD_CAM)
        self.say(sentence)

    def _plot_clicked(self, index: int) -> None:
        if self._comparison is not None:
            blocks = self._comparison.left.structure.blocks
            self._select_left(blocks[min(index, len(blocks) - 1)].name)
