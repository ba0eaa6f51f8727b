"""The block diagram as a scene: built once for a structure and a size, then only recoloured."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsScene

from resnet_viz.analysis.result import Result
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Block, Structure
from resnet_viz.views import theme
from resnet_viz.views.diagram.block_item import BlockItem
from resnet_viz.views.diagram.geometry import Text, shape_text
from resnet_viz.views.diagram.heat import GradientScale, number_text
from resnet_viz.views.diagram.items import GroundItem, StageItem, StageTitleItem
from resnet_viz.views.diagram.layout import Layout, lay_out
from resnet_viz.views.diagram.skip_item import SkipItem

HEAT_MAP = "viridis"


class DiagramScene(QGraphicsScene):
    """The items of one network. ``blocks`` and ``skips`` are by the block's name."""

    def __init__(self, structure: Structure, width: float, height: float, text: Text) -> None:
        super().__init__()
        self.structure = structure
        self.layout: Layout = lay_out(structure, width, height, text)
        self.setSceneRect(QRectF(0, 0, self.layout.width, self.layout.height))
        colours = theme.colour_map(HEAT_MAP)
        self.ground = GroundItem(self.layout, text.legible)
        self.stages = [StageItem(part) for part in self.layout.stages]
        self.titles = [StageTitleItem(part, text.legible) for part in self.layout.stages]
        self.blocks: dict[str, BlockItem] = {}
        self.skips: dict[str, SkipItem] = {}
        for block, box in zip(structure.blocks, self.layout.blocks, strict=True):
            is_stem = block.kind == "stem"
            self.blocks[block.name] = BlockItem(box, is_stem, text.legible, colours)
            if box.arc and box.junction:
                sign = "‖" if block.combine == "concat" else "+"
                skip = SkipItem(box, box.arc, box.junction, sign, text.legible)
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
        for title in self.titles:
            names = self.stage_skips(title.part.number)
            if names:
                values = [gates.skip(name) for name in names]
                some = 0.5 if any(values) else 0.0
                title.set_on(1.0 if all(value == 1 for value in values) else some)

    def show_selection(self, name: str) -> None:
        """Outline the block called ``name``."""
        for item in self.blocks.values():
            item.selected = item.box.name == name
            item.update()

    def show_result(self, result: Result | None, faded: bool) -> GradientScale | None:
        """Colour the heat bars and show the input; returns the scale of the colours.

        ``faded`` says that the result is not that of the gates which are drawn.
        """
        if result is None:
            return None
        norms = {block.name: block.gradient_norm for block in result.now.blocks}
        before = [block.gradient_norm for block in result.all_on.blocks]
        scale = GradientScale.covering([*norms.values(), *before])
        for name, item in self.blocks.items():
            item.set_heat(norms.get(name), scale, faded)
        self.ground.set_picture(result.network_input)
        return scale

    def show_tooltips(self, gates: GateSettings, result: Result | None) -> None:
        now = {b.name: b for b in result.now.blocks} if result else {}
        before = {b.name: b.gradient_norm for b in result.all_on.blocks} if result else {}
        for block in self.structure.blocks:
            lines = _facts(block, gates)
            measured = now.get(block.name)
            if measured and measured.skip_share is not None:
                share = f"{100 * measured.skip_share:.0f} %"
                lines.append(f"Skip share ‖skip‖ / (‖skip‖ + ‖branch‖): {share}")
            if measured:
                norm = number_text(measured.gradient_norm)
                lines.append(f"Gradient norm ‖∂y/∂a‖: {norm}")
            if measured and result and result.now is not result.all_on:
                lines[-1] += f" (with all skips on: {number_text(before[block.name])})"
            self.blocks[block.name].setToolTip("<br>".join(lines))


def _facts(block: Block, gates: GateSettings) -> list[str]:
    """What is known of a block without running it, line by line."""
    kind = {"stem": "stem", "basic": "basic block", "bottleneck": "bottleneck block"}[block.kind]
    title = "" if block.kind == "stem" else f" · {kind}"
    lines = [
        f"<b>{escape(block.name)}</b>{title}",
        f"{shape_text(block.input_shape)} → {shape_text(block.output_shape)}",
        f"{block.parameters:,} parameters · {_millions(block.macs)} MACs",
    ]
    if block.has_skip:
        kinds = {
            "identity": "identity",
            "pad": "subsampled and padded with zeros (option A)",
            "projection": "1×1 projection (option B)",
            "none": "",
        }
        gate = gates.skip(block.name)
        state = {0.0: "off", 1.0: "on"}.get(gate, f"at {gate:.2g}")
        lines.append(f"Skip: {kinds[block.shortcut]}, {state}")
        if gate == 0.0 and block.shortcut == "projection":
            lines.append("With the skip off, its projection is dropped as well.")
    branch = gates.branch(block.name)
    if branch != 1.0:
        lines.append(f"Residual branch: {'off' if branch == 0.0 else f'at {branch:.2g}'}")
    return lines


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count:,}"
