"""The laboratory in sentences: what is compared, what came of it, and what it will cost."""

from __future__ import annotations

from html import escape

from resnet_viz.figures.numbers import number_text, row_of
from resnet_viz.results.laboratory import (
    LaboratoryRequest,
    LaboratoryResult,
    NetworkFlow,
    cost,
    titles,
)
from resnet_viz.results.laboratory_regime import REGIME_TITLES, Verdict, growth

SAMPLES = "the sample photos"

_USUAL = 1.5e10
"""Multiply-accumulates in a second, of one core of the machine that the estimates were made on."""


def compared(result: LaboratoryResult) -> str:
    """What the two networks have in common, and what they were given."""
    request, residual = result.request, result.residual
    if residual is None:
        who = f"{result.plain.title} alone"
    else:
        who = "The same weights in both"
        if request.combine == "concat":
            who += f", but for {residual.title}'s 1×1 convolutions (not drawn)"
        if request.initialisation == "zero":
            who += f"; {result.plain.title} keeps γ = 1, or nothing would pass"
    return f"{who}. Untrained; one pass both ways; {_batch(request)}."


def _batch(request: LaboratoryRequest) -> str:
    if request.data == "noise":
        images = f"{request.batch} images of noise"
    else:
        whose = f"“{request.photo.name}” and {SAMPLES}" if request.photo else SAMPLES
        images = f"{request.batch} images from {whose}, shifted and flipped"
    return f"{images}, random labels, seed {request.seed}"


def heading(flow: NetworkFlow, verdict: Verdict) -> str:
    """The regime and the figures that its name rests on, in one line."""
    first, last = flow.first.weight_gradient, flow.last.weight_gradient
    title = f"{flow.title}: {REGIME_TITLES[verdict.regime]} – weight gradient"
    if verdict.regime == "partly zero":
        return (
            f"{title} {_in_words(first)} at the first convolution, 0 in {flow.zeros} of "
            f"{len(flow.layers)} layers"
        )
    return f"{title} {_in_words(first)} at the first convolution, {_in_words(last)} at the last"


def _more(flow: NetworkFlow, verdict: Verdict) -> str:
    """The figures that the heading has no room for."""
    first = flow.first
    if first.weight_gradient > first.weight_gradient_float32 == 0.0:
        return (
            "At the first convolution this norm is summed in float64: in float32 the squares of "
            "numbers so small are 0, and so would be their sum. "
        )
    if not verdict.forwards or row_of(growth(flow)) is not None:
        return ""
    times = growth(flow)
    change = f"grows {number_text(times)}" if times > 1 else f"shrinks {number_text(1 / times)}"
    return f"Forwards the activations' variance {change}-fold. "


def _in_words(norm: float) -> str:
    row = row_of(norm)
    if row is None:
        return number_text(norm)
    return {"0": "0", "∞": "infinite", "NaN": "not a number"}[row]


def finding(flow: NetworkFlow, verdict: Verdict, muted: str) -> str:
    """Why it is so, and the paper, as rich text; ``muted`` is the colour of the paper."""
    return (
        f"{escape(_more(flow, verdict))}{escape(verdict.sentence)} "
        f"<span style='color:{muted}'>{escape(verdict.paper)}</span>"
    )


def warning(request: LaboratoryRequest, last: LaboratoryResult | None) -> str:
    """What a deep network takes, reckoned from its shapes and from the last measurement."""
    takes = cost(request)
    sentence = (
        f"{titles(request)} with a batch of {request.batch} take about "
        f"{takes.macs / 1e9:,.0f} billion multiply-accumulates "
        f"and {takes.bytes / 2**30:.1f} GiB of memory"
    )
    if last is None:
        return (
            f"{sentence}: about {_duration(takes.macs / _USUAL)} on one processor core; nothing "
            "has been measured here yet that would tell better."
        )
    rate = last.macs_per_second
    return (
        f"{sentence}: about {_duration(takes.macs / rate)} at the {rate / 1e9:,.0f} billion a "
        f"second of the last measurement ({last.device})."
    )


def waiting(request: LaboratoryRequest) -> str:
    """What is on its way while there is nothing to show yet."""
    seconds = cost(request).macs / _USUAL
    return (
        f"{titles(request)} are being built and measured, one pass each: about "
        f"{_duration(max(1.0, seconds))} on one processor core."
    )


def _duration(seconds: float) -> str:
    if 0.5 < seconds < 1.5:
        return "a second"
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
