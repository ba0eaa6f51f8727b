"""Every method of attribution. To add one, write its module and add its entry here.

The modules, in analysis/attribution, import torch, so they are only named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Method:
    """A method: what it is called, what it does in one sentence, and where that is from.

    ``at`` says what its map is of: the selected block's output, or the input. ``unit`` is that of
    its values, and ``signed`` says whether they can be below 0. ``cost`` says in words what it
    takes, ``gradients`` and ``forwards`` in passes; None is a forward pass for each channel.
    ``where`` is the module, whose ``attribute`` takes a `Scene`. ``warning`` is what is to be known
    before it is believed; ``of_block`` says that a map of the input depends on the block too.
    """

    name: str
    title: str
    sentence: str
    paper: str
    cost: str
    at: Literal["block", "input"]
    unit: str
    signed: bool = False
    warning: str = ""
    gradients: int = 1
    forwards: int | None = 0
    of_block: bool = False

    def worth(self, channels: int) -> float:
        """About how many gradients a map is worth, at a block of so many channels."""
        forwards = channels if self.forwards is None else self.forwards
        return self.gradients + FORWARD * forwards

    @property
    def uses_block(self) -> bool:
        """True if another block gives another map."""
        return self.at == "block" or self.of_block

    @property
    def where(self) -> str:
        return f"resnet_viz.analysis.attribution.{self.name}"


FORWARD = 0.45
"""What a forward pass takes beside a forward and a backward one, measured on a CPU."""

SMALL, TOGETHER = 64, 0.18
"""Pictures of no more pixels across go through a trained network many at once, and so take this
share of the time each."""

ONE = "one pass"
SLOPE = "logits per input unit"
GUIDED = "May not depend on what was learnt (Adebayo 2018, arXiv:1810.03292)"

_ALL = (
    Method(
        "grad_cam",
        "Grad-CAM",
        "Channels weighted by their mean gradient.",
        "Selvaraju 2017, arXiv:1610.02391",
        ONE,
        "block",
        "logits",
    ),
    Method(
        "hires_cam",
        "HiRes-CAM",
        "Activation times gradient, place by place.",
        "Draelos 2020, arXiv:2011.08891",
        ONE,
        "block",
        "logits",
    ),
    Method(
        "layer_cam",
        "Layer-CAM",
        "Activation times positive gradient, place by place.",
        "Jiang 2021, IEEE TIP 30",
        ONE,
        "block",
        "logits",
    ),
    Method(
        "grad_cam_pp",
        "Grad-CAM++",
        "Channels weighted by their positive gradients, each place by how much it matters.",
        "Chattopadhay 2018, arXiv:1710.11063",
        ONE,
        "block",
        "logits",
    ),
    Method(
        "xgrad_cam",
        "XGrad-CAM",
        "Channels weighted by their gradient where they are active.",
        "Fu 2020, arXiv:2008.02312",
        ONE,
        "block",
        "logits",
    ),
    Method(
        "score_cam",
        "Score-CAM",
        "Channels weighted by the score of the picture seen through each.",
        "Wang 2020, arXiv:1910.01279",
        "a forward pass for each channel",
        "block",
        "activation",
        gradients=1,
        forwards=None,
    ),
    Method(
        "ablation_cam",
        "Ablation-CAM",
        "Channels weighted by what the score loses without each.",
        "Ramaswamy 2020, WACV",
        "a forward pass for each channel",
        "block",
        "logits × activation",
        gradients=1,
        forwards=None,
    ),
    Method(
        "gradient",
        "Gradient",
        "The greatest slope of the score over the colours of a pixel.",
        "Simonyan 2013, arXiv:1312.6034",
        ONE,
        "input",
        SLOPE,
    ),
    Method(
        "input_gradient",
        "Input × gradient",
        "The slope times the input, summed over colours.",
        "Shrikumar 2016, arXiv:1605.01713",
        ONE,
        "input",
        "logits",
        True,
    ),
    Method(
        "integrated_gradients",
        "Integrated Gradients",
        "The slope's mean on the way from a grey picture, times the way; adds up to the score.",
        "Sundararajan 2017, arXiv:1703.01365",
        "50 passes",
        "input",
        "logits",
        True,
        gradients=50,
    ),
    Method(
        "smooth_grad",
        "SmoothGrad",
        "The mean gradient of noisy copies of the picture.",
        "Smilkov 2017, arXiv:1706.03825",
        "25 passes",
        "input",
        SLOPE,
        gradients=25,
    ),
    Method(
        "guided_backprop",
        "Guided Backprop",
        "The gradient, of which each ReLU lets only what is positive back.",
        "Springenberg 2014, arXiv:1412.6806",
        ONE,
        "input",
        SLOPE,
        warning=GUIDED,
    ),
    Method(
        "guided_grad_cam",
        "Guided Grad-CAM",
        "Guided Backprop times the block's Grad-CAM.",
        "Selvaraju 2017, arXiv:1610.02391",
        "two passes",
        "input",
        f"logits × {SLOPE}",
        warning=GUIDED,
        gradients=2,
        of_block=True,
    ),
    Method(
        "deep_lift",
        "DeepLift",
        "What each layer adds to the difference from a grey picture, handed back by the rescale "
        "rule.",
        "Shrikumar 2017, arXiv:1704.02685",
        "two passes",
        "input",
        "logits",
        True,
        gradients=2,
    ),
    Method(
        "occlusion",
        "Occlusion",
        "What the score loses under a grey square.",
        "Zeiler 2013, arXiv:1311.2901",
        "a forward pass for each of 225 squares",
        "input",
        "logits",
        True,
        gradients=0,
        forwards=225,
    ),
)

METHODS: dict[str, Method] = {method.name: method for method in _ALL}
"""By name, in the order of the list."""

FIRST = ("grad_cam", "layer_cam", "gradient", "integrated_gradients")
"""What is chosen until the user chooses."""
