"""What blocks can be coloured by: each quantity with its words, its scale and where it is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from resnet_viz.figures.fill_scale import AnchoredScale, CountScale, FillScale, ShareScale
from resnet_viz.networks.structure import Block, Structure
from resnet_viz.results.result import BlockPass, Result


@dataclass(frozen=True)
class Measure:
    """One quantity. ``title`` names it with its unit; ``tip`` says what it is.

    ``counted`` gives it from the block alone, ``measured`` from a pass; one of them is there.
    """

    title: str
    tip: str
    scale: Literal["norm", "share", "count"]
    counted: Callable[[Block], float] | None = None
    measured: Callable[[BlockPass], float] | None = None


@dataclass(frozen=True)
class Fill:
    """The values of all blocks by name, and their scale; None where there is none to show."""

    measure: Measure
    values: Mapping[str, float]
    scale: FillScale | None


def sparsity(block: BlockPass) -> float:
    """The share of exact zeros in a block's activation, in [0, 1]."""
    return 1.0 - float(np.count_nonzero(block.activation)) / block.activation.size


FILLS: dict[str, Measure] = {
    "gradient": Measure(
        "Gradient norm ‖∂y/∂a‖",
        "The norm of the target class's gradient at the block's output, on a logarithmic scale. "
        "0 and NaN have no place on it and are written out. The scale is that of all skips on; "
        "strokes in the legend mark where it ends and colours for other values go on.",
        "norm",
        measured=lambda block: block.gradient_norm,
    ),
    "activation": Measure(
        "Activation norm ‖a‖",
        "The L2 norm of the block's output, on a logarithmic scale: that of all skips on, with "
        "strokes in the legend where it ends and colours for other values go on.",
        "norm",
        measured=lambda block: block.activation_norm,
    ),
    "sparsity": Measure(
        "Sparsity: zeros in a",
        "The share of exact zeros in the block's output: what the ReLU cut off.",
        "share",
        measured=sparsity,
    ),
    "time": Measure(
        "Forward time, ms",
        "Milliseconds of the forward pass since the block before, with the figures that are "
        "measured on the way, on a logarithmic scale. It is known on the CPU only.",
        "norm",
        measured=lambda block: block.milliseconds,
    ),
    "parameters": Measure(
        "Parameters",
        "How many numbers the block has learnt, on a logarithmic scale.",
        "count",
        counted=lambda block: float(block.parameters),
    ),
    "macs": Measure(
        "Multiply-accumulates",
        "Multiplications with an addition for one image, on a logarithmic scale, as in He 2015 "
        "table 1.",
        "count",
        counted=lambda block: float(block.macs),
    ),
}


def fill_of(measure: Measure, structure: Structure, result: Result | None) -> Fill:
    """The values of ``measure``, on the scale of those with all skips on."""
    if measure.counted is not None:
        values = {block.name: measure.counted(block) for block in structure.blocks}
        return Fill(measure, values, CountScale.covering(values.values()))
    if result is None or measure.measured is None:
        return Fill(measure, {}, None)
    values = {block.name: measure.measured(block) for block in result.now.blocks}
    if measure.scale == "share":
        return Fill(measure, values, ShareScale())
    before = [measure.measured(block) for block in result.all_on.blocks]
    return Fill(measure, values, AnchoredScale.around(before, values.values()))
