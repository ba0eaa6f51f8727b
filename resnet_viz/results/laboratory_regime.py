"""Which regime a network's gradient is in, by what was measured, and the paper that explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from resnet_viz.results.laboratory import LaboratoryRequest, NetworkFlow

Regime = Literal["zero", "partly zero", "vanishing", "healthy", "exploding", "overflow"]

REGIME_TITLES: dict[Regime, str] = {
    "zero": "exactly zero in float32",
    "partly zero": "exactly zero in places",
    "vanishing": "vanishing",
    "healthy": "healthy",
    "exploding": "exploding",
    "overflow": "beyond float32",
}

RATIO = 100.0
"""Healthy: the first convolution's gradient is between 1/100 and 100 times the last one's."""
GROWTH = 1e4
"""Exploding forwards: the variance grows by more than this from the stem to the last block."""
FAINT = 1e-4
"""Vanishing forwards: the variance falls to less than this share, and the gradient below it."""

BOUNDS = (
    "Healthy: the weight gradient at the first convolution is between 1/100 and 100 times that at "
    "the last one. Beyond: vanishing or exploding; also if the activations' variance grows more "
    "than 10⁴-fold from the first convolution to the last block, or it and the gradient fall "
    "below 10⁻⁴. Exactly zero: every entry of the gradient is 0, at the first convolution or, in "
    "places, at a later layer."
)


@dataclass(frozen=True)
class Verdict:
    """``regime`` is what was measured; ``sentence`` says why and ``paper`` where that is shown.

    ``forwards`` is True if already the activations leave the healthy range, on the way forwards.
    """

    regime: Regime
    forwards: bool
    sentence: str
    paper: str


GLOROT = "Glorot & Bengio 2010 §4.2; Bengio, Simard & Frasconi 1994"
HE_INIT = "He et al. 2015, arXiv:1502.01852 §2.2"
HE_IDENTITY = "He et al. 2016, arXiv:1603.05027 §2 and §3"
HE_RESNET = "He et al. 2015, arXiv:1512.03385 §4.1"
YANG = "Yang et al. 2019, arXiv:1902.08129"
FIXUP = "Zhang, Dauphin & Ma 2019 (Fixup), arXiv:1901.09321 §2"
GOYAL = "Goyal et al. 2017, arXiv:1706.02677 §5.1"
DE_SMITH = "De & Smith 2020, arXiv:2002.10444; He et al. 2016, arXiv:1603.05027 §2"


def ratio(flow: NetworkFlow) -> float:
    """The weight gradient's norm at the first convolution over that at the last one.

    Where zero-init makes the last one 0, the ratio of the activations' gradients instead.
    """
    if flow.last.weight_gradient == 0.0 and flow.first.weight_gradient > 0.0:
        first, last = flow.first.activation_gradient, flow.last.activation_gradient
    else:
        first, last = flow.first.weight_gradient, flow.last.weight_gradient
    return first / last if last else math.nan


def growth(flow: NetworkFlow) -> float:
    """The activations' variance at the last block over that after the first convolution."""
    return flow.last.variance / flow.first.variance if flow.first.variance else math.nan


def judge(flow: NetworkFlow, request: LaboratoryRequest) -> Verdict:
    """Name the regime of ``flow``, which was measured as ``request`` asked."""
    regime, forwards = _regime(flow)
    sentence, paper = _reason(regime, forwards, flow, request)
    return Verdict(regime, forwards, sentence, paper)


def _regime(flow: NetworkFlow) -> tuple[Regime, bool]:
    norms = [flow.loss, *(layer.weight_gradient for layer in flow.layers)]
    if not all(map(math.isfinite, norms)):
        return "overflow", not math.isfinite(flow.last.variance) or growth(flow) > GROWTH
    if flow.first.weight_gradient == 0.0:
        return "zero", growth(flow) < FAINT
    if flow.zeros and 1 / RATIO <= ratio(flow) <= RATIO:
        return "partly zero", False
    if ratio(flow) < 1 / RATIO:
        return "vanishing", False
    if ratio(flow) > RATIO:
        return "exploding", False
    if growth(flow) > GROWTH:
        return "exploding", True
    if growth(flow) < FAINT and flow.first.weight_gradient < FAINT:
        return "vanishing", True
    return "healthy", False


def _reason(
    regime: Regime, forwards: bool, flow: NetworkFlow, request: LaboratoryRequest
) -> tuple[str, str]:
    if regime == "partly zero":
        return _why_partly(flow, request)
    if regime == "healthy":
        return _why_healthy(flow, request)
    if regime in ("vanishing", "zero"):
        return _why_small(forwards, flow, request)
    return _why_large(forwards, flow, request)


def _why_partly(flow: NetworkFlow, request: LaboratoryRequest) -> tuple[str, str]:
    if not flow.has_skips or request.initialisation != "zero":
        return (
            "At some layers the gradient's numbers are too small for float32, and are 0; at the "
            "others they are not.",
            GLOROT,
        )
    if request.combine == "add":
        return (
            "Every branch ends in γ = 0, so that at first each block is its shortcut. The "
            "gradient reaches the input along the skips, but weights inside the branches do not "
            "learn until γ has moved.",
            GOYAL,
        )
    return (
        "Every branch ends in γ = 0: at first only the shortcut's half of each joint input "
        "carries a signal, through the 1×1 convolution, and weights inside the branches do not "
        "learn until γ has moved.",
        f"{GOYAL}; {HE_IDENTITY}",
    )


def _why_healthy(flow: NetworkFlow, request: LaboratoryRequest) -> tuple[str, str]:
    if flow.has_skips and request.combine == "add":
        if request.norm:
            return (
                "Batch norm keeps each branch small beside a skip that grows with depth, and the "
                "skip hands the gradient on unweakened.",
                DE_SMITH,
            )
        return (
            "The skip adds the input itself, so that the gradient has a term that passes through "
            "no weight layer at all.",
            HE_IDENTITY,
        )
    if flow.has_skips:
        return (
            "At this depth the 1×1 convolution after each concatenation still lets the gradient "
            "through; it is a weight layer, though, and not an identity.",
            HE_IDENTITY,
        )
    if request.norm:
        return (
            "At this depth batch norm keeps the norms of a plain network's gradients healthy: "
            "vanishing gradients are not what degrades it.",
            HE_RESNET,
        )
    if request.initialisation == "he" and request.nonlinearity in ("relu", "leaky relu"):
        return (
            "A variance of 2/fan_out makes up for the half that ReLU removes, layer by layer.",
            HE_INIT,
        )
    return (
        "The layers' factors are close enough to 1 for their product to stay in range at this "
        "depth.",
        GLOROT,
    )


def _why_small(forwards: bool, flow: NetworkFlow, request: LaboratoryRequest) -> tuple[str, str]:
    if flow.has_skips and request.combine == "concat":
        return (
            "After each concatenation a 1×1 convolution weighs the skip too: the way back is a "
            "product of weight layers again, with no identity in it.",
            HE_IDENTITY,
        )
    if forwards:
        return (
            "The signal shrinks by a factor at each layer on the way forwards: this "
            "initialisation does not make up for what the nonlinearity takes away.",
            HE_INIT,
        )
    return (
        "Each layer multiplies the gradient by a factor below 1 on its way back, so that it falls "
        "exponentially with depth.",
        GLOROT,
    )


def _why_large(forwards: bool, flow: NetworkFlow, request: LaboratoryRequest) -> tuple[str, str]:
    if request.norm:
        if flow.has_skips and request.combine == "concat":
            return (
                "Batch norm makes the gradient grow at each layer towards the input, and after a "
                "concatenation the 1×1 convolution leaves no identity path around it.",
                f"{YANG}; {HE_IDENTITY}",
            )
        if not flow.has_skips:
            return (
                "At initialisation batch norm itself makes the gradient of a plain network grow "
                "exponentially towards the input. It does not vanish.",
                f"{YANG}; {HE_RESNET}",
            )
    if flow.has_skips and request.combine == "add":
        return (
            "Without batch norm each block adds its branch's variance to the skip's: the "
            "activations grow exponentially with depth, and the gradients with them.",
            FIXUP,
        )
    if flow.has_skips and forwards and request.initialisation in ("he", "zero"):
        return (
            "The 1×1 convolution has twice as many inputs as outputs, which the fan-out rule does "
            "not count: the activations' variance grows at each block.",
            HE_INIT,
        )
    return (
        "Each layer multiplies by a factor above 1: this initialisation is too large for this "
        "nonlinearity.",
        HE_INIT,
    )
