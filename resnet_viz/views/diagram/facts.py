"""What hovering says about a block, a skip or a layer, in words and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from resnet_viz.figures.layout.geometry import shape_text
from resnet_viz.figures.layout.layer_text import details, heading, kind_text
from resnet_viz.figures.numbers import count_text, number_text
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.structure import Block, Layer, Structure
from resnet_viz.results.result import BlockPass, Result
from resnet_viz.views.diagram.fills import sparsity

_SHORTCUTS = {
    "identity": "identity",
    "pad": "subsampled and padded with zeros (option A)",
    "projection": "1×1 projection (option B)",
    "none": "",
}
_MOST_STATES = 12


def block_card(block: Block, gates: GateSettings, result: Result | None) -> str:
    """A block's figures and the names of its tensors, as rich text."""
    lines = _facts(block, gates)
    if result is not None and result.structure.network:
        now = {b.name: b for b in result.now.blocks}.get(block.name)
        before = {b.name: b for b in result.all_on.blocks}.get(block.name)
        if now is not None:
            lines += _measured(now, None if result.now is result.all_on else before)
    return "<br>".join([*lines, *states(block.layers, block.shortcut_layers)])


def bar_card(names: Sequence[str], structure: Structure) -> str:
    """What folded blocks have in common."""
    block = structure.block(names[-1])
    if len(names) == 1:
        title = f"<b>{escape(names[0])}</b>"
    else:
        title = f"<b>{escape(names[0])} to {escape(names[-1])}</b>: {len(names)} equal blocks"
    lines = [
        f"{title} · {kind_text(block)}",
        f"{shape_text(block.input_shape)} → {shape_text(block.output_shape)}",
        f"{block.parameters:,} parameters · {count_text(block.macs)} MACs"
        + (" each" if len(names) > 1 else ""),
        "Double click: to the blocks.",
    ]
    return "<br>".join(lines)


def layer_card(layer: Layer) -> str:
    """A layer's figures and the names of its tensors."""
    lines = [f"<b>{escape(layer.name)}</b> · {escape(heading(layer))}"]
    if layer.input_shape:
        lines.append(f"{shape_text(layer.input_shape)} → {shape_text(layer.output_shape)}")
    lines += [escape(line) for line in details(layer)]
    return "<br>".join([*lines, *states([layer])])


def states(*groups: Sequence[Layer]) -> list[str]:
    """The names of the tensors in a state dict, if they are known, at most a dozen."""
    names = [name for layers in groups for layer in layers for name in layer.states]
    if not names:
        return []
    shown = [f"<code>{escape(name)}</code>" for name in names[:_MOST_STATES]]
    more = len(names) - len(shown)
    return ["In the state dict:", *shown, *([f"and {more} more"] if more else [])]


def _measured(now: BlockPass, before: BlockPass | None) -> list[str]:
    lines = []
    if now.skip_share is not None:
        share = f"{100 * now.skip_share:.0f} %"
        lines.append(f"Skip share ‖skip‖ / (‖skip‖ + ‖branch‖): {share}")
    gradient = f"Gradient norm ‖∂y/∂a‖: {number_text(now.gradient_norm)}"
    if before is not None:
        gradient += f" (with all skips on: {number_text(before.gradient_norm)})"
    lines.append(gradient)
    lines.append(f"Activation norm ‖a‖: {number_text(now.activation_norm)}")
    lines.append(f"Zeros in the activation: {100 * sparsity(now):.0f} %")
    if math.isfinite(now.milliseconds):
        lines.append(f"Forward time: {now.milliseconds:.2g} ms")
    return lines


def _facts(block: Block, gates: GateSettings) -> list[str]:
    """What is known of a block without running it, line by line."""
    title = "" if block.kind == "stem" else f" · {kind_text(block)}"
    lines = [
        f"<b>{escape(block.name)}</b>{title}",
        f"{shape_text(block.input_shape)} → {shape_text(block.output_shape)}",
        f"{block.parameters:,} parameters · {_millions(block.macs)} MACs",
    ]
    if block.receptive_field:
        side = block.receptive_field
        lines.append(f"Receptive field: {side}×{side} pixels of the input")
    if block.has_skip:
        gate = gates.skip(block.name)
        state = {0.0: "off", 1.0: "on"}.get(gate, f"at {gate:.2g}")
        lines.append(f"Skip: {_SHORTCUTS[block.shortcut]}, {state}")
        if gate == 0.0 and block.shortcut == "projection":
            lines.append("With the skip off, its projection is dropped as well.")
    branch = gates.branch(block.name)
    if branch != 1.0:
        lines.append(f"Residual branch: {'off' if branch == 0.0 else f'at {branch:.2g}'}")
    return lines


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count:,}"
