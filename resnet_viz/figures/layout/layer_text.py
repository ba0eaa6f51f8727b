"""What a layer's card says, line by line."""

from __future__ import annotations

from resnet_viz.figures.layout.geometry import shape_text
from resnet_viz.figures.numbers import count_text
from resnet_viz.networks.structure import Block, Layer


def heading(layer: Layer) -> str:
    """The layer in the papers' words: "conv 3×3, 64, /2"."""
    return f"conv {layer.text}" if "conv" in layer.kind.lower() else layer.text


def is_small(layer: Layer) -> bool:
    """True for layers without parameters, whose card needs little room."""
    return layer.parameters == 0


def details(layer: Layer) -> tuple[str, ...]:
    """Stride, padding and groups, parameters, multiply-accumulates, output shape and field."""
    lines = []
    if layer.kernel and layer.parameters:
        lines.append(f"stride {layer.stride}, padding {layer.padding}")
    if layer.groups > 1 and "groups" not in layer.text:
        lines.append(f"{layer.groups} groups")
    if layer.parameters:
        lines.append(f"{layer.parameters:,} param.")
    if layer.macs:
        lines.append(count_text(layer.macs, "MACs"))
    lines.append(f"→ {shape_text(layer.output_shape)}")
    if layer.kernel > 1 and layer.receptive_field:
        lines.append(f"sees {layer.receptive_field}×{layer.receptive_field} px")
    return tuple(lines)


def after(block: Block) -> tuple[Layer, ...]:
    """The nonlinearity that follows where the paths meet, as a layer, if there is one."""
    if not block.activation:
        return ()
    shape = block.output_shape
    return (Layer(f"{block.name}, at its end", "Activation", block.activation, shape, 0, 0),)


def kind_text(block: Block) -> str:
    """The kind of a block in words."""
    return {"stem": "stem", "basic": "basic block", "bottleneck": "bottleneck block"}.get(
        block.kind, f"{block.kind} block"
    )
